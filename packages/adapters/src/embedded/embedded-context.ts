/**
 * The context of one process, in LMDB: the part of the state's contract that ports/context.ts has.
 *
 * Invariant: what is on disk when a call resolves are all its changes, those of one subject in one transaction; one that changes nothing
 * writes nothing. A transaction is of so few that others get their turn: LMDB does nothing else while it runs, nor does the process.
 * What is over is not seen; what is too much goes when the state is swept.
 */
import {
  type Awaiting,
  AWAITING_MAX,
  type Context,
  type Fact,
  type Recalled,
  REVISIONS_MAX,
  type RevisionRequest,
  type RevisionResult,
  type Subject,
} from '@arrivals/core';
import { assertAwaiting, assertRevision, assertSubject, valueText } from '../context/bounds.ts';
import { byCluster } from '../context/by-cluster.ts';
import { coordinatesText, readRevision, readWaiting, revisionText, waitingText } from '../context/kept-text.ts';
import { compareTexts, groupFacts, kept, type KindFacts, type PackedFact, readFact, type SubjectFacts } from '../context/packed-fact.ts';
import { follow, type SubjectSeen, subjectSeen } from './recall.ts';
import type { Store } from './store.ts';
import { factsThing, type Thing, type Things } from './things.ts';

/** Of which facts are kept in one transaction. */
const SUBJECTS_AT_ONCE = 500;

export class EmbeddedContext implements Context {
  readonly #store: Store;
  readonly #things: Things;
  readonly #awaitMs: number;

  constructor(store: Store, things: Things, awaitMs: number) {
    this.#store = store;
    this.#things = things;
    this.#awaitMs = awaitMs;
  }

  async remember(facts: readonly Fact[], nowMs: number): Promise<readonly Awaiting[]> {
    const all = [...groupFacts(facts)].flatMap(([cluster, subjects]) => subjects.map((subject) => ({ cluster, subject })));
    const awaiting: Awaiting[] = [];
    for (let from = 0; from < all.length; from += SUBJECTS_AT_ONCE) {
      const some = all.slice(from, from + SUBJECTS_AT_ONCE);
      awaiting.push(...(await this.#commit(() => some.flatMap(({ cluster, subject }) => this.#remember(cluster, subject, nowMs)))));
    }
    return awaiting;
  }

  async recall(subjects: readonly Subject[], nowMs: number): Promise<Recalled> {
    for (const subject of subjects) assertSubject(subject);
    return this.#commit(() => this.#recall(subjects, nowMs));
  }

  async await(waiting: readonly Awaiting[], nowMs: number): Promise<Recalled> {
    const entries = waiting.map((one) => {
      assertAwaiting(one);
      return { ...one, text: waitingText(Math.floor(nowMs) + this.#awaitMs, valueText(one.value)) };
    });
    return this.#commit(() => {
      for (const [cluster, ofCluster] of byCluster(entries, (entry) => entry)) this.#await(cluster, ofCluster, nowMs);
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

  #remember(cluster: string, { about, kinds }: SubjectFacts, nowMs: number): readonly Awaiting[] {
    const thing = factsThing(cluster, about);
    this.#things.use(thing, nowMs);
    for (const facts of kinds) this.#keep(thing, facts, nowMs);
    const waiting = this.#things.texts({ ...thing, family: 'awaiting' }, nowMs);
    return [...waiting].flatMap(([identity, text]) => {
      const read = readWaiting(text);
      return read === undefined || read.untilMs <= nowMs ? [] : [{ cluster, about, identity: Buffer.from(identity, 'base64'), value: read.value }];
    });
  }

  #keep(thing: Thing, { kind, facts }: KindFacts, nowMs: number): void {
    const prefix = `${kind.name} `;
    const present = this.#things.texts(thing, nowMs, prefix);
    const readable = [...present].flatMap(([name, text]): readonly PackedFact[] => {
      const fact = readFact(text);
      return fact === undefined ? [] : [{ id: name.slice(prefix.length), order: fact.order, text }];
    });
    const keep = new Map(kept(kind, [...readable, ...facts]).map(({ id, text }) => [`${prefix}${id}`, text]));
    for (const [name, text] of keep) if (present.get(name) !== text) this.#things.put(thing, name, text);
    const isOver = new Set([...present.keys(), ...facts.map(({ id }) => `${prefix}${id}`)]).size > kind.max;
    // What cannot be read is left for the version that can, where there is room.
    for (const name of present.keys()) if (isOver && !keep.has(name)) this.#things.remove(thing, name);
  }

  #await(cluster: string, waiting: readonly (Awaiting & { readonly text: string })[], nowMs: number): void {
    const things = new Map<string, Thing>();
    for (const { about, identity, text } of waiting) {
      const thing: Thing = { family: 'awaiting', cluster, name: about.toWellFormed() };
      this.#things.use(thing, nowMs);
      this.#things.put(thing, identity.toString('base64'), text);
      things.set(thing.name, thing);
    }
    for (const thing of things.values()) this.#trimWaiting(thing, nowMs);
  }

  #trimWaiting(thing: Thing, nowMs: number): void {
    const waiting = [...this.#things.texts(thing, nowMs)].map(([identity, text]) => ({ identity, untilMs: readWaiting(text)?.untilMs ?? 0 }));
    const oldestLast = waiting.sort((a, b) => b.untilMs - a.untilMs || compareTexts(a.identity, b.identity));
    for (const { identity } of oldestLast.slice(AWAITING_MAX)) this.#things.remove(thing, identity);
  }

  #recall(subjects: readonly Subject[], nowMs: number): Recalled {
    return new Map(
      [...byCluster(subjects, ({ about }) => about.toWellFormed())].flatMap(([cluster, abouts]) => {
        const seen = new Map<string, SubjectSeen>();
        const look = (about: string): SubjectSeen => {
          const present = seen.get(about) ?? this.#look(factsThing(cluster, about), nowMs);
          seen.set(about, present);
          return present;
        };
        for (const about of new Set(abouts)) follow(about, look);
        const found = [...seen].filter(([, { facts }]) => facts.length > 0).map(([about, { facts }]) => [about, facts] as const);
        return found.length === 0 ? [] : [[cluster, new Map(found)] as const];
      }),
    );
  }

  #look(thing: Thing, nowMs: number): SubjectSeen {
    const texts = this.#things.texts(thing, nowMs);
    if (texts.size > 0) this.#things.use(thing, nowMs);
    return subjectSeen(texts);
  }

  #revise({ cluster, identity, cause: outside, answers, by }: RevisionRequest, nowMs: number): RevisionResult {
    const cause = outside.toWellFormed();
    const thing: Thing = { family: 'revisions', cluster, name: identity.toString('hex') };
    this.#things.use(thing, nowMs);
    const texts = this.#things.texts(thing, nowMs);
    const byText = coordinatesText(by);
    const own = readRevision(texts.get(cause) ?? '');
    if (own !== undefined) return own.by === byText ? { outcome: 'revision', revision: own.number } : { outcome: 'told' };
    const others = [...texts].filter(([name]) => name !== cause);
    const covered = new Set(others.flatMap(([, text]) => readRevision(text)?.answers ?? []));
    const mine = answers.map((answer) => answer.toWellFormed());
    if (mine.length > 0 && mine.every((answer) => covered.has(answer))) return { outcome: 'told' };
    const revision = others.length + 2;
    if (revision > REVISIONS_MAX) return { outcome: 'exhausted' };
    this.#things.put(thing, cause, revisionText(revision, byText, JSON.stringify(mine)));
    return { outcome: 'revision', revision };
  }
}
