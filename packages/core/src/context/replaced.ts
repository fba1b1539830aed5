/**
 * Whose place a pod took: that of a pod which somebody removed while its owner still wanted it.
 *
 * Invariant: said only of what the owner's controller made right after, and not where a newer write explains it: whoever deletes a pod has scaled and
 * deployed nothing, and the other way round. Which of several pods that went together it replaces nobody knows: the last before it is named.
 */
import { asText, at, textAt } from '../json.ts';
import type { Micros } from '../time.ts';
import { type Act, readAct } from './act.ts';
import type { RemovalHow } from './facts/removals.ts';
import { type Made, type Owner, readOwner } from './facts/workloads.ts';
import { KINDS } from './kinds.ts';
import { removedAbout } from './subjects.ts';
import type { Told } from './told.ts';
import type { KnownFacts } from './written.ts';

export interface Replaced {
  readonly name: string;
  readonly uid: string | undefined;
  readonly how: RemovalHow;
  readonly act: Act;
}

const SECOND_MICROS = 1_000_000;
/** A ReplicaSet counts no pod that is about to end, and makes another at once. */
const AT_ONCE_MICROS: Micros = 10 * SECOND_MICROS;
/** Others wait until it has ended, 30 s by default. */
const ENDED_MICROS: Micros = 120 * SECOND_MICROS;
/** Where the name is the same there is no doubt, however long it took to end. */
const SAME_NAME_MICROS: Micros = 900 * SECOND_MICROS;

const HOWS: readonly string[] = ['deleted', 'evicted', 'preempted', 'nodeGone'] satisfies readonly RemovalHow[];

/** @param causes what else may have led to it: who wrote the template, who scaled it */
export function replacedOf(made: Made, facts: KnownFacts, causes: readonly Told[]): Replaced | undefined {
  const { owner, namespace, act } = made;
  if (owner === undefined || namespace === undefined) return undefined;
  const since = Math.max(0, ...causes.map((told) => (told.known ? told.act.received : 0)));
  return removalsOf(facts, removedAbout(namespace, owner.name), owner)
    .filter(
      (removed) =>
        removed.act.received > since &&
        removed.act.received <= act.received &&
        act.received - removed.act.received <= patienceOf(owner, removed.name === made.name) &&
        (removed.uid === undefined || removed.uid !== made.uid),
    )
    .sort((a, b) => a.act.received - b.act.received)
    .at(-1);
}

function patienceOf({ kind }: Owner, isSameName: boolean): Micros {
  switch (kind) {
    case 'StatefulSet':
      return isSameName ? SAME_NAME_MICROS : -1;
    case 'ReplicaSet':
    case 'ReplicationController':
      return AT_ONCE_MICROS;
    default:
      return ENDED_MICROS;
  }
}

function removalsOf(facts: KnownFacts, about: string, owner: Owner): readonly Replaced[] {
  return (facts.get(about) ?? []).flatMap(({ kind, value }) => {
    const [act, name, how] = [readAct(value), textAt(value, 'name'), asText(at(value, 'how'))];
    if (kind !== KINDS.removed.name || act === undefined || name === undefined || how === undefined || !HOWS.includes(how)) return [];
    const its = readOwner(at(value, 'owner'));
    const isOther = its !== undefined && (its.kind !== owner.kind || (its.uid !== undefined && owner.uid !== undefined && its.uid !== owner.uid));
    return isOther ? [] : [{ name, uid: textAt(value, 'uid'), how: how as RemovalHow, act }];
  });
}

/** What recall has to bring for replacedOf. */
export function replacedSubjects({ owner, namespace }: Made): readonly string[] {
  return owner === undefined || namespace === undefined ? [] : [removedAbout(namespace, owner.name)];
}
