/**
 * Passes the records of one fetch to the handler, in batches, until all are committed or the assignment ends.
 *
 * Invariant: `position` is where the committed position is known to be, also after the last record, and only
 * rises. What was committed by others in the meantime is skipped; a batch that they had begun to commit is
 * over, and nothing more is written for it.
 */
import type { ConsumedBatch, OutgoingRecord, StoredRecord } from '@arrivals/core';
import { ArrivalsError } from '@arrivals/core/light';
import type { Assignment } from './assignment.ts';
import { busError } from './connection.ts';

/** Why a batch that others have begun to commit is over. */
const OVERTAKEN = new Error('another process has committed part of the batch');

export interface BatchDeliveryOptions {
  readonly batchRecordsMax: number;
  /** Commits a position alone, with the group's generation, so that a former member fails. */
  readonly commit: (offset: number) => Promise<void>;
  readonly handle: (batch: ConsumedBatch) => Promise<void>;
}

export class BatchDelivery {
  readonly #records: readonly StoredRecord[];
  readonly #assignment: Assignment;
  readonly #options: BatchDeliveryOptions;
  readonly #topic: string;
  readonly #partition: number;
  /** The offset after the last record. */
  readonly end: number;
  #position: number;
  #handlerError: { readonly error: unknown } | undefined;

  /** `records` are of one partition, at least one. */
  constructor(records: readonly StoredRecord[], assignment: Assignment, options: BatchDeliveryOptions) {
    const [first, last] = [records[0], records.at(-1)];
    if (first === undefined || last === undefined) throw new TypeError('a delivery of no records');
    this.#records = records;
    this.#assignment = assignment;
    this.#options = options;
    this.#topic = first.topic;
    this.#partition = first.partition;
    this.#position = first.offset;
    this.end = last.offset + 1;
  }

  get position(): number {
    return this.#position;
  }

  /** What the handler itself threw, in a box. */
  get handlerError(): { readonly error: unknown } | undefined {
    return this.#handlerError;
  }

  /**
   * `committed`: the position found at the beginning of the assignment, if it is that. @throws what the
   * handler throws
   */
  async run(committed: number | undefined): Promise<void> {
    if (committed !== undefined && committed > this.#position) this.#position = committed;
    while (this.#position < this.end && !this.#assignment.signal.aborted) {
      const records = this.#records
        .filter((record) => record.offset >= this.#position)
        .slice(0, this.#options.batchRecordsMax);
      await this.#handle(records);
    }
  }

  async #handle(records: readonly StoredRecord[]): Promise<void> {
    const { signal } = this.#assignment;
    const batch = new AbortController();
    const abort = (): void => {
      batch.abort();
    };
    signal.addEventListener('abort', abort);
    try {
      await this.#options.handle({
        topic: this.#topic,
        partition: this.#partition,
        records,
        signal: batch.signal,
        transact: (outputs, nextOffset) =>
          this.#transact(outputs, nextOffset, (records.at(-1)?.offset ?? this.end - 1) + 1, batch),
      });
    } catch (error) {
      this.#handlerError = { error };
      throw error;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  async #transact(
    outputs: readonly OutgoingRecord[],
    nextOffset: number,
    end: number,
    batch: AbortController,
  ): Promise<void> {
    if (this.#assignment.lost)
      throw new ArrivalsError(
        'bus_unavailable',
        'Kafka: the partition belongs to another member of the group now',
      );
    if (batch.signal.reason === OVERTAKEN)
      throw new ArrivalsError(
        'bus_unavailable',
        'Kafka: another process has committed part of these records',
      );
    if (nextOffset <= this.#position || nextOffset > end)
      throw new ArrivalsError(
        'offset_conflict',
        `expected an offset from ${String(this.#position + 1)} to ${String(end)}, found ${String(nextOffset)}`,
      );
    const committed = await this.#write(outputs, nextOffset);
    this.#position = committed;
    if (committed === nextOffset) return;
    // Another member has committed: nothing more of this batch is written, and the rest is delivered again,
    // from its position.
    batch.abort(OVERTAKEN);
    if (committed < nextOffset) {
      throw new ArrivalsError(
        'bus_unavailable',
        `Kafka: another process committed offset ${String(committed)} of the partition in between`,
      );
    }
  }

  async #write(outputs: readonly OutgoingRecord[], nextOffset: number): Promise<number> {
    const commit = (offset: number): Promise<void> => this.#commitAlone(offset);
    if (outputs.length > 0)
      return this.#assignment.session(this.#partition).transact(outputs, this.#position, nextOffset, commit);
    await commit(nextOffset);
    return nextOffset;
  }

  async #commitAlone(nextOffset: number): Promise<void> {
    try {
      await this.#options.commit(nextOffset);
    } catch (error) {
      this.#assignment.noteError(error);
      throw busError(error);
    }
  }
}
