/**
 * The state in Redis: the contract of ports/state.ts on one server, behind sentinels or on a Redis Cluster.
 *
 * Invariant: a claim is made by a script, which Redis runs as one step, and calls for one hash tag follow each other, so that
 * requests for one identity keep their order. A claim is as durable as Redis: a crash takes up to two seconds' of them
 * (`appendfsync everysec`), a failover what was not replicated. Such a creation may be told twice, with one alert id; none
 * is lost. Nothing is retried here: the caller does, and finds to be its own what was claimed.
 */
import { ArrivalsError, type ClaimRequest, type ClaimResult, type State, type Telemetry } from '@arrivals/core';
import { CLAIM_SCRIPT, type ClaimKeys, claimValue, readScriptAnswer, tagIndexOf } from './claims.ts';
import type { Client } from './client.ts';
import type { Connection } from './connection.ts';
import type { Watch } from './watch.ts';

/** Redis does nothing else while a script runs: 500 claims take it 1.3 ms. */
const CHUNK_KEYS = 500;

export interface RedisStateParts {
  readonly connection: Connection;
  readonly watch: Watch;
  readonly keys: ClaimKeys;
  readonly clustered: boolean;
  readonly claimTtlMs: number;
  readonly telemetry: Telemetry;
}

interface NumberedRequest extends ClaimRequest {
  /** Where its result goes. */
  readonly at: number;
}

/** What defineCommand adds to a client: EVALSHA, and EVAL where the script is not known yet. */
interface WithScript {
  arrivalsClaim(keyCount: number, ...keysAndArguments: readonly (Buffer | string | number)[]): Promise<unknown>;
}

export class RedisState implements State {
  readonly #parts: RedisStateParts;

  constructor(parts: RedisStateParts) {
    this.#parts = parts;
    parts.connection.client.defineCommand('arrivalsClaim', { lua: CLAIM_SCRIPT });
  }

  /** `nowMs` is not asked: claims end by Redis' clock, which is one for all processors. */
  async claim(requests: readonly ClaimRequest[], _nowMs: number): Promise<readonly ClaimResult[]> {
    const results: ClaimResult[] = [];
    const numbered = requests.map((request, at) => ({ ...request, at }));
    await Promise.all(this.#groups(numbered).map((group) => this.#claimInTurn(group, results)));
    return results;
  }

  async check(signal: AbortSignal): Promise<void> {
    await probe(this.#parts, signal);
  }

  close(): Promise<void> {
    this.#parts.watch.stop();
    return this.#parts.connection.close();
  }

  /** The keys of one call must share a slot on a cluster; elsewhere one call takes all. */
  #groups(requests: readonly NumberedRequest[]): readonly (readonly NumberedRequest[])[] {
    if (!this.#parts.clustered) return [requests];
    const groups = new Map<number, NumberedRequest[]>();
    for (const request of requests) {
      const tag = tagIndexOf(request.identity);
      const group = groups.get(tag);
      if (group === undefined) groups.set(tag, [request]);
      else group.push(request);
    }
    return [...groups.values()];
  }

  /** One chunk after the other: side by side, one that has to be sent again would come after its successor. */
  async #claimInTurn(requests: readonly NumberedRequest[], results: ClaimResult[]): Promise<void> {
    for (let start = 0; start < requests.length; start += CHUNK_KEYS) {
      const chunk = requests.slice(start, start + CHUNK_KEYS);
      try {
        await this.#claimAtOnce(chunk, results);
      } catch (error) {
        if (chunk.length === 1 || !isSlotMoving(error)) throw error;
        for (const request of chunk) await this.#claimAtOnce([request], results);
      }
    }
  }

  async #claimAtOnce(requests: readonly NumberedRequest[], results: ClaimResult[]): Promise<void> {
    const { connection, keys, claimTtlMs } = this.#parts;
    const keysAndArguments = [...requests.map(({ identity }) => keys.of(identity)), claimTtlMs, ...requests.map(({ by }) => claimValue(by))];
    const answer = await connection.call((client) => (client as Client & WithScript).arrivalsClaim(requests.length, ...keysAndArguments));
    const { results: answered, unreadable } = readScriptAnswer(answer, requests.length);
    for (const [i, result] of answered.entries()) results[requests[i]?.at ?? -1] = result;
    if (unreadable > 0) this.#warnOfUnreadable(unreadable);
  }

  #warnOfUnreadable(count: number): void {
    const detail = `${String(count)} claims were of a form that this version cannot read, and were replaced`;
    this.#parts.telemetry.emit({ type: 'dependency_warning', of: 'redis', what: 'claim_unreadable', detail });
  }
}

/**
 * A Redis Cluster moves the keys' slot from one server to another, which may take minutes: until that is done it serves
 * keys of it one at a time only. ioredis has tried other servers in between, and any of their answers may be the last.
 */
function isSlotMoving(error: unknown): boolean {
  return error instanceof ArrivalsError && /\b(TRYAGAIN|MOVED|ASK) /.test(error.message);
}

/** Resolves when every server that holds claims has answered. */
export async function probe({ connection, clustered, keys }: Pick<RedisStateParts, 'connection' | 'clustered' | 'keys'>, signal?: AbortSignal): Promise<void> {
  await connection.call((client): Promise<unknown> => (clustered ? Promise.all(keys.probes.map((key) => client.get(key))) : client.ping()), signal);
}
