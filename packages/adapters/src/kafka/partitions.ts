/**
 * Which partition a record goes to.
 *
 * Invariant: every record leaves with its partition set, so that an acknowledgement can be compared with what
 * was sent. A key always goes to the same partition, the one the Java client would choose (murmur2); records
 * without one take turns. Knows the number of partitions of a topic, and learns of more within a minute.
 */
import type { OutgoingRecord } from '@arrivals/core';
import { ArrivalsError } from '@arrivals/core/light';
import type { UseAdmin } from './clients.ts';
import { protocolErrorType } from './connection.ts';
import { type Admin, type PartitionMetadata, Partitioners } from './kafkajs.ts';

const REFRESH_MS = 60_000;

const byKey = Partitioners.DefaultPartitioner();
/** A key's partition depends on how many there are, not on their state. */
const ANY_PARTITION = { partitionErrorCode: 0, leader: 0, replicas: [], isr: [] };

interface Known {
  readonly partitions: PartitionMetadata[];
  readonly untilMs: number;
}

export class PartitionChooser {
  readonly #useAdmin: UseAdmin;
  readonly #known = new Map<string, Known>();
  readonly #asking = new Map<string, Promise<PartitionMetadata[]>>();
  #turn = 0;

  constructor(useAdmin: UseAdmin) {
    this.#useAdmin = useAdmin;
  }

  /** @throws ArrivalsError topic_unknown, and what kafkajs throws */
  async choose(records: readonly OutgoingRecord[]): Promise<readonly number[]> {
    const partitions = new Map<string, PartitionMetadata[]>();
    for (const topic of new Set(records.map((record) => record.topic)))
      partitions.set(topic, await this.of(topic));
    return records.map(({ topic, key, value }) => {
      const partitionMetadata = partitions.get(topic) ?? [];
      if (key === null) return this.#turn++ % partitionMetadata.length;
      return byKey({ topic, partitionMetadata, message: { key, value } });
    });
  }

  /** @throws ArrivalsError topic_unknown, and what kafkajs throws */
  async of(topic: string): Promise<PartitionMetadata[]> {
    const known = this.#known.get(topic);
    if (known === undefined) return this.#asked(topic);
    // What was known a minute ago is right nearly always, and a record that is refused is not lost: no call
    // waits for more.
    if (known.untilMs <= performance.now()) this.#asked(topic).catch(() => undefined);
    return known.partitions;
  }

  /** One request at a time for a topic, however many records wait for the answer. */
  #asked(topic: string): Promise<PartitionMetadata[]> {
    const asking =
      this.#asking.get(topic) ??
      this.#useAdmin((admin) => partitionsOf(admin, topic))
        .then((partitions) => {
          if (partitions.length === 0) throw new ArrivalsError('topic_unknown', `there is no topic ${topic}`);
          this.#known.set(topic, { partitions, untilMs: performance.now() + REFRESH_MS });
          return partitions;
        })
        .finally(() => this.#asking.delete(topic));
    this.#asking.set(topic, asking);
    return asking;
  }
}

/** The partition of so many that a record of this key is written to, by this bus and by the Java client. */
export function partitionOfKey(key: string, partitions: number): number {
  const partitionMetadata = Array.from({ length: partitions }, (_unused, partitionId) => ({
    ...ANY_PARTITION,
    partitionId,
  }));
  return byKey({ topic: '', partitionMetadata, message: { key, value: null } });
}

/** In their order; none where the broker does not know the topic. */
export async function partitionsOf(admin: Admin, topic: string): Promise<PartitionMetadata[]> {
  const metadata = await whereKnown(admin.fetchTopicMetadata({ topics: [topic] }));
  const partitions = metadata?.topics.find(({ name }) => name === topic)?.partitions ?? [];
  return [...partitions].sort((a, b) => a.partitionId - b.partitionId);
}

/** What a topic's metadata holds; undefined where the broker does not know the topic. */
export async function whereKnown<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (protocolErrorType(error) === 'UNKNOWN_TOPIC_OR_PARTITION') return undefined;
    throw error;
  }
}
