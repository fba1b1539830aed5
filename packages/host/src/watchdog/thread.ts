/**
 * The watchdog's thread: counts its own ticks in which the main thread's event loop has not turned.
 *
 * Invariant: it allocates next to nothing, and writes by itself: what goes through the main thread would wait
 * for that.
 */
import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { BEATS, TEXT_AT, TEXT_LENGTH, type WatchdogTask } from './watchdog.ts';

const { shared, service, tickMs, ticksMax } = workerData as WatchdogTask;
const cells = new Int32Array(shared, 0, 2);
/** Nobody ever wakes it: each wait is a tick. */
const never = new Int32Array(new SharedArrayBuffer(4));

for (let ticks = 0, before = Atomics.load(cells, BEATS); ;) {
  Atomics.wait(never, 0, 0, tickMs);
  const beats = Atomics.load(cells, BEATS);
  ticks = beats === before ? ticks + 1 : 0;
  before = beats;
  if (ticks >= ticksMax) end();
}

function end(): void {
  const length = Atomics.load(cells, TEXT_LENGTH);
  const text =
    length === 0
      ? 'nothing that it had said'
      : Buffer.from(Buffer.from(shared, TEXT_AT, length)).toString('utf8');
  try {
    writeSync(
      2,
      `arrivals: the ${service} hangs: its event loop has not turned for ${String((ticksMax * tickMs) / 1000)} s, at ${text}; it ends now\n`,
    );
  } catch {
    // Nobody reads it.
  }
  process.kill(process.pid, 'SIGKILL');
}
