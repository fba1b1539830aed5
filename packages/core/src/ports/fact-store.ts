/**
 * The context: what the audit stream has shown so far of each cluster, for answering questions about a
 * creation. test/contract/context.contract.ts holds every adapter to this.
 *
 * Facts come in any order and any number of times: what is kept of them depends on their ids and orders
 * alone, never on arrival, so that the same events leave the same context however they were shuffled,
 * repeated or delayed. Everything is bounded: a fact in bytes, facts of one kind about one subject, subjects
 * of a cluster by quota (fact-quotas.ts; settings of the adapter give the numbers: the least recently used
 * are evicted), and the time that a subject is kept after it was last written or read. An eviction from a
 * quota is a fact of its own, about `evictedAbout(quota)`: of kind and id `forgotten`, its order the ms since
 * 1970 of the last use among the evicted, or a little later. Every failure is an ArrivalsError
 * state_unavailable (retryable), but exceeding the bounds below is a fault of the caller: a RangeError,
 * before anything is done. Texts compare by their bytes in UTF-8, and a lone surrogate in one reads as
 * U+FFFD.
 */
import type { JsonObject } from '../base/json.ts';
import type { Identity } from '../creation/identity.ts';
import type { EventPosition } from './positions.ts';

/** What a fact is about, for example `written/apps/shop/web`, in a cluster. */
export interface Subject {
  readonly cluster: string;
  /** At most SUBJECT_BYTES_MAX bytes; the caller hashes what is longer. */
  readonly about: string;
}

/**
 * A kind of fact, and how many of it are kept of one subject: those with the highest orders (then ids), or
 * with the lowest. Of facts with one id the newest or oldest wins likewise; of `newestFirsts` the oldest
 * wins, and those with the highest orders are kept. (As long as no more than `max` ids come, what is kept of
 * these does not depend on arrival either.)
 *
 * Facts whose ids begin with the same text before a slash are a group: those of one actor. A kind that is
 * full gives up facts of its largest groups alone, so that of N groups each keeps at least its best max / N,
 * however many come of another. Without slashes all are one group.
 */
export interface FactKind {
  /** [a-z]+, at most 32 characters. */
  readonly name: string;
  readonly keep: 'newest' | 'oldest' | 'newestFirsts';
  /** 1 to 64. */
  readonly max: number;
}

export interface Fact extends Subject {
  readonly kind: FactKind;
  /**
   * Within subject and kind; never longer than 64 characters. Of two facts with one id one wins, whichever
   * came first: see FactKind.
   */
  readonly id: string;
  /**
   * A resourceVersion, or microseconds since 1970: one and the same for all facts of a kind. An integer from
   * -(2^53 - 1) to 2^53 - 1.
   */
  readonly order: number;
  /** At most FACT_BYTES_MAX as JSON. */
  readonly value: JsonObject;
  /**
   * Other subjects of the same cluster that belong with this one: recall brings their facts as well. At most
   * 8.
   */
  readonly links: readonly string[];
}

export interface RecalledFact {
  readonly kind: string;
  readonly id: string;
  readonly order: number;
  readonly value: JsonObject;
}

/**
 * By cluster, then by subject: its facts by kind, then ascending order, then id. A subject without facts is
 * absent.
 */
export type Recalled = ReadonlyMap<string, ReadonlyMap<string, readonly RecalledFact[]>>;

/** What two calls brought, as one. */
export function mergeRecalled(a: Recalled, b: Recalled): Recalled {
  if (b.size === 0) return a;
  const merged = new Map([...a].map(([cluster, subjects]) => [cluster, new Map(subjects)]));
  for (const [cluster, subjects] of b) {
    const known = merged.get(cluster) ?? new Map<string, readonly RecalledFact[]>();
    merged.set(cluster, known);
    for (const [about, facts] of subjects) known.set(about, facts);
  }
  return merged;
}

/** An alert that is to be revised when a fact about a subject comes: one for each identity, the last wins. */
export interface Watch extends Subject {
  /** Of the alert that waits. */
  readonly identity: Identity;
  /** What the caller needs to build the alert again; at most FACT_BYTES_MAX as JSON. */
  readonly value: JsonObject;
}

export interface RevisionRequest {
  readonly cluster: string;
  readonly identity: Identity;
  /**
   * What made it necessary: the id of the fact, for example. The same cause never makes two revisions. At
   * most 64 characters.
   */
  readonly cause: string;
  /**
   * Names of what it answers, at most 32 of at most 64 characters. Without any it counts as answering what no
   * other does.
   */
  readonly answers: readonly string[];
  /** The event whose processing publishes it. */
  readonly by: EventPosition;
}

/**
 * `revision`: this event publishes it, now or again (a redelivery). `answered`: another event publishes it,
 * or everything it answers is in another revision already. `exhausted`: the alert has REVISIONS_MAX.
 * `afterLoss`: part of the state was lost lately (as with claims), and with it perhaps revisions, so that the
 * number may be a repeat.
 */
export type RevisionResult =
  | { readonly outcome: 'revision'; readonly revision: number; readonly afterLoss?: true }
  | { readonly outcome: 'answered' }
  | { readonly outcome: 'exhausted' };

export const SUBJECT_BYTES_MAX = 400;
export const FACT_BYTES_MAX = 2048;
/** How many links recall follows one after the other. */
export const RECALL_DEPTH = 4;
/**
 * Subjects that recall looks at for each requested one, this one and those without facts included. Nearer
 * ones come first, then those that a fact of higher order links to, then by their texts.
 */
export const RECALL_SUBJECTS_MAX = 64;
/**
 * When facts of so many bytes (kind, id, value and links) were found for a requested subject, no further
 * subject is looked at.
 */
export const RECALL_BYTES_MAX: number = 256 * 1024;
/** Of one subject; the oldest ones are evicted. */
export const WATCHES_MAX = 256;
/** Of one alert, including the first, which is not requested: the highest number. */
export const REVISIONS_MAX = 16;

export interface FactStore {
  /**
   * Stores the facts. Resolves, when they are kept, with the watches of a subject of one of them (each once a
   * subject), also when the same facts come again: a watch is kept until `awaitMs` (a setting of the adapter)
   * after it was last set.
   */
  remember(facts: readonly Fact[], nowMs: number): Promise<readonly Watch[]>;

  /**
   * The facts about each subject and, following links, about what belongs with them. A read extends how long
   * they are kept.
   */
  recall(subjects: readonly Subject[], nowMs: number): Promise<Recalled>;

  /**
   * Watches each subject for facts from now on, and resolves with what is known: nothing is missed in
   * between.
   */
  watch(waiting: readonly Watch[], nowMs: number): Promise<Recalled>;

  /**
   * Numbers from 2, without gaps, for each identity of a cluster, kept as long as a subject. In the order
   * given.
   */
  revise(requests: readonly RevisionRequest[], nowMs: number): Promise<readonly RevisionResult[]>;
}
