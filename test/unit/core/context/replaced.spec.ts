/**
 * Pods that replace pods which somebody removed: that is reported, and nobody is reported as scaling or
 * deploying them.
 */
import assert from 'node:assert/strict';
import type { Json } from '../samples.ts';
import {
  byDeployment,
  CONTROLLERS,
  deployment,
  did,
  didUnseen,
  image,
  pod,
  podOf,
  replicaSet,
  revision,
  statefulSet,
  toldOf,
} from './stories.ts';

const web = deployment('web', { spec: image('web:1') });
const set = replicaSet('web-1', { owner: web, annotations: revision(1), spec: image('web:1') });
const old = pod('web-1-a', { owner: set });
const BEGINNING: readonly Json[] = [did(1, 'anna', 'create', web), byDeployment(2, 'create', set)];
const OWNED = {
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  name: 'web-1',
  uid: 'uid-of-web-1',
  controller: true,
};
const TOLD = 'The Deployment “shop/web”, which “anna” deployed 5 min before, has a new pod “shop/web-1-b”';

describe('a pod that takes another’s place', () => {
  it('is reported with who deleted that one', async () => {
    const { headline, alert, source } = await toldOf([
      ...BEGINNING,
      did(297, 'carol', 'delete', old),
      podOf(300, set),
    ]);
    assert.equal(headline, `${TOLD}, which replaces the pod “web-1-a” that “carol” deleted 3 s before`);
    const { name, uid, how, by } = alert.author?.replaces ?? assert.fail();
    assert.deepEqual([name, uid, how, by.username], ['web-1-a', 'uid-of-web-1-a', 'deleted', 'carol']);
    assert.match(source, / It replaces the pod “web-1-a”, deleted by “carol” at /);
  });

  it('is not attributed to who scaled before, nor to who deleted it', async () => {
    const { headline } = await toldOf([
      ...BEGINNING,
      didUnseen(240, 'carol', 'patch', web, 'scale'),
      did(299, 'carol', 'delete', old),
      podOf(300, set),
    ]);
    assert.equal(headline, `${TOLD}, which replaces the pod “web-1-a” that “carol” deleted 1 s before`);
  });

  it('is reported for an eviction, whose event shows the pod’s name alone', async () => {
    const { headline } = await toldOf([
      ...BEGINNING,
      didUnseen(299, 'carol', 'create', old, 'eviction'),
      podOf(300, set),
    ]);
    assert.equal(headline, `${TOLD}, which replaces the pod “web-1-a” that “carol” evicted 1 s before`);
  });

  for (const [account, words] of [
    [
      `${CONTROLLERS}pod-garbage-collector`,
      'which replaces the pod “web-1-a”, deleted 1 s before as its node was gone',
    ],
    [
      `${CONTROLLERS}node-controller`,
      'which replaces the pod “web-1-a” that the node controller evicted 1 s before',
    ],
    ['system:kube-scheduler', 'which replaces the pod “web-1-a” that the scheduler preempted 1 s before'],
  ] as const)
    it(`is reported for a deletion by ${account}`, async () => {
      const { headline } = await toldOf([...BEGINNING, did(299, account, 'delete', old), podOf(300, set)]);
      assert.equal(headline, `${TOLD}, ${words}`);
    });

  it('is none where its owner’s controller had removed the other, or the kubelet ended it, or it had ended by itself', async () => {
    for (const event of [
      did(299, `${CONTROLLERS}replicaset-controller`, 'delete', old),
      did(299, 'system:node:n-1', 'delete', old),
      did(299, 'carol', 'delete', { ...old, status: { phase: 'Failed' } }),
      did(299, 'carol', 'delete', { ...old, owner: replicaSet('web-1', { uid: 'uid-of-a-former-one' }) }),
      did(299, 'carol', 'delete', pod('web-2-a', { owner: replicaSet('web-2') })),
      did(200, 'carol', 'delete', old),
    ])
      assert.equal((await toldOf([...BEGINNING, event, podOf(300, set)])).headline, TOLD);
  });

  it('is none where somebody scaled after the deletion', async () => {
    const { headline } = await toldOf([
      ...BEGINNING,
      did(295, 'carol', 'delete', old),
      didUnseen(299, 'dave', 'patch', web, 'scale'),
      podOf(300, set),
    ]);
    assert.equal(headline, '“dave” scaled the Deployment “shop/web” of “anna” (its pod “shop/web-1-b”)');
  });

  it('is reported for many that were deleted at once, where their bodies are recorded', async () => {
    const items = ['a', 'c'].map((end) => ({
      metadata: { name: `web-1-${end}`, uid: end, ownerReferences: [OWNED] },
    }));
    const many = {
      ...did(299, 'carol', 'delete', old),
      verb: 'deletecollection',
      responseObject: { kind: 'PodList', items },
    };
    const { alert } = await toldOf([...BEGINNING, many, podOf(300, set)]);
    assert.equal(alert.author?.replaces?.by.username, 'carol');
  });

  it('is the one of its name for a StatefulSet, however long that took to end', async () => {
    const db = statefulSet('db', { spec: image('db:1') });
    const events = [
      did(1, 'anna', 'create', db),
      did(100, 'carol', 'delete', pod('db-0', { owner: db })),
      did(290, 'carol', 'delete', pod('db-1', { owner: db })),
    ];
    const again = { ...pod('db-0', { owner: db }), uid: 'uid-of-the-new-one' };
    const { headline } = await toldOf([
      ...events,
      did(300, `${CONTROLLERS}statefulset-controller`, 'create', again),
    ]);
    assert.match(
      headline,
      /(?:, which replaces|has a new pod) .*the one of that name that “carol” deleted 3 min before$/,
    );
  });
});
