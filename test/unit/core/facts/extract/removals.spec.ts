/** Facts about pods that were removed: about the owner’s name, and only where another pod takes the place. */
import { contextFactsOf, type Fact, carriesFacts } from '@arrivals/core';
import { readAuditEvent } from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import { bytesOf, entryOf, type Json } from '../../samples.ts';
import { CONTROLLERS, did, didUnseen, pod, replicaSet } from '../../context/stories.ts';

const POD = pod('web-1-a', { owner: replicaSet('web-1') });

function removals(event: Json): readonly Fact[] {
  return contextFactsOf('c', readAuditEvent(event)).filter(({ kind }) => kind.name === 'removed');
}

const value = (event: Json) =>
  removals(event).map(({ about, value }) => [about, value['how'], value['name']]);

describe('a removal of a pod', () => {
  const deleted = did(1, 'carol', 'delete', POD);
  const evicted = didUnseen(1, 'carol', 'create', POD, 'eviction');

  it('is under its owner’s name, which the body shows, or the pod’s own name where there is none', () => {
    assert.deepEqual(value(deleted), [['removed/shop/web-1', 'deleted', 'web-1-a']]);
    assert.deepEqual(value(didUnseen(1, 'carol', 'delete', POD)), [
      ['removed/shop/web-1', 'deleted', 'web-1-a'],
    ]);
    assert.deepEqual(value(evicted), [['removed/shop/web-1', 'evicted', 'web-1-a']]);
  });

  it('is let through by the index alone', () => {
    for (const event of [deleted, evicted, { ...deleted, verb: 'deletecollection' }])
      assert.ok(carriesFacts(entryOf(bytesOf(event))));
    for (const subresource of ['status', 'binding'])
      assert.ok(
        !carriesFacts(entryOf(bytesOf(didUnseen(1, 'carol', 'create', POD, subresource)))),
        subresource,
      );
  });

  it('of a pod that nothing owns is no fact', () => {
    assert.deepEqual(value(did(1, 'carol', 'delete', pod('web-1-a'))), []);
    assert.deepEqual(value(didUnseen(1, 'carol', 'delete', pod('alone'))), []);
  });

  it('by what wants fewer pods or other ones, by the kubelet, or of what had ended is no fact', () => {
    const others = ['replicaset', 'statefulset', 'daemon-set', 'job', 'namespace'].map(
      (name) => `${CONTROLLERS}${name}-controller`,
    );
    for (const username of [
      ...others,
      `${CONTROLLERS}generic-garbage-collector`,
      'system:kube-controller-manager',
      'system:node:n-1',
    ])
      assert.deepEqual(value(did(1, username, 'delete', POD)), [], username);
    for (const phase of ['Succeeded', 'Failed'])
      assert.deepEqual(value(did(1, 'carol', 'delete', { ...POD, status: { phase } })), []);
  });

  it('of a dry run, a failure or another group is no fact', () => {
    assert.deepEqual(value({ ...deleted, requestURI: '/x?dryRun=All' }), []);
    assert.deepEqual(value({ ...deleted, responseStatus: { code: 404 } }), []);
    assert.deepEqual(
      value({
        ...deleted,
        objectRef: { apiGroup: 'example.com', resource: 'pods', namespace: 'shop', name: 'web-1-a' },
      }),
      [],
    );
  });

  it('of many at once is a fact for each, of at most 64', () => {
    const metadata = (i: number): Json => ({
      name: `web-1-${String(i)}`,
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-1', controller: true }],
    });
    const items = Array.from({ length: 100 }, (_unused, i) => ({ metadata: metadata(i) }));
    const facts = removals({
      ...deleted,
      verb: 'deletecollection',
      responseObject: { kind: 'PodList', items },
    });
    assert.equal(facts.length, 64);
    assert.equal(new Set(facts.map(({ id }) => id)).size, 64);
    assert.ok(facts.every(({ id }) => id.length <= 64));
  });
});
