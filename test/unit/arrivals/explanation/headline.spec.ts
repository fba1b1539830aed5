/** The first line: the sentence that a person would write. */
import type { Alert } from '@arrivals/core';
import assert from 'node:assert/strict';
import { alertOf, atLevelMetadata, type Json, namespaceCreated, podCreated } from '../../core/alert/creations.ts';
import { captured, headlineOf } from './explained.ts';

const titleOf = (event: Json): string => headlineOf(alertOf(event)).title;
const by = (username: string, more: Json = {}): Json => ({ user: { username, groups: ['system:authenticated'] }, ...more });

describe('the headline', () => {
  const real: readonly (readonly [name: string, title: string])[] = [
    ['root-shell', 'admin created the privileged Pod audited/root-shell (CRITICAL, 100)'],
    ['web-1', 'alice created the Pod team-a/web-1 (INFO, 0)'],
    ['kube-systern', 'admin created the Namespace kube-systern (LOW, 25)'],
    ['shop-785685bc69-27775', 'The ReplicaSet controller created the Pod team-a/shop-785685bc69-27775 for the ReplicaSet shop-785685bc69 (INFO, 0)'],
    ['db-0', 'The StatefulSet controller created the Pod team-b/db-0 for the StatefulSet db (INFO, 0)'],
    ['static-proxy-edge-1', 'The node edge-1 created the mirror Pod kube-system/static-proxy-edge-1 (LOW, 30)'],
    ['as-alice', 'admin, acting as alice, created the Pod team-a/as-alice (INFO, 0)'],
    ['as-robot', 'admin, acting as the service account team-a/default, created the Namespace as-robot (LOW, 25)'],
    ['kube-public', 'The API server itself created the Namespace kube-public (INFO, 0)'],
  ];
  for (const [name, title] of real)
    it(`of ${name} reads: ${title}`, () => {
      assert.equal(headlineOf(captured(name)).title, title);
    });

  it('says how sure the risk is where it is not sure', () => {
    assert.equal(titleOf(atLevelMetadata(podCreated())), 'alice created the Pod shop/web (MEDIUM, 40, confidence LOW)');
  });

  it('says what is missing of a name, as of a pod whose name the server made up and the log left out', () => {
    const named = podCreated({ metadata: { name: undefined, generateName: 'batch-' } });
    const unnamed = { ...atLevelMetadata(named), objectRef: { resource: 'pods', namespace: 'shop', apiVersion: 'v1' } };
    assert.equal(titleOf(unnamed), 'alice created a Pod in shop, whose name is not in the event (MEDIUM, 40, confidence LOW)');
    const asked = { ...named, objectRef: unnamed.objectRef, responseObject: undefined };
    assert.match(titleOf(asked), /^alice created a Pod in shop, of whose name only the beginning is known, batch- \(/);
  });

  it('names nobody where the event does not', () => {
    assert.match(titleOf(podCreated({ event: { user: {} } })), /^Somebody whom the event does not name created the Pod shop\/web \(/);
  });

  it('calls an anonymous client what it is', () => {
    assert.match(titleOf(podCreated({ event: by('system:anonymous') })), /^An unauthenticated client created /);
  });

  it('does not take a workload’s token for the controller whose name it bears', () => {
    const extra = { 'authentication.kubernetes.io/pod-name': ['odd-1'] };
    const event = podCreated({ event: { user: { username: 'system:serviceaccount:kube-system:replicaset-controller', groups: [], extra } } });
    assert.match(titleOf(event), /^The service account kube-system\/replicaset-controller in the pod odd-1 created the Pod shop\/web \(/);
  });

  it('does not believe an owner that the maker of a pod wrote into it', () => {
    const ownerReferences = [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-1', uid: 'u', controller: true }];
    assert.match(titleOf(podCreated({ metadata: { ownerReferences } })), /^alice created the Pod shop\/web \(/);
    const impersonated = podCreated({
      metadata: { ownerReferences },
      event: { impersonatedUser: { username: 'system:serviceaccount:kube-system:replicaset-controller', groups: [] } },
    });
    assert.match(titleOf(impersonated), /^alice, acting as the ReplicaSet controller, created the Pod shop\/web \(/);
  });

  it('puts a name that could be read as words of ours in quotes', () => {
    const forged = 'admin created the Namespace quiet (INFO, 0) "and';
    assert.match(titleOf(podCreated({ event: by(forged) })), /^"admin created the Namespace quiet \(INFO, 0\) 'and" created the Pod shop\/web \(/);
  });

  it('shows the beginning of a very long name', () => {
    const { title } = headlineOf(alertOf(podCreated({ event: by(`u${'x'.repeat(400)}`) })));
    assert.match(title, /^ux{119}… created /);
  });

  it('tells time, cluster and ID below', () => {
    const alert = captured('root-shell');
    assert.deepEqual(headlineOf(alert).lines, ['When 2026-11-22 14:09:18 UTC', 'Cluster test', `Alert New K8s Pod, ${alert.alertId}`]);
    assert.match(headlineOf({ ...alert, revision: 3 }).lines[2] ?? '', /, revision 3$/);
    assert.equal(headlineOf({ ...alert, occurredAt: null }).lines[0], 'When the event does not say; received 2026-11-22 14:09:20 UTC');
  });

  it('explains each flag, and shows one that it does not know', () => {
    const flags = ['notDeduplicated', 'notEnriched', 'afterStateLoss', 'unconfirmed', 'ofALaterVersion'] as unknown as Alert['flags'];
    const notes = headlineOf({ ...captured('web-1'), flags }).lines.slice(3);
    assert.equal(notes.length, 5);
    for (const [i, flag] of flags.entries()) assert.match(notes[i] ?? '', new RegExp(`^Note .*${flag}`));
    assert.match(notes[0] ?? '', /state store was away.*another record with this ID and revision/);
  });

  it('does not say that something was created where nobody confirms it', () => {
    const event = podCreated({ event: { responseStatus: { metadata: {}, code: 504 }, responseObject: undefined } });
    assert.match(titleOf(event), /^alice may have created the Pod shop\/web \(/);
  });

  it('of a record of before version 3 says that the risk was not assessed', () => {
    assert.match(headlineOf({ ...captured('root-shell'), risk: null }).title, / \(risk not assessed\)$/);
  });

  it('has no name of a namespace before a Namespace', () => {
    assert.equal(titleOf(namespaceCreated()), 'alice created the Namespace shop (INFO, 0)');
  });

  it('names the person first where a program acts for him, with what people call him', () => {
    const impersonatedUser = { username: 'u-k2m8p', groups: [], extra: { username: ['v.stern'] } };
    const { title } = headlineOf(alertOf(podCreated({ event: { user: { username: 'system:serviceaccount:gate:proxy', groups: [] }, impersonatedUser } })));
    assert.match(title, /^u-k2m8p \(v\.stern\) through the service account gate\/proxy created the Pod /i);
  });
});
