/**
 * Logs as platforms deliver them, around events of our own: the shapes are those of the platforms’
 * documentation.
 */
import {
  type AuditEvent,
  type Inflate,
  invalidity,
  type Part,
  parseAuditEvent,
  scanEvent,
  select,
  unwrap,
} from '@arrivals/core';
import assert from 'node:assert/strict';
import { gunzipSync, gzipSync } from 'node:zlib';
import { bytesOf, type Json } from './samples.ts';

/** An event as a line of an API server's log. */
export function logged(event: Json): string {
  return JSON.stringify({ kind: 'Event', apiVersion: 'audit.k8s.io/v1', ...event });
}

/** AKS: a record of Event Hubs, as Azure Monitor writes it. */
export function azureRecord(log: unknown, changes: Json = {}): Json {
  return {
    operationName: 'Microsoft.ContainerService/managedClusters/diagnosticLogs/Read',
    category: 'kube-audit',
    resourceId: '/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.CONTAINERSERVICE/MANAGEDCLUSTERS/C',
    properties: { log, stream: 'stdout', pod: 'kube-apiserver-1' },
    time: '2026-11-22T14:09:00.0000000Z',
    ...changes,
  };
}

/** EKS: what a subscription of CloudWatch Logs delivers, before it is packed. */
export function subscriptionData(messages: readonly string[], changes: Json = {}): Json {
  return {
    messageType: 'DATA_MESSAGE',
    owner: '123456789012',
    logGroup: '/aws/eks/prod/cluster',
    logStream: 'kube-apiserver-audit-d1ad25b8f6b8',
    subscriptionFilters: ['arrivals'],
    logEvents: messages.map((message, i) => ({ id: String(i), timestamp: 1_795_356_540_000, message })),
    ...changes,
  };
}

export function gzipBase64(value: unknown): string {
  return gzipSync(JSON.stringify(value)).toString('base64');
}

const GKE_METADATA: Json = {
  name: 'web-1',
  namespace: 'shop',
  uid: '3f1d7a52-8c1e-4a55-b0f6-27c9d1e08b41',
  resourceVersion: '4711',
  creationTimestamp: '2026-11-22T14:09:19Z',
};

export interface LogEntryParts {
  readonly entry?: Json;
  readonly payload?: Json;
  readonly metadata?: Json;
}

/**
 * GKE: an entry of Cloud Logging for a pod's creation, as Cloud Audit Logs writes it. Undefined takes a field
 * away.
 */
export function logEntry({ entry = {}, payload = {}, metadata = {} }: LogEntryParts = {}): Json {
  const spec = {
    containers: [{ name: 'c', image: 'registry.example/app:1.0' }],
    serviceAccountName: 'default',
  };
  return {
    insertId: '5b0e6f0a-41d7-4c39-9b7d-1e8f6a2c7d10',
    labels: {
      'authorization.k8s.io/decision': 'allow',
      'authorization.k8s.io/reason': 'access granted by IAM permissions.',
    },
    logName: 'projects/p/logs/cloudaudit.googleapis.com%2Factivity',
    operation: { first: true, last: true, id: '5b0e6f0a-41d7-4c39-9b7d-1e8f6a2c7d10', producer: 'k8s.io' },
    protoPayload: {
      '@type': 'type.googleapis.com/google.cloud.audit.AuditLog',
      authenticationInfo: { principalEmail: 'alice@example.com' },
      authorizationInfo: [
        {
          granted: true,
          permission: 'io.k8s.core.v1.pods.create',
          resource: 'core/v1/namespaces/shop/pods/web-1',
        },
      ],
      methodName: 'io.k8s.core.v1.pods.create',
      request: {
        '@type': 'core.k8s.io/v1.Pod',
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'web-1', namespace: 'shop' },
        spec,
      },
      requestMetadata: { callerIp: '203.0.113.7', callerSuppliedUserAgent: 'kubectl/v1.35.4' },
      resourceName: 'core/v1/namespaces/shop/pods/web-1',
      response: {
        '@type': 'core.k8s.io/v1.Pod',
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { ...GKE_METADATA, ...metadata },
        spec,
      },
      serviceName: 'k8s.io',
      status: { code: 0 },
      ...payload,
    },
    receiveTimestamp: '2026-11-22T14:09:20.692999146Z',
    resource: { type: 'k8s_cluster', labels: { cluster_name: 'c', location: 'l', project_id: 'p' } },
    timestamp: '2026-11-22T14:09:19.124853Z',
    ...entry,
  };
}

export const inflate: Inflate = (gzip) => {
  try {
    return gunzipSync(gzip);
  } catch {
    return { why: 'expected gzip' };
  }
};

export function unwrapped(value: unknown): readonly Part[] | undefined {
  return unwrap(bytesOf(value), inflate);
}

/** The kinds of what was found, for short. */
export function kindsOf(value: unknown): readonly string[] | undefined {
  return unwrapped(value)?.map(({ kind, platform }) => `${platform ?? 'plain'} ${kind}`);
}

/** What stands as an event in the value, as text. */
export function eventTextsOf(value: unknown): readonly string[] {
  return (unwrapped(value) ?? []).flatMap((part) => (part.kind === 'event' ? [part.bytes.toString()] : []));
}

/** The one event of an entry, valid. */
export function eventOf(value: unknown): AuditEvent {
  const [bytes, ...others] = (unwrapped(value) ?? []).flatMap((part) =>
    part.kind === 'event' ? [part.bytes] : [],
  );
  assert.ok(bytes !== undefined && others.length === 0, 'one event');
  assert.equal(invalidity(scanEvent(bytes), bytes), undefined);
  return parseAuditEvent(bytes);
}

/** What is made of a record on its way: "Pod", "Namespace", why it is filtered or set aside, "other log". */
export function outcomeOf(text: string): string {
  const parts = unwrap(Buffer.from(text), inflate) ?? [{ kind: 'event', bytes: Buffer.from(text) } as const];
  assert.equal(parts.length, 1, text.slice(0, 200));
  for (const part of parts) {
    if (part.kind === 'other') return 'other log';
    if (part.kind === 'refused') return part.reason;
    const invalid = invalidity(scanEvent(part.bytes), part.bytes);
    if (invalid !== undefined) return invalid.reason;
    return Object.values(select(parseAuditEvent(part.bytes))).join('');
  }
  return 'nothing';
}
