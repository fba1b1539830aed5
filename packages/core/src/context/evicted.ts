/**
 * What was known and is not any more: facts of a kind that has more than are kept, and evicted subjects.
 *
 * Invariant: what may have been evicted is never answered as absent. What was pushed out of a group of facts
 * is older than what is left of it, and only the largest groups lose any (ports/fact-store.ts).
 */
import { type FactKind, type RecalledFact } from '../ports/fact-store.ts';
import { EVICTED_FACT, evictedAbout, quotaOf } from '../ports/fact-quotas.ts';
import { groupOfId } from '../ports/fair-share.ts';
import type { Micros } from '../base/time.ts';
import { KINDS } from '../facts/kinds.ts';
import type { KnownFacts, Write } from './workload-history.ts';

/** Whether facts of the kind may have been pushed out. */
export function isFull(facts: readonly RecalledFact[], { name, max }: FactKind): boolean {
  return facts.filter(({ kind }) => kind === name).length >= max;
}

/** Up to when facts of a kind may be missing; undefined where all are there. */
export function missingUntil(facts: readonly RecalledFact[], kind: FactKind): number | undefined {
  if (!isFull(facts, kind)) return undefined;
  const groups = new Map<string, { size: number; oldest: number }>();
  for (const { id, order } of facts.filter((fact) => fact.kind === kind.name)) {
    const name = groupOfId(id);
    const group = groups.get(name) ?? { size: 0, oldest: order };
    groups.set(name, { size: group.size + 1, oldest: Math.min(group.oldest, order) });
  }
  const largest = Math.max(...[...groups.values()].map(({ size }) => size));
  return Math.max(
    ...[...groups.values()].filter(({ size }) => size >= largest - 1).map(({ oldest }) => oldest),
  );
}

/**
 * Whether the creation of the object with this uid may have been pushed out by others under its name: one
 * that was found by its uid is sure, one that was found by time alone only where none younger can be missing.
 */
export function isCreationEvicted(
  facts: KnownFacts,
  abouts: readonly string[],
  uid: string | undefined,
  found: Write | undefined,
): boolean {
  if (found !== undefined && uid !== undefined && found.uid === uid) return false;
  const untils = abouts.flatMap((about) => missingUntil(facts.get(about) ?? [], KINDS.created) ?? []);
  return untils.some((until) => found === undefined || until > found.action.received);
}

/** The last eviction from the quota of this subject. */
export function evictedAt(facts: KnownFacts, about: string): Micros | undefined {
  const mark = facts.get(evictedSubject(about))?.find(({ kind }) => kind === EVICTED_FACT);
  return mark === undefined ? undefined : mark.order * 1000;
}

/** What recall has to bring for evictedAt. */
export function evictedSubject(about: string): string {
  return evictedAbout(quotaOf(about));
}
