/**
 * Answers that do not tell whether the object was stored: the server says that the request failed, and may have stored
 * what it brought. A client can ask for such an answer, so counting them as refusals would let him hide what he creates.
 *
 * Measured on kube-apiserver 1.35.4, each with the object there afterwards:
 * 406 for `Accept: …;as=PartialObjectMetadataList`, and 400 for a Table with an `includeObject` that does not exist: the
 * answer is shaped only after the object is stored. 504 when the client's `timeout` runs out or he hangs up: there
 * afterwards in 523 of 660 tries. 500 when etcd answers too late, seen once.
 * Invariant: may take too much for a possible creation, never too little.
 */
import { type AuditEvent, isTruncated } from './audit/event.ts';
import { parametersOf } from './audit/query.ts';

/** True when the answer says that the request was carried out. */
export function isConfirmed({ code }: Pick<AuditEvent, 'code'>): boolean {
  return code !== undefined && code >= 200 && code <= 299;
}

/** By what an index entry tells. A PUT never creates a Pod or a Namespace: what is not there is 404. */
export function mayFollowCreation(verb: string | undefined, code: number | undefined): boolean {
  return (verb === 'create' || verb === 'patch') && code !== undefined && (code === 400 || code === 406 || (code >= 500 && code <= 599));
}

/** Whether an event for which mayFollowCreation holds shows nothing that excludes a creation. */
export function mayHaveCreated(event: AuditEvent): boolean {
  if (!wasObjectRead(event) || event.message?.startsWith(WEBHOOK_FAILED) === true) return false;
  const parameters = parametersOf(event.requestUri ?? '');
  // Of patches only a server-side apply creates, and it has to name its field manager.
  if (event.verb === 'patch' && (parameters.get('fieldManager') ?? '') === '') return false;
  return event.code !== 400 || !INCLUDE_OBJECT.includes(parameters.get('includeObject') ?? '');
}

/** Admission comes before storage; a webhook that is away is the usual reason of a 500, and controllers try again and again. */
const WEBHOOK_FAILED = 'Internal error occurred: failed calling webhook';

/** The values that a Table's options allow (meta.k8s.io/v1, IncludeObjectPolicy). */
const INCLUDE_OBJECT: readonly string[] = ['', 'None', 'Metadata', 'Object'];

/** The server notes the request's object as soon as it has read it: where it notes such objects and has none, it had none to store. */
function wasObjectRead(event: AuditEvent): boolean {
  if (event.requestObject !== undefined || isTruncated(event)) return true;
  return event.level !== 'Request' && event.level !== 'RequestResponse';
}
