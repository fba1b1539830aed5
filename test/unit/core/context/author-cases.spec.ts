/**
 * Authors in cases that the captures do not have: a stream that begins late, policies without bodies,
 * controllers that are not what they seem.
 */
import { contextFactsOf, parseAuditEvent, select } from '@arrivals/core';
import {
  type Author,
  authorOf,
  authorSubjects,
  readAuditEvent,
  type Attribution,
} from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { MemoryContext } from '../../../support/memory-facts.ts';
import { type Json, readCapture } from '../samples.ts';
import { CLUSTER, known, madeFrom } from './captures.ts';
import { at } from './seconds.ts';

const CONTROLLERS = 'system:serviceaccount:kube-system:';

const named = (resource: string, name: string, more: Json = {}): Json => ({
  objectRef: { apiGroup: 'apps', resource, namespace: 'shop', name, ...more },
});
const patched = (second: number, username: string, query = ''): Json =>
  at(second, username, {
    ...named('deployments', 'web'),
    verb: 'patch',
    responseStatus: { code: 200 },
    requestURI: `/x${query}`,
    level: 'Metadata',
    requestObject: undefined,
    responseObject: undefined,
  });

function replicaSet(
  second: number,
  revision: number,
  verb: 'create' | 'update',
  username = `${CONTROLLERS}deployment-controller`,
): Json {
  const metadata = {
    name: 'web-1',
    namespace: 'shop',
    uid: 'rs',
    annotations: { 'deployment.kubernetes.io/revision': String(revision) },
    ownerReferences: [{ kind: 'Deployment', apiVersion: 'apps/v1', name: 'web', uid: 'd', controller: true }],
  };
  return at(second, username, {
    ...named('replicasets', 'web-1'),
    verb,
    responseStatus: { code: verb === 'create' ? 201 : 200 },
    responseObject: { metadata },
  });
}

function pod(second: number, username = `${CONTROLLERS}replicaset-controller`): Json {
  const metadata = {
    name: 'web-1-x',
    namespace: 'shop',
    uid: 'pod',
    ownerReferences: [
      { kind: 'ReplicaSet', apiVersion: 'apps/v1', name: 'web-1', uid: 'rs', controller: true },
    ],
  };
  return at(second, username, {
    objectRef: { resource: 'pods', namespace: 'shop' },
    responseObject: { metadata },
  });
}

async function authorIn(events: readonly Json[]): Promise<Author> {
  const context = new MemoryContext();
  for (const event of events) await context.remember(contextFactsOf(CLUSTER, readAuditEvent(event)), 0);
  const createdObject = madeFrom(readAuditEvent(events.at(-1)));
  return authorOf(createdObject, await known(context, authorSubjects(createdObject)));
}

function shown(attribution: Attribution): string {
  return attribution.known ? attribution.action.username : attribution.why;
}

/** Who is named, and all who may have been it. */
function names(attribution: Attribution): readonly string[] {
  return attribution.known
    ? [attribution.action.username, ...attribution.candidates.map(({ username }) => username)]
    : [attribution.why];
}

describe('an author', () => {
  const created = at(1, 'anna', {
    ...named('deployments', 'web'),
    responseObject: { metadata: { name: 'web', namespace: 'shop', uid: 'd' } },
  });

  it('is not the one who wrote long before a stream that begins late saw the ReplicaSet updated', async () => {
    const author = await authorIn([patched(2, 'argo'), replicaSet(300, 4, 'update'), pod(301)]);
    assert.equal(shown(author.templateAuthor), 'notSeen');
  });

  it('is not known while the write is not: nobody earlier is named instead', async () => {
    const first = replicaSet(2, 1, 'create');
    const author = await authorIn([created, first, replicaSet(30, 2, 'update'), pod(31)]);
    assert.deepEqual([shown(author.creator), shown(author.templateAuthor)], ['anna', 'notSeen']);
  });

  it('is who undid, when an old ReplicaSet became current again', async () => {
    const author = await authorIn([
      created,
      replicaSet(2, 1, 'create'),
      patched(29, 'finn'),
      replicaSet(30, 2, 'update'),
      pod(31),
    ]);
    assert.equal(shown(author.templateAuthor), 'finn');
  });

  it('is a controller’s account that wrote what it has no business to write, when nobody else did', async () => {
    const thief = `${CONTROLLERS}deployment-controller`;
    const author = await authorIn([
      created,
      replicaSet(2, 1, 'create'),
      patched(29, thief),
      replicaSet(30, 2, 'update'),
      pod(31),
    ]);
    assert.equal(shown(author.templateAuthor), thief);
  });

  it('is no service account that only calls itself a controller', async () => {
    for (const username of [
      `${CONTROLLERS}evil-controller`,
      'system:serviceaccount:shop:replicaset-controller',
      'dora',
    ]) {
      const author = await authorIn([created, replicaSet(2, 1, 'create'), pod(31, username)]);
      assert.deepEqual(
        [author.madeByController, shown(author.creator), shown(author.templateAuthor)],
        [false, username, 'none'],
      );
    }
  });

  it('is found with a controller manager that uses one account for all its controllers', async () => {
    const manager = 'system:kube-controller-manager';
    const author = await authorIn([created, replicaSet(2, 1, 'create', manager), pod(3, manager)]);
    assert.deepEqual([shown(author.creator), shown(author.templateAuthor)], ['anna', 'anna']);
  });

  it('is the one who wrote last before the revision, whatever his client’s name, with the one who wrote before him beside', async () => {
    const touches = ['annotate', 'label', 'rollout', 'scale'].map((tool, i) =>
      patched(25 + i, 'dora', `?fieldManager=kubectl-${tool}`),
    );
    const dry = { ...patched(29, 'dora'), requestURI: '/x?dryRun=All' };
    const author = await authorIn([
      created,
      replicaSet(2, 1, 'create'),
      patched(20, 'ben', '?fieldManager=kubectl-edit'),
      ...touches,
      dry,
      replicaSet(30, 2, 'update'),
      pod(31),
    ]);
    assert.deepEqual(names(author.templateAuthor), ['dora', 'dora', 'ben']);
  });

  it('is whose recorded write shows the revision’s template, whatever his client calls itself', async () => {
    const spec = (image: string) => ({ template: { spec: { containers: [{ name: 'c', image }] } } });
    const shows = (event: Json, image: string) => {
      const { metadata = {} } = (event['responseObject'] ?? {}) as { metadata?: Json };
      return {
        ...event,
        responseObject: {
          metadata: { name: 'web', namespace: 'shop', uid: 'd', ...metadata },
          spec: spec(image),
        },
      };
    };
    const author = await authorIn([
      shows(created, 'web:1'),
      shows(replicaSet(2, 1, 'create'), 'web:1'),
      shows(patched(20, 'mallory', '?fieldManager=kubectl-annotate'), 'evil:1'),
      patched(25, 'ben', '?fieldManager=kubectl-set'),
      shows(replicaSet(30, 2, 'update'), 'evil:1'),
      pod(31),
    ]);
    assert.deepEqual(names(author.templateAuthor), ['mallory', 'mallory']);
  });

  it('is not known, rather than one from before, where his writes may have been pushed out by more of his own', async () => {
    const flood = Array.from({ length: 100 }, (_, i) =>
      patched(60 + i, 'mallory', '?fieldManager=kubectl-annotate'),
    );
    const author = await authorIn([
      created,
      replicaSet(2, 1, 'create'),
      patched(10, 'bob', '?fieldManager=ci'),
      patched(29, 'mallory'),
      replicaSet(30, 2, 'update'),
      ...flood,
      pod(200),
    ]);
    assert.equal(shown(author.templateAuthor), 'forgotten');
  });

  it('is not pushed out by the writes of others', async () => {
    const flood = Array.from({ length: 300 }, (_, i) =>
      patched(60 + i, 'eve', '?fieldManager=kubectl-annotate'),
    );
    const mine = {
      ...patched(29, 'mallory'),
      requestReceivedTimestamp: '2026-11-22T14:10:29.900000Z',
      stageTimestamp: '2026-11-22T14:10:29.950000Z',
    };
    const author = await authorIn([
      created,
      replicaSet(2, 1, 'create'),
      mine,
      replicaSet(30, 2, 'update'),
      ...flood,
      pod(500),
    ]);
    assert.deepEqual(names(author.templateAuthor), ['mallory', 'mallory']);
  });

  it('survives a tool that writes the same again and again, and a name that was created again', async () => {
    const noise = Array.from({ length: 40 }, (_, i) => patched(100 + i, 'tool', '?fieldManager=tool'));
    const old = [
      at(0, 'old', {
        ...named('deployments', 'web'),
        responseObject: { metadata: { name: 'web', namespace: 'shop', uid: 'old' } },
      }),
      at(0, 'old', { ...named('deployments', 'web'), verb: 'delete', responseStatus: { code: 200 } }),
    ];
    const author = await authorIn([...old, created, replicaSet(2, 1, 'create'), ...noise, pod(200)]);
    assert.deepEqual([shown(author.creator), shown(author.templateAuthor)], ['anna', 'anna']);
  });

  it('of a revision is not who wrote the one before it, though that write ended after its ReplicaSet was made', async () => {
    const set = {
      ...patched(2, 'ben', '?fieldManager=kubectl-set'),
      requestReceivedTimestamp: '2026-11-22T14:10:01.999000Z',
      stageTimestamp: '2026-11-22T14:10:02.003000Z',
    };
    const next = {
      ...patched(2, 'carla'),
      requestReceivedTimestamp: '2026-11-22T14:10:02.200000Z',
      stageTimestamp: '2026-11-22T14:10:02.201000Z',
    };
    const author = await authorIn([
      created,
      replicaSet(2, 1, 'create'),
      set,
      next,
      replicaSet(3, 3, 'update'),
      pod(4),
    ]);
    assert.equal(shown(author.templateAuthor), 'carla');
  });

  it('is not who applied an object of that name that was deleted since', async () => {
    const applied = { ...patched(1, 'old'), responseStatus: { code: 201 } };
    const gone = at(2, 'old', {
      ...named('deployments', 'web'),
      verb: 'delete',
      responseStatus: { code: 200 },
      responseObject: { kind: 'Status', details: { uid: 'other' } },
    });
    const author = await authorIn([applied, gone, replicaSet(10, 1, 'create'), pod(11)]);
    assert.equal(shown(author.creator), 'notSeen');
    assert.equal(shown((await authorIn([applied, replicaSet(10, 1, 'create'), pod(11)])).creator), 'old');
  });

  it('is found by the names that controllers give, where the policy records no bodies of workloads', async () => {
    const { lines, pods } = readCapture();
    const context = new MemoryContext();
    const events = lines.map((line) => parseAuditEvent(Buffer.from(line)));
    for (const event of events) await context.remember(contextFactsOf(CLUSTER, event), 0);
    const found: string[] = [];
    for (const event of events) {
      const selection = select(event);
      if (!('created' in selection) || selection.created !== 'Pod') continue;
      const createdObject = madeFrom(event);
      if (!pods.some(({ uid, user }) => uid === createdObject.uid && user.startsWith(CONTROLLERS))) continue;
      const author = authorOf(createdObject, await known(context, authorSubjects(createdObject)));
      found.push(
        `${createdObject.owner?.kind ?? ''}: ${shown(author.creator)}, ${shown(author.templateAuthor)}`,
      );
    }
    // Of the workloads' few writes in this capture: admin set the image of alice's Deployment, alice scaled
    // it and made a Job from her CronJob.
    const expected = [
      'DaemonSet: admin, admin',
      'Job: alice, alice',
      'ReplicaSet: alice, admin',
      'ReplicaSet: alice, alice',
      'StatefulSet: admin, admin',
    ];
    assert.deepEqual([...new Set(found)].sort(), expected);
  });
});
