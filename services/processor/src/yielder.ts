/**
 * Gives others their turn in the middle of long work: health checks, heartbeats, requests.
 *
 * Invariant: who asks often enough keeps the event loop for no longer than TURN_MS and the one step between
 * two questions.
 */
import { setImmediate } from 'node:timers/promises';

const TURN_MS = 20;

export class Yielder {
  #sinceMs: number = performance.now();

  /** Undefined as long as it is our turn still: then there is nothing to wait for. */
  next(): Promise<void> | undefined {
    return performance.now() - this.#sinceMs < TURN_MS ? undefined : this.#wait();
  }

  async #wait(): Promise<void> {
    await setImmediate();
    this.#sinceMs = performance.now();
  }
}
