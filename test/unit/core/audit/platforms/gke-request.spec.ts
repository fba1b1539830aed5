/**
 * The request that GKE's names describe. The pairs are what Google documents and lists of method and resource
 * names.
 */
import assert from 'node:assert/strict';
import { eventOf, logEntry } from '../../platform-logs.ts';

type Case = readonly [
  method: string,
  resource: string | undefined,
  verb: string,
  objectRef: readonly (string | undefined)[],
  path: string,
];
const none = undefined;

const cases: readonly Case[] = [
  // apiGroup, apiVersion, resource, subresource, namespace, name
  [
    'io.k8s.core.v1.pods.create',
    'core/v1/namespaces/a/pods/b',
    'create',
    [none, 'v1', 'pods', none, 'a', 'b'],
    '/api/v1/namespaces/a/pods/b',
  ],
  [
    'io.k8s.core.v1.pods.create',
    'core/v1/namespaces/a/pods',
    'create',
    [none, 'v1', 'pods', none, 'a', none],
    '/api/v1/namespaces/a/pods',
  ],
  [
    'io.k8s.core.v1.pods.create',
    'io.k8s.core/v1/namespaces/a/pods/b',
    'create',
    [none, 'v1', 'pods', none, 'a', 'b'],
    '/api/v1/namespaces/a/pods/b',
  ],
  ['io.k8s.core.v1.pods.create', none, 'create', [none, 'v1', 'pods', none, none, none], '/api/v1/pods'],
  [
    'io.k8s.core.v1.pods.status.patch',
    'core/v1/namespaces/a/pods/b/status',
    'patch',
    [none, 'v1', 'pods', 'status', 'a', 'b'],
    '/api/v1/namespaces/a/pods/b/status',
  ],
  [
    'io.k8s.core.v1.pods.binding.create',
    'core/v1/namespaces/a/pods/b/binding',
    'create',
    [none, 'v1', 'pods', 'binding', 'a', 'b'],
    '/api/v1/namespaces/a/pods/b/binding',
  ],
  [
    'io.k8s.core.v1.pods.create',
    'core/v1/namespaces/a/pods/b/eviction',
    'create',
    [none, 'v1', 'pods', 'eviction', 'a', 'b'],
    '/api/v1/namespaces/a/pods/b/eviction',
  ],
  [
    'io.k8s.core.v1.pods.list',
    'core/v1/pods',
    'list',
    [none, 'v1', 'pods', none, none, none],
    '/api/v1/pods',
  ],
  [
    'io.k8s.core.v1.namespaces.create',
    'core/v1/namespaces/a',
    'create',
    [none, 'v1', 'namespaces', none, none, 'a'],
    '/api/v1/namespaces/a',
  ],
  [
    'io.k8s.core.v1.namespaces.finalize.update',
    'core/v1/namespaces/a/finalize',
    'update',
    [none, 'v1', 'namespaces', 'finalize', none, 'a'],
    '/api/v1/namespaces/a/finalize',
  ],
  [
    'io.k8s.core.v1.nodes.delete',
    'io.k8s.core/v1/nodes/n',
    'delete',
    [none, 'v1', 'nodes', none, none, 'n'],
    '/api/v1/nodes/n',
  ],
  [
    'io.k8s.apps.v1.deployments.deletecollection',
    'apps/v1/namespaces/a/deployments',
    'deletecollection',
    ['apps', 'v1', 'deployments', none, 'a', none],
    '/apis/apps/v1/namespaces/a/deployments',
  ],
  [
    'io.k8s.authorization.rbac.v1.clusterroles.create',
    'rbac.authorization.k8s.io/v1/clusterroles/r',
    'create',
    ['rbac.authorization.k8s.io', 'v1', 'clusterroles', none, none, 'r'],
    '/apis/rbac.authorization.k8s.io/v1/clusterroles/r',
  ],
  // A CRD may be called pods, in a group of any name: methodName alone would mislead.
  [
    'io.k8s.core.v1.pods.create',
    'core.k8s.io/v1/namespaces/a/pods/b',
    'create',
    ['core.k8s.io', 'v1', 'pods', none, 'a', 'b'],
    '/apis/core.k8s.io/v1/namespaces/a/pods/b',
  ],
  [
    'org.example.v1beta1.pods.create',
    'example.org/v1beta1/namespaces/a/pods/b',
    'create',
    ['example.org', 'v1beta1', 'pods', none, 'a', 'b'],
    '/apis/example.org/v1beta1/namespaces/a/pods/b',
  ],
  [
    'org.example.v1.pods.create',
    none,
    'create',
    ['org.example', 'v1', 'pods', none, none, none],
    '/apis/org.example/v1/pods',
  ],
  ['io.k8s.readyz', 'readyz', 'readyz', [none, none, none, none, none, none], '/readyz'],
  ['io.k8s.get', none, 'get', [none, none, none, none, none, none], '/io.k8s.get'],
  ['create', 'a/b ?dryRun=All', 'create', [none, none, none, none, none, none], '/a/b%20%3FdryRun%3DAll'],
  ['io.k8s.core.v1.', 'x', 'io.k8s.core.v1.', [none, none, none, none, none, none], '/x'],
  [
    'v1.create',
    'core/v1/namespaces/a/pods/b',
    'create',
    [none, none, none, none, none, none],
    '/core/v1/namespaces/a/pods/b',
  ],
];

describe('what was asked, by GKE’s names', () => {
  for (const [methodName, resourceName, verb, objectRef, path] of cases) {
    it(`${methodName} of ${resourceName ?? 'nothing named'}`, () => {
      const event = eventOf(logEntry({ payload: { methodName, resourceName, response: undefined } }));
      const { apiGroup, apiVersion, resource, subresource, namespace, name } = event.objectRef;
      assert.deepEqual(
        [event.verb, apiGroup, apiVersion, resource, subresource, namespace, name, event.requestUri],
        [verb, ...objectRef, path],
      );
    });
  }

  it('makes something valid of any two texts', () => {
    for (const text of [
      '',
      '.',
      '..',
      'v1',
      '/',
      '////',
      '\ud800',
      'v1.v1.v1',
      'a.v1.b',
      '?dryRun=All',
      '__proto__.v1.constructor.create',
    ])
      for (const other of [
        '',
        '/',
        'core/v1',
        'core/v1/namespaces',
        'core/v1/namespaces/',
        '\udfff/\ud800/x',
        'core/v1/namespaces/a/pods/b/c/d',
      ])
        eventOf(logEntry({ payload: { methodName: text === '' ? 'x' : text, resourceName: other } }));
  });
});
