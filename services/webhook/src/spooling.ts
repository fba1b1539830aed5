/**
 * Delivery by way of the spool: to the bus while it responds in time, else to local disk, and from there to
 * the bus.
 *
 * Invariant: a batch acknowledged with 200 is on the bus or in the spool, and is in flight in the ledger
 * until it is on the bus. A batch whose late publish succeeds leaves the spool; copies on the bus are
 * detected by claims. Pending publishes hold at most `pendingBytesMax`, so that a hanging bus cannot fill the
 * memory.
 */
import type { Spool } from '@arrivals/adapters/spool';
import { ArrivalsError, type Bus, messageOf, type PostedBatch, type Telemetry } from '@arrivals/core';
import type { Retain } from '@arrivals/host';
import { BusAvailability } from './bus-availability.ts';
import { type Delivery, enter, inTime, lateBus, leave, publishBytes, publishTo } from './delivery.ts';
import { Drainer } from './drainer.ts';

export interface SpoolingOptions {
  readonly spool: Spool;
  readonly telemetry: Telemetry;
  /** How long the bus may take before a batch goes to the spool. */
  readonly afterMs: number;
  readonly pendingBytesMax: number;
  /** From this age on a drained batch counts as overdue. */
  readonly ageMaxMs: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** For writing a batch to disk. */
const SPOOL_WRITE_MAX_MS = 10_000;
/** A pending publish, perhaps for longer than its sender waited. */
interface Attempt {
  readonly published: Promise<void>;
  onBus: boolean;
  /** Resolves with the id in the spool, if the batch was spooled as well. */
  spooling: Promise<number> | undefined;
}

export class SpoolingDelivery implements Delivery {
  readonly #options: SpoolingOptions;
  readonly #circuit: BusAvailability;
  readonly #drainer: Drainer;
  readonly #closing = new AbortController();
  #bus: Pick<Bus, 'publish'> | undefined;
  #draining: Promise<void> | undefined;
  #pendingBytes = 0;

  constructor(options: SpoolingOptions) {
    const { spool, telemetry, afterMs } = options;
    this.#options = options;
    this.#circuit = new BusAvailability(telemetry);
    const release = (ids: readonly number[]): Promise<void> => this.#release(ids);
    this.#drainer = new Drainer({
      spool,
      telemetry,
      busAvailability: this.#circuit,
      release,
      inTimeMs: afterMs,
    });
    for (const [cluster, events] of spool.events())
      telemetry.emit({ type: 'events_entered', cluster, events, from: 'spool' });
  }

  /** Starts to use the bus. Resolves after close(); rejects when draining cannot continue. */
  connect(bus: Pick<Bus, 'publish' | 'check'>): Promise<void> {
    this.#bus = bus;
    this.#circuit.back();
    this.#draining = this.#drainer.run(bus, this.#closing.signal);
    return this.#draining;
  }

  async deliver(batch: PostedBatch, retain: Retain): Promise<void> {
    if (batch.records.length === 0) {
      this.#countBoth(batch);
      return;
    }
    const attempt = this.#attempt(batch);
    if (attempt !== undefined) {
      retain(attempt.published);
      try {
        await inTime(attempt.published, this.#options.afterMs, () => lateBus(this.#options.afterMs));
        return;
      } catch (error) {
        this.#circuit.away(messageOf(error));
      }
      if (attempt.onBus) return;
    }
    await this.#toSpool(batch, attempt, retain);
  }

  /** Rejects when neither the bus nor the spool can accept batches. */
  async check(signal: AbortSignal): Promise<void> {
    if (this.#circuit.awayWhy !== null) await this.#options.spool.check(signal);
  }

  /** Notes for /readyz while it is ready. */
  notes(): readonly string[] {
    const { batches, bytes } = this.#options.spool.stats();
    const held = `${String(batches)} batches of ${String(bytes)} bytes wait in the spool`;
    if (this.#circuit.awayWhy !== null) return [`bus: ${this.#circuit.awayWhy}; ${held}`];
    return batches === 0 ? [] : [`bus: ${held} and are being sent`];
  }

  /** Stops draining; spooled batches stay in the spool. No deliveries are allowed afterwards. */
  async close(): Promise<void> {
    this.#closing.abort(new ArrivalsError('shutting_down', 'this process is ending'));
    await this.#draining?.catch(() => undefined);
  }

  /** Undefined if the bus is unavailable, or pending publishes hold too much memory. */
  #attempt(batch: PostedBatch): Attempt | undefined {
    if (this.#bus === undefined || this.#circuit.awayWhy !== null) return undefined;
    const bytes = publishBytes(batch);
    if (this.#pendingBytes > 0 && this.#pendingBytes + bytes > this.#options.pendingBytesMax)
      return undefined;
    this.#pendingBytes += bytes;
    const published = publishTo(this.#bus, batch.records, this.#closing.signal)
      .then(() => this.#arrived(batch, attempt))
      .finally(() => {
        this.#pendingBytes -= bytes;
      });
    const attempt: Attempt = { published, onBus: false, spooling: undefined };
    return attempt;
  }

  async #arrived(batch: PostedBatch, attempt: Attempt): Promise<void> {
    attempt.onBus = true;
    const id = await attempt.spooling?.catch(() => undefined);
    if (id === undefined) this.#countBoth(batch);
    // A batch that cannot be removed now is drained later, as a copy.
    else await this.#release([id]).catch(() => undefined);
  }

  async #toSpool(batch: PostedBatch, attempt: Attempt | undefined, retain: Retain): Promise<void> {
    const { spool, telemetry } = this.#options;
    const { cluster, events } = batch;
    const bytes = batch.records.reduce((sum, { value }) => sum + value.length, 0);
    const spooling = spool.add(batch).then((id) => {
      enter(batch, telemetry);
      telemetry.emit({ type: 'batch_spooled', cluster, events, bytes });
      return id;
    });
    const wake = (): void => {
      this.#drainer.wake();
    };
    spooling.then(wake, wake);
    if (attempt !== undefined) attempt.spooling = spooling;
    retain(spooling);
    try {
      await inTime(
        spooling,
        SPOOL_WRITE_MAX_MS,
        () => new ArrivalsError('spool_failed', `the disk took longer than ${String(SPOOL_WRITE_MAX_MS)} ms`),
      );
    } catch (error) {
      if (attempt?.onBus !== true) throw error;
    }
  }

  /** The batches are on the bus: they leave the spool and the ledger. @throws ArrivalsError spool_failed */
  async #release(ids: readonly number[]): Promise<void> {
    const { spool, telemetry, now, ageMaxMs } = this.#options;
    const removed = await spool.remove(ids);
    if (removed.length === 0) return;
    for (const batch of removed) leave(batch, telemetry, true);
    telemetry.emit({
      type: 'batches_drained',
      batches: removed.length,
      events: removed.reduce((sum, { events }) => sum + events, 0),
      bytes: removed.reduce((sum, { bytes }) => sum + bytes, 0),
      overdue: removed.filter(({ spooledAtMs }) => now() - spooledAtMs > ageMaxMs).length,
    });
  }

  #countBoth(batch: PostedBatch): void {
    enter(batch, this.#options.telemetry);
    leave(batch, this.#options.telemetry, true);
  }
}
