/**
 * Who is behind a pod: the chain of its owners, who made the first of them that no controller made, who wrote the template and who scaled it.
 *
 * Invariant: an owner reference alone proves nothing, as whoever makes a pod can write it: the chain counts only where that kind's own controller made
 * the pod. What is not known is told with its reason; every answer names the audit event it rests on.
 * Rules and their measurements: docs/context.md.
 */
import { asObject, textAt } from '../json.ts';
import type { Micros } from '../time.ts';
import { type Act, type CallingPod, readAct } from './act.ts';
import { groupOf, isBookkeeping, isCustomGroup, isMaker, isPodMaker, workloadOf } from './controllers.ts';
import { type Made, type Owner, ownerSubjects, readOwner } from './facts/workloads.ts';
import { missingUntil } from './forgotten.ts';
import { KINDS } from './kinds.ts';
import { templateHint } from './managers.ts';
import { isSamePerson } from './person.ts';
import { scalerOf } from './scaler.ts';
import { credentialAbout, objectAbout } from './subjects.ts';
import { type ChainLink, missing, type Told, told } from './told.ts';
import { type Choice, presentAuthor, revisionAuthor, written } from './template-author.ts';
import { adopter, creationOf, incarnation, type KnownFacts, ownerAt, type Revision, revisionsOf, type Write, writesOf } from './written.ts';

export type ChainEnd =
  /** The last one has no owner; or the pod itself has none. */
  | 'top'
  | 'notSeen'
  | 'notRecorded'
  /** An operator's object: who made that is told, what its operator does is not followed. */
  | 'customKind'
  /** A mirror pod: the kubelet made it of a file on its node. */
  | 'node'
  | 'tooLong';

/** The pod whose token made something, and its own author. */
export interface Through {
  readonly pod: CallingPod;
  /** Who asked for the token: a kubelet, or somebody who had no business to. */
  readonly issuedTo: string | undefined;
  readonly credential: string | undefined;
  readonly chain: readonly ChainLink[];
  readonly creator: Told;
  readonly templateAuthor: Told;
}

export interface Author {
  readonly chain: readonly ChainLink[];
  readonly chainEnd: ChainEnd;
  /** By the controller of its owner's kind, as that kind's pods are made. */
  readonly madeByController: boolean;
  readonly creator: Told;
  readonly templateAuthor: Told;
  readonly scaler: Told;
  /** Pods whose tokens were used, the nearest first. */
  readonly through: readonly Through[];
}

const CHAIN_MAX = 8;
const THROUGH_MAX = 3;

export function authorOf(made: Made, facts: KnownFacts): Author {
  const author = withoutPods(made, facts);
  return { ...author, through: throughOf(author, facts) };
}

function withoutPods(made: Made, facts: KnownFacts): Author {
  const { chain, chainEnd, writes } = chainOf(made, facts);
  // Without bodies the owner is not seen; the account makes pods for owners alone.
  const madeByController = made.owner === undefined ? !made.bodies && isPodMaker(made.act.username) : isMaker(made.act.username, 'Pod', made.owner.kind);
  const none = missing('none');
  if (!madeByController) return { chain, chainEnd, madeByController, creator: told(made.act), templateAuthor: none, scaler: none, through: [] };
  const root = rootOf(chain);
  const top = root < 0 ? chain.length - 1 : root;
  return {
    chain,
    chainEnd,
    madeByController,
    creator: creatorOf(chain[root]?.created, chainEnd),
    templateAuthor: templateAuthorOf(made, chain, writes, facts),
    scaler: scalerOf(made, chain.slice(0, top + 1), writes, facts),
    through: [],
  };
}

function creatorOf(created: Act | undefined, chainEnd: ChainEnd): Told {
  return created === undefined ? missing(chainEnd === 'notRecorded' ? 'notRecorded' : 'notSeen') : told(created);
}

/** The first owner, from the pod upwards, that no controller made for the next. */
function rootOf(chain: readonly ChainLink[]): number {
  return chain.findIndex(({ created, kind }, i) => {
    const above = chain[i + 1];
    return created !== undefined && !(above !== undefined && isMaker(created.username, kind, above.kind)) && !isUnownedControllerWork(created, kind);
  });
}

/** Made by a controller for an owner that its event does not show. */
function isUnownedControllerWork({ username }: Act, kind: string): boolean {
  return (kind === 'ReplicaSet' && isMaker(username, kind, 'Deployment')) || (kind === 'Job' && isMaker(username, kind, 'CronJob'));
}

interface Chain {
  readonly chain: readonly ChainLink[];
  readonly chainEnd: ChainEnd;
  /** Of each link, with its creation first. */
  readonly writes: readonly (readonly Write[])[];
}

function chainOf(made: Made, facts: KnownFacts): Chain {
  const chain: ChainLink[] = [];
  const writes: (readonly Write[])[] = [];
  const end = (chainEnd: ChainEnd): Chain => ({ chain, chainEnd, writes });
  let { owner, bodies } = made;
  let before: Micros = made.act.received;
  let child: readonly Write[] = [];
  while (owner !== undefined) {
    if (chain.length === CHAIN_MAX) return end('tooLong');
    const group = groupOf(owner.apiVersion);
    const resource = workloadOf(group, owner.kind)?.resource;
    const [about = ''] = ownerSubjects(made.namespace, owner);
    const all = writesOf(facts, ownerSubjects(made.namespace, owner), resource);
    if (child.length > 0) owner = adopter(owner, all, child, made.act.received);
    const creation = creationOf(all, owner.uid, before);
    chain.push({ ...owner, created: creation?.act });
    writes.push(incarnation(all, owner.uid, made.act.received));
    if (group === '' && owner.kind === 'Node') return end('node');
    if (resource === undefined || isCustomGroup(group)) return end('customKind');
    if (creation === undefined) return end('notSeen');
    before = owner.kind === 'ReplicaSet' ? made.act.received : creation.act.received;
    child = owner.kind === 'ReplicaSet' ? all : [];
    bodies = creation.bodies;
    owner = ownerAt(facts, about, owner.uid, made.act.received) ?? creation.owner;
  }
  return end(bodies ? 'top' : 'notRecorded');
}

function templateAuthorOf(made: Made, chain: readonly ChainLink[], writes: readonly (readonly Write[])[], facts: KnownFacts): Told {
  const [owner, above] = chain;
  if (owner === undefined) return missing('notRecorded');
  switch (owner.kind) {
    case 'StatefulSet':
    case 'DaemonSet': {
      const hash = made.revisionHash;
      if (hash === undefined) return missing('notRecorded');
      // The label is the revision's whole name for a StatefulSet, and its end for a DaemonSet.
      return byRevision(made, owner, writes[0] ?? [], facts, ({ name }) => name === hash || name === `${owner.name}-${hash}`);
    }
    case 'ReplicaSet':
      if (owner.created === undefined) return missing('notSeen');
      if (above?.kind === 'Deployment' && isMaker(owner.created.username, 'ReplicaSet', 'Deployment')) return ofReplicaSet(made, owner, above, writes, facts);
      if (isUnownedControllerWork(owner.created, owner.kind)) return missing('notRecorded');
      return choice(presentAuthor(before(writes[0], made.act.received)));
    case 'Job':
      if (owner.created === undefined) return missing('notSeen');
      if (above?.kind === 'CronJob' && isMaker(owner.created.username, 'Job', 'CronJob'))
        return choice(presentAuthor(before(writes[1], owner.created.received), writes[0]?.find(({ kind }) => kind === 'created')?.template));
      // A Job's template never changes.
      return isUnownedControllerWork(owner.created, owner.kind) ? missing('notRecorded') : told(owner.created);
    default:
      return choice(presentAuthor(before(writes[0], made.act.received)));
  }
}

/** The Deployment's author, unless somebody then wrote into the ReplicaSet itself, as a paused Deployment lets him. */
function ofReplicaSet(made: Made, owner: Owner, above: Owner, writes: readonly (readonly Write[])[], facts: KnownFacts): Told {
  const mine = ({ uid, name }: Revision): boolean => (uid === undefined ? name === owner.name : uid === owner.uid);
  const [about = ''] = ownerSubjects(made.namespace, above);
  const since = revisionsOf(facts, about, above.uid).findLast((revision) => revision.received <= made.act.received && mine(revision));
  const own = (writes[0] ?? []).filter(
    ({ kind, act, template, resource }) =>
      kind === 'changed' &&
      act.received > (since?.received ?? 0) &&
      !isBookkeeping(act.username, resource) &&
      (template === undefined || template !== since?.template),
  );
  const edited = presentAuthor(own);
  return edited === undefined ? byRevision(made, above, writes[1] ?? [], facts, mine) : choice(edited);
}

function byRevision(made: Made, workload: Owner, writes: readonly Write[], facts: KnownFacts, matches: (revision: Revision) => boolean): Told {
  const [about = ''] = ownerSubjects(made.namespace, workload);
  const revisions = revisionsOf(facts, about, workload.uid);
  const revision = revisions.findLast((candidate) => candidate.received <= made.act.received && matches(candidate));
  if (revision === undefined) return missing('notSeen');
  const author = choice(revisionAuthor(revision, revisions, writes, missingUntil(facts.get(about) ?? [], KINDS.changed)));
  // Without bodies an old revision that became current again, by an undo, is not seen: whoever wrote since may have done that.
  if (revision.uid !== undefined || !author.known || revisions.some(({ received }) => received > revision.received && received <= made.act.received))
    return author;
  const later = writes.filter(({ kind, act }) => kind === 'changed' && act.received > revision.received && act.received < made.act.received);
  return { ...author, candidates: somebodies([...author.candidates, ...written(later).map(({ act }) => act)]) };
}

/**
 * Up to a moment. Where the creation was not seen, from the first that surely wrote the template on: those before may have left it as it was before the
 * stream began.
 */
function before(writes: readonly Write[] = [], moment: Micros): readonly Write[] {
  const earlier = writes.filter(({ act }) => act.received < moment);
  if (earlier.some(({ kind }) => kind === 'created')) return earlier;
  const first = earlier.findIndex(({ act, template }) => template !== undefined || templateHint(act.fieldManager) === 'changes');
  return first === -1 ? [] : earlier.slice(first);
}

function choice(choice: Choice | undefined): Told {
  if (choice === undefined) return missing('notSeen');
  return { known: true, act: choice.write.act, candidates: somebodies([choice.write.act, ...choice.candidates.map(({ act }) => act)]) };
}

/** Each person once, by the first act: between a person's own writes there is nothing to decide. */
function somebodies(acts: readonly Act[]): readonly Act[] {
  return acts.filter((act, i) => acts.findIndex((other) => isSamePerson(other, act)) === i);
}

/** The pod in whose name the creator called, who is behind that, and so on. */
function throughOf(author: Author, facts: KnownFacts): readonly Through[] {
  const through: Through[] = [];
  const seen = new Set<string>();
  let next: Told = author.creator;
  while (next.known && next.act.pod !== undefined && through.length < THROUGH_MAX && !seen.has(next.act.pod.uid)) {
    const { pod, credential } = next.act;
    seen.add(pod.uid);
    const made = madePod(facts, pod);
    const its = made === undefined ? undefined : withoutPods(made, facts);
    const unseen = missing('notSeen');
    const issued = credential === undefined ? undefined : facts.get(credentialAbout(credential))?.find(({ kind }) => kind === KINDS.issued.name);
    through.push({
      pod,
      issuedTo: textAt(issued?.value, 'by'),
      credential,
      chain: its?.chain ?? [],
      creator: its?.creator ?? unseen,
      templateAuthor: its?.templateAuthor ?? unseen,
    });
    next = its?.creator ?? unseen;
  }
  return through;
}

/** A pod that was made some time ago, from its own fact. */
function madePod(facts: KnownFacts, pod: CallingPod): Made | undefined {
  const value = asObject(facts.get(objectAbout(pod.uid))?.find(({ kind }) => kind === KINDS.pod.name)?.value);
  const act = readAct(value);
  if (act === undefined) return undefined;
  return {
    act,
    uid: pod.uid,
    namespace: textAt(value, 'namespace'),
    name: textAt(value, 'name'),
    owner: readOwner(value?.['owner']),
    revisionHash: textAt(value, 'revision'),
    bodies: true,
  };
}

/** Whose facts to recall, links followed, before authorOf. */
export function authorSubjects(made: Made): readonly string[] {
  const { pod, credential } = made.act;
  return [
    ...ownerSubjects(made.namespace, made.owner),
    ...(pod === undefined ? [] : [objectAbout(pod.uid)]),
    ...(credential === undefined ? [] : [credentialAbout(credential)]),
  ];
}
