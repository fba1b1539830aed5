/**
 * The identity of an arrival: one creation makes one alert.
 *
 * Invariant: the identity rests on what the server assigned (the uid in the answer), never on what a client
 * can choose: not the Audit-ID header, not the name, not a uid in the request or in objectRef. Without a uid
 * it is a digest over everything the server stamped on that one request; without its times, which logs that
 * others wrote may lack, with the object's namespace and name.
 */
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { type AuditEvent, tableRowObject } from '../audit/event.ts';
import { at, textAt } from '../base/json.ts';
import { isRefusedMirror, mirrorHash } from './unconfirmed.ts';

/** SHA-256, 32 bytes. */
export type Identity = Buffer;

/**
 * The created object as the server answered it, with a uid: itself, its PartialObjectMetadata, or either in
 * the row of a Table.
 */
export function answeredObject(event: AuditEvent): unknown {
  return [event.responseObject, tableRowObject(event.responseObject)].find(
    (object) => textAt(object, 'metadata', 'uid') !== undefined,
  );
}

export function answeredMetadata(event: AuditEvent): unknown {
  return at(answeredObject(event), 'metadata');
}

export function identityOf(cluster: string, event: AuditEvent): Identity {
  const resource = event.objectRef.resource ?? '';
  const uid = textAt(answeredMetadata(event), 'uid');
  if (uid !== undefined) return digest('uid', cluster, resource, uid);
  const { namespace = '', name = textAt(event.requestObject, 'metadata', 'name') ?? '' } = event.objectRef;
  const mirror = isRefusedMirror(event) ? mirrorHash(event) : undefined;
  // A kubelet retries for ever: one node, one pod and one content are one arrival.
  if (mirror !== undefined)
    return digest('mirror', cluster, event.user.username ?? '', namespace, name, mirror);
  return digest(
    'event',
    cluster,
    resource,
    event.auditId ?? '',
    event.requestReceivedTimestamp ?? '',
    event.stageTimestamp ?? '',
    event.requestUri ?? '',
    event.verb ?? '',
    event.user.username ?? '',
    ...(event.requestReceivedTimestamp === undefined && event.stageTimestamp === undefined
      ? [namespace, name]
      : []),
  );
}

/**
 * Of the redrive of a dead letter: of the event, its original position, and the dead letter. Never an
 * alert's.
 */
export function redriveIdentityOf(event: Identity, first: string, letter: string): Identity {
  return digest('redrive', event.toString('hex'), first, letter);
}

/** The identity's first 16 bytes as a UUID of version 8 (RFC 9562, for application-defined content). */
export function alertIdOf(identity: Identity): string {
  const bytes = Buffer.from(identity.subarray(0, 16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** Each part is prefixed with its length, so that no two lists of parts give the same bytes. */
function digest(...parts: readonly string[]): Identity {
  const hash = createHash('sha256');
  for (const part of parts) {
    const bytes = Buffer.from(part);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    hash.update(length).update(bytes);
  }
  return hash.digest();
}

/**
 * The name of a cluster: of the length of a DNS label, as it is part of paths, metric labels and file names.
 */
// eslint-disable-next-line @typescript-eslint/no-inferrable-types -- isolatedDeclarations wants it
export const CLUSTER_NAME: RegExp = /^[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?$/;
