/**
 * The bus of one process, in LMDB: the contract of ports/bus.ts with one partition a topic.
 *
 * Invariant: an acknowledged record is on disk; `transact` is one LMDB transaction. There is one member to a
 * group: a second subscription of the same group is refused rather than emulated.
 */
import {
  ArrivalsError,
  type Bus,
  type ConsumedBatch,
  type OutgoingRecord,
  type PartitionOffsets,
  type ReadOptions,
  type RecordPosition,
  type StoredRecord,
  type SubscribeOptions,
  type Subscription,
} from '@arrivals/core';
import { EventEmitter } from 'node:events';
import type { Store } from './store.ts';
import type { TopicLog } from './topic-log.ts';

const PARTITION = 0;

export class EmbeddedBus implements Bus {
  readonly #store: Store;
  readonly #log: TopicLog;
  /** Emits a topic's name when it has new records. */
  readonly #arrivals = new EventEmitter().setMaxListeners(0);
  readonly #subscriptions = new Map<string, Subscription>();

  constructor(store: Store, log: TopicLog) {
    this.#store = store;
    this.#log = log;
  }

  async publish(records: readonly OutgoingRecord[], signal: AbortSignal): Promise<readonly RecordPosition[]> {
    signal.throwIfAborted();
    // What is already there is delivered; a new publisher can keep its data, and gets the error.
    const damage = this.#store.damage();
    if (damage !== undefined) throw damage;
    return this.#write(records, () => undefined);
  }

  async subscribe(
    options: SubscribeOptions,
    handle: (batch: ConsumedBatch) => Promise<void>,
  ): Promise<Subscription> {
    const { topic, group } = options;
    this.#store.assertOpen('bus_unavailable');
    const { first } = this.#log.bounds(topic);
    const name = JSON.stringify([topic, group]);
    if (this.#subscriptions.has(name))
      throw new ArrivalsError(
        'bus_unavailable',
        `the group ${group} reads ${topic} already, and the embedded bus has one member a group`,
      );
    // From now on retention knows of the group.
    if (this.#position(topic, group) === undefined) await this.#commitPosition(topic, group, first);
    const stop = new AbortController();
    const ended = this.#deliver(options, handle, stop.signal).finally(() => this.#subscriptions.delete(name));
    // The caller of close() waits for the end; a failure is for readers of `ended`.
    ended.catch(() => undefined);
    const subscription: Subscription = {
      ended,
      problem: () => undefined,
      close: async () => {
        stop.abort();
        await ended.catch(() => undefined);
      },
    };
    this.#subscriptions.set(name, subscription);
    return subscription;
  }

  async read({
    topic,
    partition,
    offset,
    recordsMax,
    waitMs,
    signal,
  }: ReadOptions): Promise<readonly StoredRecord[]> {
    this.#store.assertOpen('bus_unavailable');
    signal.throwIfAborted();
    if (partition !== PARTITION) return [];
    const records = this.#log.read(topic, offset, recordsMax);
    if (records.length > 0 || waitMs <= 0) return records;
    await this.#arrival(topic, signal, waitMs);
    signal.throwIfAborted();
    this.#store.assertOpen('bus_unavailable');
    return this.#log.read(topic, offset, recordsMax);
  }

  offsets(topic: string): Promise<readonly PartitionOffsets[]> {
    const { first, next } = this.#log.bounds(topic);
    return Promise.resolve([{ partition: PARTITION, earliest: first, next }]);
  }

  committed(topic: string, group: string): Promise<ReadonlyMap<number, number>> {
    const position = this.#position(topic, group);
    return Promise.resolve(new Map(position === undefined ? [] : [[PARTITION, position]]));
  }

  check(signal: AbortSignal): Promise<void> {
    return this.#store.check('bus_unavailable', signal);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#subscriptions.values()].map((subscription) => subscription.close()));
  }

  #position(topic: string, group: string): number | undefined {
    return this.#store.positions.get([topic, group]);
  }

  async #commitPosition(topic: string, group: string, offset: number): Promise<void> {
    await this.#store.commit(() => {
      this.#store.positions.putSync([topic, group], offset);
    }, 'bus_unavailable');
  }

  /** One transaction: the records and what `also` writes. */
  async #write(records: readonly OutgoingRecord[], also: () => void): Promise<readonly RecordPosition[]> {
    this.#store.assertOpen('bus_unavailable');
    const appendix = await this.#log.append(records);
    try {
      await this.#store.commit(() => {
        appendix.write();
        also();
      }, 'bus_unavailable');
    } catch (error) {
      appendix.undo();
      throw error;
    }
    for (const topic of new Set(records.map((record) => record.topic))) this.#arrivals.emit(topic);
    return appendix.positions;
  }

  async #deliver(
    { topic, group, batchRecordsMax }: SubscribeOptions,
    handle: (batch: ConsumedBatch) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    while (!signal.aborted) {
      const records = this.#log.read(topic, this.#position(topic, group) ?? 0, batchRecordsMax);
      const last = records.at(-1);
      if (last === undefined) {
        await this.#arrival(topic, signal);
        continue;
      }
      await handle({
        topic,
        partition: PARTITION,
        records,
        signal,
        transact: async (outputs, nextOffset) => {
          const position = this.#position(topic, group) ?? 0;
          if (nextOffset <= position || nextOffset > last.offset + 1) {
            throw new ArrivalsError(
              'offset_conflict',
              `expected an offset from ${String(position + 1)} to ${String(last.offset + 1)}, found ${String(nextOffset)}`,
            );
          }
          await this.#write(outputs, () => {
            this.#store.positions.putSync([topic, group], nextOffset);
          });
        },
      });
    }
  }

  /**
   * Resolves at the topic's next record, when the signal aborts, or after `waitMs`. Without AbortSignal.any,
   * which keeps every signal it ever made for as long as a long-lived source lives.
   */
  #arrival(topic: string, signal: AbortSignal, waitMs?: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = waitMs === undefined ? undefined : setTimeout(done, waitMs);
      this.#arrivals.once(topic, done);
      signal.addEventListener('abort', done);
      const arrivals = this.#arrivals;
      function done(): void {
        clearTimeout(timer);
        arrivals.off(topic, done);
        signal.removeEventListener('abort', done);
        resolve();
      }
      if (signal.aborted) done();
    });
  }
}
