/**
 * Which items are audit events; every other one gets a reason of the closed set and, where it is known, its
 * form's name.
 */
import { type DeadLetterReason, type Invalid, invalidity, scanEvent } from '@arrivals/core';
import { AUDIT_API_VERSIONS, type ForeignForm, isStage, STAGES } from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import {
  anyEvent,
  bytesOf,
  CREATION,
  dig,
  eventWith,
  type Json,
  readCapture,
  readFormFiles,
  SEED,
} from '../samples.ts';
import { jsonText } from './json-text.ts';

function judge(text: string): Invalid | undefined {
  return invalidity(scanEvent(Buffer.from(text)), Buffer.from(text));
}

const judgeValue = (value: unknown) => judge(JSON.stringify(value));

/** Valid events are validated without being built. */
function isValid(event: Json): boolean {
  return invalidity(scanEvent(bytesOf(event)), bytesOf(event)) === undefined;
}

describe('invalidity', () => {
  it('finds nothing wrong with an event of any stage and any known version, nor with one that states no version', () => {
    for (const stage of STAGES) assert.ok(isValid(eventWith({ stage })));
    for (const apiVersion of AUDIT_API_VERSIONS) assert.ok(isValid(eventWith({ kind: 'Event', apiVersion })));
    assert.ok(isValid(eventWith({ kind: 'Event' })));
    assert.ok(isValid(eventWith({ kind: '', apiVersion: '' })));
  });

  it('asks for a stage, a verb and a requestURI only', () => {
    assert.ok(isValid({ stage: 'Panic', verb: 'get', requestURI: '/' }));
  });

  it('finds every line of a real capture valid', () => {
    for (const line of readCapture().lines) assert.equal(judge(line), undefined);
  });

  it('calls an event valid just when stage, verb, URI, kind and version are valid', () => {
    const strange = fc.constantFrom<unknown>(
      undefined,
      null,
      '',
      5,
      'x',
      'Event',
      'audit.k8s.io/v1',
      'audit.k8s.io/v1beta1',
      'audit.k8s.io/v1alpha1',
      ['Panic'],
    );
    const changed = fc.record(
      { stage: strange, verb: strange, requestURI: strange, kind: strange, apiVersion: strange },
      { requiredKeys: [] },
    );
    const isText = (value: unknown) => typeof value === 'string' && value !== '';
    fc.assert(
      fc.property(anyEvent, changed, (event, changes) => {
        const item: Json = { ...event, ...changes };
        const foreign =
          (isText(item['kind']) && item['kind'] !== 'Event') ||
          (isText(item['apiVersion']) &&
            item['apiVersion'] !== 'audit.k8s.io/v1' &&
            item['apiVersion'] !== 'audit.k8s.io/v1beta1');
        const whole =
          (STAGES as readonly unknown[]).includes(item['stage']) &&
          isText(item['verb']) &&
          isText(item['requestURI']);
        assert.equal(judgeValue(item) === undefined, whole && !foreign);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  it('never throws, and calls every item without a stage invalid', () => {
    fc.assert(
      fc.property(jsonText, (text) => {
        const verdict = judge(text);
        if (!isStage(scanEvent(Buffer.from(text)).facts?.stage)) assert.ok(verdict !== undefined);
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  describe('names the wrapping that no event can be read from, and the remedy', () => {
    const cases: readonly (readonly [what: string, item: unknown, reason: DeadLetterReason, says: RegExp])[] =
      [
        [
          'a CRI log line',
          '2026-11-22T14:08:53.1Z stdout F {"stage":',
          'not_an_object',
          /a CRI log line .*give whole files/,
        ],
        [
          'a line of klog',
          'W1120 09:00:00.200000       1 watcher.go:338] x',
          'not_an_object',
          /the API server’s own log/,
        ],
        [
          'a syslog message',
          '<134>1 2026-11-22T14:08:53Z cp audit - - - {"stage":',
          'not_an_object',
          /a syslog message .*MaxMessageSize/,
        ],
        [
          'a Fluent Bit record',
          { log: '{"stage":' },
          'form_unsupported',
          /Fluent Bit or Fluentd .*"log" or "message"/,
        ],
        ['its entry', [1, { log: '{"stage":' }], 'not_an_object', /Fluent Bit/],
        [
          'an Elastic document',
          { '@timestamp': 't', message: 'x' },
          'form_unsupported',
          /Elasticsearch .*"kubernetes.audit"/,
        ],
        ['a Splunk event', { event: 'x', sourcetype: 's' }, 'form_unsupported', /Splunk.* in "event"/],
        ['Loki’s push', { streams: [{ stream: {}, values: [['1', 'x']] }] }, 'form_unsupported', /Loki/],
        ['OTLP', { resourceLogs: [] }, 'form_unsupported', /body.stringValue/],
        ['a record of Kafka Connect', { schema: {}, payload: 'x' }, 'form_unsupported', /"payload"/],
      ];
    for (const [what, item, reason, says] of cases) {
      it(what, () => {
        const verdict = judgeValue(item) ?? assert.fail();
        assert.equal(verdict.reason, reason);
        assert.notEqual(verdict.form ?? 'unknown', 'unknown');
        assert.match(verdict.detail, says);
      });
    }
  });

  describe('reports why an item is set aside', () => {
    const cases: readonly (readonly [what: string, item: unknown, reason: DeadLetterReason, says: RegExp])[] =
      [
        ['null', null, 'not_an_object', /JSON object/],
        ['a number', 7, 'not_an_object', /JSON object/],
        ['a string', JSON.stringify(CREATION), 'not_an_object', /JSON object/],
        ['a list', [CREATION], 'not_an_object', /JSON object/],
        ['a message', { message: 'x' }, 'stage_unknown', /stage/],
        ['no stage', eventWith({ stage: undefined }), 'stage_unknown', /found none/],
        ['an empty stage', eventWith({ stage: '' }), 'stage_unknown', /found none/],
        ['a stage of a wrong type', eventWith({ stage: ['Panic'] }), 'stage_unknown', /found none/],
        ['a stage of its own', eventWith({ stage: 'ResponseSent' }), 'stage_unknown', /found "ResponseSent"/],
        [
          'a stage in other letters',
          eventWith({ stage: 'responsecomplete' }),
          'stage_unknown',
          /found "responsecomplete"/,
        ],
        [
          'no stage, but kind Event',
          eventWith({ kind: 'Event', stage: undefined }),
          'stage_unknown',
          /found none/,
        ],
        [
          'no stage, but kind and version',
          eventWith({ kind: 'Event', apiVersion: 'audit.k8s.io/v1', stage: undefined }),
          'stage_unknown',
          /found none/,
        ],
        ['no verb', eventWith({ verb: undefined }), 'verb_missing', /verb/],
        ['an empty verb', eventWith({ verb: '' }), 'verb_missing', /verb/],
        ['no requestURI', eventWith({ requestURI: undefined }), 'request_uri_missing', /requestURI/],
        ['a requestURI of a wrong type', eventWith({ requestURI: 5 }), 'request_uri_missing', /requestURI/],
      ];
    for (const [what, item, reason, says] of cases) {
      it(`${what}: ${reason}`, () => {
        const verdict = judgeValue(item);
        assert.equal(verdict?.reason, reason);
        assert.match(verdict.detail, says);
        assert.equal(verdict.form, reason === 'not_an_object' ? null : 'unknown');
      });
    }
  });

  describe('names the form of what only holds audit data', () => {
    const cases: readonly (readonly [form: ForeignForm, item: unknown])[] = [
      ['AdmissionReview', { kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1', request: {} }],
      ['EventList', { kind: 'EventList', apiVersion: 'audit.k8s.io/v1', items: [CREATION] }],
      ['other audit version', eventWith({ kind: 'Event', apiVersion: 'audit.k8s.io/v1alpha1' })],
      ['other audit version', eventWith({ kind: 'Event', apiVersion: 'audit.k8s.io/v2' })],
      ['other kind', eventWith({ kind: 'Policy', apiVersion: 'audit.k8s.io/v1' })],
      ['other kind', { kind: 'Pod', apiVersion: 'v1', metadata: { name: 'x' } }],
      ['other kind', { kind: 'Event', apiVersion: 'v1', reason: 'Scheduled', involvedObject: {} }],
      ['AKS diagnostics', { category: 'kube-audit', properties: { log: JSON.stringify(CREATION) } }],
      ['AKS diagnostics', { records: [{ properties: { log: '{}' } }] }],
      ['GKE Cloud Logging', { insertId: 'x', protoPayload: { methodName: 'io.k8s.core.v1.pods.create' } }],
      [
        'EKS CloudWatch',
        { messageType: 'DATA_MESSAGE', logGroup: '/aws/eks/x/cluster', logEvents: [{ message: '{}' }] },
      ],
    ];
    for (const [form, item] of cases) {
      it(`${form}: ${JSON.stringify(item).slice(0, 60)}`, () => {
        const verdict = judgeValue(item);
        assert.equal(verdict?.reason, 'form_unsupported');
        assert.equal(verdict.form, form);
        assert.ok(verdict.detail.includes(form), verdict.detail);
      });
    }
  });

  it('shows no more than a little of what it found', () => {
    for (const item of [
      { kind: 'k'.repeat(1e6), apiVersion: 'v'.repeat(1e6) },
      eventWith({ stage: 's'.repeat(1e6) }),
    ]) {
      const verdict = judgeValue(item);
      assert.ok(verdict !== undefined && verdict.detail.length < 400, String(verdict?.detail.length));
    }
  });

  describe('on each form of the log', () => {
    const foreign: Readonly<Record<string, ForeignForm>> = {
      admissionreview: 'AdmissionReview',
      aks: 'AKS diagnostics',
      gke: 'GKE Cloud Logging',
    };
    const lacks: readonly unknown[] = ['stage_unknown', 'verb_missing', 'request_uri_missing'];
    for (const { name, records, forms } of readFormFiles()) {
      it(`${name} is taken or named as what it is`, () => {
        const verdicts = records.map(judge);
        for (const [form, named] of Object.entries(foreign)) {
          assert.equal(
            verdicts.filter((verdict) => verdict?.form === named && verdict.reason === 'form_unsupported')
              .length,
            forms[form] ?? 0,
            form,
          );
        }
        const rest = verdicts.filter(
          (verdict) => verdict !== undefined && !Object.values(foreign).includes(verdict.form ?? 'unknown'),
        );
        for (const verdict of rest) assert.ok(lacks.includes(verdict?.reason), JSON.stringify(verdict));
        assert.ok(rest.length >= (forms['unknown'] ?? 0), 'what has no known form is set aside');
        const whole = records.filter((text) => {
          const item: unknown = JSON.parse(text);
          return (
            typeof dig(item, 'stage') === 'string' &&
            typeof dig(item, 'verb') === 'string' &&
            typeof dig(item, 'requestURI') === 'string'
          );
        });
        assert.equal(verdicts.filter((verdict) => verdict === undefined).length, whole.length);
      });
    }
  });
});

describe('isStage', () => {
  it('knows the four stages of the API and nothing else', () => {
    for (const stage of ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'])
      assert.ok(isStage(stage), stage);
    for (const other of [undefined, '', 'panic', 'ResponseComplete ', 'toString', '__proto__'])
      assert.ok(!isStage(other), other);
  });
});
