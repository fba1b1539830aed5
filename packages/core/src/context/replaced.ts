/**
 * The pod that a pod replaces: one that somebody removed while its owner still wanted it.
 *
 * Invariant: only for what the owner's controller made right after, and not where a newer write explains it:
 * deleting a pod neither scales nor deploys, and the other way round. Which of several pods removed together
 * it replaces is unknown: the last before it is named.
 */
import { asText, at, textAt } from '../base/json.ts';
import type { Micros } from '../base/time.ts';
import { type Action, readAction } from '../facts/action.ts';
import type { RemovalHow } from '../facts/extract/removals.ts';
import { type CreatedObject, type Owner, readOwner } from '../facts/extract/workloads.ts';
import { KINDS } from '../facts/kinds.ts';
import { removedAbout } from '../facts/subjects.ts';
import type { Attribution } from './attribution.ts';
import type { KnownFacts } from './workload-history.ts';

export interface Replaced {
  readonly name: string;
  readonly uid: string | undefined;
  readonly how: RemovalHow;
  readonly action: Action;
}

const SECOND_MICROS = 1_000_000;
/** A ReplicaSet counts no pod that is about to end, and makes another at once. */
const AT_ONCE_MICROS: Micros = 10 * SECOND_MICROS;
/** Others wait until it has ended, 30 s by default. */
const ENDED_MICROS: Micros = 120 * SECOND_MICROS;
/** Where the name is the same there is no doubt, however long it took to end. */
const SAME_NAME_MICROS: Micros = 900 * SECOND_MICROS;

const HOWS: readonly string[] = [
  'deleted',
  'evicted',
  'preempted',
  'nodeGone',
] satisfies readonly RemovalHow[];

/** @param causes other possible causes: who wrote the template, who scaled it */
export function replacedOf(
  createdObject: CreatedObject,
  facts: KnownFacts,
  causes: readonly Attribution[],
): Replaced | undefined {
  const { owner, namespace, action } = createdObject;
  if (owner === undefined || namespace === undefined) return undefined;
  const since = Math.max(
    0,
    ...causes.map((attribution) => (attribution.known ? attribution.action.received : 0)),
  );
  return removalsOf(facts, removedAbout(namespace, owner.name), owner)
    .filter(
      (removed) =>
        removed.action.received > since &&
        removed.action.received <= action.received &&
        action.received - removed.action.received <= patienceOf(owner, removed.name === createdObject.name) &&
        (removed.uid === undefined || removed.uid !== createdObject.uid),
    )
    .sort((a, b) => a.action.received - b.action.received)
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
    const [action, name, how] = [readAction(value), textAt(value, 'name'), asText(at(value, 'how'))];
    if (
      kind !== KINDS.removed.name ||
      action === undefined ||
      name === undefined ||
      how === undefined ||
      !HOWS.includes(how)
    )
      return [];
    const its = readOwner(at(value, 'owner'));
    const isOther =
      its !== undefined &&
      (its.kind !== owner.kind ||
        (its.uid !== undefined && owner.uid !== undefined && its.uid !== owner.uid));
    return isOther ? [] : [{ name, uid: textAt(value, 'uid'), how: how as RemovalHow, action }];
  });
}

/** What recall has to bring for replacedOf. */
export function replacedSubjects({ owner, namespace }: CreatedObject): readonly string[] {
  return owner === undefined || namespace === undefined ? [] : [removedAbout(namespace, owner.name)];
}
