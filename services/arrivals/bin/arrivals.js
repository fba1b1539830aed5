#!/usr/bin/env node
// Committed, so that npm can link it at install time; builds what is missing or stale, then runs the command.
import { ensureReady } from '../../../tools/ready.mjs';

await ensureReady();
const { main } = await import('../dist/index.js');
await main();
