/** Waits for a condition, within a bound; never for a fixed time. */
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 10;

export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined> | T | undefined,
  timeoutMs = 15_000,
): Promise<T> {
  const endMs = performance.now() + timeoutMs;
  let last = '';
  for (;;) {
    try {
      const value = await probe();
      if (value !== undefined && value !== (false as unknown)) return value;
    } catch (error) {
      last = `; last: ${error instanceof Error ? error.message : String(error)}`;
    }
    if (performance.now() > endMs) throw new Error(`waited ${String(timeoutMs)} ms for ${what}${last}`);
    await sleep(POLL_MS);
  }
}
