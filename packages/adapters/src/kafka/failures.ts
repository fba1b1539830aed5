/**
 * What Kafka's answers mean for the operator: which setting, what was found, what to do.
 *
 * Invariant: the broker's own error stays in the message. start-retry.ts decides which of them are retried.
 */
import { messageOf } from '@arrivals/core/light';

/** Advice by the type of the protocol error, or the name of kafkajs's error where there is none. */
const ADVICE: Readonly<Record<string, string>> = {
  KafkaJSConnectionError:
    'no broker answers at the addresses of ARRIVALS_KAFKA_BROKERS: start Kafka, or correct them',
  KafkaJSConnectionClosedError:
    'the broker closes the connection: a TLS listener wants ARRIVALS_KAFKA_TLS=on, one with SASL wants ARRIVALS_KAFKA_SASL_MECHANISM',
  KafkaJSSASLAuthenticationError:
    'correct ARRIVALS_KAFKA_SASL_MECHANISM, ARRIVALS_KAFKA_SASL_USERNAME and ARRIVALS_KAFKA_SASL_PASSWORD',
  SASL_AUTHENTICATION_FAILED: 'correct ARRIVALS_KAFKA_SASL_USERNAME and ARRIVALS_KAFKA_SASL_PASSWORD',
  UNSUPPORTED_SASL_MECHANISM: 'set ARRIVALS_KAFKA_SASL_MECHANISM to one that the broker has',
  TOPIC_AUTHORIZATION_FAILED:
    'give this user the rights READ, WRITE, DESCRIBE, and CREATE where it makes topics, on the topics of ARRIVALS_*_TOPIC',
  GROUP_AUTHORIZATION_FAILED: 'give this user the right READ on the group of ARRIVALS_GROUP',
  CLUSTER_AUTHORIZATION_FAILED:
    'give this user the rights of `arrivals topics apply` on the cluster, or make the topics by hand and set ARRIVALS_TOPICS_AT_START=check',
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
    'give this user the right WRITE on transactional ids that begin with ARRIVALS_GROUP, or set ARRIVALS_DELIVERY=at-least-once',
  POLICY_VIOLATION:
    'the brokers’ policy for topics does not allow it: make the topic by hand and set ARRIVALS_TOPICS_AT_START=check',
};

const CAUSES_MAX = 8;

/**
 * A failure with what it was caused by, outermost first; of several topics or groups at once, the first
 * one's.
 */
export function* causesOf(thrown: unknown): Generator<Cause> {
  let error = thrown;
  for (let depth = 0; depth < CAUSES_MAX && typeof error === 'object' && error !== null; depth++) {
    const cause = error as Cause;
    yield cause;
    error = cause.cause ?? cause.errors?.[0];
  }
}

export interface Cause {
  readonly name?: string;
  readonly message?: string;
  /** Of a protocol error, such as REBALANCE_IN_PROGRESS. */
  readonly type?: unknown;
  readonly code?: unknown;
  readonly retriable?: unknown;
  readonly cause?: unknown;
  readonly errors?: readonly unknown[];
}

/** Of the first cause that advice is known for; undefined where there is none. */
export function adviceOn(thrown: unknown): string | undefined {
  for (const { type, name } of causesOf(thrown)) {
    for (const key of [type, name])
      if (typeof key === 'string' && Object.hasOwn(ADVICE, key)) return ADVICE[key];
  }
  return undefined;
}

/** Kafka's error and its remedy. */
export function wordsOf(thrown: unknown): string {
  const advice = adviceOn(thrown);
  return `Kafka: ${messageOf(thrown)}${advice === undefined ? '' : `; ${advice}`}`;
}

export interface NotMade {
  readonly name: string;
  readonly partitions: number;
  readonly replication: number;
}

/** Why a topic could not be made. `brokers`: how many there are. */
export function notMade(
  { name, partitions, replication }: NotMade,
  brokers: number,
  thrown: unknown,
): string {
  const answer = [...causesOf(thrown)].find(({ type }) => typeof type === 'string');
  const words = answer?.message ?? messageOf(thrown);
  const cannot = `Kafka: the topic ${name} cannot be made`;
  if (answer?.type === 'INVALID_REPLICATION_FACTOR') {
    const wanted =
      replication === 0 ? 'the brokers’ own number of replicas' : `${String(replication)} replicas`;
    const there = `${String(brokers)} ${brokers === 1 ? 'broker is' : 'brokers are'} there`;
    return `${cannot} with ${wanted}: ${there} (${words}); start more brokers, or set ARRIVALS_TOPIC_REPLICATION to ${String(brokers)} or less`;
  }
  if (answer?.type === 'INVALID_PARTITIONS')
    return `${cannot} with ${String(partitions)} partitions: ${words}; correct ARRIVALS_TOPIC_PARTITIONS`;
  const advice = adviceOn(thrown);
  return `${cannot}: ${words}${advice === undefined ? '' : `; ${advice}`}`;
}
