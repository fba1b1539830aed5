// npm start: makes the checkout ready, then runs `arrivals up` in this very process, so that signals reach
// it.
import process from 'node:process';
import { ensureReady, logIsJson } from './ready.mjs';

await ensureReady({ asJson: logIsJson() });
process.argv.splice(2, 0, 'up');
const { main } = await import('../services/arrivals/dist/main.js');
await main();
