/**
 * Facts out of events: what gives facts, what does not, the bounds of the port, and that nothing depends on
 * how often or in which order events come.
 */
import {
  condensed,
  contextFactsOf,
  eventsOf,
  FACT_BYTES_MAX,
  type Fact,
  packBatches,
  parseAuditEvent,
  SUBJECT_BYTES_MAX,
  carriesFacts,
} from '@arrivals/core';
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { MemoryContext } from '../../../support/memory-facts.ts';
import { anyEvent, bytesOf, type Json, readCapture, readEventWith, SEED, validEvent } from '../samples.ts';
import { CLUSTER, readContextCapture, shuffled } from '../context/captures.ts';

const RBAC = { apiGroup: 'rbac.authorization.k8s.io', apiVersion: 'v1' };
const DEPLOYMENT = {
  apiGroup: 'apps',
  apiVersion: 'v1',
  resource: 'deployments',
  namespace: 'shop',
  name: 'web',
};

const RESOURCES: readonly (readonly [resource: string, group?: string])[] = [
  ['pods'],
  ['namespaces'],
  ['deployments', 'apps'],
  ['widgets', 'example.com'],
  ['rolebindings', RBAC.apiGroup],
  ['networkpolicies', 'networking.k8s.io'],
];

function factsWith(changes: Json): readonly Fact[] {
  return contextFactsOf(CLUSTER, readEventWith(changes));
}

function kindsWith(changes: Json): readonly string[] {
  return factsWith(changes)
    .filter(({ about }) => !about.startsWith('seen/') && about !== 'since')
    .map(({ about, kind }) => `${about} ${kind.name}`);
}

function metadataOf(name: string): Json {
  return {
    responseObject: { metadata: { name, namespace: 'shop', uid: `uid-of-${name}`, resourceVersion: '7' } },
  };
}

describe('facts', () => {
  it('are about writes to a workload under its group, namespace and name', () => {
    assert.deepEqual(kindsWith({ objectRef: DEPLOYMENT, ...metadataOf('web') }), [
      'written/apps/shop/web created',
    ]);
    assert.deepEqual(
      kindsWith({
        objectRef: DEPLOYMENT,
        verb: 'patch',
        responseStatus: { code: 200 },
        responseObject: undefined,
      }),
      ['written/apps/shop/web changed'],
    );
    assert.deepEqual(
      kindsWith({
        objectRef: { ...DEPLOYMENT, subresource: 'scale' },
        verb: 'patch',
        responseStatus: { code: 200 },
      }),
      ['written/apps/shop/web scaled'],
    );
    assert.deepEqual(kindsWith({ objectRef: DEPLOYMENT, verb: 'delete', responseStatus: { code: 200 } }), [
      'written/apps/shop/web deleted',
    ]);
  });

  it('are about a creation by server-side apply', () => {
    assert.deepEqual(
      kindsWith({
        objectRef: DEPLOYMENT,
        verb: 'patch',
        responseStatus: { code: 201 },
        responseObject: undefined,
      }),
      ['written/apps/shop/web created'],
    );
  });

  it('are about a refusal under the one who was refused, and of nothing else', () => {
    const refused = { responseStatus: { code: 403 }, responseObject: undefined };
    assert.deepEqual(kindsWith(refused), ['actor/alice denied']);
    assert.deepEqual(kindsWith({ ...refused, objectRef: { resource: 'configmaps' }, verb: 'get' }), [
      'actor/alice denied',
    ]);
    assert.deepEqual(kindsWith({ ...refused, objectRef: undefined, requestURI: '/healthz' }), [
      'actor/alice denied',
    ]);
    assert.deepEqual(kindsWith({ responseStatus: { code: 401 } }), ['actor/alice denied']);
  });

  it('are about nobody for a dry run, a failure, a status or another stage', () => {
    for (const changes of [
      { requestURI: '/api/v1/namespaces/team-a/pods?%64ryRun=All' },
      { responseStatus: { code: 409 } },
      { responseStatus: { code: 422 } },
      { responseStatus: { code: 500 } },
      { responseStatus: {} },
      { objectRef: { ...DEPLOYMENT, subresource: 'status' } },
      { objectRef: { resource: 'pods', subresource: 'binding', name: 'a' } },
      { objectRef: { resource: 'events', namespace: 'a' } },
      { objectRef: { resource: 'leases', apiGroup: 'coordination.k8s.io', name: 'a' }, verb: 'update' },
      { stage: 'RequestReceived' },
      { stage: 'Panic' },
    ] as const) {
      assert.deepEqual(factsWith(changes), [], JSON.stringify(changes));
    }
  });

  it('are about an exec session once, though its stream starts and ends', () => {
    const exec = {
      verb: 'get',
      objectRef: { resource: 'pods', subresource: 'exec', namespace: 'a', name: 'p' },
      responseObject: undefined,
    };
    const started = factsWith({
      ...exec,
      stage: 'ResponseStarted',
      responseStatus: { code: 101 },
      stageTimestamp: '2026-11-22T14:08:59.281003Z',
    });
    const ended = factsWith({
      ...exec,
      responseStatus: { code: 200 },
      stageTimestamp: '2026-11-22T15:08:59.281003Z',
    });
    const of = (facts: readonly Fact[]) => facts.filter(({ kind }) => kind.name === 'exec');
    assert.equal(of(started).length, 1);
    assert.deepEqual(of(started), of(ended));
  });

  it('are about bindings, and of who is bound by them', () => {
    const binding = {
      kind: 'RoleBinding',
      metadata: { name: 'b', namespace: 'pay', uid: 'u' },
      roleRef: { kind: 'ClusterRole', name: 'edit' },
      subjects: [
        { kind: 'ServiceAccount', name: 'x' },
        { kind: 'User', name: 'a/b%c' },
      ],
    };
    assert.deepEqual(
      kindsWith({
        objectRef: { ...RBAC, resource: 'rolebindings', namespace: 'pay', name: 'b' },
        responseObject: binding,
      }),
      [
        'actor/alice rbac',
        'binding/pay/b binding',
        'binding/pay/b made',
        'binding/pay/b given',
        'bound/ServiceAccount/pay/x bound',
        'bound/User/-/a%2Fb%25c bound',
      ],
    );
  });

  it('call a controller’s own writes nobody’s: an account with such a name is not one', () => {
    const real = 'system:serviceaccount:kube-system:deployment-controller';
    const metadata = {
      name: 'web-abc',
      namespace: 'shop',
      uid: 'rs',
      annotations: { 'deployment.kubernetes.io/revision': '2' },
      ownerReferences: [
        { kind: 'Deployment', apiVersion: 'apps/v1', name: 'web', uid: 'd', controller: true },
      ],
    };
    const update = {
      verb: 'update',
      responseStatus: { code: 200 },
      objectRef: { ...DEPLOYMENT, resource: 'replicasets', name: 'web-abc' },
      responseObject: { metadata },
    };
    assert.deepEqual(kindsWith({ ...update, user: { username: real } }), [
      'written/apps/shop/web current',
      'written/apps/shop/web-abc owned',
    ]);
    for (const username of [
      'system:serviceaccount:kube-system:evil-controller',
      `${real}x`,
      'system:serviceaccount:evil:deployment-controller',
    ]) {
      assert.deepEqual(kindsWith({ ...update, user: { username } }), ['written/apps/shop/web-abc changed']);
    }
  });

  it('keep the port’s bounds, whatever names are long or broken', () => {
    const long = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.constantFrom(
        'x'.repeat(5000),
        '€'.repeat(900),
        '\ud800',
        '"\\\u0001'.repeat(300),
        '../..',
        '__proto__',
        '',
      ),
    );
    const property = fc.property(anyEvent, long, long, long, (event, username, name, text) => {
      const bodies = {
        metadata: {
          name,
          uid: text,
          labels: { [name]: text },
          ownerReferences: [{ kind: text, apiVersion: name, name, uid: text, controller: true }],
        },
      };
      const [resource, group] = RESOURCES[name.length % RESOURCES.length] ?? assert.fail();
      const changed = {
        ...event,
        stage: 'ResponseComplete',
        verb: 'create',
        responseStatus: { code: 201 },
        user: {
          username,
          extra: {
            'authentication.kubernetes.io/pod-name': [name],
            'authentication.kubernetes.io/pod-uid': [text],
          },
        },
        objectRef: { resource, namespace: name, name, ...(group === undefined ? {} : { apiGroup: group }) },
        responseObject: {
          kind: 'RoleBinding',
          ...bodies,
          roleRef: { kind: name, name: text },
          subjects: Array.from({ length: 40 }, () => ({ kind: text, name })),
        },
        requestReceivedTimestamp: '2026-11-22T14:08:59.271946Z',
        annotations: { 'authorization.k8s.io/reason': text },
      };
      for (const fact of contextFactsOf(CLUSTER, readEventWith(changed))) {
        assert.ok(
          Buffer.byteLength(fact.about) <= SUBJECT_BYTES_MAX && fact.about.isWellFormed(),
          fact.about,
        );
        assert.ok(
          Buffer.byteLength(JSON.stringify(fact.value)) <= FACT_BYTES_MAX,
          JSON.stringify(fact.value).slice(0, 80),
        );
        assert.ok(
          fact.id.length <= 64 &&
            fact.id !== '' &&
            fact.links.length <= 8 &&
            !fact.links.includes(fact.about),
        );
        assert.ok(
          Number.isSafeInteger(fact.order) &&
            fact.order >= 0 &&
            fact.kind.max >= 1 &&
            fact.kind.max <= 64 &&
            /^[a-z]+$/.test(fact.kind.name),
        );
        assert.ok(fact.links.every((link) => Buffer.byteLength(link) <= SUBJECT_BYTES_MAX));
      }
    });
    fc.assert(property, { seed: SEED, numRuns: 500 });
  });

  it('are none where the prefilter lets nothing through', () => {
    for (const line of readCapture().lines) {
      const bytes = Buffer.from(line);
      const [batch] = packBatches(CLUSTER, 0, [validEvent(bytes)]).batches;
      for (const { entry } of batch === undefined ? [] : eventsOf(batch)) {
        if (!carriesFacts(entry)) assert.deepEqual(contextFactsOf(CLUSTER, parseAuditEvent(bytes)), []);
      }
    }
    const property = fc.property(anyEvent, (event) => {
      const bytes = bytesOf(event);
      const [batch] = packBatches(CLUSTER, 0, [validEvent(bytes)]).batches;
      for (const { entry } of batch === undefined ? [] : eventsOf(batch))
        assert.ok(carriesFacts(entry) || contextFactsOf(CLUSTER, parseAuditEvent(bytes)).length === 0);
    });
    fc.assert(property, { seed: SEED });
  });

  it('leave the same context shuffled, repeated and condensed', async () => {
    const facts = readContextCapture('context-our-policy').events.flatMap((event) =>
      contextFactsOf(CLUSTER, event),
    );
    const ordered = new MemoryContext();
    await ordered.remember(facts, 0);
    const other = new MemoryContext();
    const mixed = shuffled([...facts, ...facts], 7);
    for (let i = 0; i < mixed.length; i += 500) await other.remember(condensed(mixed.slice(i, i + 500)), 0);
    const subjects = [...new Set(facts.map(({ about }) => about))].map((about) => ({
      cluster: CLUSTER,
      about,
    }));
    assert.deepEqual(await other.recall(subjects, 0), await ordered.recall(subjects, 0));
  });
});
