/**
 * Who last changed the number of replicas before a pod was made.
 *
 * Invariant: a write to the scale subresource scales; another write does where two bodies in a row, or the number that its Deployment's controller then
 * worked for, show another number. What was said when the workload was made is no scaling.
 */
import { asInteger, at, textAt } from '../json.ts';
import type { Micros } from '../time.ts';
import type { Act } from './act.ts';
import { isBookkeeping } from './controllers.ts';
import { type Made, ownerSubjects } from './facts/workloads.ts';
import { KINDS } from './kinds.ts';
import { type ChainLink, missing, type Told, told } from './told.ts';
import { revisionAuthor } from './template-author.ts';
import { type KnownFacts, revisionsOf, type Write } from './written.ts';

export interface Scaling {
  readonly scaler: Told;
  /** Which link of the chain was scaled; -1 for none. */
  readonly on: number;
}

/** @param chain from the pod up to what somebody made, with the writes of each */
export function scalingOf(made: Made, chain: readonly ChainLink[], writes: readonly (readonly Write[])[], facts: KnownFacts): Scaling {
  const before = made.act.received;
  const acts = chain.flatMap((link, on) => {
    const all = (writes[on] ?? []).filter(({ act }) => act.received < before);
    const shown = link.kind === 'Deployment' ? shownByRevision(before, ownerSubjects(made.namespace, link)[0] ?? '', link.uid, all, facts) : [];
    return [...scalings(all), ...shown].map((act) => ({ act, on }));
  });
  const last = acts.reduce<(typeof acts)[number] | undefined>(
    (latest, entry) => (latest === undefined || entry.act.received > latest.act.received ? entry : latest),
    undefined,
  );
  if (last !== undefined) return { scaler: told(last.act), on: last.on };
  const whole = chain.length > 0 && chain.every(({ created }) => created !== undefined);
  return { scaler: missing(whole ? 'none' : 'notSeen'), on: -1 };
}

function scalings(writes: readonly Write[]): readonly Act[] {
  let replicas: number | undefined;
  const acts: Act[] = [];
  for (const write of writes) {
    const other = replicas !== undefined && write.replicas !== undefined && write.replicas !== replicas;
    if (write.kind === 'scaled' || (write.kind === 'changed' && other && !isBookkeeping(write.act.username, write.resource))) acts.push(write.act);
    replicas = write.replicas;
  }
  return acts;
}

/** A patch without a body that changed template and replicas in one: its new ReplicaSet came with another number than was worked for before. */
function shownByRevision(before: Micros, about: string, uid: string | undefined, writes: readonly Write[], facts: KnownFacts): readonly Act[] {
  const revisions = revisionsOf(facts, about, uid);
  const revision = revisions.findLast(({ received }) => received <= before);
  if (revision?.made !== true || revision.desired === undefined) return [];
  const wanted = (facts.get(about) ?? [])
    .filter(({ kind, value }) => kind === KINDS.wanted.name && textAt(value, 'ownerUid') === uid)
    .flatMap(({ value }) => ({ received: asInteger(at(value, 'received')) ?? 0, replicas: asInteger(at(value, 'replicas')) }))
    .filter(({ received }) => received < revision.received);
  const last = wanted.reduce<(typeof wanted)[number] | undefined>(
    (latest, entry) => (latest === undefined || entry.received > latest.received ? entry : latest),
    undefined,
  );
  if (last === undefined || last.replicas === revision.desired) return [];
  // A scaling that the controller had not worked for yet explains it better.
  if (writes.some(({ kind, act }) => kind === 'scaled' && act.done >= last.received && act.received < revision.received)) return [];
  const write = revisionAuthor(revision, revisions, writes)?.write;
  return write === undefined || write.kind === 'created' ? [] : [write.act];
}
