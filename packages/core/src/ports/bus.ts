/**
 * The bus: durable topics of records, as Kafka has them. test/contract/bus.contract.ts holds every adapter to
 * this.
 *
 * - Nothing relies on order between records of different publishes.
 * - Every failure is an ArrivalsError; `retryable`: the same call may succeed later.
 * - Every wait ends when the AbortSignal given does, with the signal's reason.
 */
import type { Buffer } from 'node:buffer';
import type { RecordPosition } from './positions.ts';

export interface OutgoingRecord {
  readonly topic: string;
  /** Decides the partition where it is given; records without a key take the partitions in turn. */
  readonly key: string | null;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

export interface StoredRecord extends RecordPosition {
  readonly key: string | null;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds since 1970, when the bus took it. */
  readonly timestampMs: number;
  /**
   * Why the bus could not read what it holds here: `value` is that as it came, in the bus's own form, for all
   * records in it.
   */
  readonly unreadable?: string;
}

/** Records of one partition, in rising order of offset, at least one. */
export interface ConsumedBatch {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly StoredRecord[];
  /** Aborts when the subscription closes or loses the partition. */
  readonly signal: AbortSignal;
  /**
   * Writes `outputs` and the consumed position as one: after a crash at any point either all of it has
   * happened or nothing. An adapter for a bus without transactions may be set to at least once: outputs
   * first, then the position; after an end in between, the next consumer writes the outputs again. Resolves
   * when durable. `nextOffset` is the offset to go on from, in general the last record's plus 1. Errors:
   * bus_unavailable, bus_full (retryable: the same call may be made again); offset_conflict (`nextOffset` is
   * outside the batch or before the committed position); record_too_large (nothing has happened; another call
   * may be made).
   */
  transact(outputs: readonly OutgoingRecord[], nextOffset: number): Promise<void>;
}

export interface SubscribeOptions {
  readonly topic: string;
  /** Members of one group share the topic's partitions; the committed position belongs to the group. */
  readonly group: string;
  readonly batchRecordsMax: number;
}

export interface Subscription {
  /** Rejects when the handler did, or when the bus gave up; resolves after close(). */
  readonly ended: Promise<void>;
  /** Why nothing is delivered at the moment although the subscription goes on trying, as text. */
  problem(): string | undefined;
  /**
   * Stops delivering, waits for the handler that is running, resolves when it has ended. May be called again.
   */
  close(): Promise<void>;
}

export interface ReadOptions {
  readonly topic: string;
  readonly partition: number;
  /** The first record read is the first one at or after it. */
  readonly offset: number;
  readonly recordsMax: number;
  /** How long to wait for a first record when there is none. */
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

/** A partition's bounds: records with offsets from `earliest` up to, but without, `next` may exist. */
export interface PartitionOffsets {
  readonly partition: number;
  readonly earliest: number;
  readonly next: number;
}

export interface Bus {
  /**
   * Resolves when every record is durable (acknowledged by all in-sync replicas, or fsynced), with their
   * positions in the order given. On rejection some of them may have been written: the caller publishes all
   * of them again. Errors: bus_unavailable, bus_full (both retryable), record_too_large, topic_unknown. Any
   * number of records may be given: only a single one can be too large.
   */
  publish(records: readonly OutgoingRecord[], signal: AbortSignal): Promise<readonly RecordPosition[]>;

  /**
   * Delivers the topic to the group from its committed position, from the earliest record when it has none.
   * One batch of a partition is handled at a time; what the handler did not commit by `transact` is delivered
   * again, to this subscription when it goes on, or to the next one. A handler that rejects ends the
   * subscription.
   */
  subscribe(
    options: SubscribeOptions,
    handle: (batch: ConsumedBatch) => Promise<void>,
  ): Promise<Subscription>;

  /** Reads without a group and without moving any position. An empty result: nothing came in time. */
  read(options: ReadOptions): Promise<readonly StoredRecord[]>;

  offsets(topic: string): Promise<readonly PartitionOffsets[]>;

  /** The group's next offset by partition; a partition without one is left out. */
  committed(topic: string, group: string): Promise<ReadonlyMap<number, number>>;

  /** Rejects with bus_unavailable when the bus does not answer. */
  check(signal: AbortSignal): Promise<void>;

  /** Ends every subscription, then lets go of the bus. May be called again. */
  close(): Promise<void>;
}
