/**
 * An action: who did something to the cluster, when, from where and with which authorization, as a fact
 * carries it.
 *
 * Invariant: made of what the server stamped on one request, so that copies of an event give equal actions
 * with equal ids; texts that others chose are masked and bounded. `readAction` reads what `actionOf` wrote
 * and nothing else. What was done is in the fact around it.
 */
import { Buffer } from 'node:buffer';
import { type AuditEvent, extraOf } from '../audit/event.ts';
import { maskAddress, maskText } from '../text/mask.ts';
import { asInteger, asObject, asText, asTexts, at, defined, type JsonObject, textAt } from '../base/json.ts';
import { type Micros, parseMicros } from '../base/time.ts';
import { type DisplayName, displayOf } from './display.ts';
import { fieldManagerOf } from '../kubernetes/field-managers.ts';
import { type OnBehalfOf, requesterOf } from './requesters.ts';
import { digestOf } from '../base/digest.ts';
import { bounded, boundedOr } from '../text/bounded.ts';

/** A pod in whose name a call was made, by its bound token; a thief's calls carry the same. */
export interface CallingPod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** Why a request was allowed: the authorizer's reason, or which authorizer it was that gives none. */
export type Authorization =
  { readonly reason: string } | { readonly authorizer: 'systemMasters' | 'node' | 'noReason' };

/** What was requested, in RBAC's terms. */
export interface Operation {
  readonly group: string;
  /** With its subresource: deployments/scale. */
  readonly resource: string;
  readonly verb: string;
}

export interface Action {
  /** Who authenticated. */
  readonly username: string;
  /** Whose identity he took on: the effective user. */
  readonly impersonatedUsername: string | undefined;
  /** Somebody was impersonated, but who is not known. */
  readonly isUnnamed: boolean;
  /** Of the effective user. */
  readonly uid: string | undefined;
  /** The user's display name, where the authenticator gave one. */
  readonly display: DisplayName | undefined;
  /** For whom a platform's own account did it. */
  readonly onBehalfOf: OnBehalfOf | undefined;
  /** When the server received the request: actions are ordered by this. */
  readonly received: Micros;
  /** When it had answered; not before `received`. */
  readonly done: Micros;
  readonly auditId: string | undefined;
  readonly address: string | undefined;
  readonly userAgent: string | undefined;
  readonly fieldManager: string | undefined;
  readonly credential: string | undefined;
  readonly operation: Operation;
  readonly authorization: Authorization;
  readonly pod: CallingPod | undefined;
}

const NAME_BYTES_MAX = 256;
const TEXT_BYTES_MAX = 128;
const REASON_BYTES_MAX = 700;
const SERVICE_ACCOUNT = 'system:serviceaccount:';

/** Undefined for an event without a user or a time: it cannot be put in order. */
export function actionOf(event: AuditEvent): Action | undefined {
  const received =
    parseMicros(event.requestReceivedTimestamp ?? '') ?? parseMicros(event.stageTimestamp ?? '');
  if (received === undefined || received < 0 || event.user.username === undefined) return undefined;
  return {
    username: bounded(event.user.username, NAME_BYTES_MAX),
    impersonatedUsername: boundedOr(event.impersonatedUser?.username, NAME_BYTES_MAX),
    isUnnamed: event.impersonatedUser !== undefined && event.impersonatedUser.username === undefined,
    uid: boundedOr((event.impersonatedUser ?? event.user).uid, TEXT_BYTES_MAX),
    display: boundedDisplay(displayOf(event)),
    onBehalfOf: boundedRequester(requesterOf(event)),
    received,
    done: Math.max(received, parseMicros(event.stageTimestamp ?? '') ?? received),
    auditId: boundedOr(event.auditId, TEXT_BYTES_MAX),
    address: boundedOr(peerOf(event), TEXT_BYTES_MAX),
    userAgent: boundedOr(masked(event.userAgent), TEXT_BYTES_MAX),
    fieldManager: boundedOr(masked(fieldManagerOf(event.requestUri ?? '')), TEXT_BYTES_MAX),
    credential: boundedOr(extraOf(event.user, 'authentication.kubernetes.io/credential-id'), TEXT_BYTES_MAX),
    operation: operationOf(event),
    authorization: authorizationOf(event),
    pod: callingPod(event),
  };
}

function boundedDisplay(display: DisplayName | undefined): DisplayName | undefined {
  return display === undefined
    ? undefined
    : { name: bounded(display.name, TEXT_BYTES_MAX), from: bounded(display.from, TEXT_BYTES_MAX) };
}

function boundedRequester(requester: OnBehalfOf | undefined): OnBehalfOf | undefined {
  if (requester === undefined) return undefined;
  return {
    what: requester.what,
    name: bounded(requester.name, NAME_BYTES_MAX),
    from: bounded(requester.from, TEXT_BYTES_MAX),
  };
}

function peerOf({ sourceIps }: AuditEvent): string | undefined {
  const peer = sourceIps.findLast((ip) => ip !== '');
  return peer === undefined ? undefined : maskAddress(peer);
}

function operationOf({ objectRef, verb = '' }: AuditEvent): Operation {
  const { apiGroup = '', resource = '', subresource } = objectRef;
  return {
    group: bounded(apiGroup, TEXT_BYTES_MAX),
    resource: bounded(subresource === undefined ? resource : `${resource}/${subresource}`, TEXT_BYTES_MAX),
    verb: bounded(verb, 32),
  };
}

function authorizationOf(event: AuditEvent): Authorization {
  const reason = textAt(event.annotations, 'authorization.k8s.io/reason');
  if (reason !== undefined && Buffer.byteLength(reason) <= REASON_BYTES_MAX)
    return { reason: reason.toWellFormed() };
  const { groups } = event.impersonatedUser ?? event.user;
  if (groups.includes('system:masters')) return { authorizer: 'systemMasters' };
  return { authorizer: groups.includes('system:nodes') ? 'node' : 'noReason' };
}

function callingPod({ user }: AuditEvent): CallingPod | undefined {
  const name = extraOf(user, 'authentication.kubernetes.io/pod-name');
  const uid = extraOf(user, 'authentication.kubernetes.io/pod-uid');
  const namespace =
    user.username?.startsWith(SERVICE_ACCOUNT) === true
      ? user.username.slice(SERVICE_ACCOUNT.length).split(':')[0]
      : undefined;
  if (name === undefined || uid === undefined || namespace === undefined) return undefined;
  return {
    namespace: bounded(namespace, NAME_BYTES_MAX),
    name: bounded(name, NAME_BYTES_MAX),
    uid: bounded(uid, TEXT_BYTES_MAX),
  };
}

/** The action as part of a fact's value; the inverse of readAction. */
export function actionValue(action: Action): JsonObject {
  return defined({
    by: action.username,
    as: action.impersonatedUsername,
    unnamed: action.isUnnamed ? true : undefined,
    byUid: action.uid,
    display: action.display,
    behalf: action.onBehalfOf,
    at: action.received,
    took: action.done - action.received,
    auditId: action.auditId,
    from: action.address,
    agent: action.userAgent,
    manager: action.fieldManager,
    credential: action.credential,
    did: [action.operation.group, action.operation.resource, action.operation.verb],
    ...action.authorization,
    pod: action.pod,
  });
}

/** Of each fact once: an answer is looked for several times while more facts are recalled. */
const READ = new WeakMap<object, Action>();

export function readAction(value: unknown): Action | undefined {
  const fact = asObject(value);
  const before = fact === undefined ? undefined : READ.get(fact);
  if (before !== undefined) return before;
  const action = actionFrom(value);
  if (fact !== undefined && action !== undefined) READ.set(fact, action);
  return action;
}

function actionFrom(value: unknown): Action | undefined {
  const username = textAt(value, 'by');
  const received = asInteger(at(value, 'at'));
  if (username === undefined || received === undefined) return undefined;
  const [group, resource, verb] = asTexts(at(value, 'did'));
  const pod = {
    namespace: textAt(value, 'pod', 'namespace'),
    name: textAt(value, 'pod', 'name'),
    uid: textAt(value, 'pod', 'uid'),
  };
  return {
    username,
    impersonatedUsername: textAt(value, 'as'),
    isUnnamed: at(value, 'unnamed') === true || asTexts(at(value, 'shed')).includes('as'),
    uid: textAt(value, 'byUid'),
    ...readNames(value),
    received,
    done: received + (asInteger(at(value, 'took')) ?? 0),
    auditId: textAt(value, 'auditId'),
    address: textAt(value, 'from'),
    userAgent: textAt(value, 'agent'),
    fieldManager: textAt(value, 'manager'),
    credential: textAt(value, 'credential'),
    operation: { group: group ?? '', resource: resource ?? '', verb: verb ?? '' },
    authorization: readAuthorization(value),
    pod:
      pod.namespace === undefined || pod.name === undefined || pod.uid === undefined
        ? undefined
        : { namespace: pod.namespace, name: pod.name, uid: pod.uid },
  };
}

function readNames(value: unknown): Pick<Action, 'display' | 'onBehalfOf'> {
  const [display, displayFrom] = [textAt(value, 'display', 'name'), textAt(value, 'display', 'from')];
  const [what, name, from] = [
    textAt(value, 'behalf', 'what'),
    textAt(value, 'behalf', 'name'),
    textAt(value, 'behalf', 'from'),
  ];
  return {
    display:
      display === undefined || displayFrom === undefined ? undefined : { name: display, from: displayFrom },
    onBehalfOf:
      what === undefined || name === undefined || from === undefined ? undefined : { what, name, from },
  };
}

function readAuthorization(value: unknown): Authorization {
  const reason = textAt(value, 'reason');
  if (reason !== undefined) return { reason };
  const authorizer = asText(at(value, 'authorizer'));
  return { authorizer: authorizer === 'systemMasters' || authorizer === 'node' ? authorizer : 'noReason' };
}

/**
 * Identifies one request, however often and at whatever position it is delivered. A request with two events,
 * as its stream starts and as it ends, is one: so without the stage's own time.
 */
export function requestId(event: AuditEvent): string {
  return digestOf(
    event.auditId ?? '',
    event.requestReceivedTimestamp ?? '',
    event.requestUri ?? '',
    event.verb ?? '',
    event.user.username ?? '',
  );
}

/** What is stored is masked like what is published. */
function masked(text: string | undefined): string | undefined {
  return text === undefined ? undefined : maskText(text);
}
