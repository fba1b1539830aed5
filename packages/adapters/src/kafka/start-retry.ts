/**
 * Tries again what Kafka does not do yet: brokers that are only starting, coordinators and leaders that move
 * or load.
 *
 * Invariant: which error passes with time is decided here, by its class, and nowhere else. What a broker
 * refuses (rights, a name, too few brokers) is tried for a few seconds only, as brokers that start together
 * learn it from each other; what is no answer of Kafka's at all is never retried. Every wait is bounded, and
 * reported once.
 */
import { ArrivalsError } from '@arrivals/core/light';
import { setTimeout as sleep } from 'node:timers/promises';
import { busError } from './connection.ts';
import { causesOf } from './failures.ts';

export interface StartRetry {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** The first failure that is retried, as text, and for how long. */
  readonly onWait?: (error: ArrivalsError, forMs: number) => void;
}

export type FailureClass =
  /**
   * A matter of time: no connection, no coordinator, no leader, a topic that this broker has not heard of
   * yet.
   */
  | 'passing'
  /** A broker refuses it, or the cause is unknown. */
  | 'refused'
  /** One of our own errors that is not retryable. */
  | 'lasting';

const WAIT_FIRST_MS = 100;
const WAIT_MAX_MS = 2000;
/** How long brokers that start together take to know of each other, of users and of rights. */
const REFUSED_MS = 10_000;

/** Passes only for who is sure that the topic or the broker is there: kafkajs holds these to be final. */
const PASSING: ReadonlySet<string> = new Set([
  'BROKER_NOT_AVAILABLE',
  'STALE_CONTROLLER_EPOCH',
  'STALE_BROKER_EPOCH',
  'COORDINATOR_NOT_AVAILABLE',
]);

/** kafkajs wraps what it gives up on: the first error with a Kafka error type counts. */
export function failureClass(thrown: unknown): FailureClass {
  if (thrown instanceof ArrivalsError && thrown.cause === undefined)
    return thrown.retryable || thrown.code === 'topic_unknown' ? 'passing' : 'lasting';
  const chain = [...causesOf(thrown)];
  for (const { type, retriable } of chain) {
    if (typeof type === 'string') return retriable === true || PASSING.has(type) ? 'passing' : 'refused';
  }
  const innermost = chain.at(-1);
  if (innermost?.name?.startsWith('KafkaJS') === true)
    return innermost.retriable === true ? 'passing' : 'refused';
  // Of the connection: ECONNREFUSED, ENOTFOUND and the like. The rest is a fault of kafkajs's, as while what
  // it knows of brokers changes.
  return typeof innermost?.code === 'string' ? 'passing' : 'refused';
}

/** @throws what `work` fails with last, as an ArrivalsError */
export async function patiently<T>(
  work: () => Promise<T>,
  { timeoutMs, signal, onWait }: StartRetry,
): Promise<T> {
  const beganMs = performance.now();
  let isReported = false;
  for (let waitMs = WAIT_FIRST_MS; ; waitMs = Math.min(waitMs * 2, WAIT_MAX_MS)) {
    try {
      return await work();
    } catch (thrown) {
      const error = busError(thrown);
      const leftMs = beganMs + allowedMs(failureClass(thrown), timeoutMs) - performance.now();
      if (leftMs <= 0 || signal?.aborted === true) throw error;
      if (!isReported) onWait?.(error, leftMs);
      isReported = true;
      await sleep(Math.min(waitMs, leftMs), undefined, signal === undefined ? {} : { signal });
    }
  }
}

function allowedMs(kind: FailureClass, timeoutMs: number): number {
  if (kind === 'lasting') return 0;
  return kind === 'refused' ? Math.min(timeoutMs, REFUSED_MS) : timeoutMs;
}
