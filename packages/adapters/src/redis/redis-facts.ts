/**
 * The context in Redis: the part of the state's contract that ports/fact-store.ts has.
 *
 * Invariant: a call of a script is for one cluster and takes Redis a few milliseconds at most; what is more
 * is cut, and the pieces follow each other. Calls of several clusters go side by side. Every step may be made
 * again: nothing is retried here.
 */
import {
  ArrivalsError,
  type Watch,
  type ContextOptions,
  type Fact,
  type FactStore,
  type JsonObject,
  type Recalled,
  type RecalledFact,
  type RevisionRequest,
  type RevisionResult,
  type Subject,
  type Telemetry,
} from '@arrivals/core';
import { assertWatch, assertRevision, assertSubject, valueText } from '../facts/bounds.ts';
import { byCluster } from '../facts/by-cluster.ts';
import { positionText, readWaiting, waitingText } from '../facts/waiting-codec.ts';
import { groupFacts, inOrder, readFact, type SubjectFacts } from '../facts/fact-codec.ts';
import type { Client } from './client.ts';
import type { Connection } from './connection.ts';
import { ANSWERED, EXHAUSTED, RECALL_SCRIPT, REMEMBER_SCRIPT, REVISE_SCRIPT } from './facts-script.ts';

/** Of facts, of those who wait, of subjects and of requests. */
const CHUNK_MAX = 200;
/** As many as an alert id is made of. */
const IDENTITY_BYTES = 16;

export interface RedisContextParts extends ContextOptions {
  readonly connection: Connection;
  readonly keyPrefix: string;
  readonly telemetry: Telemetry;
}

type Argument = Buffer | string | number;

/** What defineCommand adds to a client. */
interface WithScripts {
  arrivalsRemember(keyCount: number, ...keysAndArguments: readonly Argument[]): Promise<unknown>;
  arrivalsRecall(keyCount: number, ...keysAndArguments: readonly Argument[]): Promise<unknown>;
  arrivalsRevise(keyCount: number, ...keysAndArguments: readonly Argument[]): Promise<unknown>;
}

export class RedisFacts implements FactStore {
  readonly #parts: RedisContextParts;

  constructor(parts: RedisContextParts) {
    this.#parts = parts;
    parts.connection.client.defineCommand('arrivalsRemember', { lua: REMEMBER_SCRIPT });
    parts.connection.client.defineCommand('arrivalsRecall', { lua: RECALL_SCRIPT });
    parts.connection.client.defineCommand('arrivalsRevise', { lua: REVISE_SCRIPT });
  }

  async remember(facts: readonly Fact[], nowMs: number): Promise<readonly Watch[]> {
    const clusters = [...groupFacts(facts)];
    const waiting = await Promise.all(
      clusters.map(([cluster, subjects]) => this.#remember(cluster, subjects, nowMs)),
    );
    return waiting.flat();
  }

  async recall(subjects: readonly Subject[], nowMs: number): Promise<Recalled> {
    for (const subject of subjects) assertSubject(subject);
    return this.#recallAll(
      byCluster(subjects, ({ about }) => about.toWellFormed()),
      new Map(),
      nowMs,
    );
  }

  async watch(waiting: readonly Watch[], nowMs: number): Promise<Recalled> {
    const entries = waiting.map((one) => {
      assertWatch(one);
      const value = waitingText(Math.floor(nowMs) + this.#parts.awaitMs, valueText(one.value));
      return {
        cluster: one.cluster,
        about: one.about.toWellFormed(),
        identity: one.identity.toString('base64'),
        value,
      };
    });
    const asked = byCluster(entries, ({ about }) => about);
    return this.#recallAll(
      asked,
      byCluster(entries, (entry) => entry),
      nowMs,
    );
  }

  async revise(requests: readonly RevisionRequest[], nowMs: number): Promise<readonly RevisionResult[]> {
    const numbered = requests.map((request, at) => {
      assertRevision(request);
      return { ...request, at };
    });
    const results: RevisionResult[] = [];
    await Promise.all(
      [...byCluster(numbered, (request) => request)].map(([cluster, ofCluster]) =>
        this.#revise(cluster, ofCluster, nowMs, results),
      ),
    );
    return results;
  }

  async #remember(
    cluster: string,
    subjects: readonly SubjectFacts[],
    nowMs: number,
  ): Promise<readonly Watch[]> {
    const affected = new Map<string, Watch>();
    for (let done = 0; done < subjects.length;) {
      const chunk = firstOf(subjects.slice(done), CHUNK_MAX, ({ kinds }) =>
        kinds.reduce((sum, { facts }) => sum + facts.length, 0),
      );
      const rest = chunk.flatMap(({ about, kinds }) => [
        about,
        kinds.length,
        ...kinds.flatMap(({ kind: { name, keep, max }, facts }) => [
          name,
          keep,
          max,
          facts.length,
          ...facts.flatMap(({ id, text }) => [id, text]),
        ]),
      ]);
      const [count, forgotten, ...found] = await this.#call('arrivalsRemember', cluster, nowMs, [
        chunk.length,
        ...rest,
      ]);
      this.#reportEvicted(cluster, forgotten);
      done += countOf(count);
      for (const [about, fields] of pairsOf(found)) {
        for (const [identity, text] of pairsOf(fields)) {
          const value = waitingValue(text, nowMs);
          if (value !== undefined)
            affected.set(`${about} ${identity}`, {
              cluster,
              about,
              identity: Buffer.from(identity, 'base64'),
              value,
            });
        }
      }
    }
    return [...affected.values()];
  }

  async #revise(
    cluster: string,
    requests: readonly NumberedRequest[],
    nowMs: number,
    results: RevisionResult[],
  ): Promise<void> {
    for (let done = 0; done < requests.length;) {
      const chunk = requests.slice(done, done + CHUNK_MAX);
      const rest = chunk.flatMap(({ identity, cause, by, answers }) => [
        identity.subarray(0, IDENTITY_BYTES),
        cause.toWellFormed(),
        positionText(by),
        JSON.stringify(answers.map((answer) => answer.toWellFormed())),
      ]);
      const [forgotten, ...numbers] = await this.#call('arrivalsRevise', cluster, nowMs, rest);
      this.#reportEvicted(cluster, forgotten);
      done += countOf(numbers.length);
      for (const [i, number] of numbers.entries()) {
        const request = chunk[i];
        if (request === undefined) throw notUnderstood();
        results[request.at] = revisionResult(number);
      }
    }
  }

  async #recallAll(
    asked: ReadonlyMap<string, readonly string[]>,
    waiting: ReadonlyMap<string, readonly Waiting[]>,
    nowMs: number,
  ): Promise<Recalled> {
    const clusters = await Promise.all(
      [...asked].map(
        async ([cluster, abouts]) =>
          [cluster, await this.#recall(cluster, abouts, waiting.get(cluster) ?? [], nowMs)] as const,
      ),
    );
    return new Map(clusters.filter(([, subjects]) => subjects.size > 0));
  }

  /** First all who wait are noted, then their subjects are asked for. */
  async #recall(
    cluster: string,
    abouts: readonly string[],
    waiting: readonly Waiting[],
    nowMs: number,
  ): Promise<ReadonlyMap<string, readonly RecalledFact[]>> {
    const subjects = new Map<string, readonly RecalledFact[]>();
    const asked = [...new Set(abouts)];
    let noted = 0;
    for (let done = 0; done < asked.length;) {
      const entries = waiting.slice(noted, noted + CHUNK_MAX);
      noted += entries.length;
      const chunk = noted < waiting.length ? [] : asked.slice(done, done + CHUNK_MAX);
      const rest = [
        entries.length,
        ...entries.flatMap(({ about, identity, value }) => [about, identity, value]),
        ...chunk,
      ];
      const [count, forgotten, ...found] = await this.#call('arrivalsRecall', cluster, nowMs, rest);
      this.#reportEvicted(cluster, forgotten);
      if (chunk.length > 0) done += countOf(count);
      for (const [about, fields] of pairsOf(found)) {
        const facts = pairsOf(fields).flatMap(([field, text]) => recalledFact(field, text) ?? []);
        if (facts.length > 0) subjects.set(about, inOrder(facts));
      }
    }
    return subjects;
  }

  /** The two declared keys never exist: see lua/subjects.lua. */
  async #call(
    script: keyof WithScripts,
    cluster: string,
    nowMs: number,
    rest: readonly Argument[],
  ): Promise<readonly unknown[]> {
    const { connection, keyPrefix, contextTtlMs, awaitMs, contextSubjectsMax } = this.#parts;
    const base = `${keyPrefix}{c:${cluster}}`;
    const all = [base, `${base}!`, Math.floor(nowMs), contextTtlMs, awaitMs, contextSubjectsMax, ...rest];
    return listOf(await connection.call((client) => (client as Client & WithScripts)[script](2, ...all)));
  }

  #reportEvicted(cluster: string, forgotten: unknown): void {
    if (typeof forgotten !== 'number') throw notUnderstood();
    if (forgotten > 0)
      this.#parts.telemetry.emit({ type: 'context_forgotten', cluster, subjects: forgotten });
  }
}

interface NumberedRequest extends RevisionRequest {
  /** Where its result goes. */
  readonly at: number;
}

interface Waiting {
  readonly about: string;
  /** In base64. */
  readonly identity: string;
  readonly value: string;
}

/** As many as weigh no more than `max` together, but one. */
function firstOf<T>(items: readonly T[], max: number, weightOf: (item: T) => number): readonly T[] {
  let weight = 0;
  const end = items.findIndex((item, i) => (weight += weightOf(item)) > max && i > 0);
  return end === -1 ? items : items.slice(0, end);
}

function waitingValue(text: unknown, nowMs: number): JsonObject | undefined {
  const read = readWaiting(typeof text === 'string' ? text : '');
  return read !== undefined && read.untilMs > nowMs ? read.value : undefined;
}

function recalledFact(field: string, text: unknown): RecalledFact | undefined {
  const [, kind = '', id = ''] = /^([a-z]+) (.*)$/s.exec(field) ?? [];
  const fact = readFact(typeof text === 'string' ? text : '');
  return fact === undefined || kind === '' ? undefined : { kind, id, order: fact.order, value: fact.value };
}

function revisionResult(number: unknown): RevisionResult {
  if (number === ANSWERED) return { outcome: 'answered' };
  if (number === EXHAUSTED) return { outcome: 'exhausted' };
  if (typeof number !== 'number') throw notUnderstood();
  return { outcome: 'revision', revision: number };
}

/** Of one call, at least 1: else it would be made for ever. */
function countOf(count: unknown): number {
  if (typeof count !== 'number' || count < 1) throw notUnderstood();
  return count;
}

/** Names and what follows each, of a list in which they take turns. */
function pairsOf(answer: unknown): readonly (readonly [name: string, value: unknown])[] {
  const list = listOf(answer);
  return list.flatMap((name, i) => {
    if (i % 2 === 1) return [];
    if (typeof name !== 'string') throw notUnderstood();
    return [[name, list[i + 1]] as const];
  });
}

function listOf(answer: unknown): readonly unknown[] {
  if (!Array.isArray(answer)) throw notUnderstood();
  return answer;
}

const notUnderstood = (): ArrivalsError =>
  new ArrivalsError('state_unavailable', 'Redis answered with something that is no result about context');
