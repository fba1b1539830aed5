/**
 * Reads all partitions of a topic as one, in the order of the bus's timestamps, forwards or backwards.
 *
 * Invariant: it joins no group and commits no offsets. A read ends at the end of the topic at its start, so
 * that concurrent writers cannot prolong it. Within a partition the order is that of offsets, which may have
 * gaps. Of each partition one page is held; backwards only the records that the caller wants. It does not
 * decode records.
 */
import type { Bus, PartitionOffsets, RecordPosition, StoredRecord } from '@arrivals/core';
import { setTimeout as sleep } from 'node:timers/promises';
import { BackwardCursor, type ReadRecord } from './backward-cursor.ts';
import { ForwardCursor } from './forward-cursor.ts';
import { beginnings, ends, type Positions, within } from './positions.ts';

export type ReadableBus = Pick<Bus, 'read' | 'offsets'>;

/** Several partitions are polled in turn, as one call cannot wait for all. */
const POLL_MS = 200;
/** Bounds the memory for read-ahead, and the size of an answer. */
const PAGE_BYTES_MAX = 8_000_000;

export interface TopicPage {
  readonly records: readonly StoredRecord[];
  /** The cursor for the next page. */
  readonly next: Positions;
}

export interface PageOptions {
  /** An unnamed partition is read from its beginning. */
  readonly from: Positions;
  readonly recordsMax: number;
  /** How long to wait for a first record. */
  readonly waitMs: number;
  /** On abort, the records so far are returned. */
  readonly signal: AbortSignal;
}

export class TopicReader {
  readonly topic: string;
  /** Whether offsets have no gaps, so that the last N records are known without being read. */
  readonly gapless: boolean;
  readonly #bus: ReadableBus;

  constructor(bus: ReadableBus, topic: string, { gapless = false }: { readonly gapless?: boolean } = {}) {
    this.#bus = bus;
    this.topic = topic;
    this.gapless = gapless;
  }

  /** By partition. @throws ArrivalsError topic_unknown, bus_unavailable */
  bounds(): Promise<readonly PartitionOffsets[]> {
    return this.#bus.offsets(this.topic);
  }

  /**
   * Undefined where there is no such partition, or no such record.
   * @throws ArrivalsError topic_unknown, bus_unavailable
   */
  async at(
    { partition, offset }: Pick<RecordPosition, 'partition' | 'offset'>,
    signal: AbortSignal,
  ): Promise<StoredRecord | undefined> {
    const bounds = await this.bounds();
    if (
      !bounds.some(
        (bound) => bound.partition === partition && bound.earliest <= offset && offset < bound.next,
      )
    )
      return undefined;
    const [record] = await this.#bus.read({
      topic: this.topic,
      partition,
      offset,
      recordsMax: 1,
      waitMs: 0,
      signal,
    });
    return record?.offset === offset ? record : undefined;
  }

  /** From these positions to the end of the bounds, the oldest first. */
  async *forwards(
    bounds: readonly PartitionOffsets[],
    from: Positions,
    signal: AbortSignal,
  ): AsyncGenerator<StoredRecord> {
    const start = within(bounds, from, 'earliest');
    const cursors = bounds.map(
      (bound) =>
        new ForwardCursor(
          this.#bus,
          this.topic,
          { ...bound, earliest: start.get(bound.partition) ?? 0 },
          signal,
        ),
    );
    for (
      let record = await takeFirst(cursors, older);
      record !== undefined;
      record = await takeFirst(cursors, older)
    )
      yield record;
  }

  /**
   * From these positions back to the beginning of the bounds, the newest first.
   * @param wants which records are returned with their bytes
   */
  async *backwards(
    bounds: readonly PartitionOffsets[],
    before: Positions,
    signal: AbortSignal,
    wants: (record: StoredRecord) => boolean,
  ): AsyncGenerator<ReadRecord> {
    const start = within(bounds, before, 'next');
    const cursors = bounds.map(
      (bound) =>
        new BackwardCursor(
          this.#bus,
          this.topic,
          { ...bound, next: start.get(bound.partition) ?? 0 },
          wants,
          signal,
        ),
    );
    for (
      let record = await takeFirst(cursors, newer);
      record !== undefined;
      record = await takeFirst(cursors, newer)
    )
      yield record;
  }

  /** The positions of the last N records of all partitions together. */
  async startOfLast(count: number, signal: AbortSignal): Promise<Positions> {
    const bounds = await this.bounds();
    if (this.gapless)
      return within(bounds, new Map(bounds.map(({ partition, next }) => [partition, next - count])), 'next');
    const start = new Map(ends(bounds));
    let left = count;
    if (left === 0) return start;
    for await (const { partition, offset } of this.backwards(bounds, start, signal, () => false)) {
      start.set(partition, offset);
      if (--left === 0) return start;
    }
    return beginnings(bounds);
  }

  /** The next records, at once or within `waitMs`. */
  async page({ from, recordsMax, waitMs, signal }: PageOptions): Promise<TopicPage> {
    const endMs = performance.now() + waitMs;
    for (let next = from; ;) {
      const bounds = await this.bounds();
      next = within(bounds, next, 'earliest');
      const records = await this.#take(bounds, next, recordsMax, signal);
      const leftMs = endMs - performance.now();
      if (records.length > 0 || leftMs <= 0 || signal.aborted)
        return { records, next: behind(records, next) };
      const [only] = bounds;
      if (bounds.length !== 1 || only === undefined) {
        await sleep(Math.min(POLL_MS, leftMs), undefined, { signal }).catch(() => undefined);
        continue;
      }
      const options = {
        topic: this.topic,
        partition: only.partition,
        offset: next.get(only.partition) ?? only.next,
        recordsMax,
        waitMs: leftMs,
        signal,
      };
      const waited = await unlessAborted(this.#bus.read(options), signal, []);
      return { records: waited, next: behind(waited, next) };
    }
  }

  async #take(
    bounds: readonly PartitionOffsets[],
    from: Positions,
    recordsMax: number,
    signal: AbortSignal,
  ): Promise<readonly StoredRecord[]> {
    const records: StoredRecord[] = [];
    let bytes = 0;
    const taking = async (): Promise<void> => {
      for await (const record of this.forwards(bounds, from, signal)) {
        records.push(record);
        bytes += record.value.length;
        if (records.length >= recordsMax || bytes >= PAGE_BYTES_MAX) return;
      }
    };
    await unlessAborted(taking(), signal, undefined);
    return records;
  }
}

interface Cursor<H> {
  head(): Promise<H | undefined>;
  take(): H;
}

interface Head {
  readonly timestampMs: number;
}

/** Takes from the cursor with the first head; undefined when all are at their end. */
async function takeFirst<H extends Head>(
  cursors: readonly Cursor<H>[],
  isBefore: (a: Head, b: Head) => boolean,
): Promise<H | undefined> {
  let first: { readonly cursor: Cursor<H>; readonly head: H } | undefined;
  for (const cursor of cursors) {
    const head = await cursor.head();
    if (head !== undefined && (first === undefined || isBefore(head, first.head))) first = { cursor, head };
  }
  return first?.cursor.take();
}

// Of equal times the lower partition comes first; backwards is the exact reverse.
const older = (a: Head, b: Head): boolean => a.timestampMs < b.timestampMs;
const newer = (a: Head, b: Head): boolean => a.timestampMs >= b.timestampMs;

/** After the last record of each partition. */
function behind(records: readonly StoredRecord[], from: Positions): Positions {
  const next = new Map(from);
  for (const { partition, offset } of records) next.set(partition, offset + 1);
  return next;
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal, otherwise: T): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (signal.aborted) return otherwise;
    throw error;
  }
}
