/**
 * Publishes the spool's batches, and detects when the bus is available again.
 *
 * Invariant: a batch leaves the spool only after the bus acknowledged it. Oldest first; a batch that the bus
 * refuses is skipped until the others were tried, so that it blocks none. One publish at a time, followed by
 * a pause as long as the publish: live requests come first. A batch that was sent and could not be removed is
 * not sent again by this process.
 */
import type { Spool, SpooledBatch } from '@arrivals/adapters/spool';
import { asArrivalsError, type Bus, type Telemetry } from '@arrivals/core';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BusAvailability } from './bus-availability.ts';
import { publishTo } from './delivery.ts';

export interface DrainerOptions {
  readonly spool: Pick<Spool, 'read' | 'stats'>;
  readonly telemetry: Telemetry;
  readonly busAvailability: BusAvailability;
  /** Removes batches that are on the bus, and counts them. Errors: spool_failed. */
  readonly release: (ids: readonly number[]) => Promise<void>;
  /** A bus that acknowledges a batch within it counts as available. */
  readonly inTimeMs: number;
}

/** Below the largest record batch that a partition accepts, as all may go to one partition. */
const GROUP = { batchesMax: 64, bytesMax: 800_000 };
const ONE = { batchesMax: 1, bytesMax: 0 };
const RETRY_MS = 500;
const REST_MS_MAX = 1000;

export class Drainer {
  readonly #options: DrainerOptions;
  #wake: () => void = () => undefined;
  /** After the batch that was refused last. */
  #afterId = 0;
  #cautious = true;

  constructor(options: DrainerOptions) {
    this.#options = options;
  }

  /** Notifies the drainer that the spool may hold batches. */
  wake(): void {
    this.#wake();
  }

  /** Resolves when the signal aborts. */
  async run(bus: Pick<Bus, 'publish' | 'check'>, signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => {
      this.#wake();
    });
    while (!signal.aborted) {
      if (this.#isIdle()) await new Promise<void>((resolve) => (this.#wake = resolve));
      else await sleep(await this.#step(bus, signal), undefined, { signal }).catch(() => undefined);
    }
  }

  #isIdle(): boolean {
    return this.#options.spool.stats().batches === 0 && this.#options.busAvailability.awayWhy === null;
  }

  /** Resolves with the pause before the next call. */
  async #step(bus: Pick<Bus, 'publish' | 'check'>, signal: AbortSignal): Promise<number> {
    const startedMs = performance.now();
    let group: readonly SpooledBatch[] = [];
    try {
      group = this.#next();
      const records = group.flatMap((batch) => batch.records);
      if (records.length === 0) await bus.check(signal);
      else await publishTo(bus, records, signal);
    } catch (error) {
      if (signal.aborted) return 0;
      this.#afterId = group.length === 1 ? (group[0]?.id ?? 0) : this.#afterId;
      this.#cautious = true;
      return this.#reportRetry(error);
    }
    const tookMs = performance.now() - startedMs;
    this.#cautious = false;
    if (tookMs <= this.#options.inTimeMs) this.#options.busAvailability.back();
    if (group.length > 0) await this.#release(group, signal);
    return Math.min(tookMs, REST_MS_MAX);
  }

  /** While the bus counts as unavailable, only one batch is tried. */
  #next(): readonly SpooledBatch[] {
    const { spool, busAvailability } = this.#options;
    const limits = this.#cautious || busAvailability.awayWhy !== null ? ONE : GROUP;
    const group = spool.read(this.#afterId, limits);
    if (group.length > 0 || this.#afterId === 0) return group;
    this.#afterId = 0;
    return spool.read(0, limits);
  }

  async #release(group: readonly SpooledBatch[], signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#options.release(group.map(({ id }) => id));
        return;
      } catch (error) {
        await sleep(this.#reportRetry(error), undefined, { signal }).catch(() => undefined);
      }
    }
  }

  #reportRetry(thrown: unknown): number {
    const { code, message } = asArrivalsError(thrown, 'bus_unavailable');
    this.#options.telemetry.emit({
      type: 'step_retried',
      step: 'drain',
      code,
      detail: message,
      waitMs: RETRY_MS,
    });
    return RETRY_MS;
  }
}
