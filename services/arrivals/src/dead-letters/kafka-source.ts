/**
 * Dead letters on Kafka: read from all partitions at read_committed, in the order of their timestamps, and
 * redriven by publishing.
 */
import { deleteBeginnings } from '@arrivals/adapters/kafka';
import { type LetterRecord, letterOf, redrive, TopicReader } from '@arrivals/api';
import type { Environment } from '../command.ts';
import { openKafkaTopics } from '../kafka-topics.ts';
import { planDrop } from './kafka-drop.ts';
import type { DeadLetterSource } from './source.ts';

/** @throws ArrivalsError config_invalid */
export function kafkaSource(environment: Environment): DeadLetterSource {
  const { signal } = environment;
  const { bus, topics, connection } = openKafkaTopics(environment);
  const reader = new TopicReader(bus, topics.deadLetters);
  return {
    read: (last) => readAll(reader, last, signal),
    at: async (position) => {
      const record = await reader.at(position, signal);
      return record === undefined ? undefined : letterOf(record);
    },
    redrive: (letters, dryRun) => redrive(letters, { bus, topics, dryRun, signal }),
    drop: async (letters, dryRun) => {
      const { before, results } = await planDrop(letters, readAll(reader, undefined, signal));
      if (!dryRun && before.size > 0) await deleteBeginnings(connection, reader.topic, before);
      return results;
    },
    close: () => bus.close(),
  };
}

async function* readAll(
  reader: TopicReader,
  last: number | undefined,
  signal: AbortSignal,
): AsyncGenerator<LetterRecord> {
  const bounds = await reader.bounds();
  const from = last === undefined ? new Map<number, number>() : await reader.startOfLast(last, signal);
  for await (const record of reader.forwards(bounds, from, signal)) yield letterOf(record);
}
