/** Audit events for tests, in the shape that a real API server gives them (kube-apiserver 1.35). */
import { randomUUID } from 'node:crypto';

export interface PodCreation {
  readonly uid?: string;
  readonly name?: string;
  readonly auditId?: string;
}

/** The ResponseComplete event of a pod's creation. */
export function podCreation({
  uid = randomUUID(),
  name = `pod-${uid.slice(0, 8)}`,
  auditId = randomUUID(),
}: PodCreation = {}): Record<string, unknown> {
  const metadata = { name, namespace: 'shop' };
  const spec = {
    containers: [{ name: 'c', image: 'registry.example/app:1.0' }],
    serviceAccountName: 'default',
  };
  return {
    level: 'RequestResponse',
    auditID: auditId,
    stage: 'ResponseComplete',
    requestURI: '/api/v1/namespaces/shop/pods',
    verb: 'create',
    user: { username: 'alice', groups: ['developers', 'system:authenticated'] },
    sourceIPs: ['198.51.100.9'],
    userAgent: 'kubectl/v1.35.4',
    objectRef: { resource: 'pods', namespace: 'shop', name, apiVersion: 'v1' },
    responseStatus: { metadata: {}, code: 201 },
    requestObject: { kind: 'Pod', apiVersion: 'v1', metadata, spec },
    responseObject: {
      kind: 'Pod',
      apiVersion: 'v1',
      metadata: { ...metadata, uid, resourceVersion: '7', creationTimestamp: '2026-11-22T14:08:59Z' },
      spec,
    },
    requestReceivedTimestamp: '2026-11-22T14:08:59.750293Z',
    stageTimestamp: '2026-11-22T14:08:59.759697Z',
    annotations: {
      'authorization.k8s.io/decision': 'allow',
      'authorization.k8s.io/reason':
        'RBAC: allowed by RoleBinding "dev/shop" of ClusterRole "edit" to User "alice"',
    },
  };
}

/** An event that is no creation. */
export function podRead(): Record<string, unknown> {
  return {
    ...podCreation(),
    verb: 'get',
    responseStatus: { metadata: {}, code: 200 },
    auditID: randomUUID(),
  };
}

export function eventList(items: readonly unknown[]): string {
  return `${JSON.stringify({ kind: 'EventList', apiVersion: 'audit.k8s.io/v1', metadata: {}, items })}\n`;
}
