/**
 * How much longer things take where more wants to run than there are cores. Bounds of tests are for a machine
 * that is free, where they count as they stand; on one that is shared they grow with the work that is queued.
 */
import { availableParallelism, loadavg } from 'node:os';

const SLOWDOWN_MAX = 8;

export function slowdown(): number {
  // Zero where the system does not tell.
  const [perMinute = 0] = loadavg();
  return Math.min(SLOWDOWN_MAX, Math.max(1, perMinute / availableParallelism()));
}

/** Of a bound for a free machine. */
export function boundMs(freeMs: number): number {
  return freeMs * slowdown();
}
