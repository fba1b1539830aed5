/**
 * The state in Redis: the contract of ports/claim-store.ts on one server, behind sentinels or on a Redis
 * Cluster. The context is in redis-facts.ts.
 *
 * Invariant: a claim is made by a script, which Redis runs as one step, and calls for one hash tag follow
 * each other, so that requests for one identity keep their order. A claim is as durable as Redis: a crash
 * takes up to two seconds' of them (`appendfsync everysec`), a failover what was not replicated. Such a
 * creation may be alerted twice, with one alert id and, as the loss is noticed (epochs.ts), flagged; none is
 * lost. Nothing is retried here: the caller does, and finds to be its own what was claimed.
 */
import {
  ArrivalsError,
  type Watch,
  type ClaimRequest,
  type ClaimResult,
  type Fact,
  type FactStore,
  type Recalled,
  type RevisionRequest,
  type RevisionResult,
  type State,
  type Subject,
  type Telemetry,
} from '@arrivals/core';
import { mayRepeat } from '../facts/after-loss.ts';
import { CLAIM_SCRIPT, readScriptAnswer } from './claim-script.ts';
import { type ClaimKeys, claimValue, tagIndexOf } from './claims.ts';
import type { Client } from './client.ts';
import type { Connection } from './connection.ts';
import { Epochs, type Inquiry } from './epochs.ts';
import type { HealthMonitor } from './health-monitor.ts';

/** Redis does nothing else while a script runs: 500 claims take it 1.3 ms. */
const CHUNK_KEYS = 500;

export interface RedisStateParts {
  readonly connection: Connection;
  readonly watch: HealthMonitor;
  readonly context: FactStore;
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
  arrivalsClaim(
    keyCount: number,
    ...keysAndArguments: readonly (Buffer | string | number)[]
  ): Promise<unknown>;
}

export class RedisState implements State {
  readonly #parts: RedisStateParts;
  readonly #epochs: Epochs;
  /** Losses that are not reported yet, in tags. */
  #noticed = 0;

  constructor(parts: RedisStateParts) {
    this.#parts = parts;
    this.#epochs = new Epochs(parts.keys.epochs, parts.claimTtlMs);
    parts.connection.client.defineCommand('arrivalsClaim', { lua: CLAIM_SCRIPT });
  }

  async begin(isNew: boolean, nowMs: number): Promise<void> {
    this.#epochs.begin(isNew);
    await this.#visitAll(nowMs);
    this.#reportLosses();
  }

  /** Claims end by Redis' clock, which is one for all processors; `nowMs` is for the time of losses alone. */
  async claim(requests: readonly ClaimRequest[], nowMs: number): Promise<readonly ClaimResult[]> {
    const results: ClaimResult[] = [];
    const numbered = requests.map((request, at) => ({ ...request, at }));
    await Promise.all(
      this.#groups(numbered).map((group) => this.#claimInTurn(group, nowMs, results)),
    ).finally(async () => {
      if (this.#noticed === 0) return;
      // What was lost at one time is reported as one loss.
      await this.#visitAll(nowMs).catch(() => undefined);
      this.#reportLosses();
    });
    return results;
  }

  remember(facts: readonly Fact[], nowMs: number): Promise<readonly Watch[]> {
    return this.#parts.context.remember(facts, nowMs);
  }

  recall(subjects: readonly Subject[], nowMs: number): Promise<Recalled> {
    return this.#parts.context.recall(subjects, nowMs);
  }

  watch(waiting: readonly Watch[], nowMs: number): Promise<Recalled> {
    return this.#parts.context.watch(waiting, nowMs);
  }

  /**
   * Revisions have no epochs of their own: whatever was lost of the claims, revisions may have been lost with
   * it.
   */
  async revise(requests: readonly RevisionRequest[], nowMs: number): Promise<readonly RevisionResult[]> {
    const results = await this.#parts.context.revise(requests, nowMs);
    if (!results.some(({ outcome }) => outcome === 'revision')) return results;
    // As for claims: what cannot be looked at now is by the next call.
    await this.#visitAll(nowMs).catch(() => undefined);
    this.#reportLosses();
    return this.#epochs.tagIndexes.some((index) => this.#epochs.isAfterLoss(index, nowMs))
      ? results.map(mayRepeat)
      : results;
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

  /**
   * One chunk after the other: side by side, one that has to be sent again would come after its successor.
   */
  async #claimInTurn(
    requests: readonly NumberedRequest[],
    nowMs: number,
    results: ClaimResult[],
  ): Promise<void> {
    for (let start = 0; start < requests.length; start += CHUNK_KEYS) {
      const chunk = requests.slice(start, start + CHUNK_KEYS);
      const tags = [...new Set(chunk.map(({ identity }) => tagIndexOf(identity)))];
      try {
        await this.#call(this.#epochs.inquire(tags, nowMs, true), chunk, nowMs, results);
      } catch (error) {
        if (!isSlotMoving(error)) throw error;
        for (const request of chunk)
          await this.#call(this.#epochs.inquire([], nowMs, false), [request], nowMs, results);
      }
    }
  }

  /** Looks at every tag's epoch. */
  async #visitAll(nowMs: number): Promise<void> {
    const all = this.#epochs.tagIndexes;
    const groups = this.#parts.clustered ? all.map((index) => [index]) : [all];
    await Promise.all(
      groups.map(async (tags) => {
        try {
          await this.#call(this.#epochs.inquire(tags, nowMs, true), [], nowMs, []);
        } catch (error) {
          if (!isSlotMoving(error)) throw error;
          await this.#call(this.#epochs.inquire(tags, nowMs, false), [], nowMs, []);
        }
      }),
    );
  }

  async #call(
    inquiry: Inquiry,
    requests: readonly NumberedRequest[],
    nowMs: number,
    results: ClaimResult[],
  ): Promise<void> {
    const { connection, keys } = this.#parts;
    const { epochKeys, markKeys, scriptArguments } = inquiry;
    const scriptKeys = [...epochKeys, ...markKeys, ...requests.map(({ identity }) => keys.of(identity))];
    const rest = [...scriptArguments, ...requests.map(({ by }) => claimValue(by))];
    const answer = await connection.call((client) =>
      (client as Client & WithScript).arrivalsClaim(scriptKeys.length, ...scriptKeys, ...rest),
    );
    const {
      epochs,
      results: answered,
      unreadable,
    } = readScriptAnswer(answer, epochKeys.length, requests.length);
    this.#noticed += inquiry.learn(epochs);
    for (const [i, { at, identity }] of requests.entries()) {
      const result = answered[i] ?? { outcome: 'claimed' };
      const mayRepeat = result.outcome === 'claimed' && this.#epochs.isAfterLoss(tagIndexOf(identity), nowMs);
      results[at] = mayRepeat ? { outcome: 'claimed', afterLoss: true } : result;
    }
    if (unreadable > 0) this.#warnOfUnreadable(unreadable);
  }

  #reportLosses(): void {
    if (this.#noticed === 0) return;
    const parts = this.#noticed;
    this.#noticed = 0;
    const detail = `Redis has lost claims under ${String(parts)} of its ${String(this.#epochs.tagIndexes.length)} hash tags`;
    this.#parts.telemetry.emit({ type: 'state_lost', of: 'redis', parts, detail });
  }

  #warnOfUnreadable(count: number): void {
    const detail = `${String(count)} claims were of a form that this version cannot read, and were replaced`;
    this.#parts.telemetry.emit({ type: 'dependency_warning', of: 'redis', what: 'claim_unreadable', detail });
  }
}

/**
 * A Redis Cluster moves the keys' slot from one server to another, which may take minutes: until that is done
 * it serves keys of it one at a time only. ioredis has tried other servers in between, and any of their
 * answers may be the last.
 */
function isSlotMoving(error: unknown): boolean {
  return error instanceof ArrivalsError && /\b(TRYAGAIN|MOVED|ASK) /.test(error.message);
}

/** Resolves when every server that holds claims has answered. */
export async function probe(
  { connection, clustered, keys }: Pick<RedisStateParts, 'connection' | 'clustered' | 'keys'>,
  signal?: AbortSignal,
): Promise<void> {
  await connection.call(
    (client): Promise<unknown> =>
      clustered ? Promise.all(keys.epochs.map((key) => client.get(key))) : client.ping(),
    signal,
  );
}
