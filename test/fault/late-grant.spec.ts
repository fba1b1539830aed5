/** The grant of a namespace's maker becomes known after the namespace: its alert is told anew, once. */
import assert from 'node:assert/strict';
import { podCreation } from '../support/audit-events.ts';
import type { Json } from '../support/late-owners.ts';
import { pipeline } from '../support/pipeline.ts';

const RBAC = 'rbac.authorization.k8s.io';
const REASON = 'RBAC: allowed by ClusterRoleBinding "makers" of ClusterRole "maker" to User "frank"';

const made = (changes: Json, second: number): Json => ({
  ...podCreation(),
  ...changes,
  requestReceivedTimestamp: `2026-11-22T14:08:${String(second)}.000000Z`,
  stageTimestamp: `2026-11-22T14:08:${String(second)}.001000Z`,
});

const metadata = { name: 'quiet', uid: 'uid-of-quiet', resourceVersion: '9' };
const namespace = made(
  {
    requestURI: '/api/v1/namespaces',
    user: { username: 'frank', groups: ['system:authenticated'] },
    objectRef: { resource: 'namespaces', name: 'quiet', apiVersion: 'v1' },
    requestObject: { kind: 'Namespace', apiVersion: 'v1', metadata: { name: 'quiet' } },
    responseObject: { kind: 'Namespace', apiVersion: 'v1', metadata },
    annotations: { 'authorization.k8s.io/decision': 'allow', 'authorization.k8s.io/reason': REASON },
  },
  50,
);
const body = {
  kind: 'ClusterRoleBinding',
  apiVersion: `${RBAC}/v1`,
  metadata: { name: 'makers', uid: 'uid-of-makers' },
  roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: 'maker' },
  subjects: [{ kind: 'User', name: 'frank', apiGroup: RBAC }],
};
const binding = made(
  {
    auditID: 'made-makers',
    requestURI: `/apis/${RBAC}/v1/clusterrolebindings`,
    user: { username: 'erin', groups: ['system:authenticated'] },
    objectRef: { resource: 'clusterrolebindings', apiGroup: RBAC, apiVersion: 'v1', name: 'makers' },
    requestObject: body,
    responseObject: body,
  },
  40,
);

describe('a namespace whose maker’s grant becomes known late', () => {
  const { post, start, settled, posted, alerts } = pipeline();

  it('is revised, once, with who granted the right', async () => {
    await post(namespace);
    await start();
    await settled();
    await posted(binding);
    await posted(binding);
    const told = (await alerts()).map(({ revision, revised, context }) => [
      revision,
      revised,
      context?.grants[0]?.changes.map(({ by }) => by),
    ]);
    assert.deepEqual(told, [
      [1, [], []],
      [2, ['grant.changes'], ['erin']],
    ]);
  });
});
