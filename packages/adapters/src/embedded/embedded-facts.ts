/**
 * The context of one process, in LMDB: the part of the state's contract that ports/fact-store.ts has.
 *
 * Invariant: what is on disk when a call resolves are all its changes, those of one subject in one
 * transaction; one that changes nothing writes nothing. A transaction is small so that others get their turn:
 * LMDB and the process do nothing else while it runs. What is over is not seen; what is too much is removed
 * by the sweep.
 */
import {
  type Watch,
  WATCHES_MAX,
  type Fact,
  type FactStore,
  type Recalled,
  REVISIONS_MAX,
  type RevisionRequest,
  type RevisionResult,
  type Subject,
} from '@arrivals/core';
import { assertWatch, assertRevision, assertSubject, valueText } from '../facts/bounds.ts';
import { byCluster } from '../facts/by-cluster.ts';
import {
  positionText,
  readRevision,
  readWaiting,
  revisionText,
  waitingText,
} from '../facts/waiting-codec.ts';
import {
  compareTexts,
  groupFacts,
  kept,
  type KindFacts,
  type PackedFact,
  readFact,
  type SubjectFacts,
} from '../facts/fact-codec.ts';
import { follow, type SubjectSeen, subjectSeen } from './recall.ts';
import type { Store } from './store.ts';
import { factsRow, type LruRow, type LruTable } from './lru-table.ts';

/** Of which facts are kept in one transaction. */
const SUBJECTS_AT_ONCE = 500;

export class EmbeddedFacts implements FactStore {
  readonly #store: Store;
  readonly #table: LruTable;
  readonly #awaitMs: number;

  constructor(store: Store, table: LruTable, awaitMs: number) {
    this.#store = store;
    this.#table = table;
    this.#awaitMs = awaitMs;
  }

  async remember(facts: readonly Fact[], nowMs: number): Promise<readonly Watch[]> {
    const all = [...groupFacts(facts)].flatMap(([cluster, subjects]) =>
      subjects.map((subject) => ({ cluster, subject })),
    );
    const watches: Watch[] = [];
    for (let from = 0; from < all.length; from += SUBJECTS_AT_ONCE) {
      const some = all.slice(from, from + SUBJECTS_AT_ONCE);
      watches.push(
        ...(await this.#commit(() =>
          some.flatMap(({ cluster, subject }) => this.#remember(cluster, subject, nowMs)),
        )),
      );
    }
    return watches;
  }

  async recall(subjects: readonly Subject[], nowMs: number): Promise<Recalled> {
    for (const subject of subjects) assertSubject(subject);
    return this.#commit(() => this.#recall(subjects, nowMs));
  }

  async watch(waiting: readonly Watch[], nowMs: number): Promise<Recalled> {
    const entries = waiting.map((one) => {
      assertWatch(one);
      return { ...one, text: waitingText(Math.floor(nowMs) + this.#awaitMs, valueText(one.value)) };
    });
    return this.#commit(() => {
      for (const [cluster, ofCluster] of byCluster(entries, (entry) => entry))
        this.#await(cluster, ofCluster, nowMs);
      return this.#recall(entries, nowMs);
    });
  }

  async revise(requests: readonly RevisionRequest[], nowMs: number): Promise<readonly RevisionResult[]> {
    for (const request of requests) assertRevision(request);
    return this.#commit(() => requests.map((request) => this.#revise(request, nowMs)));
  }

  #commit<T>(write: () => T): Promise<T> {
    return this.#store.commit(write, 'state_unavailable');
  }

  #remember(cluster: string, { about, kinds }: SubjectFacts, nowMs: number): readonly Watch[] {
    const row = factsRow(cluster, about);
    this.#table.use(row, nowMs);
    for (const facts of kinds) this.#keep(row, facts, nowMs);
    const waiting = this.#table.texts({ ...row, table: 'awaiting' }, nowMs);
    return [...waiting].flatMap(([identity, text]) => {
      const read = readWaiting(text);
      return read === undefined || read.untilMs <= nowMs
        ? []
        : [{ cluster, about, identity: Buffer.from(identity, 'base64'), value: read.value }];
    });
  }

  #keep(row: LruRow, { kind, facts }: KindFacts, nowMs: number): void {
    const prefix = `${kind.name} `;
    const present = this.#table.texts(row, nowMs, prefix);
    const readable = [...present].flatMap(([name, text]): readonly PackedFact[] => {
      const fact = readFact(text);
      return fact === undefined ? [] : [{ id: name.slice(prefix.length), order: fact.order, text }];
    });
    const keep = new Map(kept(kind, [...readable, ...facts]).map(({ id, text }) => [`${prefix}${id}`, text]));
    for (const [name, text] of keep) if (present.get(name) !== text) this.#table.put(row, name, text);
    const isOver = new Set([...present.keys(), ...facts.map(({ id }) => `${prefix}${id}`)]).size > kind.max;
    // What cannot be read is left for the version that can, where the quota allows.
    for (const name of present.keys()) if (isOver && !keep.has(name)) this.#table.remove(row, name);
  }

  #await(cluster: string, waiting: readonly (Watch & { readonly text: string })[], nowMs: number): void {
    const table = new Map<string, LruRow>();
    for (const { about, identity, text } of waiting) {
      const row: LruRow = { table: 'awaiting', cluster, name: about.toWellFormed() };
      this.#table.use(row, nowMs);
      this.#table.put(row, identity.toString('base64'), text);
      table.set(row.name, row);
    }
    for (const row of table.values()) this.#trimWaiting(row, nowMs);
  }

  #trimWaiting(row: LruRow, nowMs: number): void {
    const waiting = [...this.#table.texts(row, nowMs)].map(([identity, text]) => ({
      identity,
      untilMs: readWaiting(text)?.untilMs ?? 0,
    }));
    const oldestLast = waiting.sort((a, b) => b.untilMs - a.untilMs || compareTexts(a.identity, b.identity));
    for (const { identity } of oldestLast.slice(WATCHES_MAX)) this.#table.remove(row, identity);
  }

  #recall(subjects: readonly Subject[], nowMs: number): Recalled {
    return new Map(
      [...byCluster(subjects, ({ about }) => about.toWellFormed())].flatMap(([cluster, abouts]) => {
        const seen = new Map<string, SubjectSeen>();
        const look = (about: string): SubjectSeen => {
          const present = seen.get(about) ?? this.#look(factsRow(cluster, about), nowMs);
          seen.set(about, present);
          return present;
        };
        for (const about of new Set(abouts)) follow(about, look);
        const found = [...seen]
          .filter(([, { facts }]) => facts.length > 0)
          .map(([about, { facts }]) => [about, facts] as const);
        return found.length === 0 ? [] : [[cluster, new Map(found)] as const];
      }),
    );
  }

  #look(row: LruRow, nowMs: number): SubjectSeen {
    const texts = this.#table.texts(row, nowMs);
    if (texts.size > 0) this.#table.use(row, nowMs);
    return subjectSeen(texts);
  }

  #revise(
    { cluster, identity, cause: outside, answers, by }: RevisionRequest,
    nowMs: number,
  ): RevisionResult {
    const cause = outside.toWellFormed();
    const row: LruRow = { table: 'revisions', cluster, name: identity.toString('hex') };
    this.#table.use(row, nowMs);
    const texts = this.#table.texts(row, nowMs);
    const byText = positionText(by);
    const own = readRevision(texts.get(cause) ?? '');
    if (own !== undefined)
      return own.by === byText ? { outcome: 'revision', revision: own.number } : { outcome: 'answered' };
    const others = [...texts].filter(([name]) => name !== cause);
    const covered = new Set(others.flatMap(([, text]) => readRevision(text)?.answers ?? []));
    const mine = answers.map((answer) => answer.toWellFormed());
    if (mine.length > 0 && mine.every((answer) => covered.has(answer))) return { outcome: 'answered' };
    const revision = others.length + 2;
    if (revision > REVISIONS_MAX) return { outcome: 'exhausted' };
    this.#table.put(row, cause, revisionText(revision, byText, JSON.stringify(mine)));
    return { outcome: 'revision', revision };
  }
}
