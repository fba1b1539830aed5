/**
 * For how long the state has been away from one who asks it, and whether the wait for it is over.
 *
 * Invariant: an outage begins with the first failure and ends with a success. A chunk that fails again and
 * again waits from its own first failure, though others succeed in between: part of a state may be away. It
 * asks nothing itself.
 */
import type { ArrivalsError, StateLossOptions } from '@arrivals/core';

export interface StateOutageOptions extends StateLossOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** A chunk is the same object each time that it is tried. */
export class StateOutage<Chunk extends object> {
  readonly #options: StateOutageOptions;
  /** When each chunk that waits has failed first. */
  readonly #waiting = new WeakMap<Chunk, number>();
  #sinceMs: number | undefined;
  #lastError: ArrivalsError | undefined;

  constructor({ onStateLoss, stateWaitMs, now }: StateOutageOptions) {
    this.#options = { onStateLoss, stateWaitMs, now };
  }

  /** The last failure; undefined before the first. */
  get error(): ArrivalsError | undefined {
    return this.#lastError;
  }

  /** `chunk`: the one that has to wait for it; absent where none does. */
  failed(error: ArrivalsError, chunk?: Chunk): void {
    const nowMs = this.#options.now();
    this.#lastError = error;
    this.#sinceMs ??= nowMs;
    if (chunk !== undefined && !this.#waiting.has(chunk)) this.#waiting.set(chunk, nowMs);
  }

  succeeded(): void {
    this.#sinceMs = undefined;
  }

  /** How much longer the chunk waits, in ms: for ever while nothing has failed, or processing pauses. */
  leftMs(chunk: Chunk): number {
    const sinceMs = this.#sinceMsOf(chunk);
    if (sinceMs === undefined || this.#options.onStateLoss === 'pause') return Number.POSITIVE_INFINITY;
    return Math.max(sinceMs + this.#options.stateWaitMs - this.#options.now(), 0);
  }

  isOver(chunk: Chunk): boolean {
    return this.leftMs(chunk) === 0;
  }

  /** The chunk goes on without the state: the outage is as old as the chunk's wait. */
  bypass(chunk: Chunk): void {
    this.#sinceMs = this.#sinceMsOf(chunk) ?? this.#options.now();
  }

  awayMs(): number {
    return this.#sinceMs === undefined ? 0 : this.#options.now() - this.#sinceMs;
  }

  #sinceMsOf(chunk: Chunk): number | undefined {
    const own = this.#waiting.get(chunk);
    return own === undefined || this.#sinceMs === undefined
      ? (own ?? this.#sinceMs)
      : Math.min(own, this.#sinceMs);
  }
}
