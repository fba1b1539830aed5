/**
 * Reads a partition backwards from an offset, a window of offsets at a time.
 *
 * Invariant: no record is read twice. Of a window only offsets and times are held, and the records that the
 * caller wants.
 */
import type { Bus, PartitionOffsets, StoredRecord } from '@arrivals/core';
import { setImmediate as others } from 'node:timers/promises';

/** The first window is small, as mostly the newest records are requested. */
const WINDOW_RECORDS_MIN = 100;
const WINDOW_RECORDS_MAX = 800;

export interface ReadRecord {
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
  /** The record, if the caller wants it. */
  readonly record: StoredRecord | undefined;
}

export class BackwardCursor {
  readonly #bus: Pick<Bus, 'read'>;
  readonly #topic: string;
  readonly #partition: number;
  readonly #earliest: number;
  readonly #wants: (record: StoredRecord) => boolean;
  readonly #signal: AbortSignal;
  /** Oldest first. */
  #window: ReadRecord[] = [];
  #windowRecords = WINDOW_RECORDS_MIN;
  #end: number;

  /** @param bounds from `next` back to `earliest` */
  constructor(
    bus: Pick<Bus, 'read'>,
    topic: string,
    { partition, earliest, next }: PartitionOffsets,
    wants: (record: StoredRecord) => boolean,
    signal: AbortSignal,
  ) {
    this.#bus = bus;
    this.#topic = topic;
    this.#partition = partition;
    this.#earliest = earliest;
    this.#end = next;
    this.#wants = wants;
    this.#signal = signal;
  }

  /** Undefined at the beginning. */
  async head(): Promise<ReadRecord | undefined> {
    while (this.#window.length === 0 && this.#end > this.#earliest) await this.#read();
    return this.#window.at(-1);
  }

  /** Removes and returns the record of head(). */
  take(): ReadRecord {
    const record = this.#window.pop();
    if (record === undefined) throw new RangeError('expected a record that head() gave');
    return record;
  }

  async #read(): Promise<void> {
    const [from, end] = [Math.max(this.#earliest, this.#end - this.#windowRecords), this.#end];
    for (let offset = from; offset < end;) {
      const records = await this.#bus.read({
        topic: this.#topic,
        partition: this.#partition,
        offset,
        recordsMax: end - offset,
        waitMs: 0,
        signal: this.#signal,
      });
      for (const record of records) if (record.offset < end) this.#window.push(seenOf(record, this.#wants));
      const last = records.at(-1);
      if (last === undefined) break;
      offset = last.offset + 1;
    }
    this.#end = from;
    this.#windowRecords = Math.min(WINDOW_RECORDS_MAX, 2 * this.#windowRecords);
    // An embedded bus reads without I/O waits: yield in between.
    await others();
  }
}

function seenOf(record: StoredRecord, wants: (record: StoredRecord) => boolean): ReadRecord {
  const { partition, offset, timestampMs } = record;
  return { partition, offset, timestampMs, record: wants(record) ? record : undefined };
}
