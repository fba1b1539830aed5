/**
 * Annotations of ours count only where we wrote them: what an admission policy writes under these names is
 * ignored.
 */
import { type AuditBatch, eventsOf, packBatches, parseAuditEvent } from '@arrivals/core';
import {
  CUT_ANNOTATION,
  cutEvent,
  cutParts,
  PLATFORM_ANNOTATION,
  platformOf,
  readAuditEvent,
  withoutForeignMarkers,
} from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import { bytesOf, CREATION, eventWith, type Json, validEvent } from '../samples.ts';

const annotated = (annotations: Json, more: Json = {}): Json =>
  eventWith({ annotations: { 'authorization.k8s.io/decision': 'allow', ...annotations }, ...more });
const packed = (events: readonly Json[]): readonly AuditBatch[] =>
  packBatches(
    'prod',
    0,
    events.map((event) => validEvent(bytesOf(event))),
  ).batches;

const FOREIGN: readonly Json[] = [
  { [PLATFORM_ANNOTATION]: 'GKE' },
  { [PLATFORM_ANNOTATION]: 'nonsense' },
  { [CUT_ANNOTATION]: 'spec containers command' },
  { [CUT_ANNOTATION]: 'nonsense __proto__ constructor' },
  { [CUT_ANNOTATION]: 'spec', 'audit.k8s.io/truncated': 'true' },
  { 'arrivals/whatever': 'x', 'arrivals/': 'y' },
];

describe('annotations of ours that others wrote', () => {
  for (const foreign of FOREIGN) {
    it(`are stripped at intake, and nothing else is: ${JSON.stringify(foreign)}`, () => {
      const [batch] = packed([annotated(foreign), annotated({})]);
      const [stripped, other] = [...eventsOf(batch ?? assert.fail())].map(
        ({ bytes }) => JSON.parse(bytes.toString()) as Json,
      );
      const others = Object.fromEntries(
        Object.entries(foreign).filter(([key]) => !key.startsWith('arrivals/')),
      );
      assert.deepEqual(stripped, annotated(others));
      assert.deepEqual(other, annotated({}));
    });

    it(`are not read either, from a record that has them: ${JSON.stringify(foreign)}`, () => {
      const event = readAuditEvent(annotated(foreign));
      assert.deepEqual(
        Object.keys(event.annotations).filter((key) => key.startsWith('arrivals/')),
        [],
      );
      assert.equal(platformOf(event), null);
    });
  }

  it('cost nothing where there are none: the bytes stay the same', () => {
    for (const event of [CREATION, annotated({}), eventWith({ userAgent: 'arrivals/1.0' })]) {
      const bytes = bytesOf(event);
      assert.equal(withoutForeignMarkers(bytes), bytes);
    }
  });
});

describe('annotations of ours that we wrote', () => {
  it('name the platform of an event that was converted, as it has no level', () => {
    const converted: Json = annotated(
      { [PLATFORM_ANNOTATION]: 'GKE' },
      { level: undefined, requestReceivedTimestamp: undefined },
    );
    const [batch] = packed([converted]);
    for (const { bytes } of eventsOf(batch ?? assert.fail()))
      assert.equal(platformOf(parseAuditEvent(bytes)), 'GKE');
  });

  it('name what was cut, whoever wrote there before', () => {
    const padded = annotated(
      { [CUT_ANNOTATION]: 'nonsense' },
      { requestObject: { metadata: { annotations: { pad: 'x'.repeat(50_000) } } } },
    );
    const event = parseAuditEvent(cutEvent(bytesOf(padded), 20_000));
    assert.equal(event.annotations[CUT_ANNOTATION], 'requestObject');
  });
});

describe('words that name no part', () => {
  it('are passed over', () => {
    assert.deepEqual(
      [...cutParts({ [CUT_ANNOTATION]: 'nonsense spec __proto__ constructor spec' })],
      ['spec'],
    );
    assert.deepEqual([...cutParts({ [CUT_ANNOTATION]: 7 })], []);
  });
});
