/**
 * What a service does with Kafka when it starts: waits until it answers, makes or checks the topics, opens the bus.
 *
 * Invariant: it does not start on topics that would break a promise; what else differs is told as a warning.
 */
import { ArrivalsError, asArrivalsError, type Bus, type Telemetry, type TopicSpec } from '@arrivals/core';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaConnection } from './connection.ts';
import { openKafkaBus } from './kafka-bus.ts';
import type { Delivery } from './partition-session.ts';
import { describeDifference, type TopicDifference } from './topic-differences.ts';
import { checkTopics, createTopics } from './topics.ts';

export interface ConnectOptions {
  readonly connection: KafkaConnection;
  readonly telemetry: Telemetry;
  readonly topics: readonly TopicSpec[];
  readonly topicsAtStart: 'create' | 'check';
  readonly delivery?: Delivery;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

const RETRY_MS = 1000;

/** @throws ArrivalsError bus_unavailable when Kafka does not answer in time, topics_differ */
export async function connectKafka(options: ConnectOptions): Promise<Bus> {
  const { connection, telemetry, topics, topicsAtStart, delivery = 'exactly-once' } = options;
  const differences = await untilReachable(options, () => (topicsAtStart === 'create' ? createTopics(connection, topics) : checkTopics(connection, topics)));
  refuseUnsafe(differences);
  for (const difference of differences)
    telemetry.emit({ type: 'dependency_warning', of: 'kafka', what: 'topic_differs', detail: describeDifference(difference) });
  return openKafkaBus({ connection, telemetry, delivery });
}

function refuseUnsafe(differences: readonly TopicDifference[]): void {
  const unsafe = differences.filter((difference) => difference.unsafe);
  if (unsafe.length > 0) throw new ArrivalsError('topics_differ', unsafe.map(describeDifference).join('\n'));
}

async function untilReachable<T>({ telemetry, timeoutMs, signal }: ConnectOptions, work: () => Promise<T>): Promise<T> {
  const endMs = performance.now() + timeoutMs;
  for (let told = false; ;) {
    try {
      return await work();
    } catch (thrown) {
      const error = asArrivalsError(thrown, 'bus_unavailable');
      if (!error.retryable || signal.aborted || performance.now() + RETRY_MS > endMs) throw error;
      if (!told) telemetry.emit({ type: 'dependency_warning', of: 'kafka', what: 'unreachable', detail: error.message });
      told = true;
      await sleep(RETRY_MS, undefined, { signal });
    }
  }
}
