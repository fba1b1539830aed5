/**
 * Answers that do not show whether the object was stored: the server reports a failure, and may have stored
 * the object. A client can provoke such an answer, so counting them as refusals would hide what it creates.
 *
 * Measured on kube-apiserver 1.35.4, each with the object there afterwards: 406 for `Accept:
 * …;as=PartialObjectMetadataList`, and 400 for a Table with an `includeObject` that does not exist: the
 * answer is shaped only after the object is stored. 504 when the client's `timeout` runs out or it hangs up:
 * there afterwards in 523 of 660 tries. 500 when etcd answers too late, seen once. A panic is a stage of its
 * own, with code 500, and may come after storage. And a static pod runs though its mirror is refused.
 * Invariant: false positives may happen, false negatives never.
 */
import { type AuditEvent, isTruncated } from '../audit/event.ts';
import { parametersOf } from '../audit/query.ts';
import { at, textAt } from '../base/json.ts';

/** True when the answer shows that the request was carried out. */
export function isConfirmed({ code }: Pick<AuditEvent, 'code'>): boolean {
  return code !== undefined && code >= 200 && code <= 299;
}

/** By an index entry. A PUT never creates a Pod or a Namespace: that is a 404. */
export function mayFollowCreation(verb: string | undefined, code: number | undefined): boolean {
  return (
    (verb === 'create' || verb === 'patch') &&
    code !== undefined &&
    (code === 400 || code === 406 || (code >= 500 && code <= 599))
  );
}

/** By an index entry of a panic: the server failed somewhere between reading the request and answering it. */
export function mayFollowPanic(verb: string | undefined, code: number | undefined): boolean {
  return (verb === 'create' || verb === 'patch') && (code === undefined || code === 0 || code >= 500);
}

/** By an index entry: a pod that may be the mirror of one that runs on its node whatever the answer is. */
export function mayMirror({
  verb,
  resource,
  code,
}: {
  readonly verb?: string | undefined;
  readonly resource?: string | undefined;
  readonly code?: number | undefined;
}): boolean {
  return verb === 'create' && resource === 'pods' && (code === 403 || code === 404);
}

/**
 * A kubelet's report of a static pod, refused: the pod comes from a file on the node and runs all the same,
 * in a namespace that need not exist. Kubelets create no other pods. 403 counts where the body is a mirror
 * pod's, and admission, not the authorizer, refused it: other uses of a kubelet's credential are refused by
 * the authorizer.
 */
export function isRefusedMirror(event: AuditEvent): boolean {
  const { verb, code, objectRef } = event;
  if (
    objectRef.apiGroup !== undefined ||
    objectRef.subresource !== undefined ||
    !mayMirror({ verb, code, resource: objectRef.resource })
  )
    return false;
  if (event.impersonatedUser !== undefined || event.user.username?.startsWith(NODE) !== true) return false;
  const isMirror = mirrorHash(event) !== undefined;
  if (code === 404) return isMirror || event.requestObject === undefined;
  return isMirror && at(event.annotations, 'authorization.k8s.io/decision') === 'allow';
}

/** How the kubelet names what the static pod consists of. */
export function mirrorHash(event: AuditEvent): string | undefined {
  return textAt(event.requestObject, 'metadata', 'annotations', MIRROR);
}

const NODE = 'system:node:';
const MIRROR = 'kubernetes.io/config.mirror';

/**
 * Whether an event for which mayFollowCreation or mayFollowPanic holds shows nothing that excludes a
 * creation.
 */
export function mayHaveCreated(event: AuditEvent): boolean {
  if (!wasObjectRead(event) || event.message?.startsWith(WEBHOOK_FAILED) === true) return false;
  const parameters = parametersOf(event.requestUri ?? '');
  // Of patches only a server-side apply creates, and it has to name its field manager.
  if (event.verb === 'patch' && (parameters.get('fieldManager') ?? '') === '') return false;
  return event.code !== 400 || !INCLUDE_OBJECT.includes(parameters.get('includeObject') ?? '');
}

/**
 * Admission comes before storage; an unavailable webhook is the usual reason of a 500, and controllers try
 * again and again.
 */
const WEBHOOK_FAILED = 'Internal error occurred: failed calling webhook';

/** The values that a Table's options allow (meta.k8s.io/v1, IncludeObjectPolicy). */
const INCLUDE_OBJECT: readonly string[] = ['', 'None', 'Metadata', 'Object'];

/**
 * The server records the request's object as soon as it has read it: where it records such objects and has
 * none, there was none to store.
 */
function wasObjectRead(event: AuditEvent): boolean {
  if (event.requestObject !== undefined || isTruncated(event)) return true;
  return event.level !== 'Request' && event.level !== 'RequestResponse';
}
