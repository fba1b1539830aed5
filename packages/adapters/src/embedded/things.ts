/**
 * The things of the context in LMDB, in families: subjects with facts, by quota; subjects that are waited for, alerts with revisions. A thing
 * is a number of named texts, and when it was used last.
 *
 * Invariant: a thing is there for at least its family's time after its last use, and is not seen afterwards, whether or not it was
 * swept. A use is noted once a grain, so that reading what is read all the time writes nothing. What a text says is its user's business.
 */
import { FORGOTTEN_FACT, forgottenAbout, quotaMax, quotaOf } from '@arrivals/core';
import { type ContextOptions, grainMs, noted } from '../context/options.ts';
import { readFact } from '../context/packed-fact.ts';
import type { Store } from './store.ts';

/** Subjects with facts are a family for each quota: `facts/binding`. */
export type Family = 'awaiting' | 'revisions' | `facts/${string}`;

export interface Thing {
  readonly family: Family;
  readonly cluster: string;
  readonly name: string;
}

export function factsThing(cluster: string, about: string): Thing {
  return { family: `facts/${quotaOf(about)}`, cluster, name: about };
}

/** Forgotten in one transaction, so that others get their turn. */
const SWEEP_THINGS_MAX = 200;
/** Later than any time. */
const NEVER_MS = Number.MAX_SAFE_INTEGER;

export class Things {
  readonly #store: Store;
  readonly #options: ContextOptions;

  constructor(store: Store, options: ContextOptions) {
    this.#store = store;
    this.#options = options;
  }

  /** Its texts by name, those alone whose name begins with `prefix`. */
  texts(thing: Thing, nowMs: number, prefix = ''): ReadonlyMap<string, string> {
    return this.#isThere(thing, nowMs) ? this.#all(thing, prefix) : new Map<string, string>();
  }

  /** Inside a transaction, before its texts are changed: what is left of one that has ended is none of the new one's. */
  use(thing: Thing, nowMs: number): void {
    const { family, cluster, name } = thing;
    if (!this.#isThere(thing, nowMs)) this.#forget(thing);
    const usedAtMs = this.#store.thingUses.get([family, cluster, name]);
    const atMs = noted(nowMs, this.#ttlMs(family));
    if (usedAtMs === atMs) return;
    if (usedAtMs !== undefined) this.#store.thingsByUse.removeSync([family, cluster, usedAtMs, name]);
    this.#store.thingUses.putSync([family, cluster, name], atMs);
    this.#store.thingsByUse.putSync([family, cluster, atMs, name], true);
  }

  put({ family, cluster, name }: Thing, text: string, value: string): void {
    this.#store.things.putSync([family, cluster, name, text], value);
  }

  remove({ family, cluster, name }: Thing, text: string): void {
    this.#store.things.removeSync([family, cluster, name, text]);
  }

  /** Forgets what has ended, then the least recently used of too many, and tells of each cluster how many of these there were. */
  async sweep(nowMs: number, tell: (cluster: string, things: number) => void): Promise<void> {
    for (const family of this.#families()) {
      for (const cluster of this.#clusters(family)) {
        await this.#forgetAll(() => this.#ended(family, cluster, nowMs));
        const excess = await this.#forgetAll(() => this.#forgetting(this.#excess(family, cluster), nowMs));
        if (excess > 0) tell(cluster, excess);
      }
    }
  }

  #ttlMs(family: Family): number {
    return family === 'awaiting' ? this.#options.awaitMs : this.#options.contextTtlMs;
  }

  #isThere({ family, cluster, name }: Thing, nowMs: number): boolean {
    const usedAtMs = this.#store.thingUses.get([family, cluster, name]);
    return usedAtMs !== undefined && usedAtMs > this.#endedAtMs(family, nowMs);
  }

  /** What was used last then, or before, is over. */
  #endedAtMs(family: Family, nowMs: number): number {
    const ttlMs = this.#ttlMs(family);
    return nowMs - ttlMs - grainMs(ttlMs);
  }

  #all({ family, cluster, name }: Thing, prefix: string): ReadonlyMap<string, string> {
    const texts = new Map<string, string>();
    for (const { key, value } of this.#store.things.getRange({ start: [family, cluster, name, prefix] })) {
      if (key[0] !== family || key[1] !== cluster || key[2] !== name || !key[3].startsWith(prefix)) break;
      texts.set(key[3], value);
    }
    return texts;
  }

  #forget(thing: Thing): void {
    const { family, cluster, name } = thing;
    for (const text of this.#all(thing, '').keys()) this.remove(thing, text);
    const usedAtMs = this.#store.thingUses.get([family, cluster, name]);
    if (usedAtMs === undefined) return;
    this.#store.thingUses.removeSync([family, cluster, name]);
    this.#store.thingsByUse.removeSync([family, cluster, usedAtMs, name]);
  }

  async #forgetAll(find: () => readonly Thing[]): Promise<number> {
    for (let forgotten = 0; ;) {
      const doomed = await this.#store.commit(() => {
        const found = find();
        for (const thing of found) this.#forget(thing);
        return found.length;
      }, 'state_unavailable');
      forgotten += doomed;
      if (doomed < SWEEP_THINGS_MAX) return forgotten;
    }
  }

  #ended(family: Family, cluster: string, nowMs: number): readonly Thing[] {
    const end: [Family, string, number] = [family, cluster, this.#endedAtMs(family, nowMs) + 1];
    const keys = this.#store.thingsByUse.getKeys({ start: [family, cluster, 0], end, limit: SWEEP_THINGS_MAX });
    return [...keys].map(([, , , name]) => ({ family, cluster, name }));
  }

  /** Notes, in the transaction that forgets them, when subjects with facts were used that are forgotten for want of room. */
  #forgetting(doomed: readonly Thing[], nowMs: number): readonly Thing[] {
    const [last] = doomed;
    if (last?.family.startsWith('facts/') !== true) return doomed;
    const { family, cluster } = last;
    const usedAtMs = Math.max(...doomed.map(({ name }) => this.#store.thingUses.get([family, cluster, name]) ?? 0));
    const mark = factsThing(cluster, forgottenAbout(family.slice('facts/'.length)));
    const name = `${FORGOTTEN_FACT} ${FORGOTTEN_FACT}`;
    const order = Math.max(usedAtMs + grainMs(this.#options.contextTtlMs), readFact(this.texts(mark, nowMs).get(name) ?? '')?.order ?? 0);
    this.use(mark, nowMs);
    this.put(mark, name, `1 ${String(order)}\n\n{}`);
    return doomed;
  }

  /** Those that come behind as many as may be there, from the last use backwards. */
  #excess(family: Family, cluster: string): readonly Thing[] {
    const start: [Family, string, number] = [family, cluster, NEVER_MS];
    const end: [Family, string, number] = [family, cluster, 0];
    const subjectsMax = this.#options.contextSubjectsMax;
    const offset = family.startsWith('facts/') ? quotaMax(family.slice('facts/'.length), subjectsMax) : subjectsMax;
    const keys = this.#store.thingsByUse.getKeys({ reverse: true, start, end, offset, limit: SWEEP_THINGS_MAX });
    return [...keys].map(([, , , name]) => ({ family, cluster, name }));
  }

  *#families(): Generator<Family> {
    let last = '';
    for (;;) {
      // Names of families hold nothing that sorts before "!", nor one that goes on behind another with what does.
      const [key] = this.#store.thingsByUse.getKeys({ start: [`${last}!` as Family], limit: 1 });
      if (key === undefined) return;
      last = key[0];
      yield key[0];
    }
  }

  *#clusters(family: Family): Generator<string> {
    let last = '';
    for (;;) {
      // A cluster's name holds nothing that sorts before "!".
      const [key] = this.#store.thingsByUse.getKeys({ start: [family, `${last}!`], limit: 1 });
      if (key?.[0] !== family) return;
      last = key[1];
      yield last;
    }
  }
}
