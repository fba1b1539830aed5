/**
 * The spool: batches that the bus did not take in time, durable on local disk until it does.
 * test/contract/spool.spec.ts holds it to this.
 *
 * - Nothing is ever dropped: a spool that is full, or whose oldest batch is too old, refuses new batches.
 * - Every failure is an ArrivalsError; none of them leaves a partial batch.
 */
import type { PostedBatch } from '@arrivals/core';

export interface SpoolOptions {
  readonly folder: string;
  /** Whether the folder is attached to one process at a time, so that an owner on another host is gone. */
  readonly exclusive?: boolean;
  /** Of what is on disk for the batches, in bytes. */
  readonly bytesMax: number;
  readonly ageMaxMs: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export interface SpooledBatch extends PostedBatch {
  /** Rises with every batch; names it until it is removed. */
  readonly id: number;
  readonly spooledAtMs: number;
  readonly bytes: number;
}

export interface SpoolStats {
  readonly batches: number;
  readonly bytes: number;
  readonly oldestAtMs: number | null;
}

export interface ReadLimits {
  readonly batchesMax: number;
  /** Of the records; one batch is read though it be larger. */
  readonly bytesMax: number;
}

export interface Spool {
  /**
   * Resolves with the batch's id when it is on disk. Errors: spool_full, spool_too_old, spool_failed (all
   * retryable).
   */
  add(batch: PostedBatch): Promise<number>;
  /** The oldest batches after the id given, in order of arrival. @throws ArrivalsError spool_failed */
  read(afterId: number, limits: ReadLimits): readonly SpooledBatch[];
  /**
   * Resolves, when they are gone from disk, with those of the batches that were there, without their records.
   * Errors: spool_failed.
   */
  remove(ids: readonly number[]): Promise<readonly Omit<SpooledBatch, 'records'>[]>;
  stats(): SpoolStats;
  /** How many events it holds, by cluster: for who takes it over from an earlier process. */
  events(): ReadonlyMap<string, number>;
  /** Rejects with what add() of a large batch would reject with. */
  check(signal: AbortSignal): Promise<void>;
  /** Gives up ownership. May be called again. */
  close(): Promise<void>;
}
