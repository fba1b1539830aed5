/**
 * How Kafka is reached, and the kafkajs client made from it. Its log lines come at debug level: failures
 * reach callers as errors.
 */
import type { KafkaOptions } from '@arrivals/core';
import { ArrivalsError } from '@arrivals/core/light';
import { causesOf, wordsOf } from './failures.ts';
import { Kafka, type KafkaConfig, logLevel, type SASLOptions } from './kafkajs.ts';

export interface KafkaConnection extends KafkaOptions {
  /** Gets what kafkajs logs, for debugging. */
  readonly onLog?: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

const CLIENT_ID = 'arrivals';
const CONNECTION_TIMEOUT_MS = 3000;
/** A broker that stopped without closing its connections is noticed after this. */
const REQUEST_TIMEOUT_MS = 10_000;

export function kafkaClient({ brokers, tls, sasl, onLog }: KafkaConnection): Kafka {
  let turn = 0;
  const config: KafkaConfig = {
    clientId: CLIENT_ID,
    // Each new connection begins with the next broker of the list. kafkajs begins with the first for every
    // producer and consumer: one that hangs would block all of them.
    brokers: () => brokers.slice(turn++ % brokers.length).slice(0, 1),
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // 0.1, 0.2, 0.4 … 2 s: some nine seconds together, as long as a leader takes to be replaced.
    retry: { initialRetryTime: 100, maxRetryTime: 2000, retries: 8 },
    logLevel: onLog === undefined ? logLevel.NOTHING : logLevel.INFO,
    logCreator:
      () =>
      ({ namespace, log: { message, timestamp: _timestamp, logger: _logger, ...fields } }) => {
        onLog?.(`kafkajs ${namespace}: ${message}`, fields);
      },
    ...(tls === undefined ? {} : { ssl: { ...tls } }),
    ...(sasl === undefined ? {} : { sasl: { ...sasl } as SASLOptions }),
  };
  return new Kafka(config);
}

/** The error that callers of the port get. */
export function busError(thrown: unknown): ArrivalsError {
  if (thrown instanceof ArrivalsError) return thrown;
  return new ArrivalsError('bus_unavailable', wordsOf(thrown), { cause: thrown });
}

/** For outputs: a topic of theirs that is gone is waited for, and nothing is dropped because of it. */
export function waitingForTopics(thrown: unknown): ArrivalsError {
  const error = busError(thrown);
  return error.code === 'topic_unknown'
    ? new ArrivalsError('bus_unavailable', error.message, { cause: error })
    : error;
}

/**
 * The type of a protocol error, such as REBALANCE_IN_PROGRESS; kafkajs wraps the first one when it has tried
 * often enough.
 */
export function protocolErrorType(thrown: unknown): string | undefined {
  for (const { type } of causesOf(thrown)) if (typeof type === 'string') return type;
  return undefined;
}
