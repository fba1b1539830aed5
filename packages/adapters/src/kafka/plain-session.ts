/**
 * One input partition while this process has it, at least once: for brokers without transactions.
 *
 * Invariant: the position is committed only when every output before it is acknowledged by all in-sync
 * replicas, so nothing is missing. A process that ends between the two leaves outputs that the next one
 * writes again; so does a member that has lost its partition and does not know it yet, whose position is then
 * refused by the group's generation. No fencing, no transactional ids.
 */
import type { OutgoingRecord } from '@arrivals/core';
import { busError, waitingForTopics } from './connection.ts';
import type { PartitionSession, SessionOptions } from './partition-session.ts';
import { committedOffsets } from './positions.ts';
import { sendCompletely } from './publisher.ts';

export class PlainSession implements PartitionSession {
  readonly #options: SessionOptions;
  /** Outputs that are written while their position is not: a further try commits alone. */
  #written: { readonly position: number; readonly nextOffset: number } | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  async begin(): Promise<number | undefined> {
    const { useAdmin, group, topic, partition } = this.#options;
    this.#written = undefined;
    try {
      return (await committedOffsets(useAdmin, group, topic)).get(partition);
    } catch (error) {
      throw busError(error);
    }
  }

  async transact(
    outputs: readonly OutgoingRecord[],
    position: number,
    nextOffset: number,
    commit: (offset: number) => Promise<void>,
  ): Promise<number> {
    const { producer, partitions, onMissing } = this.#options;
    if (this.#written?.position !== position || this.#written.nextOffset !== nextOffset) {
      try {
        await sendCompletely(await producer(), outputs, await partitions.choose(outputs), onMissing);
      } catch (error) {
        throw waitingForTopics(error);
      }
      this.#written = { position, nextOffset };
    }
    await commit(nextOffset);
    return nextOffset;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
