/**
 * The author of a pod: the chain of its owners, who created the first of them that no controller made, who
 * wrote the template and who scaled it.
 *
 * Invariant: an owner reference alone proves nothing, as the pod's creator can write it: the chain counts
 * only where that kind's own controller made the pod. What is not known has its reason; every answer names
 * the audit event it rests on. Rules and their measurements: docs/context.md.
 */
import { asObject, textAt } from '../base/json.ts';
import type { Micros } from '../base/time.ts';
import { type Action, type CallingPod, readAction } from '../facts/action.ts';
import {
  groupOf,
  isCustomGroup,
  isMaker,
  isPodMaker,
  isUnownedControllerWork,
  workloadOf,
} from '../kubernetes/controllers.ts';
import {
  isPod,
  type CreatedObject,
  type Owner,
  ownerSubjects,
  readOwner,
} from '../facts/extract/workloads.ts';
import { isCreationEvicted } from './evicted.ts';
import { KINDS } from '../facts/kinds.ts';
import { isSamePerson } from '../facts/person.ts';
import { templateOf } from './pod-template.ts';
import { type Replaced, replacedOf, replacedSubjects } from './replaced.ts';
import { scalingOf } from './scaler.ts';
import { credentialAbout, objectAbout } from '../facts/subjects.ts';
import {
  type ChainLink,
  unattributed,
  type TemplateAction,
  type Attribution,
  attributedTo,
} from './attribution.ts';
import {
  adopter,
  creationOf,
  incarnation,
  isOfCustom,
  type KnownFacts,
  lastChange,
  ownerAt,
  ownWrites,
  type Write,
  writesOf,
} from './workload-history.ts';

export type ChainEnd =
  /** The last one has no owner; or the pod itself has none. */
  | 'top'
  | 'notSeen'
  /** The owner's creation may have been shown, among more of its name than are kept. */
  | 'forgotten'
  | 'notRecorded'
  /** An operator's object: its creator is reported, what its operator does is not followed. */
  | 'customKind'
  /** A mirror pod: the kubelet made it of a file on its node. */
  | 'node'
  | 'tooLong';

/** The pod whose token created something, and its own author. */
export interface ViaPod {
  readonly pod: CallingPod;
  /** Who requested the token: a kubelet, or somebody who should not have. */
  readonly issuedTo: string | undefined;
  readonly credential: string | undefined;
  readonly chain: readonly ChainLink[];
  readonly creator: Attribution;
  readonly templateAuthor: Attribution;
}

export interface Author {
  readonly chain: readonly ChainLink[];
  readonly chainEnd: ChainEnd;
  /** By the controller of its owner's kind, as that kind's pods are made. */
  readonly madeByController: boolean;
  readonly creator: Attribution;
  readonly templateAuthor: Attribution;
  readonly templateAction: TemplateAction;
  /** Of a restart or a roll-back: who wrote what is run again; none where that is the template's author. */
  readonly contentAuthor: Attribution;
  readonly scaler: Attribution;
  /**
   * Indexes of links in the chain, -1 where none is known: what the creator made, the template's author
   * wrote, and was scaled.
   */
  readonly on: { readonly creator: number; readonly templateAuthor: number; readonly scaler: number };
  /** The removed pod that a controller replaced by this one. */
  readonly replaces: Replaced | undefined;
  /** Pods whose tokens were used, the nearest first. */
  readonly viaPods: readonly ViaPod[];
}

/** Workloads whose template an operator may write again. */
const LASTING: readonly string[] = [
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'CronJob',
  'ReplicationController',
];
const CHAIN_MAX = 8;
const THROUGH_MAX = 3;

export function authorOf(createdObject: CreatedObject, facts: KnownFacts): Author {
  const author = withoutPods(createdObject, facts);
  const replaces = author.madeByController
    ? replacedOf(createdObject, facts, [author.templateAuthor, author.creator, author.scaler])
    : undefined;
  return { ...author, replaces, viaPods: throughOf(author, facts) };
}

function withoutPods(createdObject: CreatedObject, facts: KnownFacts): Author {
  const { chain: plain, chainEnd, writes } = chainOf(createdObject, facts);
  // Without bodies the owner is not seen; the account makes pods for owners alone.
  const madeByController =
    createdObject.owner === undefined
      ? !createdObject.bodies && isPodMaker(createdObject.action.username)
      : isMaker(createdObject.action.username, 'Pod', createdObject.owner.kind);
  const none = unattributed('none');
  const common = { chainEnd, madeByController, replaces: undefined, viaPods: [] };
  if (!madeByController) {
    const chain = withChanges(plain, writes, createdObject, undefined);
    const on = { creator: -1, templateAuthor: -1, scaler: -1 };
    return {
      ...common,
      chain,
      on,
      creator: attributedTo(createdObject.action),
      templateAuthor: none,
      templateAction: 'wrote',
      contentAuthor: none,
      scaler: none,
    };
  }
  const root = rootOf(plain);
  const top = root < 0 ? plain.length - 1 : root;
  const { author, on, action, content } = templateOf(createdObject, plain, writes, facts);
  const scaling = scalingOf(createdObject, plain.slice(0, top + 1), writes, facts);
  const orEvicted = (answer: Attribution): Attribution =>
    chainEnd === 'forgotten' && !answer.known && answer.why === 'notSeen'
      ? unattributed('forgotten')
      : answer;
  return {
    ...common,
    chain: withChanges(plain, writes, createdObject, author),
    on: { creator: root, templateAuthor: on, scaler: scaling.on },
    creator: orEvicted(creatorOf(plain[root]?.created, chainEnd)),
    templateAuthor: orEvicted(author),
    templateAction: action,
    contentAuthor: content,
    scaler: orEvicted(scaling.scaler),
  };
}

/** Each custom object with its last change before its operator made, or last wrote, what is below it. */
function withChanges(
  chain: readonly ChainLink[],
  writes: readonly (readonly Write[])[],
  createdObject: CreatedObject,
  template: Attribution | undefined,
): readonly ChainLink[] {
  return chain.map((link, i) => {
    if (!isCustomGroup(groupOf(link.apiVersion))) return link;
    const below = chain[i - 1];
    const operator = i === 0 ? createdObject.action : below?.created;
    // What is set only at the creation was made then; of the others the operator's own last write counts.
    const isLasting = below !== undefined && LASTING.includes(below.kind) && template?.known === true;
    const wrote =
      isLasting && operator !== undefined && isSamePerson(template.action, operator)
        ? template.action
        : operator;
    return {
      ...link,
      changed: lastChange(writes[i] ?? [], operator, wrote?.received ?? createdObject.action.received),
    };
  });
}

function creatorOf(created: Action | undefined, chainEnd: ChainEnd): Attribution {
  return created === undefined
    ? unattributed(chainEnd === 'notRecorded' ? 'notRecorded' : 'notSeen')
    : attributedTo(created);
}

/** The first owner, from the pod upwards, that no controller made for the next. */
function rootOf(chain: readonly ChainLink[]): number {
  return chain.findIndex(({ created, kind }, i) => {
    const above = chain[i + 1];
    return (
      created !== undefined &&
      !(above !== undefined && isMaker(created.username, kind, above.kind)) &&
      !isUnownedControllerWork(created.username, kind)
    );
  });
}

interface Chain {
  readonly chain: readonly ChainLink[];
  readonly chainEnd: ChainEnd;
  /** Of each link, with its creation first. */
  readonly writes: readonly (readonly Write[])[];
}

function chainOf(createdObject: CreatedObject, facts: KnownFacts): Chain {
  const chain: ChainLink[] = [];
  const writes: (readonly Write[])[] = [];
  const end = (chainEnd: ChainEnd): Chain => ({ chain, chainEnd, writes });
  let { owner, bodies } = createdObject;
  let before: Micros = createdObject.action.received;
  let child: readonly Write[] = [];
  while (owner !== undefined) {
    if (chain.length === CHAIN_MAX) return end('tooLong');
    if (isPod(owner)) {
      const pod = createdPodOf(facts, owner.uid);
      chain.push({ ...owner, created: pod?.action, changed: undefined });
      writes.push([]);
      if (pod === undefined) return end('notSeen');
      [before, child, bodies, owner] = [pod.action.received, [], true, pod.owner];
      continue;
    }
    const group = groupOf(owner.apiVersion);
    const resource = workloadOf(group, owner.kind)?.resource;
    const abouts = ownerSubjects(createdObject.namespace, owner);
    const all = writesOf(facts, abouts, isWriteOf(owner, resource));
    if (child.length > 0) owner = adopter(owner, all, child, createdObject.action.received);
    const { creation, isEvicted, above, own } = incarnationOf(owner.uid, all, abouts, facts, {
      before,
      moment: createdObject.action.received,
    });
    chain.push({ ...owner, created: creation?.action, changed: undefined });
    writes.push(own);
    if (group === '' && owner.kind === 'Node') return end('node');
    if (isEvicted) return end('forgotten');
    if (resource === undefined && creation?.owner === undefined) return end('customKind');
    if (creation === undefined) return end('notSeen');
    before = owner.kind === 'ReplicaSet' ? createdObject.action.received : creation.action.received;
    child = owner.kind === 'ReplicaSet' ? all : [];
    bodies = creation.bodies;
    owner = above;
  }
  return end(bodies ? 'top' : 'notRecorded');
}

interface WorkloadIncarnation {
  readonly creation: Write | undefined;
  /** It may have been pushed out by the creations of others. */
  readonly isEvicted: boolean;
  /** Its owner at that moment. */
  readonly above: Owner | undefined;
  readonly own: readonly Write[];
}

/**
 * @param before when its child was made
 * @param moment up to when its writes count
 */
function incarnationOf(
  uid: string | undefined,
  all: readonly Write[],
  abouts: readonly string[],
  facts: KnownFacts,
  { before, moment }: { readonly before: Micros; readonly moment: Micros },
): WorkloadIncarnation {
  const creation = creationOf(all, uid, before);
  if (isCreationEvicted(facts, abouts, uid, creation))
    return { creation: undefined, isEvicted: true, above: undefined, own: ownWrites(all, uid, moment) };
  const [about = ''] = abouts;
  const above = ownerAt(facts, about, uid, moment) ?? creation?.owner;
  return { creation, isEvicted: false, above, own: incarnation(all, uid, moment) };
}

function isWriteOf(owner: Owner, resource: string | undefined): (write: Write) => boolean {
  return resource === undefined ? isOfCustom(owner) : (write) => write.resource === resource;
}

/** The pod in whose name the creator called, its author, and so on. */
function throughOf(author: Author, facts: KnownFacts): readonly ViaPod[] {
  const viaPods: ViaPod[] = [];
  const seen = new Set<string>();
  let next: Attribution = author.creator;
  while (
    next.known &&
    next.action.pod !== undefined &&
    viaPods.length < THROUGH_MAX &&
    !seen.has(next.action.pod.uid)
  ) {
    const { pod, credential } = next.action;
    seen.add(pod.uid);
    const createdObject = createdPodOf(facts, pod.uid);
    const its = createdObject === undefined ? undefined : withoutPods(createdObject, facts);
    const unseen = unattributed('notSeen');
    const issued =
      credential === undefined
        ? undefined
        : facts.get(credentialAbout(credential))?.find(({ kind }) => kind === KINDS.issued.name);
    viaPods.push({
      pod,
      issuedTo: textAt(issued?.value, 'by'),
      credential,
      chain: its?.chain ?? [],
      creator: its?.creator ?? unseen,
      templateAuthor: its?.templateAuthor ?? unseen,
    });
    next = its?.creator ?? unseen;
  }
  return viaPods;
}

/** A pod that was made some time ago, from its own fact. */
function createdPodOf(facts: KnownFacts, uid: string | undefined): CreatedObject | undefined {
  if (uid === undefined) return undefined;
  const value = asObject(facts.get(objectAbout(uid))?.find(({ kind }) => kind === KINDS.pod.name)?.value);
  const action = readAction(value);
  if (action === undefined) return undefined;
  return {
    action,
    uid,
    namespace: textAt(value, 'namespace'),
    name: textAt(value, 'name'),
    owner: readOwner(value?.['owner']),
    revisionHash: textAt(value, 'revision'),
    bodies: true,
  };
}

/** Whose facts to recall, links followed, before authorOf. */
export function authorSubjects(createdObject: CreatedObject): readonly string[] {
  const { pod, credential } = createdObject.action;
  return [
    ...ownerSubjects(createdObject.namespace, createdObject.owner),
    ...replacedSubjects(createdObject),
    ...(pod === undefined ? [] : [objectAbout(pod.uid)]),
    ...(credential === undefined ? [] : [credentialAbout(credential)]),
  ];
}
