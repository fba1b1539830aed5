/** What the alert of a converted event says it does not know, and of which platform. */
import { buildAlert, identityOf, type Unknown } from '@arrivals/core';
import { PLATFORM_ANNOTATION } from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import { eventOf, logEntry, type LogEntryParts } from '../platform-logs.ts';
import {
  alertOf,
  assertFitsJsonSchema,
  COORDINATES,
  LISTS,
  podCreated,
  throughAvro,
  truncated,
  unseenContext,
} from './creations.ts';

function gkeAlert(parts: LogEntryParts = {}) {
  const event = eventOf(logEntry(parts));
  return buildAlert({
    cluster: 'test',
    identity: identityOf('test', event),
    created: 'Pod',
    event,
    position: COORDINATES,
    receivedAtMicros: 7,
    alertedAtMicros: 9,
    flags: [],
    riskLists: LISTS,
    context: unseenContext('Pod', event),
    revision: 1,
    revised: [],
  });
}

const detailOf = (unknown: readonly Unknown[], path: string) =>
  unknown.find((entry) => entry.path === path)?.detail;

describe('the alert of an entry of GKE’s log', () => {
  it('tells the object, the actor and the grant, as any other', () => {
    const { object, actor, grant, occurredAt, provenance } = gkeAlert();
    assert.deepEqual(
      [object.uid, object.name, object.metadataFrom, object.specFrom],
      ['3f1d7a52-8c1e-4a55-b0f6-27c9d1e08b41', 'web-1', 'answer', 'answer'],
    );
    assert.deepEqual(
      [actor.username, actor.peerAddress, grant?.reason],
      ['alice@example.com', '203.0.113.7', 'access granted by IAM permissions.'],
    );
    assert.equal(provenance.platform, 'GKE');
    assert.deepEqual(
      [occurredAt, provenance.auditId],
      ['2026-11-22T14:09:19.124853Z', '5b0e6f0a-41d7-4c39-9b7d-1e8f6a2c7d10'],
    );
  });

  it('says what the log lacks, each once, and that its success was inferred', () => {
    const { unknown } = gkeAlert();
    const paths = unknown.map(({ path }) => path);
    assert.equal(new Set(paths).size, paths.length);
    for (const path of [
      'provenance',
      'provenance.auditId',
      'provenance.level',
      'provenance.requestUri',
      'actor.groups',
      'actor.impersonatedGroups',
      'actor.claimedAddresses',
      'actor.credential',
      'actor.podName',
    ]) {
      const entry = unknown.find((one) => one.path === path);
      assert.equal(entry?.reason, 'notInEvent', path);
      assert.match(entry.detail, /^GKE’s log /);
    }
    assert.match(
      detailOf(unknown, 'provenance') ?? '',
      /neither stage nor response code.* inferred from what the server stamped on its answer/,
    );
    assert.match(
      detailOf(gkeAlert({ payload: { response: undefined } }).unknown, 'provenance') ?? '',
      /inferred from there being no error/,
    );
  });

  it('says of the object what no answer shows', () => {
    const { object, unknown } = gkeAlert({ payload: { response: undefined } });
    assert.deepEqual(
      [object.uid, object.name, object.metadataFrom, object.containers?.length],
      [null, 'web-1', 'request', 1],
    );
    assert.match(detailOf(unknown, 'object.uid') ?? '', /GKE’s log has no answer/);
    const bare = gkeAlert({ payload: { request: undefined, response: undefined } });
    assert.deepEqual(
      [bare.object.name, bare.object.namespace, bare.object.containers],
      ['web-1', 'shop', null],
    );
    assert.match(detailOf(bare.unknown, 'object.containers') ?? '', /GKE’s log/);
  });

  it('says that it was truncated where its label does', () => {
    const { provenance, unknown } = gkeAlert({
      entry: { labels: { 'audit.k8s.io/truncated': 'true' } },
      payload: { request: undefined, response: undefined },
    });
    assert.equal(provenance.truncated, true);
    assert.equal(unknown.find(({ path }) => path === 'object.uid')?.reason, 'truncated');
  });

  it('fits the schemas', () => {
    for (const parts of [{}, { payload: { request: undefined, response: undefined } }]) {
      assertFitsJsonSchema(gkeAlert(parts));
      assert.deepEqual(throughAvro(gkeAlert(parts)), gkeAlert(parts));
    }
  });
});

describe('the alert of an event as an API server wrote it', () => {
  it('says nothing of a platform', () => {
    assert.deepEqual(alertOf(podCreated()).unknown, []);
    assert.ok(alertOf(truncated(podCreated())).unknown.every(({ detail }) => !detail.includes('GKE')));
  });

  it('says nothing of a platform that is none, however somebody writes it there', () => {
    for (const name of ['gke', 'x'.repeat(1e6), '', 7, ['GKE']]) {
      const event = podCreated();
      const annotations = {
        ...(event['annotations'] as Readonly<Record<string, unknown>>),
        [PLATFORM_ANNOTATION]: name,
      };
      assert.deepEqual(alertOf({ ...event, annotations }).unknown, []);
    }
  });

  it('calls truncated what AKS has left out for its size', () => {
    const skipped = 'skipped-too-big-size-object';
    const alert = alertOf(podCreated({ event: { requestObject: skipped, responseObject: skipped } }));
    assert.equal(alert.provenance.truncated, true);
    assert.equal(alert.unknown.find(({ path }) => path === 'object.uid')?.reason, 'truncated');
    const half = alertOf(podCreated({ event: { responseObject: skipped } }));
    assert.deepEqual(
      [half.object.metadataFrom, half.unknown.find(({ path }) => path === 'object.uid')?.reason],
      ['request', 'truncated'],
    );
  });
});
