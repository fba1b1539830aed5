/**
 * An audit event as the rest of the core reads it: audit.k8s.io/v1 Event, and v1beta1 where that differs.
 *
 * Invariant: a field of the wrong type reads as absent. Nothing here is trusted: see docs/architecture.md,
 * "What an attacker controls". Bodies stay `unknown`; alert/ reads them.
 */
import type { Buffer } from 'node:buffer';
import { asArray, asInteger, asObject, asText, asTexts, at, type JsonObject, textAt } from '../base/json.ts';
import { type EventFacts, groupOf } from './event-list.ts';
import { readAnnotations, TRUNCATED_ANNOTATION } from './markers.ts';

export interface AuditUser {
  readonly username: string | undefined;
  readonly uid: string | undefined;
  readonly groups: readonly string[];
  readonly extra: JsonObject;
}

export interface AuditEvent {
  readonly level: string | undefined;
  /**
   * Chosen by the client when it sends an Audit-ID header (kubernetes/kubernetes#101597): never an identity.
   */
  readonly auditId: string | undefined;
  readonly stage: string | undefined;
  readonly requestUri: string | undefined;
  readonly verb: string | undefined;
  readonly user: AuditUser;
  readonly impersonatedUser: AuditUser | undefined;
  /** Only the last entry is the real peer; those before it are claims of X-Forwarded-For. */
  readonly sourceIps: readonly string[];
  readonly userAgent: string | undefined;
  readonly objectRef: {
    readonly apiGroup: string | undefined;
    readonly apiVersion: string | undefined;
    readonly resource: string | undefined;
    readonly subresource: string | undefined;
    readonly namespace: string | undefined;
    readonly name: string | undefined;
  };
  readonly code: number | undefined;
  /** Of an answer of failure, the server's message. */
  readonly message: string | undefined;
  readonly requestObject: unknown;
  readonly responseObject: unknown;
  /** As the server wrote them; v1beta1's `timestamp` replaces a missing requestReceivedTimestamp. */
  readonly requestReceivedTimestamp: string | undefined;
  readonly stageTimestamp: string | undefined;
  /**
   * Set by the server and its admission plugins, never by the client; of ours, only those that we set
   * (markers.ts).
   */
  readonly annotations: JsonObject;
}

/** What AKS puts in the place of a body that is too large for its log (Azure Monitor, table AKSAudit). */
const SKIPPED_BODY = 'skipped-too-big-size-object';
/** Where OpenShift's forwarder keeps the level; some versions put a log level of their own into `level`. */
export const FORWARDED_LEVELS: readonly string[] = ['k8s_audit_level', 'openshift_audit_level'];

/** @throws SyntaxError when the bytes are not JSON. */
export function parseAuditEvent(bytes: Buffer): AuditEvent {
  return readAuditEvent(JSON.parse(bytes.toString('utf8')));
}

export function readAuditEvent(value: unknown): AuditEvent {
  const impersonated = asObject(at(value, 'impersonatedUser'));
  return {
    level:
      FORWARDED_LEVELS.map((key) => textAt(value, key)).find((level) => level !== undefined) ??
      textAt(value, 'level'),
    auditId: textAt(value, 'auditID'),
    stage: textAt(value, 'stage'),
    requestUri: textAt(value, 'requestURI'),
    verb: textAt(value, 'verb'),
    user: readUser(at(value, 'user')),
    impersonatedUser: impersonated === undefined ? undefined : readUser(impersonated),
    sourceIps: asTexts(at(value, 'sourceIPs')),
    userAgent: textAt(value, 'userAgent'),
    objectRef: {
      apiGroup: groupOf(textAt(value, 'objectRef', 'apiGroup'), textAt(value, 'requestURI')),
      apiVersion: textAt(value, 'objectRef', 'apiVersion'),
      resource: textAt(value, 'objectRef', 'resource'),
      subresource: textAt(value, 'objectRef', 'subresource'),
      namespace: textAt(value, 'objectRef', 'namespace'),
      name: textAt(value, 'objectRef', 'name'),
    },
    code: asInteger(at(value, 'responseStatus', 'code')),
    message: textAt(value, 'responseStatus', 'message'),
    requestObject: at(value, 'requestObject'),
    responseObject: at(value, 'responseObject'),
    requestReceivedTimestamp: textAt(value, 'requestReceivedTimestamp') ?? textAt(value, 'timestamp'),
    stageTimestamp: textAt(value, 'stageTimestamp'),
    annotations: readAnnotations(value),
  };
}

function readUser(value: unknown): AuditUser {
  return {
    username: textAt(value, 'username'),
    uid: textAt(value, 'uid'),
    groups: asTexts(at(value, 'groups')),
    extra: asObject(at(value, 'extra')) ?? {},
  };
}

/** The first value of an entry of user.extra, for example authentication.kubernetes.io/pod-name. */
export function extraOf(user: AuditUser, key: string): string | undefined {
  return asText(asArray(at(user.extra, key))[0]);
}

export function isTruncated(event: AuditEvent): boolean {
  return (
    at(event.annotations, TRUNCATED_ANNOTATION) === 'true' ||
    event.requestObject === SKIPPED_BODY ||
    event.responseObject === SKIPPED_BODY
  );
}

/**
 * The one object in an answer that is a Table (meta.k8s.io), whole or its metadata as the client requested;
 * undefined in any other.
 */
export function tableRowObject(answer: unknown): unknown {
  return at(asArray(at(answer, 'rows'))[0], 'object');
}

/** What the scanner would have read from this event. */
export function factsOf(
  event: AuditEvent,
): Pick<EventFacts, 'stage' | 'verb' | 'apiGroup' | 'resource' | 'subresource' | 'code'> {
  const { apiGroup, resource, subresource } = event.objectRef;
  return { stage: event.stage, verb: event.verb, apiGroup, resource, subresource, code: event.code };
}
