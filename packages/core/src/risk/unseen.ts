/**
 * What a signal needs of the event and cannot read, and why.
 *
 * Invariant: an aspect that is only partly known is named here too: what was not found in the part that is
 * known may be in the other. The first reason wins.
 */
import type { Unknown } from '../creation/unknown.ts';
import { type FoundObject, missingBody } from '../creation/created-object.ts';
import { type CutPart, cutParts } from '../audit/truncate.ts';
import type { AuditEvent } from '../audit/event.ts';
import type { CreatedKind } from '../creation/select.ts';
import { parseAddress } from './detectors/addresses.ts';
import type { LeftOut } from './pod-facts.ts';

/** A part of the event, or of its context, that a signal looks at. */
export type Aspect =
  | 'actor'
  | 'address'
  | 'namespace'
  | 'name'
  | 'labels'
  | 'annotations'
  | 'owners'
  | 'serviceAccount'
  | 'podSpec'
  | 'volumes'
  | 'containers'
  | 'commands'
  | 'env'
  | ContextAspect;

/** A part of the context that a signal looks at. */
export type ContextAspect =
  | 'behind'
  | 'grant'
  | 'token'
  | 'denials'
  | 'seenActor'
  | 'seenUserAgent'
  | 'seenImage'
  | 'seenRegistry'
  | 'accountRights'
  | 'namespaceAge';

export type Unseen = Pick<Unknown, 'reason' | 'detail'>;

/** What signals read and objectRef alone may show. */
interface Known {
  readonly name: string | undefined;
  readonly namespace: string | undefined;
  readonly peer: string | undefined;
}

const NOT_WRITTEN: Unseen = { reason: 'notInEvent', detail: 'the server did not write it' };
const NO_ADDRESS: Unseen = { reason: 'notInEvent', detail: 'its value is no address' };
const CUT: Unseen = {
  reason: 'truncated',
  detail: 'the event was larger than a record; what was looked at is not all',
};

export function unseenOf(
  created: CreatedKind,
  event: AuditEvent,
  found: FoundObject,
  { name, namespace, peer }: Known,
): ReadonlyMap<Aspect, Unseen> {
  const unseen = new Map<Aspect, Unseen>();
  const note = (why: Unseen, aspects: readonly Aspect[]): void => {
    for (const aspect of aspects) if (!unseen.has(aspect)) unseen.set(aspect, why);
  };
  const noBody = missingBody(event);
  if (event.user.username === undefined) note(NOT_WRITTEN, ['actor']);
  if (peer === undefined) note(NOT_WRITTEN, ['address']);
  else if (parseAddress(peer) === undefined) note(NO_ADDRESS, ['address']);
  if (name === undefined) note(noBody, ['name']);
  if (namespace === undefined) note(created === 'Pod' ? NOT_WRITTEN : noBody, ['namespace']);
  if (found.metadata === undefined) note(noBody, ['labels', 'annotations', 'owners']);
  if (created === 'Pod' && found.specFrom === null) note(noBody, SPEC);
  for (const part of cutParts(event.annotations)) note(CUT, LOST_WITH[part]);
  if (found.specFrom === 'request')
    note({ ...noBody, detail: 'read from what the client sent: what admission added is not seen' }, SPEC);
  return unseen;
}

const LEFT_OUT: Readonly<Record<LeftOut['what'], readonly Aspect[]>> = {
  volumes: ['volumes'],
  containers: ['containers', 'volumes', 'commands', 'env'],
  texts: ['commands', 'env'],
};

/** Of a pod of which there is more than is looked at. */
export function unseenOfPod(leftOut: readonly LeftOut[]): ReadonlyMap<Aspect, Unseen> {
  return new Map(
    leftOut.flatMap(({ what, detail }) =>
      LEFT_OUT[what].map((aspect): [Aspect, Unseen] => [aspect, { reason: 'truncated', detail }]),
    ),
  );
}

const SPEC: readonly Aspect[] = ['serviceAccount', 'podSpec', 'volumes', 'containers', 'commands', 'env'];
const CONTAINERS: readonly Aspect[] = ['containers', 'volumes', 'commands', 'env'];

const LOST_WITH: Readonly<Record<CutPart, readonly Aspect[]>> = {
  requestObject: [],
  labels: ['labels'],
  annotations: ['annotations'],
  ownerReferences: ['owners'],
  spec: SPEC,
  volumes: ['volumes'],
  containers: CONTAINERS,
  containerParts: CONTAINERS,
  command: ['commands'],
  args: ['commands'],
  env: ['env'],
  // Hooks and probes are left out without a reason of their own.
  otherFields: ['commands'],
};
