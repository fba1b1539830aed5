/** Reads a partition from an offset to a fixed end, a page at a time. */
import type { Bus, PartitionOffsets, StoredRecord } from '@arrivals/core';

/** A bus limits a page by bytes; of the largest records it holds few. */
const PAGE_RECORDS_MAX = 500;

export class ForwardCursor {
  readonly #bus: Pick<Bus, 'read'>;
  readonly #topic: string;
  readonly #partition: number;
  readonly #end: number;
  readonly #signal: AbortSignal;
  #page: readonly StoredRecord[] = [];
  /** How many of the page were taken. */
  #taken = 0;
  #next: number;

  /** @param bounds from `earliest` up to `next` */
  constructor(
    bus: Pick<Bus, 'read'>,
    topic: string,
    { partition, earliest, next }: PartitionOffsets,
    signal: AbortSignal,
  ) {
    this.#bus = bus;
    this.#topic = topic;
    this.#partition = partition;
    this.#next = earliest;
    this.#end = next;
    this.#signal = signal;
  }

  /** Undefined at the end. */
  async head(): Promise<StoredRecord | undefined> {
    if (this.#taken === this.#page.length && this.#next < this.#end) await this.#read();
    return this.#page[this.#taken];
  }

  /** Removes and returns the record of head(). */
  take(): StoredRecord {
    const record = this.#page[this.#taken++];
    if (record === undefined) throw new RangeError('expected a record that head() gave');
    return record;
  }

  async #read(): Promise<void> {
    const records = await this.#bus.read({
      topic: this.#topic,
      partition: this.#partition,
      offset: this.#next,
      recordsMax: Math.min(PAGE_RECORDS_MAX, this.#end - this.#next),
      waitMs: 0,
      signal: this.#signal,
    });
    this.#page = records.filter(({ offset }) => offset < this.#end);
    this.#taken = 0;
    // After the last record there may be offsets without a record, such as the end of a transaction.
    this.#next = (records.at(-1)?.offset ?? this.#end - 1) + 1;
  }
}
