/**
 * Where an event shows the created object, and why it does not: the one choice used by the alert and its
 * risk.
 *
 * Invariant: what the server answered goes before what the client sent, and a patch is never taken for the
 * object. Reads nothing of what it finds.
 */
import { type AuditEvent, isTruncated } from '../audit/event.ts';
import { platformOf } from '../audit/platforms/platform.ts';
import { answeredObject } from './identity.ts';
import { asObject, at } from '../base/json.ts';
import type { CreatedKind } from './select.ts';
import { isConfirmed } from './unconfirmed.ts';
import type { Unknown } from './unknown.ts';

/** What was found of the object, and where. */
export interface FoundObject {
  readonly metadata: unknown;
  readonly metadataFrom: ReadFrom;
  readonly spec: unknown;
  readonly specFrom: ReadFrom | null;
}

const FOUND = new WeakMap<AuditEvent, FoundObject>();

/** Of each event once: what it says of the object, its context, its risk and its alert all read. */
export function findObject(created: CreatedKind, event: AuditEvent): FoundObject {
  const before = FOUND.get(event);
  if (before !== undefined) return before;
  const found = foundIn(created, event);
  FOUND.set(event, found);
  return found;
}

function foundIn(created: CreatedKind, event: AuditEvent): FoundObject {
  const answered = answeredObject(event);
  // A patch's request is a patch, not the object; a server-side apply's holds only what the applier cares
  // about.
  const submitted = event.verb === 'create' ? asObject(event.requestObject) : undefined;
  const metadata = at(answered ?? submitted, 'metadata');
  const answeredSpec = asObject(at(answered, 'spec'));
  const spec = created === 'Pod' ? (answeredSpec ?? asObject(at(submitted, 'spec'))) : undefined;
  return {
    metadata,
    metadataFrom: answered !== undefined ? 'answer' : metadata !== undefined ? 'request' : 'reference',
    spec,
    specFrom: spec === undefined ? null : answeredSpec !== undefined ? 'answer' : 'request',
  };
}

/** Why the answer, or all bodies, cannot be read. */
export function missingBody(event: AuditEvent): Pick<Unknown, 'reason' | 'detail'> {
  if (isTruncated(event))
    return { reason: 'truncated', detail: 'the event was too large and its bodies were taken out' };
  if (event.level === 'Metadata' || event.level === 'Request') {
    return {
      reason: 'auditLevel',
      detail: `recorded at level ${event.level}, which ${event.level === 'Metadata' ? 'has no bodies' : 'lacks the answer'}`,
    };
  }
  if (!isConfirmed(event))
    return {
      reason: 'notInEvent',
      detail: `answered ${String(event.code)}, which does not show whether the object was stored`,
    };
  if (event.responseObject !== undefined)
    return { reason: 'answerShape', detail: 'the client requested an answer that does not show it' };
  const platform = platformOf(event);
  if (platform !== null)
    return { reason: 'notInEvent', detail: `${platform}’s log has no answer to this request` };
  return { reason: 'notInEvent', detail: 'the event has no bodies' };
}

/**
 * From which part of the event something was read: the server's answer, what the client sent, or objectRef
 * alone.
 */
export type ReadFrom = 'answer' | 'request' | 'reference';
