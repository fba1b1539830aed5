/**
 * Facts about workloads, read back: the writes of one object in their order, bound to the incarnation that is
 * meant, and its revisions.
 *
 * Invariant: an object that was created again has none of the former one's history: by uid where events show
 * one, else by when it was created and deleted.
 */
import { asInteger, at, textAt } from '../base/json.ts';
import type { RecalledFact } from '../ports/fact-store.ts';
import type { Micros } from '../base/time.ts';
import { type Action, readAction } from '../facts/action.ts';
import { isBookkeeping } from '../kubernetes/controllers.ts';
import { type Owner, readOwner } from '../facts/extract/workloads.ts';
import { KINDS } from '../facts/kinds.ts';
import { isSamePerson } from '../facts/person.ts';

/** What is known of each subject of one cluster. */
export type KnownFacts = ReadonlyMap<string, readonly RecalledFact[]>;

export interface Write {
  readonly action: Action;
  readonly kind: 'created' | 'changed' | 'scaled' | 'deleted';
  readonly resource: string;
  readonly uid: string | undefined;
  /** resourceVersion after it. */
  readonly version: number | undefined;
  readonly template: string | undefined;
  readonly replicas: number | undefined;
  readonly owner: Owner | undefined;
  /** Its answer was recorded: an owner that is absent is none. */
  readonly bodies: boolean;
}

export interface Revision {
  readonly name: string;
  /** Undefined where its event has no bodies. */
  readonly uid: string | undefined;
  readonly received: Micros;
  readonly version: number | undefined;
  /** Of a creation; else the first write seen under this number. */
  readonly isFirst: boolean;
  readonly template: string | undefined;
  /** The template without what a restart writes into it. */
  readonly content: string | undefined;
  readonly restartedAt: string | undefined;
  /** How many replicas the Deployment wanted then. */
  readonly desired: number | undefined;
}

const WRITES: readonly string[] = [
  KINDS.created.name,
  KINDS.changed.name,
  KINDS.scaled.name,
  KINDS.deleted.name,
];

/**
 * Of one object, as a subject may hold several of one name: Knative gives a Service, its Route and its
 * Configuration one.
 */
export function writesOf(
  facts: KnownFacts,
  abouts: readonly string[],
  isOfObject: (write: Write) => boolean,
): readonly Write[] {
  const writes = abouts.flatMap((about) => (facts.get(about) ?? []).flatMap((fact) => readWrite(fact) ?? []));
  return inOrder(writes.filter(isOfObject));
}

/**
 * A custom object's event names its resource alone, where it has no body: then the kind's plural decides, by
 * the rules of English.
 */
export function isOfCustom({ kind, uid }: Owner): (write: Write) => boolean {
  const singular = kind.toLowerCase();
  const plurals = [`${singular}s`, `${singular}es`, singular.replace(/y$/, 'ies'), singular];
  return (write) => (uid !== undefined && write.uid === uid) || plurals.includes(write.resource);
}

/**
 * The last change of a custom object, by another than its operator, before the operator worked for it.
 * Undefined where that was its creation, or none was seen.
 */
export function lastChange(
  writes: readonly Write[],
  operator: Action | undefined,
  moment: Micros,
): Action | undefined {
  const others = writes.filter(
    ({ kind, action, resource }) =>
      (kind === 'created' || kind === 'changed' || kind === 'scaled') &&
      action.received < moment &&
      !isBookkeeping(action.username, resource) &&
      (operator === undefined || !isSamePerson(action, operator)),
  );
  let last = others.length - 1;
  // Who wrote the same again changed nothing.
  while (
    last > 0 &&
    others[last]?.template !== undefined &&
    others[last - 1]?.template === others[last]?.template
  )
    last--;
  const write = others[last];
  return write === undefined || write.kind === 'created' ? undefined : write.action;
}

function readWrite({ kind, value }: RecalledFact): Write | undefined {
  const action = readAction(value);
  const resource = textAt(value, 'resource');
  if (action === undefined || resource === undefined || !WRITES.includes(kind)) return undefined;
  return {
    action,
    kind: kind as Write['kind'],
    resource,
    uid: textAt(value, 'uid'),
    version: asInteger(at(value, 'version')),
    template: textAt(value, 'template'),
    replicas: asInteger(at(value, 'replicas')),
    owner: readOwner(at(value, 'owner')),
    bodies: at(value, 'bodies') === true,
  };
}

/** By resourceVersion where both have one, else by when the server had the request. */
function inOrder(writes: readonly Write[]): readonly Write[] {
  const byTime = [...writes].sort(
    (a, b) =>
      a.action.received - b.action.received || compare(a.action.auditId ?? '', b.action.auditId ?? ''),
  );
  if (byTime.some(({ version }) => version === undefined)) return byTime;
  return byTime.sort((a, b) => (a.version ?? 0) - (b.version ?? 0));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * The creation of the object with this uid, before its child was made; else the last one whose event shows no
 * uid, unless that was another's, deleted since.
 */
export function creationOf(
  writes: readonly Write[],
  uid: string | undefined,
  before: Micros,
): Write | undefined {
  const created = writes.filter(({ kind, action }) => kind === 'created' && action.received <= before);
  const own = created.findLast((write) => uid !== undefined && write.uid === uid);
  if (own !== undefined) return own;
  const nameless = created.findLast((write) => uid === undefined || write.uid === undefined);
  const ended = writes.some(
    (write) =>
      write.kind === 'deleted' &&
      write.uid !== undefined &&
      write.uid !== uid &&
      write.action.received > (nameless?.action.received ?? 0) &&
      write.action.received < before,
  );
  return uid !== undefined && ended ? undefined : nameless;
}

/** The writes that belong to the object with this uid, up to a moment. */
export function incarnation(
  writes: readonly Write[],
  uid: string | undefined,
  before: Micros,
): readonly Write[] {
  const creation = creationOf(writes, uid, before);
  const ended = writes.findLast(
    (write) =>
      write.kind === 'deleted' && write.action.received < before && (uid === undefined || write.uid !== uid),
  );
  const from = Math.max(
    creation?.action.received ?? 0,
    creation === undefined ? (ended?.action.done ?? 0) : 0,
  );
  return writes.filter(
    (write) =>
      write === creation ||
      (write.kind !== 'created' &&
        write.kind !== 'deleted' &&
        write.action.done >= from &&
        write.action.received < before &&
        (uid === undefined || write.uid === undefined || write.uid === uid)),
  );
}

/** Where it is not known when its life began: those alone that show its uid. */
export function ownWrites(
  writes: readonly Write[],
  uid: string | undefined,
  before: Micros,
): readonly Write[] {
  return writes.filter(
    ({ kind, uid: own, action }) =>
      uid !== undefined &&
      own === uid &&
      kind !== 'created' &&
      kind !== 'deleted' &&
      action.received < before,
  );
}

/** In the order in which they became current. */
export function revisionsOf(
  facts: KnownFacts,
  about: string,
  ownerUid: string | undefined,
): readonly Revision[] {
  const known = (facts.get(about) ?? []).filter(
    ({ kind, value }) =>
      kind === KINDS.current.name &&
      (ownerUid === undefined || (textAt(value, 'ownerUid') ?? ownerUid) === ownerUid),
  );
  return known
    .flatMap(({ value }) => readRevision(value) ?? [])
    .sort((a, b) => a.received - b.received || compare(a.name, b.name));
}

function readRevision(value: unknown): Revision | undefined {
  const [name, uid, received] = [
    textAt(value, 'name'),
    textAt(value, 'uid'),
    asInteger(at(value, 'received')),
  ];
  if (name === undefined || received === undefined) return undefined;
  return {
    name,
    uid,
    received,
    version: asInteger(at(value, 'version')),
    isFirst: at(value, 'made') === true,
    template: textAt(value, 'template'),
    content: textAt(value, 'content'),
    restartedAt: textAt(value, 'restartedAt'),
    desired: asInteger(at(value, 'desired')),
  };
}

/** The owner of a ReplicaSet at a moment, by its controller's writes. */
export function ownerAt(
  facts: KnownFacts,
  about: string,
  uid: string | undefined,
  moment: Micros,
): Owner | undefined {
  const owned = (facts.get(about) ?? [])
    .filter(({ kind, value }) => kind === KINDS.owned.name && textAt(value, 'childUid') === uid)
    .map(({ value }) => ({
      owner: readOwner(at(value, 'owner')),
      received: asInteger(at(value, 'received')) ?? 0,
    }))
    .filter(({ received }) => received <= moment)
    .sort((a, b) => a.received - b.received);
  return owned.at(-1)?.owner;
}

/**
 * What has its owner's name again under another uid, after the owner was deleted without it, was adopted: its
 * controller wrote it then.
 */
export function adopter(
  owner: Owner,
  ofOwner: readonly Write[],
  ofChild: readonly Write[],
  moment: Micros,
): Owner {
  const deleted = ofOwner.findLast(
    ({ kind, uid, action }) => kind === 'deleted' && uid === owner.uid && action.received < moment,
  );
  const newer = ofOwner.findLast(({ kind, action }) => kind === 'created' && action.received < moment);
  if (
    owner.uid === undefined ||
    deleted === undefined ||
    newer === undefined ||
    newer.action.received < deleted.action.received
  )
    return owner;
  const written = ofChild.some(
    ({ action, resource }) =>
      action.received >= newer.action.received &&
      action.received < moment &&
      isBookkeeping(action.username, resource),
  );
  return written ? { ...owner, uid: newer.uid } : owner;
}
