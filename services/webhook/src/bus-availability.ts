/**
 * Whether the bus counts as unavailable: then batches go to the spool at once, and only the drainer tries the
 * bus.
 *
 * Invariant: unavailable until it was reached for the first time; each change is reported once. Callers
 * report failures and successes; it makes no calls itself.
 */
import type { Telemetry } from '@arrivals/core';

export class BusAvailability {
  readonly #telemetry: Telemetry;
  #awayWhy: string | null = 'not reached since the start';
  #isReported = false;

  constructor(telemetry: Telemetry) {
    this.#telemetry = telemetry;
  }

  /** Why the bus counts as unavailable; null while it is available. */
  get awayWhy(): string | null {
    return this.#awayWhy;
  }

  away(why: string): void {
    if (this.#awayWhy !== null) return;
    this.#awayWhy = why;
    this.#isReported = true;
    this.#telemetry.emit({
      type: 'dependency_warning',
      of: 'kafka',
      what: 'unreachable',
      detail: `${why}; batches go to the spool`,
    });
  }

  back(): void {
    if (this.#awayWhy === null) return;
    this.#awayWhy = null;
    if (this.#isReported)
      this.#telemetry.emit({
        type: 'dependency_warning',
        of: 'kafka',
        what: 'reconnected',
        detail: 'batches go to the bus again',
      });
  }
}
