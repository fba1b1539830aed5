/**
 * Sends records and makes sure that each was acknowledged.
 *
 * Invariant: resolves only when every partition that was sent to is in an acknowledgement of all in-sync
 * replicas. kafkajs 2.2.4 resolves without a partition whose leader moved, while it tried again, to a broker
 * that had answered before: what is missing is sent again. A record may be written twice; the processor
 * recognises copies.
 *
 * kafkajs makes one batch of all that goes to a partition, and a topic's max.message.bytes holds for the
 * batch: so what is sent is sent in rounds that bring each partition little. Then only a single record can be
 * too large.
 */
import type { OutgoingRecord, RecordPosition } from '@arrivals/core';
import { ArrivalsError } from '@arrivals/core/light';
import { protocolErrorType } from './connection.ts';
import type { Message, RecordMetadata, TopicMessages } from './kafkajs.ts';

/** What a producer and a transaction of kafkajs have in common. */
export interface BatchSender {
  sendBatch(batch: {
    readonly topicMessages: TopicMessages[];
    readonly acks: -1;
    readonly timeout: number;
  }): Promise<RecordMetadata[]>;
}

/** How long a broker may wait for its replicas. */
const ACKS_TIMEOUT_MS = 10_000;
const ATTEMPTS_MAX = 5;
/**
 * Of one partition and one round; a single record may have more. A quarter of Kafka's default of
 * max.message.bytes.
 */
const ROUND_BYTES_MAX = 256 * 1024;
/** What a record has beside key, value and headers, rounded up. */
const RECORD_FRAME_BYTES = 64;

const TOO_LARGE: ReadonlySet<string | undefined> = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE']);

interface Placed {
  readonly record: OutgoingRecord;
  readonly partition: number;
}

/** Records of one partition, in the order given: positions follow from the first one's offset. */
interface Group {
  readonly topic: string;
  readonly partition: number;
  readonly indexes: number[];
  bytes: number;
}

/**
 * Resolves with the records' positions, in their order. `onMissing` gets what an acknowledgement left out.
 * @throws ArrivalsError bus_unavailable when something is missing still after several attempts,
 * record_too_large, and what kafkajs throws
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
      throw new ArrivalsError(
        'bus_unavailable',
        `Kafka left ${String(groups.length)} partitions out of its acknowledgement ${String(ATTEMPTS_MAX)} times`,
      );
    const acknowledged = firstOffsets(await sendGroups(sender, groups, placed));
    const missing = groups.filter((group) => {
      const first = acknowledged.get(nameOf(group));
      if (first !== undefined)
        for (const [i, index] of group.indexes.entries())
          positions[index] = { topic: group.topic, partition: group.partition, offset: first + i };
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
 * @throws ArrivalsError bus_unavailable unless each partition is acknowledged exactly once, record_too_large
 */
export async function sendExactly(
  sender: BatchSender,
  records: readonly OutgoingRecord[],
  partitions: readonly number[],
): Promise<void> {
  const placed = records.map((record, i): Placed => ({ record, partition: partitions[i] ?? 0 }));
  // One topic after the other: concurrent sends inside one transaction can wedge it.
  const rounds = roundsOf(placed);
  for (const topic of new Set(records.map((record) => record.topic))) {
    for (const round of rounds) {
      const groups = round.filter((group) => group.topic === topic);
      if (groups.length > 0) await sendOnce(sender, topic, groups, placed);
    }
  }
}

async function sendOnce(
  sender: BatchSender,
  topic: string,
  groups: readonly Group[],
  placed: readonly Placed[],
): Promise<void> {
  const results = await sendGroups(sender, groups, placed);
  const names = results.map((result) => nameOf({ topic: result.topicName, partition: result.partition }));
  const complete = groups.every((group) => names.includes(nameOf(group)));
  if (!complete || names.length !== groups.length)
    throw new ArrivalsError(
      'bus_unavailable',
      `Kafka acknowledged ${String(names.length)} partitions of ${topic}, expected each of ${String(groups.length)} once`,
    );
}

/** In each round every partition has one group at most. */
function roundsOf(placed: readonly Placed[]): readonly (readonly Group[])[] {
  const rounds: Group[][] = [];
  const open = new Map<string, { readonly group: Group; readonly round: number }>();
  for (const [index, { record, partition }] of placed.entries()) {
    const bytes = bytesOf(record);
    const name = nameOf({ topic: record.topic, partition });
    const last = open.get(name);
    if (last !== undefined && last.group.bytes + bytes <= ROUND_BYTES_MAX) {
      last.group.indexes.push(index);
      last.group.bytes += bytes;
      continue;
    }
    const group: Group = { topic: record.topic, partition, indexes: [index], bytes };
    const round = last === undefined ? 0 : last.round + 1;
    (rounds[round] ??= []).push(group);
    open.set(name, { group, round });
  }
  return rounds;
}

function bytesOf({ key, value, headers }: OutgoingRecord): number {
  const headerBytes = Object.entries(headers).reduce(
    (sum, [name, text]) => sum + Buffer.byteLength(name) + Buffer.byteLength(text) + 4,
    0,
  );
  return RECORD_FRAME_BYTES + (key === null ? 0 : Buffer.byteLength(key)) + value.length + headerBytes;
}

function nameOf({ topic, partition }: Pick<Group, 'topic' | 'partition'>): string {
  return `${topic} ${String(partition)}`;
}

async function sendGroups(
  sender: BatchSender,
  groups: readonly Group[],
  placed: readonly Placed[],
): Promise<RecordMetadata[]> {
  const byTopic = new Map<string, Message[]>();
  for (const { topic, partition, indexes } of groups) {
    const messages = byTopic.get(topic) ?? [];
    for (const index of indexes) {
      const record = placed[index]?.record;
      if (record !== undefined)
        messages.push({ key: record.key, value: record.value, headers: { ...record.headers }, partition });
    }
    byTopic.set(topic, messages);
  }
  const topicMessages = [...byTopic].map(([topic, messages]) => ({ topic, messages }));
  try {
    return await sender.sendBatch({ topicMessages, acks: -1, timeout: ACKS_TIMEOUT_MS });
  } catch (error) {
    throw TOO_LARGE.has(protocolErrorType(error)) ? tooLarge(groups, error) : error;
  }
}

function tooLarge(groups: readonly Group[], cause: unknown): ArrivalsError {
  const topics = [...new Set(groups.map(({ topic }) => topic))];
  const largest = Math.max(...groups.map(({ bytes }) => bytes));
  const message = `Kafka refused a record of at most ${String(largest)} bytes for ${topics.join(' or ')}: max.message.bytes is smaller`;
  return new ArrivalsError('record_too_large', message, {
    cause,
    ...(topics.length === 1 ? { topic: topics[0] ?? '' } : {}),
  });
}

/** Of each acknowledged partition. When kafkajs sent twice, the first one counts: both were written. */
function firstOffsets(results: readonly RecordMetadata[]): ReadonlyMap<string, number> {
  const offsets = new Map<string, number>();
  for (const { topicName, partition, errorCode, baseOffset } of results) {
    const name = nameOf({ topic: topicName, partition });
    if (errorCode === 0 && baseOffset !== undefined && !offsets.has(name))
      offsets.set(name, Number(baseOffset));
  }
  return offsets;
}
