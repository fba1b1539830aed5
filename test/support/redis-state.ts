/**
 * States on Redis for tests: each with keys of its own, so that suites can share a server, and with what it
 * told.
 */
import { openRedisState, type RedisStateOptions } from '@arrivals/adapters/redis';
import type { ArrivalsError, ClaimRequest, EventPosition, State, TelemetryEvent } from '@arrivals/core';
import { Redis } from 'ioredis';
import { createHash, randomUUID } from 'node:crypto';
import { CONTEXT } from './context.ts';
import { eventually } from './eventually.ts';

export const CLAIM_TTL_MS = 60_000;
/** Shorter than in production: many tests wait for it. */
export const COMMAND_TIMEOUT_MS = 700;
/** The bound, and what a busy machine adds. */
export const BOUND_MS: number = COMMAND_TIMEOUT_MS + 700;

export type Warning = Extract<TelemetryEvent, { readonly type: 'dependency_warning' }>;

export interface StateOnRedis {
  readonly state: State;
  readonly keyPrefix: string;
  readonly warnings: readonly Warning[];
  /** How many parts each loss of claims was told of. */
  readonly losses: readonly number[];
  /** How many things of the context each telling was of. */
  readonly forgotten: readonly number[];
  /** Resolves when the warning has come so often. */
  readonly warned: (what: Warning['what'], times?: number) => Promise<Warning>;
}

const opened: { close(): Promise<unknown> }[] = [];

export function openState(urls: readonly string[], options: Partial<RedisStateOptions> = {}): StateOnRedis {
  const warnings: Warning[] = [];
  const losses: number[] = [];
  const forgotten: number[] = [];
  const keyPrefix = options.keyPrefix ?? `test-${randomUUID()}:`;
  const telemetry = {
    emit: (event: TelemetryEvent): void => {
      if (event.type === 'dependency_warning') warnings.push(event);
      if (event.type === 'state_lost') losses.push(event.parts);
      if (event.type === 'context_forgotten') forgotten.push(event.subjects);
    },
  };
  const common = {
    mode: 'single',
    claimTtlMs: CLAIM_TTL_MS,
    ...CONTEXT,
    commandTimeoutMs: COMMAND_TIMEOUT_MS,
    telemetry,
  } as const;
  const state = openRedisState({ ...common, ...options, urls, keyPrefix });
  opened.push(state);
  const warned = (what: Warning['what'], times = 1): Promise<Warning> =>
    eventually(
      `${what}, ${String(times)} times`,
      () => warnings.filter((warning) => warning.what === what)[times - 1],
    );
  return { state, keyPrefix, warnings, losses, forgotten, warned };
}

/** A client for looking at what is really there. */
export function lookInto(url: string): Redis {
  const client = new Redis(url);
  client.on('error', () => undefined);
  opened.push({
    close: () => {
      client.disconnect();
      return Promise.resolve();
    },
  });
  return client;
}

/** For afterEach: what was opened is closed. */
export async function closeOpened(): Promise<void> {
  await Promise.all(opened.splice(0).map((one) => one.close()));
}

export const identity = (text: string): Buffer => createHash('sha256').update(text).digest();

export const at = (offset: number, index = 0): EventPosition => ({
  topic: 'k8s.audit.events',
  partition: 3,
  offset,
  index,
});

export const request = (text: string, by: EventPosition): ClaimRequest => ({ identity: identity(text), by });

/** As many creations, each by an event of its own. */
export const requests = (count: number, offset = 1): readonly ClaimRequest[] =>
  Array.from({ length: count }, (_unused, i) => request(`creation-${String(i)}`, at(offset, i)));

export const unavailable =
  (words = /./) =>
  (error: unknown): boolean =>
    (error as ArrivalsError).code === 'state_unavailable' && words.test((error as ArrivalsError).message);

/** What it takes until it is settled, in milliseconds. */
export async function duration(work: Promise<unknown>): Promise<number> {
  const beganMs = performance.now();
  await work.catch(() => undefined);
  return performance.now() - beganMs;
}
