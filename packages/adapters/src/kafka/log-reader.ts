/**
 * Reads a partition from an offset, without a group, at read_committed.
 *
 * Invariant: what it returns is committed and in order; a batch that cannot be read is left out and reported.
 * It polls often instead of having the broker wait: requests on one connection are answered in turn, so one
 * reader's long wait would be every other reader's.
 */
import type { ReadOptions, StoredRecord } from '@arrivals/core';
import { ArrivalsError } from '@arrivals/core/light';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connected, type UseAdmin } from './clients.ts';
import { busError, protocolErrorType } from './connection.ts';
import {
  internalCluster,
  type InternalCluster,
  type InternalFetchPartition,
  type Kafka,
  READ_COMMITTED,
} from './kafkajs.ts';
import { earliestOffset } from './positions.ts';
import type { InternalRecord } from './record-batches.ts';

const POLL_MS = 100;
const FETCH_BYTES_MAX = 4 * 1024 * 1024;

export class LogReader {
  readonly #cluster: InternalCluster;
  readonly #connected: Connected<InternalCluster>;
  readonly #useAdmin: UseAdmin;
  readonly #onUnreadable: (detail: string) => void;

  /** `onUnreadable` gets batches that are left out. */
  constructor(kafka: Kafka, useAdmin: UseAdmin, onUnreadable: (detail: string) => void) {
    this.#onUnreadable = onUnreadable;
    this.#cluster = internalCluster(kafka);
    this.#connected = new Connected(this.#cluster);
    this.#useAdmin = useAdmin;
  }

  async read({
    topic,
    partition,
    offset,
    recordsMax,
    waitMs,
    signal,
  }: ReadOptions): Promise<readonly StoredRecord[]> {
    const endMs = performance.now() + waitMs;
    for (let from = offset; ;) {
      signal.throwIfAborted();
      const { records, next } = await this.#fetch(topic, partition, from);
      if (records.length > 0) return records.slice(0, recordsMax);
      // Only aborted records or markers there: what follows them may be readable already.
      if (next > from) {
        from = next;
        continue;
      }
      const leftMs = endMs - performance.now();
      if (leftMs <= 0) return [];
      await sleep(Math.min(POLL_MS, leftMs), undefined, { signal }).catch(() => undefined);
    }
  }

  close(): Promise<void> {
    return this.#connected.close();
  }

  async #fetch(
    topic: string,
    partition: number,
    offset: number,
  ): Promise<{ readonly records: readonly StoredRecord[]; readonly next: number }> {
    try {
      const fetched = await this.#fetchOnce(topic, partition, offset);
      const records = recordsOf(fetched, topic, offset);
      for (const { unreadable } of records)
        if (unreadable !== undefined) this.#onUnreadable(`${topic}/${String(partition)}: ${unreadable}`);
      return {
        records: records.filter(({ unreadable }) => unreadable === undefined),
        next: Math.max(offset, Number(fetched.messages.at(-1)?.offset ?? -1) + 1),
      };
    } catch (error) {
      if (protocolErrorType(error) === 'OFFSET_OUT_OF_RANGE') {
        const earliest = await earliestOffset(this.#useAdmin, topic, partition);
        // After the end there is nothing yet; before the beginning there is nothing any more.
        return { records: [], next: Math.max(offset, earliest) };
      }
      // Leaders move: the next read asks the new one.
      await this.#cluster.refreshMetadata().catch(() => undefined);
      throw busError(error);
    }
  }

  async #fetchOnce(topic: string, partition: number, offset: number): Promise<InternalFetchPartition> {
    const cluster = await this.#connected.get();
    await cluster.addTargetTopic(topic);
    await cluster.refreshMetadataIfNecessary();
    const [nodeId] = Object.keys(cluster.findLeaderForPartitions(topic, [partition]));
    if (nodeId === undefined)
      throw new ArrivalsError(
        'bus_unavailable',
        `Kafka: partition ${String(partition)} of ${topic} has no leader`,
      );
    const broker = await cluster.findBroker({ nodeId });
    const { responses } = await broker.fetch({
      replicaId: -1,
      isolationLevel: READ_COMMITTED,
      maxWaitTime: 0,
      minBytes: 0,
      maxBytes: FETCH_BYTES_MAX,
      topics: [
        { topic, partitions: [{ partition, fetchOffset: String(offset), maxBytes: FETCH_BYTES_MAX }] },
      ],
    });
    return (
      responses[0]?.partitions[0] ?? {
        partition,
        highWatermark: '0',
        abortedTransactions: null,
        messages: [],
      }
    );
  }
}

function recordsOf(
  fetched: InternalFetchPartition,
  topic: string,
  fromOffset: number,
): readonly StoredRecord[] {
  return fetched.messages
    .filter((message) => !message.isControlRecord && Number(message.offset) >= fromOffset)
    .map((message) => storedRecord(topic, fetched.partition, message));
}

/** A record as kafkajs decoded it, as the port has it. */
export function storedRecord(
  topic: string,
  partition: number,
  {
    offset,
    key,
    value,
    timestamp,
    headers,
    unreadable,
  }: Pick<InternalRecord, 'offset' | 'key' | 'value' | 'timestamp' | 'headers' | 'unreadable'>,
): StoredRecord {
  return {
    topic,
    partition,
    offset: Number(offset),
    key: key === null ? null : key.toString('utf8'),
    value: value ?? Buffer.alloc(0),
    headers: Object.fromEntries(Object.entries(headers).map(([name, header]) => [name, headerText(header)])),
    timestampMs: Number(timestamp),
    ...(unreadable === undefined ? {} : { unreadable }),
  };
}

/** Kafka allows several headers of one name; the first one counts. */
function headerText(header: InternalRecord['headers'][string]): string {
  const first: unknown = Array.isArray(header) ? header[0] : header;
  return Buffer.isBuffer(first) ? first.toString('utf8') : typeof first === 'string' ? first : '';
}
