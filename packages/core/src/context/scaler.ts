/**
 * Who last changed the number of replicas before a pod was made.
 *
 * Invariant: a write to the scale subresource scales; another write does where two bodies in a row, or the
 * number that its Deployment's controller then worked for, show another number. The number at the workload's
 * creation is no scaling.
 */
import { asInteger, at, textAt } from '../base/json.ts';
import type { Micros } from '../base/time.ts';
import type { Action } from '../facts/action.ts';
import { isBookkeeping } from '../kubernetes/controllers.ts';
import { type CreatedObject, ownerSubjects } from '../facts/extract/workloads.ts';
import { KINDS } from '../facts/kinds.ts';
import { type ChainLink, unattributed, type Attribution, attributedTo } from './attribution.ts';
import { revisionAuthor } from './template-author.ts';
import { type KnownFacts, revisionsOf, type Write } from './workload-history.ts';

export interface Scaling {
  readonly scaler: Attribution;
  /** Which link of the chain was scaled; -1 for none. */
  readonly on: number;
}

/** @param chain from the pod up to what somebody made, with the writes of each */
export function scalingOf(
  createdObject: CreatedObject,
  chain: readonly ChainLink[],
  writes: readonly (readonly Write[])[],
  facts: KnownFacts,
): Scaling {
  const before = createdObject.action.received;
  const actions = chain.flatMap((link, on) => {
    const all = (writes[on] ?? []).filter(({ action }) => action.received < before);
    const shown =
      link.kind === 'Deployment'
        ? shownByRevision(before, ownerSubjects(createdObject.namespace, link)[0] ?? '', link.uid, all, facts)
        : [];
    return [...scalings(all), ...shown].map((action) => ({ action, on }));
  });
  const last = actions.reduce<(typeof actions)[number] | undefined>(
    (latest, entry) =>
      latest === undefined || entry.action.received > latest.action.received ? entry : latest,
    undefined,
  );
  if (last !== undefined) return { scaler: attributedTo(last.action), on: last.on };
  const whole = chain.length > 0 && chain.every(({ created }) => created !== undefined);
  return { scaler: unattributed(whole ? 'none' : 'notSeen'), on: -1 };
}

function scalings(writes: readonly Write[]): readonly Action[] {
  let replicas: number | undefined;
  const actions: Action[] = [];
  for (const write of writes) {
    const other = replicas !== undefined && write.replicas !== undefined && write.replicas !== replicas;
    if (
      write.kind === 'scaled' ||
      (write.kind === 'changed' && other && !isBookkeeping(write.action.username, write.resource))
    )
      actions.push(write.action);
    replicas = write.replicas;
  }
  return actions;
}

/**
 * A patch without a body that changed template and replicas in one: its new ReplicaSet came with another
 * number than was worked for before.
 */
function shownByRevision(
  before: Micros,
  about: string,
  uid: string | undefined,
  writes: readonly Write[],
  facts: KnownFacts,
): readonly Action[] {
  const revisions = revisionsOf(facts, about, uid);
  const revision = revisions.findLast(({ received }) => received <= before);
  if (revision?.isFirst !== true || revision.desired === undefined) return [];
  const wanted = (facts.get(about) ?? [])
    .filter(({ kind, value }) => kind === KINDS.wanted.name && textAt(value, 'ownerUid') === uid)
    .flatMap(({ value }) => ({
      received: asInteger(at(value, 'received')) ?? 0,
      replicas: asInteger(at(value, 'replicas')),
    }))
    .filter(({ received }) => received < revision.received);
  const last = wanted.reduce<(typeof wanted)[number] | undefined>(
    (latest, entry) => (latest === undefined || entry.received > latest.received ? entry : latest),
    undefined,
  );
  if (last === undefined || last.replicas === revision.desired) return [];
  // A scaling that the controller had not worked for yet explains it better.
  if (
    writes.some(
      ({ kind, action }) =>
        kind === 'scaled' && action.done >= last.received && action.received < revision.received,
    )
  )
    return [];
  const write = revisionAuthor(revision, revisions, writes)?.write;
  return write === undefined || write.kind === 'created' ? [] : [write.action];
}
