/** Risks of made-up and of recorded creations, with the lists that are shipped. */
import { type RiskLists, select } from '@arrivals/core';
import { assessRisk, readAuditEvent, type Risk, type SignalId } from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import { CONTAINER, type Json, LISTS, podCreated } from '../alert/creations.ts';

export { LISTS };

export function riskOf(raw: unknown, lists: Partial<RiskLists> = {}): Risk {
  const event = readAuditEvent(raw);
  const selection = select(event);
  assert.ok('created' in selection, `not a creation: ${JSON.stringify(selection)}`);
  return assessRisk({ event, created: selection.created, lists: { ...LISTS, ...lists } });
}

export function idsOf(raw: unknown, lists: Partial<RiskLists> = {}): readonly SignalId[] {
  return riskOf(raw, lists).signals.map(({ id }) => id);
}

/** A pod with this in its one container. */
export function podWith(container: Json, parts: Parameters<typeof podCreated>[0] = {}): Json {
  return podCreated({ ...parts, spec: { ...parts.spec, containers: [{ ...CONTAINER, ...container }] } });
}

export const REPLICA_SET = {
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  name: 'web-68d4f7dbbd',
  uid: 'u',
  controller: true,
};

/** Who makes the pods of Deployments. */
export const CONTROLLER = {
  user: {
    username: 'system:serviceaccount:kube-system:replicaset-controller',
    groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'],
  },
};

export const as = (username: string, ...groups: readonly string[]): Json => ({
  user: { username, groups: [...groups, 'system:authenticated'] },
});
export const pod = (spec: Json, event: Json = {}, metadata: Json = {}) =>
  podCreated({ spec, event, metadata });
export const NODE = as('system:node:n-1', 'system:nodes');
export const inKubeSystem = { namespace: 'kube-system' };
export const CI = as('system:serviceaccount:ci:deployer');
export const owned = (apiVersion: string, kind: string, name = 'a') => ({
  ownerReferences: [{ apiVersion, kind, name, uid: 'u', controller: true }],
});
export const OWNED = { ownerReferences: [REPLICA_SET] };
export const PRIVILEGED: Json = { securityContext: { privileged: true } };
export const hostPath = (path: string, readOnly?: boolean, name = 'v'): Json => ({
  volumes: [{ name: 'v', hostPath: { path } }],
  containers: [
    {
      ...CONTAINER,
      volumeMounts: [{ name, mountPath: '/host', ...(readOnly === undefined ? {} : { readOnly }) }],
    },
  ],
});
export const capable = (...add: readonly string[]): Json => ({ securityContext: { capabilities: { add } } });

/** What it is, the event, and lists that differ from those that are shipped. */
type Case = readonly [what: string, event: Json, lists?: Partial<RiskLists>];

type Cases = Readonly<
  Partial<Record<SignalId, { readonly raised: readonly Case[]; readonly not: readonly Case[] }>>
>;

export function describeSignals(cases: Cases): void {
  for (const [id, { raised, not }] of Object.entries(cases)) {
    describe(`the signal ${id}`, () => {
      for (const [what, event, lists] of raised)
        it(`is raised by ${what}`, () => {
          const ids: readonly string[] = idsOf(event, lists);
          assert.ok(ids.includes(id), `found ${ids.join(', ')}`);
        });
      for (const [what, event, lists] of not)
        it(`is not raised by ${what}`, () => {
          const ids: readonly string[] = idsOf(event, lists);
          assert.ok(!ids.includes(id));
        });
    });
  }
}
