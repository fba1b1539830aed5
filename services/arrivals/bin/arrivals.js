#!/usr/bin/env node
// Committed, so that npm can link it at install time. In a checkout it builds what is missing or stale, then
// runs the command; an image has been built, and lacks what that takes.
import { existsSync } from 'node:fs';

const ready = new URL('../../../tools/ready.mjs', import.meta.url);
if (existsSync(ready)) {
  const { ensureReady, logIsJson } = await import(ready.href);
  await ensureReady({ asJson: ['up', 'webhook', 'processor'].includes(process.argv[2]) && logIsJson() });
}
const { main } = await import('../dist/main.js');
await main();
