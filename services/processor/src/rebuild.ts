/**
 * Tells the context again what the raw topic holds: for a state that has lost it, or is new.
 *
 * Invariant: it remembers and does nothing else: it claims nothing, publishes nothing, sets nothing aside. A
 * position moves when the facts before it are kept. Facts may come again, so it may run beside processors,
 * and any number of times. It tells no alert anew: those that wait go on waiting, and the processor that
 * hears of the same thing next tells them.
 */
import {
  type ArrivalsError,
  asArrivalsError,
  type Bus,
  condensed,
  type FactStore,
  type PartitionOffsets,
  type StoredRecord,
} from '@arrivals/core';
import { setTimeout as sleep } from 'node:timers/promises';
import { offsetAfter } from './chunk.ts';
import { Classifier } from './classify.ts';

/** A record is a batch of up to some hundred events. */
const BATCH_RECORDS_MAX = 16;
const RETRY_FIRST_MS = 100;
const RETRY_MAX_MS = 5000;
const LOOK_MS = 500;

export interface RebuildOptions {
  readonly bus: Pick<Bus, 'offsets' | 'committed' | 'read' | 'subscribe'>;
  readonly state: Pick<FactStore, 'remember'>;
  readonly topic: string;
  /** Has the position, so that who was stopped goes on. Without one all is read, from the beginning. */
  readonly group?: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly signal: AbortSignal;
  /** Once it is known what there is to read, and after each batch. */
  readonly onProgress: (progress: RebuildProgress) => void;
  /** The state does not answer, and is asked again. */
  readonly onWaiting: (error: ArrivalsError) => void;
}

export interface RebuildReport {
  readonly records: number;
  readonly events: number;
  readonly facts: number;
  /** Records that hold no audit batch, and events that cannot be read: left out. */
  readonly unreadableRecords: number;
  readonly unreadableEvents: number;
}

export interface RebuildProgress extends RebuildReport {
  /** Of what there was when it began, from 0 to 1, with what an earlier run had read. */
  readonly part: number;
}

/**
 * Resolves when everything is remembered that the topic held when it was called. @throws ArrivalsError, and
 * the signal's reason
 */
export async function rebuildContext(options: RebuildOptions): Promise<RebuildReport> {
  const { bus, topic, group, signal } = options;
  const work = new Rebuild(
    options,
    await bus.offsets(topic),
    group === undefined ? new Map() : await bus.committed(topic, group),
  );
  await (group === undefined ? work.readAll() : work.readAs(group));
  signal.throwIfAborted();
  return work.report;
}

class Rebuild {
  readonly #options: RebuildOptions;
  readonly #bounds: readonly PartitionOffsets[];
  /** By partition: where to go on. */
  readonly #positions: Map<number, number>;
  #report: RebuildReport = { records: 0, events: 0, facts: 0, unreadableRecords: 0, unreadableEvents: 0 };

  constructor(
    options: RebuildOptions,
    bounds: readonly PartitionOffsets[],
    committed: ReadonlyMap<number, number>,
  ) {
    this.#options = options;
    this.#bounds = bounds;
    this.#positions = new Map(
      bounds.map(({ partition, earliest }) => [partition, Math.max(earliest, committed.get(partition) ?? 0)]),
    );
    this.#reportProgress();
  }

  get report(): RebuildReport {
    return this.#report;
  }

  async readAll(): Promise<void> {
    const { bus, topic, signal } = this.#options;
    for (const { partition, next } of this.#bounds) {
      for (;;) {
        const page = await bus.read({
          topic,
          partition,
          offset: this.#position(partition),
          recordsMax: BATCH_RECORDS_MAX,
          waitMs: 0,
          signal,
        });
        const records = page.filter(({ offset }) => offset < next);
        if (records.length === 0) break;
        await this.#remember(records, signal);
        signal.throwIfAborted();
        this.#moved(partition, offsetAfter(records));
      }
      this.#moved(partition, next);
    }
  }

  /**
   * What arrives meanwhile in a partition that is done is remembered as well: a batch that is not taken would
   * come again and again.
   */
  async readAs(group: string): Promise<void> {
    const { bus, topic, signal } = this.#options;
    const subscription = await bus.subscribe(
      { topic, group, batchRecordsMax: BATCH_RECORDS_MAX },
      async (batch) => {
        await this.#remember(batch.records, batch.signal);
        if (batch.signal.aborted) return;
        await batch.transact([], offsetAfter(batch.records));
        this.#moved(batch.partition, offsetAfter(batch.records));
      },
    );
    try {
      while (!(await this.#isDone(group))) {
        await Promise.race([subscription.ended, sleep(LOOK_MS, undefined, { signal })]);
      }
    } finally {
      await subscription.close();
    }
  }

  /**
   * Others of the group may have read a partition; and behind the last record there may be offsets that no
   * record has.
   */
  async #isDone(group: string): Promise<boolean> {
    const { bus, topic, signal } = this.#options;
    if (this.#open().length === 0) return true;
    for (const [partition, offset] of await bus.committed(topic, group))
      this.#moved(partition, Math.max(offset, this.#position(partition)));
    for (const { partition, next } of this.#open()) {
      const [record] = await bus.read({
        topic,
        partition,
        offset: this.#position(partition),
        recordsMax: 1,
        waitMs: 0,
        signal,
      });
      if (record === undefined || record.offset >= next) this.#moved(partition, next);
    }
    return this.#open().length === 0;
  }

  #open(): readonly PartitionOffsets[] {
    return this.#bounds.filter(({ partition, next }) => this.#position(partition) < next);
  }

  #position(partition: number): number {
    return this.#positions.get(partition) ?? 0;
  }

  #moved(partition: number, position: number): void {
    this.#positions.set(partition, position);
    this.#reportProgress();
  }

  #reportProgress(): void {
    const total = this.#bounds.reduce((sum, { earliest, next }) => sum + next - earliest, 0);
    const read = this.#bounds.reduce(
      (sum, { partition, earliest, next }) => sum + Math.min(this.#position(partition), next) - earliest,
      0,
    );
    this.#options.onProgress({ ...this.#report, part: total === 0 ? 1 : read / total });
  }

  /** Waits for the state until the signal aborts; then it has counted nothing. */
  async #remember(records: readonly StoredRecord[], signal: AbortSignal): Promise<void> {
    const classifier = new Classifier({ setFailuresAside: true });
    for (const record of records) await classifier.record(record);
    const facts = condensed(classifier.extracted.map(({ fact }) => fact));
    for (let waitMs = RETRY_FIRST_MS; facts.length > 0; waitMs = Math.min(waitMs * 2, RETRY_MAX_MS)) {
      if (signal.aborted) return;
      try {
        await this.#options.state.remember(facts, this.#options.now());
        break;
      } catch (thrown) {
        const error = asArrivalsError(thrown, 'internal');
        if (!error.retryable) throw error;
        this.#options.onWaiting(error);
        await sleep(waitMs, undefined, { signal }).catch(() => undefined);
      }
    }
    const unreadable = classifier.dead.filter(({ reason }) => reason === 'record_undecodable').length;
    const events = [...classifier.events.values()].reduce((sum, count) => sum + count, 0) - unreadable;
    this.#report = {
      records: this.#report.records + records.length,
      events: this.#report.events + events,
      facts: this.#report.facts + facts.length,
      unreadableRecords: this.#report.unreadableRecords + unreadable,
      unreadableEvents: this.#report.unreadableEvents + classifier.dead.length - unreadable,
    };
  }
}
