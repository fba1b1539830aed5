/**
 * Dead letters on Kafka: read from all partitions at read_committed, in the order of their times, and put
 * back by publishing.
 *
 * Invariant: of each partition one page is held. It joins no group and moves no position.
 */
import { deleteBeginnings, openKafkaBus } from '@arrivals/adapters/kafka';
import type { Bus, PartitionOffsets, StoredRecord, Telemetry } from '@arrivals/core';
import { kafkaOptions, readConfig, topicNames } from '@arrivals/host/command';
import type { Environment } from '../command.ts';
import { kafkaStartRetry } from '../kafka-start.ts';
import { planDrop } from './kafka-drop.ts';
import { letterOf } from './letter-record.ts';
import type { LetterRecord } from './letter.ts';
import { redrive } from './put-back.ts';
import type { DeadLetterSource } from './source.ts';

const PAGE_RECORDS_MAX = 20;

/** @throws ArrivalsError config_invalid */
export function kafkaSource(environment: Environment): DeadLetterSource {
  const { env, signal, stderr } = environment;
  const config = readConfig(env, 'topics');
  const topics = topicNames(config);
  const startRetry = kafkaStartRetry(config, environment);
  const bus = openKafkaBus({ connection: kafkaOptions(config), telemetry: toPerson(stderr), startRetry });
  const topic = topics.deadLetters;
  return {
    read: (last) => readMerged(bus, topic, last, signal),
    at: async ({ partition, offset }) => {
      if (
        !(await bus.offsets(topic)).some(
          (bounds) => bounds.partition === partition && bounds.earliest <= offset && offset < bounds.next,
        )
      )
        return undefined;
      const [record] = await bus.read({ topic, partition, offset, recordsMax: 1, waitMs: 0, signal });
      return record?.offset === offset ? letterOf(record) : undefined;
    },
    redrive: (letters, dryRun) => redrive(letters, { bus, topics, dryRun, signal }),
    drop: async (letters, dryRun) => {
      const { before, results } = await planDrop(letters, readMerged(bus, topic, undefined, signal));
      if (!dryRun && before.size > 0) await deleteBeginnings(kafkaOptions(config), topic, before);
      return results;
    },
    close: () => bus.close(),
  };
}

/** What a person has to know of what is left out. */
function toPerson(stderr: Environment['stderr']): Telemetry {
  return {
    emit: (event) => {
      if (event.type === 'dependency_warning' && event.what === 'batch_unreadable')
        stderr.write(`left out: ${event.detail}\n`);
    },
  };
}

async function* readMerged(
  bus: Bus,
  topic: string,
  last: number | undefined,
  signal: AbortSignal,
): AsyncGenerator<LetterRecord> {
  const cursors: Cursor[] = [];
  for (const bounds of await bus.offsets(topic))
    cursors.push(new Cursor(bus, topic, bounds, await beginning(bus, topic, bounds, last, signal), signal));
  for (;;) {
    let oldest: { readonly cursor: Cursor; readonly timestampMs: number } | undefined;
    for (const cursor of cursors) {
      const record = await cursor.head();
      if (record !== undefined && (oldest === undefined || record.timestampMs < oldest.timestampMs))
        oldest = { cursor, timestampMs: record.timestampMs };
    }
    const record = oldest?.cursor.take();
    if (record === undefined) return;
    yield letterOf(record);
  }
}

/**
 * Offsets have gaps where transactions ended: looks further and further back until there are as many records.
 */
async function beginning(
  bus: Bus,
  topic: string,
  bounds: PartitionOffsets,
  last: number | undefined,
  signal: AbortSignal,
): Promise<number> {
  if (last === undefined) return bounds.earliest;
  if (last === 0) return bounds.next;
  for (let back = 2 * last; ; back *= 4) {
    const from = Math.max(bounds.earliest, bounds.next - back);
    if (from === bounds.earliest) return from;
    const cursor = new Cursor(bus, topic, bounds, from, signal);
    let records = 0;
    while (records < last && (await cursor.head()) !== undefined) {
      cursor.take();
      records++;
    }
    if (records >= last) return from;
  }
}

/** Reads a partition from an offset to the end it had. */
class Cursor {
  readonly #bus: Bus;
  readonly #topic: string;
  readonly #bounds: PartitionOffsets;
  readonly #signal: AbortSignal;
  #page: StoredRecord[] = [];
  #next: number;

  constructor(bus: Bus, topic: string, bounds: PartitionOffsets, from: number, signal: AbortSignal) {
    this.#bus = bus;
    this.#topic = topic;
    this.#bounds = bounds;
    this.#signal = signal;
    this.#next = from;
  }

  /** Undefined at the end. */
  async head(): Promise<StoredRecord | undefined> {
    const { partition, next: end } = this.#bounds;
    if (this.#page.length === 0 && this.#next < end) {
      const records = await this.#bus.read({
        topic: this.#topic,
        partition,
        offset: this.#next,
        recordsMax: PAGE_RECORDS_MAX,
        waitMs: 0,
        signal: this.#signal,
      });
      this.#page = records.filter(({ offset }) => offset < end);
      this.#next = records.length === 0 ? end : (records.at(-1)?.offset ?? end) + 1;
    }
    return this.#page[0];
  }

  take(): StoredRecord | undefined {
    return this.#page.shift();
  }
}
