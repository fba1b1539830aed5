/**
 * What an actor did in the half hour before, and what of this is seen for the first time.
 *
 * Invariant: only what came before the action counts, by the server's time. What was seen first within the
 * day is new, and dated. "First" needs a stream that was watched for the learning period, without evictions
 * of such names: before that it is "learning", with its start.
 */
import { asInteger, at, textAt } from '../base/json.ts';
import type { RecalledFact } from '../ports/fact-store.ts';
import type { Micros } from '../base/time.ts';
import type { Action } from '../facts/action.ts';
import type { Observation } from '../facts/extract/first-seen.ts';
import { evictedAt, evictedSubject } from './evicted.ts';
import { KINDS } from '../facts/kinds.ts';
import { isImpersonating, isProgram, personOf } from '../facts/person.ts';
import { actorAbout, type SeenWhat, SINCE } from '../facts/subjects.ts';
import type { KnownFacts } from './workload-history.ts';

export const ACTOR_OPERATIONS = ['denied', 'secrets', 'rbac', 'exec', 'token', 'impersonation'] as const;
export type ActorOperation = (typeof ACTOR_OPERATIONS)[number];

export interface ActorEntry {
  readonly at: Micros;
  /** "create pods", "get secrets". */
  readonly what: string;
  /** namespace/name, as far as there are such. */
  readonly target: string | undefined;
  readonly auditId: string | undefined;
  readonly address: string | undefined;
  /** Who authenticated for it. */
  readonly username: string | undefined;
  readonly impersonatedUsername: string | undefined;
}

export interface TimelinePart {
  readonly operation: ActorOperation;
  readonly count: number;
  /** As many as are kept: there may have been more. */
  readonly atLeast: boolean;
  /** Newest last. */
  readonly newest: readonly ActorEntry[];
}

export type Seen =
  /** Never seen before `since`, less than a day ago; without that never before at all. */
  | { readonly status: 'first'; readonly since?: Micros }
  | { readonly status: 'seen'; readonly since: Micros }
  /**
   * Not known to be older than a day, and the stream has not been watched for long enough to call it new:
   * since then, or since the last eviction of such names. Undefined when it begins with this very event.
   */
  | { readonly status: 'learning'; readonly watchedSince: Micros | undefined };

export interface FirstSeen {
  readonly what: SeenWhat;
  readonly name: string;
  readonly seen: Seen;
}

export const TIMELINE_MICROS = 1_800_000_000;
export const LEARNING_MICROS = 604_800_000_000;
/** What was first seen within this time is still new: an attacker may start with something harmless. */
export const FRESH_MICROS = 86_400_000_000;
const NEWEST_MAX = 5;

export function timelineOf(action: Action, facts: KnownFacts): readonly TimelinePart[] {
  const from = action.received - TIMELINE_MICROS;
  return ACTOR_OPERATIONS.map((operation) => {
    const { name, max } = KINDS[operation];
    const kept = namesOf(action).map((about) =>
      (facts.get(actorAbout(about)) ?? []).filter(({ kind }) => kind === name),
    );
    // What a person did as somebody else is under both names.
    const once = new Map(kept.flat().map((fact) => [fact.id, fact]));
    const entries = [...once.values()]
      .flatMap((fact) => entryOf(fact) ?? [])
      .filter((entry) => entry.at < action.received && entry.at >= from && isHis(entry, operation, action))
      .sort((a, b) => a.at - b.at);
    // What was pushed out is older than the oldest that is kept.
    const cut = kept.some((facts) => facts.length >= max && (facts[0]?.order ?? 0) >= from);
    return { operation, count: entries.length, atLeast: cut, newest: entries.slice(-NEWEST_MAX) };
  });
}

function namesOf(action: Action): readonly string[] {
  return [...new Set([personOf(action), action.username])];
}

/**
 * One account may act for many people, none of whom is charged with what it did for another. What it did
 * under its own name counts against everyone who acts through it, so that refusals are not lost by
 * impersonating.
 */
function isHis(
  { username, impersonatedUsername }: ActorEntry,
  operation: ActorOperation,
  action: Action,
): boolean {
  const [doer, person] = [impersonatedUsername ?? username, personOf(action)];
  if (username === undefined || doer === person) return true;
  if (username !== action.username) return false;
  return (
    impersonatedUsername === undefined ||
    (!isProgram(username) && (operation === 'impersonation' || !isImpersonating(action)))
  );
}

function entryOf({ value }: RecalledFact): ActorEntry | undefined {
  const when = asInteger(at(value, 'at'));
  const what = textAt(value, 'what');
  if (when === undefined || what === undefined) return undefined;
  const text = (key: string): string | undefined => textAt(value, key);
  return {
    at: when,
    what,
    target: text('target'),
    auditId: text('auditId'),
    address: text('from'),
    username: text('by'),
    impersonatedUsername: text('as'),
  };
}

/**
 * @param observations what the event brought, from facts/seen.ts; their subjects and SINCE have to be
 * recalled
 */
export function firstSeenOf(
  moment: Micros,
  observations: readonly Observation[],
  facts: KnownFacts,
  learningMicros: number = LEARNING_MICROS,
): readonly FirstSeen[] {
  const start = firstIn(facts, SINCE);
  return observations.map(({ what, name, about }) => {
    const evicted = evictedAt(facts, about);
    const watched = start === undefined || evicted === undefined ? start : Math.max(start, evicted);
    return { what, name, seen: seenOf(moment, firstIn(facts, about), watched, learningMicros) };
  });
}

function seenOf(
  moment: Micros,
  first: Micros | undefined,
  watched: Micros | undefined,
  learningMicros: number,
): Seen {
  const since = first !== undefined && first < moment ? first : undefined;
  if (since !== undefined && moment - since >= FRESH_MICROS) return { status: 'seen', since };
  const isLearned = watched !== undefined && moment - watched >= learningMicros;
  if (!isLearned)
    return {
      status: 'learning',
      watchedSince: watched !== undefined && watched < moment ? watched : undefined,
    };
  return since === undefined ? { status: 'first' } : { status: 'first', since };
}

function firstIn(facts: KnownFacts, about: string): Micros | undefined {
  return facts.get(about)?.find(({ kind }) => kind === KINDS.first.name)?.order;
}

/** What recall has to bring. */
export function actorSubjects(action: Action, observations: readonly Observation[]): readonly string[] {
  return [
    ...namesOf(action).map(actorAbout),
    SINCE,
    ...observations.flatMap(({ about }) => [about, evictedSubject(about)]),
  ];
}
