/**
 * Sends records and makes sure that each was acknowledged.
 *
 * Invariant: resolves only when every partition that was sent to stands in an acknowledgement of all in-sync replicas.
 * kafkajs 2.2.4 resolves without a partition whose leader moved, while it tried again, to a broker that had answered
 * before: what is missing is sent again. A record may be written twice; the processor tells copies apart. kafkajs puts all
 * records of a partition into one record batch, and a topic's max.message.bytes bounds that batch: what would exceed it goes
 * out in several rounds.
 */
import { ArrivalsError, type OutgoingRecord, type RecordPosition } from '@arrivals/core';
import type { Message, RecordMetadata, TopicMessages } from './kafkajs.ts';

/** What a producer and a transaction of kafkajs have in common. */
export interface BatchSender {
  sendBatch(batch: { readonly topicMessages: TopicMessages[]; readonly acks: -1; readonly timeout: number }): Promise<RecordMetadata[]>;
}

/** How long a broker may wait for its replicas. */
const ACKS_TIMEOUT_MS = 10_000;
const ATTEMPTS_MAX = 5;
/** Of the records of a partition in one round, where there is more than one: below TOPIC_RECORD_BYTES_MAX. */
const ROUND_BYTES_MAX = 1_000_000;
/** What a record has beside key, value and headers, and room to spare. */
const RECORD_BYTES = 64;

interface Placed {
  readonly record: OutgoingRecord;
  readonly partition: number;
}

/** The records of one partition, in the order given: positions follow from the first one's offset. */
interface Group {
  readonly topic: string;
  readonly partition: number;
  readonly indexes: number[];
  bytes: number;
}

/**
 * Resolves with the records' positions, in their order. `onMissing` is told of what an acknowledgement left out.
 * @throws ArrivalsError bus_unavailable when something is missing still after several attempts, and what kafkajs throws
 */
export async function sendCompletely(
  sender: BatchSender,
  records: readonly OutgoingRecord[],
  partitions: readonly number[],
  onMissing: (records: number, attempt: number) => void,
): Promise<readonly RecordPosition[]> {
  const placed = records.map((record, i): Placed => ({ record, partition: partitions[i] ?? 0 }));
  const positions: (RecordPosition | undefined)[] = records.map(() => undefined);
  for (const round of roundsOf(placed)) await sendRound(sender, round, placed, positions, onMissing);
  return positions.map((position) => position ?? { topic: '', partition: -1, offset: -1 });
}

/** Fills in the positions of the round's records. */
async function sendRound(
  sender: BatchSender,
  round: readonly Group[],
  placed: readonly Placed[],
  positions: (RecordPosition | undefined)[],
  onMissing: (records: number, attempt: number) => void,
): Promise<void> {
  let groups = round;
  for (let attempt = 1; groups.length > 0; attempt++) {
    if (attempt > ATTEMPTS_MAX)
      throw new ArrivalsError('bus_unavailable', `Kafka left ${String(groups.length)} partitions out of its acknowledgement ${String(ATTEMPTS_MAX)} times`);
    const acknowledged = firstOffsets(await sendGroups(sender, groups, placed));
    const missing = groups.filter((group) => {
      const first = acknowledged.get(nameOf(group));
      if (first !== undefined)
        for (const [i, index] of group.indexes.entries()) positions[index] = { topic: group.topic, partition: group.partition, offset: first + i };
      return first === undefined;
    });
    if (missing.length > 0)
      onMissing(
        missing.reduce((sum, { indexes }) => sum + indexes.length, 0),
        attempt,
      );
    groups = missing;
  }
}

/**
 * Sends once, for a transaction, where sending again could write a record twice.
 * @throws ArrivalsError bus_unavailable unless each partition is acknowledged exactly once
 */
export async function sendExactly(sender: BatchSender, records: readonly OutgoingRecord[], partitions: readonly number[]): Promise<void> {
  const placed = records.map((record, i): Placed => ({ record, partition: partitions[i] ?? 0 }));
  // One topic after the other: concurrent sends inside one transaction can wedge it.
  const topics = new Set(records.map((record) => record.topic));
  const rounds = roundsOf(placed);
  for (const [topic, round] of [...topics].flatMap((name) => rounds.map((groups) => [name, groups] as const))) {
    const groups = round.filter((group) => group.topic === topic);
    if (groups.length === 0) continue;
    const results = await sendGroups(sender, groups, placed);
    const names = results.map((result) => nameOf({ topic: result.topicName, partition: result.partition }));
    const complete = groups.every((group) => names.includes(nameOf(group)));
    if (!complete || names.length !== groups.length)
      throw new ArrivalsError(
        'bus_unavailable',
        `Kafka acknowledged ${String(names.length)} partitions of ${topic}, expected each of ${String(groups.length)} once`,
      );
  }
}

/** Groups of which each fits a record batch; those of one round are of different partitions. */
function roundsOf(placed: readonly Placed[]): readonly (readonly Group[])[] {
  const groups = new Map<string, Group[]>();
  for (const [index, { record, partition }] of placed.entries()) {
    const name = nameOf({ topic: record.topic, partition });
    const ofPartition = groups.get(name) ?? [];
    groups.set(name, ofPartition);
    const bytes = bytesOf(record);
    let group = ofPartition.at(-1);
    if (group === undefined || group.bytes + bytes > ROUND_BYTES_MAX) {
      group = { topic: record.topic, partition, indexes: [], bytes: 0 };
      ofPartition.push(group);
    }
    group.indexes.push(index);
    group.bytes += bytes;
  }
  const all = [...groups.values()];
  const count = Math.max(0, ...all.map((ofPartition) => ofPartition.length));
  return Array.from({ length: count }, (_unused, i) => all.flatMap((ofPartition) => ofPartition.slice(i, i + 1)));
}

function bytesOf({ key, value, headers }: OutgoingRecord): number {
  const texts = [key ?? '', ...Object.entries(headers).flat()];
  return value.length + texts.reduce((sum, text) => sum + 4 + Buffer.byteLength(text), RECORD_BYTES);
}

function nameOf({ topic, partition }: Pick<Group, 'topic' | 'partition'>): string {
  return `${topic} ${String(partition)}`;
}

function sendGroups(sender: BatchSender, groups: readonly Group[], placed: readonly Placed[]): Promise<RecordMetadata[]> {
  const byTopic = new Map<string, Message[]>();
  for (const { topic, partition, indexes } of groups) {
    const messages = byTopic.get(topic) ?? [];
    for (const index of indexes) {
      const record = placed[index]?.record;
      if (record !== undefined) messages.push({ key: record.key, value: record.value, headers: { ...record.headers }, partition });
    }
    byTopic.set(topic, messages);
  }
  const topicMessages = [...byTopic].map(([topic, messages]) => ({ topic, messages }));
  return sender.sendBatch({ topicMessages, acks: -1, timeout: ACKS_TIMEOUT_MS });
}

/** Of each acknowledged partition. When kafkajs sent twice, the first one counts: both were written. */
function firstOffsets(results: readonly RecordMetadata[]): ReadonlyMap<string, number> {
  const offsets = new Map<string, number>();
  for (const { topicName, partition, errorCode, baseOffset } of results) {
    const name = nameOf({ topic: topicName, partition });
    if (errorCode === 0 && baseOffset !== undefined && !offsets.has(name)) offsets.set(name, Number(baseOffset));
  }
  return offsets;
}
