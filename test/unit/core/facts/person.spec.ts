/**
 * Whose a request is: people who come through one account are kept apart, and nobody gains by taking on
 * another's name.
 */
import {
  type Alert,
  type AuditEvent,
  contextFactsOf,
  contextSubjects,
  type CreationContext,
  creationContextOf,
  creationQueryOf,
} from '@arrivals/core';
import {
  type Action,
  actionOf,
  actorObservations,
  didBoth,
  readAction,
  readAuditEvent,
} from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import { MemoryContext } from '../../../support/memory-facts.ts';
import type { Json } from '../samples.ts';
import { CLUSTER, known } from '../context/captures.ts';
import { alertWith } from '../context/creations.ts';
import { at } from '../context/seconds.ts';

const GATE = 'system:serviceaccount:gate:proxy';
const RBAC = 'rbac.authorization.k8s.io';
const ALLOWED = 'RBAC: allowed by RoleBinding "ops/pay" of ClusterRole "edit" to User "ben"';

/** As the account, or as somebody else through it. */
const through = (account: string, person: string | undefined, uid?: string): Json => ({
  user: { username: account },
  ...(person === undefined
    ? {}
    : { impersonatedUser: { username: person, groups: ['dev'], ...(uid === undefined ? {} : { uid }) } }),
});
const refused = (second: number, who: Json): Json =>
  at(second, GATE, {
    ...who,
    auditID: `refused-${String(second)}`,
    verb: 'list',
    objectRef: { resource: 'secrets', namespace: 'pay', apiVersion: 'v1' },
    responseStatus: { code: 403 },
    requestObject: undefined,
    responseObject: undefined,
  });
const pod = (second: number, who: Json, name = 'web'): Json =>
  at(second, GATE, {
    ...who,
    auditID: `pod-${String(second)}`,
    objectRef: { resource: 'pods', namespace: 'pay', name, apiVersion: 'v1' },
    annotations: { 'authorization.k8s.io/decision': 'allow', 'authorization.k8s.io/reason': ALLOWED },
    responseObject: {
      kind: 'Pod',
      metadata: { name, namespace: 'pay', uid: `uid-${name}` },
      spec: { serviceAccountName: 'default', containers: [{ name: 'c', image: 'registry.example/app:1' }] },
    },
  });
const bound = (second: number, who: Json): Json =>
  at(second, GATE, {
    ...who,
    objectRef: { apiGroup: RBAC, resource: 'rolebindings', namespace: 'pay', name: 'ops' },
    responseObject: {
      kind: 'RoleBinding',
      metadata: { name: 'ops', uid: 'b' },
      roleRef: { kind: 'ClusterRole', name: 'edit' },
      subjects: [{ kind: 'User', name: 'ben' }],
    },
  });

/** The alert of the last event, after all of them. */
async function alertAfter(
  ...events: readonly [Json, ...Json[]]
): Promise<{ readonly alert: Alert; readonly context: CreationContext }> {
  const store = new MemoryContext();
  const read = events.map((event): AuditEvent => readAuditEvent(event));
  for (const event of read) await store.remember(contextFactsOf(CLUSTER, event), 0);
  const last = read.at(-1) ?? assert.fail();
  const query = creationQueryOf('Pod', last) ?? assert.fail();
  const first = await known(store, contextSubjects(query, new Map()));
  const context = creationContextOf(query, await known(store, contextSubjects(query, first)));
  return { alert: alertWith(last, context), context };
}
const counted = ({ timeline }: CreationContext): Readonly<Record<string, number>> =>
  Object.fromEntries(
    timeline.filter(({ count }) => count > 0).map(({ operation, count }) => [operation, count]),
  );
const deniedIn = async (...events: readonly [Json, ...Json[]]): Promise<number> =>
  counted((await alertAfter(...events)).context)['denied'] ?? 0;
const selfGrantedIn = async (grantor: Json, user: Json): Promise<boolean | null | undefined> =>
  (await alertAfter(bound(1, grantor), pod(600, user))).context.grants[0]?.answer.selfGranted;

describe('refusals before a creation', () => {
  it('are not those of somebody else who comes through the same proxy, under whatever name it runs', async () => {
    for (const gate of [GATE, 'gate-proxy']) {
      const mallory = Array.from({ length: 12 }, (_, i) => refused(i + 1, through(gate, 'mallory')));
      assert.equal(await deniedIn(...(mallory as [Json, ...Json[]]), pod(300, through(gate, 'anna'))), 0);
      assert.equal(await deniedIn(...(mallory as [Json, ...Json[]]), pod(300, through(gate, 'mallory'))), 12);
    }
  });

  it('are one’s own through another proxy, and without any', async () => {
    assert.equal(
      await deniedIn(
        refused(1, through(GATE, 'anna')),
        pod(300, through('system:serviceaccount:other:gate', 'anna')),
      ),
      1,
    );
    assert.equal(await deniedIn(refused(1, through('anna', undefined)), pod(300, through(GATE, 'anna'))), 1);
  });

  it('stay with a user who takes on another name afterwards, or gives it up', async () => {
    assert.equal(
      await deniedIn(refused(1, through('mallory', undefined)), pod(300, through('mallory', 'olga'))),
      1,
    );
    assert.equal(
      await deniedIn(refused(1, through('mallory', 'olga')), pod(300, through('mallory', undefined))),
      1,
    );
    assert.equal(await deniedIn(refused(1, through(GATE, undefined)), pod(300, through(GATE, 'anna'))), 1);
  });

  it('of people are not charged to the program that they came through', async () => {
    assert.equal(await deniedIn(refused(1, through(GATE, 'mallory')), pod(300, through(GATE, undefined))), 0);
  });

  it('are listed with both names', async () => {
    const { alert } = await alertAfter(refused(1, through(GATE, 'anna')), pod(300, through(GATE, 'anna')));
    const [entry] = alert.context?.timeline.find(({ operation }) => operation === 'denied')?.newest ?? [];
    assert.deepEqual([entry?.username, entry?.impersonatedUsername], [GATE, 'anna']);
  });
});

describe('what is seen for the first time', () => {
  const observations = (who: Json): readonly string[] =>
    actorObservations(actionOf(readAuditEvent(pod(1, who))) ?? assert.fail(), undefined)
      .filter(({ what }) => what === 'actor' || what === 'impersonator')
      .map(({ what, name }) => `${what} ${name}`);

  it('is the person, and the account as well, under impersonation', () => {
    assert.deepEqual(observations(through('anna', undefined)), ['actor anna']);
    assert.deepEqual(observations(through(GATE, 'anna')), [
      'actor anna',
      `actor ${GATE}`,
      `impersonator ${GATE}`,
    ]);
  });

  it('is one who takes on a controller’s name, and whom a controller’s account acts as', () => {
    const controller = 'system:serviceaccount:kube-system:replicaset-controller';
    assert.deepEqual(observations(through(controller, undefined)), []);
    assert.deepEqual(observations(through('mallory', controller)), [
      `actor ${controller}`,
      'actor mallory',
      'impersonator mallory',
    ]);
    assert.deepEqual(observations(through(controller, 'anna')), [
      'actor anna',
      `actor ${controller}`,
      `impersonator ${controller}`,
    ]);
  });
});

describe('a right granted to oneself', () => {
  for (const [what, grantor, user, expected] of [
    ['by another person through the same proxy', through(GATE, 'olga'), through(GATE, 'ben'), false],
    [
      'by another person through a proxy that has a person’s name, which is unknown',
      through('gate', 'olga'),
      through('gate', 'ben'),
      null,
    ],
    ['by the same person through it', through(GATE, 'ben'), through(GATE, 'ben'), true],
    ['by the same person without it', through('ben', undefined), through(GATE, 'ben'), true],
    [
      'by the proxy under its own name, for whom nobody knows',
      through(GATE, undefined),
      through(GATE, 'ben'),
      null,
    ],
    [
      'through the proxy, and used by it under its own name',
      through(GATE, 'ben'),
      through(GATE, undefined),
      null,
    ],
    [
      'as somebody whom the event does not name',
      { user: { username: GATE }, impersonatedUser: { groups: ['dev'] } },
      through(GATE, 'ben'),
      null,
    ],
    [
      'by a person who took on an administrator’s name for it',
      through('ben', 'olga'),
      through('ben', undefined),
      true,
    ],
    [
      'by a person who then used it under a name taken on',
      through('mallory', undefined),
      through('mallory', 'ben'),
      true,
    ],
    ['by somebody else', through('olga', undefined), through('ben', undefined), false],
  ] as const)
    it(`is ${expected === null ? 'not claimed' : String(expected)} of one given ${what}`, async () => {
      assert.equal(await selfGrantedIn(grantor, user), expected);
    });

  it('is reported with who granted it, under both names', async () => {
    const { alert } = await alertAfter(bound(1, through(GATE, 'olga')), pod(600, through(GATE, 'ben')));
    const [change] = alert.context?.grants[0]?.changes ?? [];
    assert.deepEqual([change?.by, change?.impersonatedUsername], [GATE, 'olga']);
    assert.ok(!alert.risk.signals.some(({ id }) => id.startsWith('self-granted')));
    assert.match(
      alert.investigation.find(({ id }) => id === 'access-controls')?.answer ?? '',
      /by “olga” through “system:serviceaccount:gate:proxy”/,
    );
  });
});

describe('one person', () => {
  const who = (username: string, more: Partial<Action> = {}) => ({
    username,
    impersonatedUsername: undefined,
    uid: undefined,
    isUnnamed: false,
    ...more,
  });

  it('is parted from another of the same name by a uid that the authenticator gave to both', () => {
    assert.equal(didBoth(who('ben', { uid: '1' }), who('ben', { uid: '2' })), false);
    assert.equal(didBoth(who('ben', { uid: '1' }), who('ben')), true);
    assert.equal(didBoth(who('ben', { uid: '1' }), who('ben', { uid: '1' })), true);
  });

  it('is not parted from himself by a uid that was impersonated, nor proved by it', () => {
    assert.equal(
      didBoth(who(GATE, { impersonatedUsername: 'ben', uid: '1' }), who('ben', { uid: '2' })),
      null,
    );
  });

  it('is still not named once his name had to be left out of a fact', () => {
    const kept = { by: GATE, at: 1, shed: ['as'] };
    assert.equal(readAction(kept)?.isUnnamed, true);
    assert.equal(readAction({ by: GATE, at: 1 })?.isUnnamed, false);
  });
});

describe('a headline under impersonation', () => {
  for (const [what, event, begins] of [
    [
      'names the person first where a program acts for him',
      through(GATE, 'anna'),
      '“anna” through “system:serviceaccount:gate:proxy” created',
    ],
    [
      'names the person who acts first where he takes on another’s name',
      through('oscar', 'anna'),
      '“oscar” acting as “anna” created',
    ],
    [
      'names the tool of a repository first, and for whose account it acts',
      through(
        'system:serviceaccount:flux-system:kustomize-controller',
        'system:serviceaccount:team-a:reconciler',
      ),
      '“system:serviceaccount:flux-system:kustomize-controller” (Flux) for “system:serviceaccount:team-a:reconciler” created',
    ],
  ] as const)
    it(what, async () => {
      const { alert } = await alertAfter(pod(1, event));
      assert.ok(alert.headline.startsWith(begins), alert.headline);
    });
});
