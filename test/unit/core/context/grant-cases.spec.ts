/**
 * Grants in cases that the captures do not have: older than the stream, pushed out, labelled, given by the
 * change's own words.
 */
import { contextFactsOf } from '@arrivals/core';
import {
  actionOf,
  type GrantAnswer,
  grantMarks,
  grantOf,
  grantSubjects,
  readAuditEvent,
} from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import { MemoryContext } from '../../../support/memory-facts.ts';
import type { Json } from '../samples.ts';
import { CLUSTER, known } from './captures.ts';
import { at } from './seconds.ts';

describe('a grant', () => {
  const RBAC = 'rbac.authorization.k8s.io';
  const bound = (
    second: number,
    username: string,
    verb: string,
    subjects: readonly string[] | undefined,
  ): Json =>
    at(second, username, {
      objectRef: { apiGroup: RBAC, resource: 'rolebindings', namespace: 'pay', name: 'ops' },
      verb,
      responseStatus: { code: verb === 'create' ? 201 : 200 },
      requestObject: undefined,
      responseObject:
        subjects === undefined
          ? undefined
          : {
              kind: 'RoleBinding',
              metadata: { name: 'ops', uid: 'b' },
              roleRef: { kind: 'ClusterRole', name: 'edit' },
              subjects: subjects.map((name) => ({ kind: 'User', name })),
            },
    });
  const use = at(50, 'alice', {
    annotations: {
      'authorization.k8s.io/reason':
        'RBAC: allowed by RoleBinding "ops/pay" of ClusterRole "edit" to User "alice"',
    },
  });
  const grantIn = async (events: readonly Json[]): Promise<GrantAnswer> => {
    const context = new MemoryContext();
    for (const event of events) await context.remember(contextFactsOf(CLUSTER, readAuditEvent(event)), 0);
    const action = actionOf(readAuditEvent(use)) ?? assert.fail();
    return grantOf(action, await known(context, grantSubjects(action)));
  };
  const selfGranted = async (events: readonly Json[]): Promise<boolean | null> =>
    (await grantIn(events)).selfGranted;

  it('is self-given when every change that can have given it is the actor’s own', async () => {
    assert.equal(
      await selfGranted([bound(1, 'grace', 'create', ['bob']), bound(2, 'alice', 'patch', undefined)]),
      true,
    );
    assert.equal(
      await selfGranted([
        bound(1, 'grace', 'create', ['bob']),
        bound(2, 'alice', 'update', ['bob', 'alice']),
      ]),
      true,
    );
  });

  it('is not when he had it before, or changed it only afterwards', async () => {
    assert.equal(
      await selfGranted([bound(1, 'grace', 'create', ['alice']), bound(2, 'alice', 'patch', undefined)]),
      false,
    );
    assert.equal(
      await selfGranted([
        bound(1, 'grace', 'create', ['bob']),
        bound(2, 'grace', 'patch', undefined),
        bound(60, 'alice', 'patch', undefined),
      ]),
      false,
    );
    assert.equal(await selfGranted([]), false);
  });

  it('is unknown of what may be older than the stream, and given by the change that shows so itself', async () => {
    const patch = (requestObject: unknown, subjects?: readonly string[]) => ({
      ...bound(2, 'alice', 'patch', subjects),
      requestObject,
    });
    const entry = { kind: 'User', name: 'alice' };
    assert.equal(await selfGranted([patch(undefined)]), null);
    assert.equal(await selfGranted([patch({ subjects: [entry] }, ['alice'])]), null);
    assert.equal(await selfGranted([bound(2, 'alice', 'update', ['alice'])]), null);
    assert.equal(
      await selfGranted([patch([{ op: 'add', path: '/subjects/-', value: entry }], ['bob', 'alice'])]),
      true,
    );
    assert.equal(
      await selfGranted([patch([{ op: 'add', path: '/subjects/-', value: { kind: 'User', name: 'bob' } }])]),
      null,
    );
  });

  it('is none by a change that touches nothing of it', async () => {
    const labelled = {
      ...bound(2, 'alice', 'patch', ['alice']),
      requestObject: { metadata: { labels: { a: 'b' } } },
    };
    const byStep = {
      ...bound(2, 'alice', 'patch', ['alice']),
      requestObject: [{ op: 'add', path: '/metadata/labels/a', value: 'b' }],
    };
    for (const event of [labelled, byStep]) {
      const grant = await grantIn([event]);
      assert.deepEqual([grant.selfGranted, grant.changes.map(({ gave }) => gave)], [false, [false]]);
    }
  });

  it('of a role from before the stream is unknown, or given where the change shows so itself', async () => {
    const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['create'] }];
    const role = (body: unknown, after: unknown, username = 'alice') =>
      at(2, username, {
        objectRef: { apiGroup: RBAC, resource: 'clusterroles', name: 'edit' },
        verb: 'patch',
        responseStatus: { code: 200 },
        requestObject: body,
        responseObject:
          after === undefined
            ? undefined
            : { kind: 'ClusterRole', metadata: { name: 'edit', uid: 'r' }, rules: after },
      });
    assert.equal(await selfGranted([role(undefined, undefined)]), null);
    assert.equal(await selfGranted([role({ rules }, rules)]), null);
    assert.equal(await selfGranted([role([{ op: 'add', path: '/rules/-', value: rules[0] }], rules)]), true);
    assert.equal(await selfGranted([role({ metadata: { labels: {} } }, rules)]), false);
    assert.equal(await selfGranted([role(undefined, undefined, 'grace')]), false);
  });

  it('stays self-given however often others write the same', async () => {
    const noise = (subjects: readonly string[] | undefined) =>
      Array.from({ length: 400 }, (_, i) => bound(2 + (i % 40), `eve-${String(i % 7)}`, 'patch', subjects));
    for (const subjects of [['alice'], undefined]) {
      const grant = await grantIn([bound(1, 'alice', 'create', ['alice']), ...noise(subjects)]);
      assert.equal(grant.selfGranted, true);
      assert.equal(grant.changes[0]?.action.username, 'alice');
    }
  });

  it('is not known, and never false, where changes were pushed out or evicted', async () => {
    const crowd = Array.from({ length: 400 }, (_, i) =>
      bound(2 + (i % 40), `eve-${String(i)}`, 'patch', undefined),
    );
    const grant = await grantIn([
      bound(1, 'grace', 'create', ['bob']),
      bound(2, 'alice', 'patch', undefined),
      ...crowd,
    ]);
    assert.equal(grant.selfGranted, null);
    const action = actionOf(readAuditEvent(use)) ?? assert.fail();
    const [subject = ''] = grantMarks(action);
    const marked = (ms: number) =>
      grantOf(action, new Map([[subject, [{ kind: 'forgotten', id: 'forgotten', order: ms, value: {} }]]]));
    const actMs = action.received / 1000;
    assert.deepEqual(
      [marked(actMs - 1000).selfGranted, marked(actMs - 1000).unknownBecause],
      [null, 'forgotten'],
    );
    assert.equal(marked(actMs - 2 * 86_400_000).selfGranted, false, 'evictions before the day do not count');
  });

  it('is unknown when another may have given it as well', async () => {
    assert.equal(
      await selfGranted([
        bound(1, 'grace', 'create', ['bob']),
        bound(2, 'alice', 'patch', undefined),
        bound(3, 'bob', 'patch', undefined),
      ]),
      null,
    );
  });

  it('that was revoked and granted again is attributed to the last to grant it', async () => {
    const taken = bound(2, 'grace', 'delete', undefined);
    assert.equal(
      await selfGranted([
        bound(1, 'grace', 'create', ['alice']),
        taken,
        bound(3, 'alice', 'create', ['alice']),
      ]),
      true,
    );
    assert.equal(
      await selfGranted([
        bound(1, 'alice', 'create', ['alice']),
        taken,
        bound(3, 'dave', 'create', ['alice']),
      ]),
      false,
    );
  });
});
