/**
 * Connecting to Kafka when a service starts: waits until it answers, makes or checks the topics, opens the
 * bus.
 *
 * Invariant: it does not start on topics that would break a guarantee; other differences are logged as
 * warnings.
 */
import type { Bus, Delivery, Telemetry, TopicsAtStart, TopicSpec } from '@arrivals/core';
import { ArrivalsError } from '@arrivals/core/light';
import type { KafkaConnection } from './connection.ts';
import { openKafkaBus } from './kafka-bus.ts';
import type { StartRetry } from './start-retry.ts';
import { describeDifference, type TopicDifference } from './topic-differences.ts';
import { checkTopics, createTopics } from './topics.ts';

export interface ConnectOptions {
  readonly connection: KafkaConnection;
  readonly telemetry: Telemetry;
  readonly topics: readonly TopicSpec[];
  readonly topicsAtStart: TopicsAtStart;
  readonly delivery?: Delivery;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** @throws ArrivalsError bus_unavailable when Kafka does not answer in time, topics_differ */
export async function connectKafka(options: ConnectOptions): Promise<Bus> {
  const {
    connection,
    telemetry,
    topics,
    topicsAtStart,
    delivery = 'exactly-once',
    timeoutMs,
    signal,
  } = options;
  const startRetry = { timeoutMs, signal, onWait: waitingTo(telemetry) };
  const differences = await (topicsAtStart === 'create'
    ? createTopics(connection, topics, startRetry)
    : checkTopics(connection, topics, startRetry));
  refuseUnsafe(differences);
  for (const difference of differences)
    telemetry.emit({
      type: 'dependency_warning',
      of: 'kafka',
      what: 'topic_differs',
      detail: describeDifference(difference),
    });
  return openKafkaBus({ connection, telemetry, delivery });
}

/** Logs that Kafka is waited for. */
export function waitingTo(telemetry: Telemetry): NonNullable<StartRetry['onWait']> {
  return ({ message }) => {
    telemetry.emit({
      type: 'dependency_warning',
      of: 'kafka',
      what: 'unreachable',
      detail: `${message}; trying again`,
    });
  };
}

function refuseUnsafe(differences: readonly TopicDifference[]): void {
  const unsafe = differences.filter((difference) => difference.unsafe);
  if (unsafe.length > 0) throw new ArrivalsError('topics_differ', unsafe.map(describeDifference).join('\n'));
}
