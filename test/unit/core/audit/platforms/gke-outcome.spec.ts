/**
 * What counts as a creation in GKE's log, which has no response code. Ground truth: Cloud Audit Logs'
 * documentation of AuditLog and Status, and what a real API server puts into its answers.
 */
import { select } from '@arrivals/core';
import assert from 'node:assert/strict';
import { eventOf, logEntry, type LogEntryParts } from '../../platform-logs.ts';
import type { Json } from '../../samples.ts';

const FAILURE = {
  '@type': 'core.k8s.io/v1.Status',
  kind: 'Status',
  apiVersion: 'v1',
  code: 409,
  metadata: {},
  reason: 'AlreadyExists',
  status: 'Failure',
  message: 'pods "web-1" already exists',
};
const METADATA = {
  name: 'web-1',
  namespace: 'shop',
  uid: 'u',
  resourceVersion: '7',
  creationTimestamp: '2026-11-22T14:09:19Z',
};
const table = (object: unknown): Json => ({
  kind: 'Table',
  apiVersion: 'meta.k8s.io/v1',
  rows: [{ cells: ['web-1'], object }],
});
const patched = (metadata: Json = {}): LogEntryParts => ({
  payload: { methodName: 'io.k8s.core.v1.pods.patch' },
  metadata,
});
const field = (manager: string, time: string): Json => ({
  manager,
  operation: 'Apply',
  time,
  fieldsType: 'FieldsV1',
});
const NOW = METADATA.creationTimestamp;

const outcome = (parts: LogEntryParts) => Object.values(select(eventOf(logEntry(parts)))).join('');

describe('a request in GKE’s log', () => {
  const cases: readonly (readonly [what: string, parts: LogEntryParts, expected: string])[] = [
    ['a creation with its answer', {}, 'Pod'],
    [
      'one of a namespace',
      {
        payload: { methodName: 'io.k8s.core.v1.namespaces.create', resourceName: 'core/v1/namespaces/shop' },
      },
      'Namespace',
    ],
    ['one whose status is empty', { payload: { status: {} } }, 'Pod'],
    ['one without a status', { payload: { status: undefined } }, 'Pod'],
    ['one without an answer', { payload: { response: undefined } }, 'Pod'],
    ['one without bodies', { payload: { request: undefined, response: undefined } }, 'Pod'],
    ['one whose answer was stripped', { payload: { response: { metadata: {} } } }, 'Pod'],
    ['one answered with a Table', { payload: { response: table({ metadata: METADATA }) } }, 'Pod'],
    ['one answered with a Table without the object', { payload: { response: table(null) } }, 'Pod'],
    [
      'one answered with metadata alone',
      { payload: { response: { kind: 'PartialObjectMetadata', metadata: METADATA } } },
      'Pod',
    ],
    [
      'one whose object has a status of its own',
      { payload: { response: { metadata: METADATA, status: { phase: 'Failure' } } } },
      'Pod',
    ],
    [
      'one of whose labels only the reason is there',
      { entry: { labels: { 'authorization.k8s.io/reason': 'x' } } },
      'Pod',
    ],
    ['one at the end of a long request', { entry: { timestamp: '2026-11-22T14:20:00Z' } }, 'Pod'],

    [
      'one with an error',
      { payload: { status: { code: 6, message: 'exists' }, response: FAILURE } },
      'not_successful',
    ],
    [
      'one with an error and no answer',
      { payload: { status: { code: 10, message: 'The operation was aborted' }, response: undefined } },
      'not_successful',
    ],
    [
      'one that only the answer shows as failed',
      { payload: { status: {}, response: FAILURE } },
      'not_successful',
    ],
    [
      'one whose answer is cut down to its failure',
      { payload: { response: { status: 'Failure' } } },
      'not_successful',
    ],
    [
      'one that was refused',
      { entry: { labels: { 'authorization.k8s.io/decision': 'forbid' } }, payload: { response: undefined } },
      'not_successful',
    ],
    [
      'one that was not granted',
      { entry: { labels: {} }, payload: { authorizationInfo: [{ granted: false }], response: undefined } },
      'not_successful',
    ],

    ['a dry run by its label', { entry: { labels: { 'command.gke.io/dryRun': 'true' } } }, 'dry_run'],
    ['a dry run by what its answer lacks', { metadata: { resourceVersion: undefined } }, 'dry_run'],
    [
      'a dry run answered with a Table',
      { payload: { response: table({ metadata: { ...METADATA, resourceVersion: undefined } }) } },
      'dry_run',
    ],

    [
      'a patch of what was there',
      patched({ creationTimestamp: '2026-11-22T13:00:00Z' }),
      'changed_not_created',
    ],
    ['a server-side apply that created', patched({ managedFields: [field('kubectl', NOW)] }), 'Pod'],
    ['one whose answer has no managers', patched(), 'Pod'],
    [
      'one with slow admission',
      {
        ...patched({ managedFields: [field('kubectl', '2026-11-22T14:09:02Z')] }),
        entry: { timestamp: '2026-11-22T14:09:01Z' },
      },
      'Pod',
    ],
    [
      'a patch by another manager at once',
      patched({ managedFields: [field('kubectl', NOW), field('controller', NOW)] }),
      'changed_not_created',
    ],
    [
      'a patch by the same manager a little later',
      patched({ managedFields: [field('kubectl', '2026-11-22T14:09:23Z')] }),
      'changed_not_created',
    ],
    [
      'a patch without an answer',
      { payload: { methodName: 'io.k8s.core.v1.pods.patch', response: undefined } },
      'changed_not_created',
    ],
    [
      'a patch whose entry has no time',
      { ...patched(), entry: { timestamp: undefined } },
      'changed_not_created',
    ],
    ['a patch whose answer has no time', patched({ creationTimestamp: null }), 'changed_not_created'],
    ['a server-side apply as a dry run', patched({ resourceVersion: undefined }), 'dry_run'],
    [
      'an update of what was there',
      {
        payload: { methodName: 'io.k8s.core.v1.pods.update' },
        metadata: { creationTimestamp: '2025-01-01T00:00:00Z' },
      },
      'changed_not_created',
    ],
    ['a deletion', { payload: { methodName: 'io.k8s.core.v1.pods.delete' } }, 'other_verb'],
    [
      'a subresource',
      {
        payload: {
          methodName: 'io.k8s.core.v1.pods.binding.create',
          resourceName: 'core/v1/namespaces/shop/pods/web-1/binding',
        },
      },
      'subresource',
    ],
    [
      'pods of another group',
      { payload: { resourceName: 'example.org/v1/namespaces/shop/pods/web-1' } },
      'other_resource',
    ],
  ];
  for (const [what, parts, expected] of cases) {
    it(`${what}: ${expected}`, () => {
      assert.equal(outcome(parts), expected);
    });
  }

  it('shows the code of a failed answer, and none of its own', () => {
    assert.equal(eventOf(logEntry({ payload: { status: { code: 6 }, response: FAILURE } })).code, 409);
    assert.equal(
      eventOf(logEntry({ payload: { status: { code: 6 }, response: undefined } })).code,
      undefined,
    );
    assert.equal(eventOf(logEntry(patched({ creationTimestamp: '2020-01-01T00:00:00Z' }))).code, 200);
  });

  it('is not called a dry run by what the client can write', () => {
    const lures = {
      dryRun: 'All',
      metadata: {
        labels: { 'command.gke.io/dryRun': 'true' },
        annotations: { 'command.gke.io/dryRun': 'true' },
      },
    };
    const resourceName = 'core/v1/namespaces/shop/pods/web-1?dryRun=All';
    assert.equal(
      outcome({
        payload: {
          request: lures,
          resourceName,
          requestMetadata: { callerSuppliedUserAgent: '?dryRun=All' },
        },
      }),
      'Pod',
    );
  });
});
