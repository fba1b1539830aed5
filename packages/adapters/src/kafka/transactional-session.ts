/**
 * One input partition while this process has it, at exactly once: the transactional producer that writes its
 * outputs, and its position.
 *
 * Invariant: outputs and position become one transaction of a producer whose transactional id belongs to the
 * partition alone. The next producer of that id fences this one (kafkajs has no fencing by the group's
 * generation, KIP-447) , and its owner then reads the committed position: what a predecessor committed is
 * never written again. After any error the producer is thrown away; the next attempt begins with a new one
 * and the committed position.
 */
import type { OutgoingRecord } from '@arrivals/core';
import { ArrivalsError } from '@arrivals/core/light';
import { busError, waitingForTopics } from './connection.ts';
import type { Producer, Transaction } from './kafkajs.ts';
import type { PartitionSession, SessionOptions } from './partition-session.ts';
import { committedOffsets } from './positions.ts';
import { sendExactly } from './publisher.ts';

/** The broker aborts what was begun and not ended: readers at read_committed wait for it. */
const TRANSACTION_TIMEOUT_MS = 15_000;

export class TransactionalSession implements PartitionSession {
  readonly #options: SessionOptions;
  #producer: Producer | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** Fences predecessors, then reads the position. */
  async begin(): Promise<number | undefined> {
    try {
      await this.#renewProducer();
      const { useAdmin, group, topic, partition } = this.#options;
      return (await committedOffsets(useAdmin, group, topic)).get(partition);
    } catch (error) {
      await this.close();
      throw busError(error);
    }
  }

  /** All of it or nothing, nothing at record_too_large. */
  async transact(outputs: readonly OutgoingRecord[], position: number, nextOffset: number): Promise<number> {
    if (this.#producer === undefined) {
      const committed = (await this.begin()) ?? position;
      if (committed > position) return committed;
    }
    const producer = this.#producer;
    if (producer === undefined)
      throw new ArrivalsError('bus_unavailable', 'Kafka: the partition has no producer');
    let transaction: Transaction | undefined;
    try {
      const { partitions, group, topic, partition } = this.#options;
      const chosen = await partitions.choose(outputs);
      transaction = await producer.transaction();
      await sendExactly(transaction, outputs, chosen);
      await transaction.sendOffsets({
        consumerGroupId: group,
        topics: [{ topic, partitions: [{ partition, offset: String(nextOffset) }] }],
      });
      await transaction.commit();
      return nextOffset;
    } catch (error) {
      // Frees readers at once; when it fails too, the next producer or the broker's timeout aborts.
      await transaction?.abort().catch(() => undefined);
      await this.close();
      await producer.disconnect().catch(() => undefined);
      throw waitingForTopics(error);
    }
  }

  async close(): Promise<void> {
    const producer = this.#producer;
    this.#producer = undefined;
    await producer?.disconnect().catch(() => undefined);
  }

  async #renewProducer(): Promise<void> {
    await this.close();
    const { kafka, group, topic, partition } = this.#options;
    const producer = kafka.producer({
      transactionalId: `${group}.${topic}.${String(partition)}`,
      idempotent: true,
      maxInFlightRequests: 1,
      transactionTimeout: TRANSACTION_TIMEOUT_MS,
      allowAutoTopicCreation: false,
    });
    this.#producer = producer;
    await producer.connect();
    // kafkajs requests its producer id, which fences predecessors, when the first transaction begins. Empty,
    // it ends without a trace.
    const empty = await producer.transaction();
    await empty.abort();
  }
}
