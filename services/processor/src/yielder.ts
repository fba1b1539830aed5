/**
 * Yields the event loop during long work, to health checks, heartbeats and requests.
 *
 * Invariant: a caller that checks often enough blocks the event loop for at most TURN_MS plus one step
 * between two checks.
 */
import { setImmediate } from 'node:timers/promises';

const TURN_MS = 20;

export class Yielder {
  #sinceMs: number = performance.now();

  /** Undefined while the turn lasts: then there is nothing to wait for. */
  next(): Promise<void> | undefined {
    return performance.now() - this.#sinceMs < TURN_MS ? undefined : this.#wait();
  }

  async #wait(): Promise<void> {
    await setImmediate();
    this.#sinceMs = performance.now();
  }
}
