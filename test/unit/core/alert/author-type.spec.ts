/** What kind of author an alert names: by the identity that the request was judged by. */
import assert from 'node:assert/strict';
import { alertOf, type Json, namespaceCreated, podCreated } from './creations.ts';

const typeOf = (username: string, event: Json = {}) =>
  alertOf(podCreated({ event: { user: { username, groups: [] }, ...event } })).author?.type;

describe('the type of an author', () => {
  for (const [username, type] of [
    ['alice', 'human'],
    ['kubernetes-admin', 'human'],
    ['system:admin', 'human'],
    ['system:serviceaccount:shop:default', 'serviceAccount'],
    ['system:serviceaccount:kube-system:deployment-controllers', 'serviceAccount'],
    ['system:serviceaccount:argocd:argocd-application-controller', 'pipeline'],
    ['system:serviceaccount:kube-system:daemon-set-controller-of-mine', 'serviceAccount'],
    ['system:node:edge-1', 'node'],
    ['system:kube-scheduler', 'controller'],
    ['system:anonymous', 'unknown'],
  ] as const)
    it(`${username} is ${type}`, () => {
      assert.equal(typeOf(username), type);
    });

  it('is that of the identity which was taken on, not of whoever took it on', () => {
    const impersonatedUser = { username: 'anna', groups: [] };
    assert.equal(typeOf('system:serviceaccount:gate:proxy', { impersonatedUser }), 'human');
    assert.equal(
      typeOf('root', { impersonatedUser: { username: 'system:serviceaccount:ci:build', groups: [] } }),
      'serviceAccount',
    );
  });

  it('is unknown of a controller’s pod whose author was not seen, and has no name', () => {
    const user = { username: 'system:serviceaccount:kube-system:replicaset-controller', groups: [] };
    const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-1', uid: 'u', controller: true };
    const { author } = alertOf(podCreated({ metadata: { ownerReferences: [owner] }, event: { user } }));
    assert.deepEqual([author?.type, author?.name], ['unknown', null]);
  });

  it('comes with the name that the headline names', () => {
    assert.equal(alertOf(namespaceCreated()).author?.name, 'alice');
  });
});
