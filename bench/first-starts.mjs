// First starts on brokers that nothing was ever asked of: `arrivals topics apply`, webhook and processor, all
// at once, each time on a new Kafka.
//
//   tsc -b && node bench/first-starts.mjs [STARTS] [SECONDS]     (default: 20 starts, the broker is started 0 s before them)
//
// A negative number of SECONDS starts the broker so long after them. It needs what the tests need
// (test/support/infrastructure).
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { arrivals } from '../test/dist/support/arrivals.js';
import { eventList, podCreation } from '../test/dist/support/audit-events.js';
import { Distributed } from '../test/dist/support/distributed.js';
import { endAll } from '../test/dist/support/infrastructure/programs.js';
import { freshKafka } from '../test/dist/support/infrastructure/kafka.js';

const [starts = 20, seconds = 0] = process.argv.slice(2).map(Number);

let well = 0;
for (let i = 1; i <= starts; i++) {
  const cluster = await freshKafka();
  const distributed = await Distributed.create({}, cluster.brokers);
  const beganMs = performance.now();
  try {
    if (seconds < 0) void sleep(-seconds * 1000).then(() => cluster.begin());
    else {
      cluster.begin();
      await sleep(seconds * 1000);
    }
    const [applied, webhook, processor] = await Promise.all([
      arrivals(['topics', 'apply'], { settings: distributed.settings }),
      distributed.start('webhook'),
      distributed.start('processor'),
    ]);
    if (applied.code !== 0) throw new Error(`topics apply ended with ${applied.code}: ${applied.stderr}`);
    const readyMs = performance.now() - beganMs;
    const { status } = await webhook.post(eventList([podCreation({})]));
    if (status !== 200) throw new Error(`the webhook answered ${status}`);
    await distributed.settled([processor], 1);
    well++;
    console.log(
      `${i}: all up after ${(readyMs / 1000).toFixed(1)} s, first alert after ${((performance.now() - beganMs) / 1000).toFixed(1)} s`,
    );
  } catch (error) {
    console.log(`${i}: ${error.message}`);
  }
  await distributed.stop();
  await cluster.stop();
}
console.log(`${well} of ${starts} first starts went well`);
await endAll();
process.exit(well === starts ? 0 : 1);
