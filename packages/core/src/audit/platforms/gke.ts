/**
 * GKE: Cloud Logging's entries, whose protoPayload describes a request to the API server in Google Cloud's
 * terms.
 *
 * Invariant: bodies keep their bytes. What the entry does not have is left out, or inferred where an event
 * cannot do without (stage, code, URI), always in the same way; PLATFORM_ANNOTATION then marks the alert
 * (alert/platform.ts). Facts: Cloud Audit Logs' AuditLog and LogEntry, and Google's own readers of these logs
 * (GoogleCloudPlatform/khi).
 */
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { outcomeOf } from './gke-outcome.ts';
import { requestOf } from './gke-request.ts';
import type { JsonView } from './json-view.ts';
import type { Parts } from './part.ts';
import { MARKER_PREFIX, PLATFORM_ANNOTATION } from '../markers.ts';

const DECISION = 'authorization.k8s.io/decision';

/** False for what is no entry of Cloud Logging. */
export function takeLogEntry(entry: JsonView, parts: Parts): boolean {
  const payload = entry.at('protoPayload');
  if (payload?.isObject !== true) {
    if (
      entry.text('logName') === undefined ||
      (entry.at('jsonPayload') === undefined && entry.at('textPayload') === undefined)
    )
      return false;
    parts.other('GKE');
    return true;
  }
  const method = payload.text('methodName');
  if (payload.text('serviceName') !== undefined && payload.text('serviceName') !== 'k8s.io')
    parts.other('GKE');
  else if (method === undefined)
    parts.refuse(entry, 'GKE', 'form_unsupported', 'expected a methodName of the Kubernetes API, found none');
  else if (payload.text('serviceName') === undefined && !method.startsWith('io.k8s.')) parts.other('GKE');
  else parts.event(eventOf(entry, payload, method), entry.byteOffset, 'GKE');
  return true;
}

/** The entry as an event of audit.k8s.io/v1. */
function eventOf(entry: JsonView, payload: JsonView, method: string): Buffer {
  const request = requestOf(method, payload.text('resourceName'));
  const outcome = outcomeOf(entry, payload, request.verb);
  const principal = payload.at('authenticationInfo');
  const impersonated = principal?.text('authoritySelector');
  const caller = payload.text('requestMetadata', 'callerIp');
  const fields = {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    auditID: entry.text('insertId') ?? `sha256:${createHash('sha256').update(entry.bytes).digest('hex')}`,
    stage: 'ResponseComplete',
    requestURI: `${request.path}${outcome.dryRun ? '?dryRun=All' : ''}`,
    verb: request.verb,
    user: { username: principal?.text('principalEmail') },
    ...(impersonated === undefined ? {} : { impersonatedUser: { username: impersonated } }),
    ...(caller === undefined ? {} : { sourceIPs: [caller] }),
    userAgent: payload.text('requestMetadata', 'callerSuppliedUserAgent'),
    ...(request.objectRef === undefined ? {} : { objectRef: request.objectRef }),
    responseStatus: { code: outcome.code, message: outcome.message },
    stageTimestamp: entry.text('timestamp'),
    annotations: annotationsOf(entry, payload),
  };
  const parts: Buffer[] = [Buffer.from(JSON.stringify(fields).slice(0, -1))];
  for (const [field, body] of [
    ['requestObject', payload.at('request')],
    ['responseObject', payload.at('response')],
  ] as const) {
    if (body?.isObject === true || body?.isArray === true)
      parts.push(Buffer.from(`,"${field}":`), body.bytes);
  }
  return Buffer.concat([...parts, Buffer.from('}')]);
}

/** The entry's labels are the event's annotations. */
function annotationsOf(entry: JsonView, payload: JsonView): Readonly<Record<string, string>> {
  const labels = [...(entry.at('labels')?.members() ?? [])].flatMap(([key, value]) => {
    const text = value.text();
    return text === undefined || key.startsWith(MARKER_PREFIX) ? [] : [[key, text] as const];
  });
  const granted = payload.at('authorizationInfo')?.first()?.boolean('granted');
  const decision = granted === undefined ? [] : [[DECISION, granted ? 'allow' : 'forbid'] as const];
  return Object.fromEntries([...decision, ...labels, [PLATFORM_ANNOTATION, 'GKE']]);
}
