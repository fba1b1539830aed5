/**
 * A topic in memory with as many partitions as it is given, as a bus has it: few records at a time, and
 * offsets with gaps.
 */
import type { PartitionOffsets, ReadOptions, StoredRecord } from '@arrivals/core';

export interface Given {
  readonly offset: number;
  readonly timestampMs: number;
  readonly key?: string;
  readonly value?: Buffer;
  readonly unreadable?: string;
}

export class Topic {
  readonly reads: ReadOptions[] = [];
  readonly partitions: readonly Given[][];
  readonly #earliest: number;
  readonly #atOnce: number;
  /** What offsets() says is behind the last record of each, as the ends of transactions. */
  readonly #trailing: number;

  constructor(partitions: readonly (readonly Given[])[], { earliest = 0, atOnce = 3, trailing = 0 } = {}) {
    this.partitions = partitions.map((records) => [...records]);
    this.#earliest = earliest;
    this.#atOnce = atOnce;
    this.#trailing = trailing;
  }

  offsets(_topic: string): Promise<readonly PartitionOffsets[]> {
    const boundsOf = (records: readonly Given[], partition: number): PartitionOffsets => ({
      partition,
      earliest: this.#earliest,
      next:
        Math.max(this.#earliest, (records.at(-1)?.offset ?? -1) + 1) +
        (records.length === 0 ? 0 : this.#trailing),
    });
    return Promise.resolve(this.partitions.map(boundsOf));
  }

  read(options: ReadOptions): Promise<readonly StoredRecord[]> {
    options.signal.throwIfAborted();
    this.reads.push(options);
    const { topic, partition, offset, recordsMax } = options;
    const records = (this.partitions[partition] ?? [])
      .filter((record) => record.offset >= offset)
      .slice(0, Math.min(this.#atOnce, recordsMax));
    return Promise.resolve(
      records.map((record) => ({
        topic,
        partition,
        key: null,
        value: Buffer.alloc(0),
        headers: {},
        ...record,
      })),
    );
  }
}
