/** A pod and the workloads that it is of, so that a test can have them come late; and alerts in short. */
import type { Alert } from '@arrivals/core';
import { podCreation } from './audit-events.ts';

export type Json = Readonly<Record<string, unknown>>;

export const CONTROLLER = 'system:serviceaccount:kube-system:';

const reference = (kind: string, name: string): Json => ({
  apiVersion: 'apps/v1',
  kind,
  name,
  uid: `uid-of-${name}`,
  controller: true,
});

/** The creation of a workload, at so many seconds past 14:08. */
export function workload(
  resource: string,
  kind: string,
  name: string,
  by: string,
  second: number,
  owner?: Json,
): Json {
  const metadata = {
    name,
    namespace: 'shop',
    uid: `uid-of-${name}`,
    resourceVersion: '5',
    ...(owner === undefined ? {} : { ownerReferences: [owner] }),
  };
  const at = `2026-11-22T14:08:${String(second)}.000000Z`;
  return {
    ...podCreation(),
    auditID: `made-${name}`,
    requestURI: `/apis/apps/v1/namespaces/shop/${resource}`,
    user: { username: by, groups: ['system:authenticated'] },
    objectRef: { resource, apiGroup: 'apps', apiVersion: 'v1', namespace: 'shop', name },
    requestObject: { kind, apiVersion: 'apps/v1', metadata, spec: {} },
    responseObject: {
      kind,
      apiVersion: 'apps/v1',
      metadata,
      spec: { template: { spec: { containers: [] } } },
    },
    requestReceivedTimestamp: at,
    stageTimestamp: at,
  };
}

export const deployment: Json = workload('deployments', 'Deployment', 'web', 'dave', 50);
export const replicaSet: Json = workload(
  'replicasets',
  'ReplicaSet',
  'web-1',
  `${CONTROLLER}deployment-controller`,
  52,
  reference('Deployment', 'web'),
);
export const bare: Json = workload('replicasets', 'ReplicaSet', 'web-1', 'dave', 52);

export function pod(uid: string): Json {
  const event = podCreation({ uid });
  const response = event['responseObject'] as { readonly metadata: Json };
  const metadata = { ...response.metadata, ownerReferences: [reference('ReplicaSet', 'web-1')] };
  return {
    ...event,
    user: { username: `${CONTROLLER}replicaset-controller`, groups: [] },
    responseObject: { ...response, metadata },
  };
}

export const told = (alerts: readonly Alert[]): readonly string[] =>
  alerts.map(({ object, revision, revised, author }) =>
    [
      object.uid,
      revision,
      author?.creator?.username ?? '-',
      revised.filter((name) => name !== 'grant.changes').join(' '),
    ]
      .join(' ')
      .trim(),
  );
