/**
 * Facts about workloads: who created, changed, scaled and deleted them, what their controllers made current,
 * and who owns a pod.
 *
 * Invariant: one event gives facts about one object, and only what really happened to it. At level Metadata
 * these are who and when; uid, owner and template are then absent, never guessed.
 */
import type { AuditEvent } from '../../audit/event.ts';
import { answeredMetadata } from '../../creation/identity.ts';
import { asArray, asInteger, at, defined, type JsonObject, textAt } from '../../base/json.ts';
import type { Fact } from '../../ports/fact-store.ts';
import { type Action, actionValue, requestId } from '../action.ts';
import { groupOf, isController, isCustomGroup, isMaker, isWorkload } from '../../kubernetes/controllers.ts';
import { factOf } from '../fact.ts';
import { KINDS } from '../kinds.ts';
import { objectAbout, writesAbout } from '../subjects.ts';
import {
  contentDigest,
  replicasOf,
  restartedAt,
  revisionNumber,
  specDigest,
  templateDigest,
} from '../../kubernetes/workload-template.ts';
import { digestOf } from '../../base/digest.ts';
import { bounded } from '../../text/bounded.ts';
import { actorsOwn } from '../actor-share.ts';

export interface Owner {
  readonly kind: string;
  readonly apiVersion: string;
  readonly name: string;
  /** Undefined where only the name shows who the owner is. */
  readonly uid: string | undefined;
}

const WRITES: readonly string[] = ['create', 'update', 'patch', 'delete'];
const DESIRED = 'deployment.kubernetes.io/desired-replicas';

export function workloadFacts(
  cluster: string,
  event: AuditEvent,
  action: Action,
  id: string,
): readonly Fact[] {
  const { apiGroup = '', resource = '' } = event.objectRef;
  const counts =
    (isWorkload(apiGroup, resource) || isCustomGroup(apiGroup)) && WRITES.includes(event.verb ?? '');
  return counts ? writeFacts(cluster, event, action, id) : [];
}

function writeFacts(cluster: string, event: AuditEvent, action: Action, id: string): readonly Fact[] {
  const { apiGroup: group = '', resource = '', subresource, namespace } = event.objectRef;
  const answer = event.responseObject;
  const metadata = answeredMetadata(event);
  const name = event.objectRef.name ?? textAt(metadata, 'name');
  if (name === undefined) return [];
  const about = writesAbout(group, namespace, name);
  const uid = textAt(metadata, 'uid');
  const base = {
    ...actionValue(action),
    resource: bounded(resource, 64),
    uid: uid === undefined ? undefined : bounded(uid, 64),
  };
  const links = [action.pod === undefined ? undefined : objectAbout(action.pod.uid)];
  const fact = (kind: keyof typeof KINDS, value: JsonObject, factId = actorsOwn(action.username, id)): Fact =>
    factOf({
      cluster,
      about,
      kind: KINDS[kind],
      id: factId,
      order: action.received,
      value: { ...base, ...value },
      links,
    });

  if (subresource === 'scale')
    return [fact('scaled', { replicas: replicasOf(answer) ?? replicasOf(event.requestObject) })];
  if (subresource !== undefined) return [];
  if (event.verb === 'delete')
    return [fact('deleted', { uid: base.uid ?? textAt(answer, 'details', 'uid')?.slice(0, 64) })];
  const owner = metadata === undefined ? ownerByName(resource, name, action.username) : ownerOf(metadata);
  const shape = {
    template: isCustomGroup(group) ? specDigest(answer) : templateDigest(answer),
    replicas: replicasOf(answer),
    version: versionOf(metadata),
  };
  const current = currentFacts(cluster, event, action, owner);
  if (event.verb === 'create' || event.code === 201) {
    // One for each object, and those of one actor push out none of another's.
    const createdId = base.uid === undefined ? undefined : actorsOwn(action.username, digestOf(base.uid));
    const made = fact('created', { ...shape, owner, bodies: metadata !== undefined }, createdId);
    return [{ ...made, links: [...made.links, ...ownerSubjects(namespace, owner)] }, ...current];
  }
  // A controller's steps are many and make nobody an author: what they show is in `current`.
  return current.length > 0 ? current : [fact('changed', shape)];
}

/** A ReplicaSet of a Deployment, or a ControllerRevision, that its controller wrote. */
function currentFacts(
  cluster: string,
  event: AuditEvent,
  action: Action,
  owner: Owner | undefined,
): readonly Fact[] {
  const { resource, namespace } = event.objectRef;
  if (
    (resource !== 'replicasets' && resource !== 'controllerrevisions') ||
    owner === undefined ||
    !isController(action.username)
  )
    return [];
  const answer = event.responseObject;
  const uid = textAt(answer, 'metadata', 'uid');
  const name = textAt(answer, 'metadata', 'name');
  if (uid === undefined) return currentByName(cluster, event, action, owner);
  const revision = revisionNumber(answer);
  if (
    groupOf(owner.apiVersion) !== 'apps' ||
    owner.uid === undefined ||
    name === undefined ||
    revision === undefined
  )
    return [];
  const about = writesAbout('apps', namespace, owner.name);
  const desired = textAt(answer, 'metadata', 'annotations', DESIRED);
  const value = {
    resource,
    name: bounded(name, 256),
    uid: bounded(uid, 64),
    ownerUid: bounded(owner.uid, 64),
    revision,
    received: action.received,
    version: versionOf(at(answer, 'metadata')),
    made: event.code === 201,
    template: templateDigest(answer),
    content: contentDigest(answer),
    restartedAt: restartedAt(answer)?.slice(0, 64),
    desired: desired === undefined ? undefined : asInteger(Number(desired)),
  };
  const first = (
    kind: 'current' | 'wanted' | 'owned',
    where: string,
    id: string,
    value: JsonObject,
    links: readonly string[] = [],
  ): Fact =>
    factOf({
      cluster,
      about: where,
      kind: KINDS[kind],
      id: digestOf(id, owner.uid ?? ''),
      order: action.received,
      value: value,
      links,
    });
  const { ownerUid, received } = value;
  return [
    first('current', about, `${uid}:${String(revision)}`, value),
    first(
      'owned',
      writesAbout('apps', namespace, name),
      '',
      { owner: { ...owner }, childUid: value.uid, received },
      [about],
    ),
    ...(value.desired === undefined
      ? []
      : [
          first('wanted', about, `${uid}:${String(value.desired)}`, {
            ownerUid,
            replicas: value.desired,
            received,
          }),
        ]),
  ];
}

/** At level Metadata only a creation is distinguishable from a controller's other writes. */
function currentByName(cluster: string, event: AuditEvent, action: Action, owner: Owner): readonly Fact[] {
  const { name, namespace, resource } = event.objectRef;
  if (name === undefined || (event.verb !== 'create' && event.code !== 201)) return [];
  const value = { resource, name: bounded(name, 256), received: action.received, made: true };
  const about = writesAbout('apps', namespace, owner.name);
  return [
    factOf({ cluster, about, kind: KINDS.current, id: requestId(event), order: action.received, value }),
  ];
}

/**
 * Controllers name what they make by its owner's name, a dash and a suffix without a dash: that identifies
 * the owner where bodies do not.
 */
function ownerByName(resource: string, name: string, username: string): Owner | undefined {
  const made =
    resource === 'replicasets'
      ? 'ReplicaSet'
      : resource === 'controllerrevisions'
        ? 'ControllerRevision'
        : resource === 'jobs'
          ? 'Job'
          : '';
  const kind = ['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob'].find((ownerKind) =>
    isMaker(username, made, ownerKind),
  );
  const dash = name.lastIndexOf('-');
  if (kind === undefined || dash <= 0) return undefined;
  return {
    kind,
    apiVersion: kind === 'CronJob' ? 'batch/v1' : 'apps/v1',
    name: bounded(name.slice(0, dash), 256),
    uid: undefined,
  };
}

/** A pod as it was made: enough to find its author later, when a call comes with its token. */
export function podFact(cluster: string, event: AuditEvent, action: Action): readonly Fact[] {
  const createdObject = createdObjectOf(event, action);
  if (createdObject.uid === undefined) return [];
  const { namespace, owner } = createdObject;
  const value = {
    ...actionValue(action),
    namespace,
    name: createdObject.name,
    owner,
    revision: createdObject.revisionHash,
  };
  const links = [
    ...ownerSubjects(namespace, owner),
    action.pod === undefined ? undefined : objectAbout(action.pod.uid),
  ];
  return [
    factOf({
      cluster,
      about: objectAbout(createdObject.uid),
      kind: KINDS.pod,
      id: 'pod',
      order: action.received,
      value: defined(value),
      links,
    }),
  ];
}

/** A pod that was made, as its author is looked for. */
export interface CreatedObject {
  readonly action: Action;
  readonly uid: string | undefined;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  /** The owner that its metadata calls its controller; anybody can write that. */
  readonly owner: Owner | undefined;
  readonly revisionHash: string | undefined;
  /** The metadata was seen: an owner that is absent is none. */
  readonly bodies: boolean;
}

export function createdObjectOf(event: AuditEvent, action: Action): CreatedObject {
  const metadata =
    answeredMetadata(event) ?? (event.verb === 'create' ? at(event.requestObject, 'metadata') : undefined);
  const text = (value: string | undefined): string | undefined =>
    value === undefined ? undefined : bounded(value, 256);
  return {
    action,
    uid: text(textAt(answeredMetadata(event), 'uid')),
    namespace: text(textAt(metadata, 'namespace') ?? event.objectRef.namespace),
    name: text(textAt(metadata, 'name') ?? event.objectRef.name),
    owner: ownerOf(metadata),
    revisionHash: text(textAt(metadata, 'labels', 'controller-revision-hash')),
    bodies: metadata !== undefined,
  };
}

export function ownerOf(metadata: unknown): Owner | undefined {
  const reference = asArray(at(metadata, 'ownerReferences')).find(
    (candidate) => at(candidate, 'controller') === true,
  );
  return readOwner(reference);
}

export function readOwner(value: unknown): Owner | undefined {
  const [kind, apiVersion, name, uid] = [
    textAt(value, 'kind'),
    textAt(value, 'apiVersion'),
    textAt(value, 'name'),
    textAt(value, 'uid'),
  ];
  if (kind === undefined || apiVersion === undefined || name === undefined) return undefined;
  return {
    kind: bounded(kind, 128),
    apiVersion: bounded(apiVersion, 256),
    name: bounded(name, 256),
    uid: uid === undefined ? undefined : bounded(uid, 64),
  };
}

/**
 * Where the facts about an owner are. A custom kind may have no namespace: its reference does not show it. A
 * pod is known by its uid.
 */
export function ownerSubjects(namespace: string | undefined, owner: Owner | undefined): readonly string[] {
  if (owner === undefined) return [];
  const group = groupOf(owner.apiVersion);
  if (isPod(owner)) return owner.uid === undefined ? [] : [objectAbout(owner.uid)];
  const inside = writesAbout(group, namespace, owner.name);
  return isCustomGroup(group) ? [inside, writesAbout(group, undefined, owner.name)] : [inside];
}

/** Pods own pods: a Spark driver its executors. */
export function isPod({ apiVersion, kind }: Pick<Owner, 'apiVersion' | 'kind'>): boolean {
  return kind === 'Pod' && groupOf(apiVersion) === '';
}

function versionOf(metadata: unknown): number | undefined {
  const version = textAt(metadata, 'resourceVersion');
  return version === undefined ? undefined : asInteger(Number(version));
}
