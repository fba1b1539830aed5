/** Waits for a condition, within a bound; never for a fixed time. */
import { setTimeout as sleep } from 'node:timers/promises';
import { boundMs } from './pace.ts';

const POLL_MS = 10;

/** @param timeoutMs on a free machine */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined> | T | undefined,
  timeoutMs = 15_000,
): Promise<T> {
  const startedMs = performance.now();
  let last = '';
  for (;;) {
    try {
      const value = await probe();
      if (value !== undefined && value !== (false as unknown)) return value;
    } catch (error) {
      last = `; last: ${error instanceof Error ? error.message : String(error)}`;
    }
    const waitedMs = performance.now() - startedMs;
    if (waitedMs > timeoutMs && waitedMs > boundMs(timeoutMs))
      throw new Error(`waited ${waitedMs.toFixed(0)} ms for ${what}${last}`);
    await sleep(POLL_MS);
  }
}
