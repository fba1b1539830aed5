/**
 * Which shape is which, what cannot be mistaken for one, and that a bad element harms only itself. Oracle:
 * JSON.parse and zlib.
 */
import { JsonSyntaxError, unwrap } from '@arrivals/core';
import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import {
  azureRecord,
  eventTextsOf,
  gzipBase64,
  inflate,
  kindsOf,
  logEntry,
  logged,
  subscriptionData,
  unwrapped,
} from '../../platform-logs.ts';
import { bytesOf, CREATION, eventWith, type Json } from '../../samples.ts';

const EVENT = logged(CREATION);
const DATA = subscriptionData([EVENT]);
const base64 = (text: string) => Buffer.from(text).toString('base64');
const pubsub = (data: string): Json => ({
  message: { data, attributes: {}, messageId: '7' },
  subscription: 'projects/p/subscriptions/s',
});

describe('unwrap', () => {
  const shapes: readonly (readonly [what: string, value: unknown, platform: string])[] = [
    ['an Event Hubs message', { records: [azureRecord(`${EVENT}\n`)] }, 'AKS'],
    ['a single Azure record', azureRecord(EVENT), 'AKS'],
    ['an Azure record whose log is an object', azureRecord(JSON.parse(EVENT)), 'AKS'],
    ['an Azure record without a category', { properties: { log: EVENT } }, 'AKS'],
    ['subscription data', DATA, 'EKS'],
    ['its gzip in base64 alone', gzipBase64(DATA), 'EKS'],
    ['Lambda’s event', { awslogs: { data: gzipBase64(DATA) } }, 'EKS'],
    ['Firehose’s delivery', { requestId: 'r', timestamp: 1, records: [{ data: gzipBase64(DATA) }] }, 'EKS'],
    [
      'Firehose’s delivery, inflated by Firehose',
      { requestId: 'r', timestamp: 1, records: [{ data: base64(JSON.stringify(DATA)) }] },
      'EKS',
    ],
    [
      'Firehose’s delivery of messages alone',
      { requestId: 'r', timestamp: 1, records: [{ data: base64(`${EVENT}\n`) }] },
      'EKS',
    ],
    [
      'Kinesis’ records in Lambda',
      { Records: [{ kinesis: { data: gzipBase64(DATA) }, eventSource: 'aws:kinesis' }] },
      'EKS',
    ],
    [
      'Kinesis’ records from the command line',
      { Records: [{ SequenceNumber: '1', Data: gzipBase64(DATA) }], NextShardIterator: 'x' },
      'EKS',
    ],
    [
      'what filter-log-events prints',
      {
        events: [{ logStreamName: 'kube-apiserver-audit-1', timestamp: 1, message: EVENT }],
        searchedLogStreams: [],
      },
      'EKS',
    ],
    [
      'what get-log-events prints',
      { events: [{ timestamp: 1, message: EVENT, ingestionTime: 2 }], nextForwardToken: 'f' },
      'EKS',
    ],
    ['an entry of Cloud Logging', logEntry(), 'GKE'],
    ['a list of entries', [logEntry()], 'GKE'],
    ['a Pub/Sub push', pubsub(base64(JSON.stringify(logEntry()))), 'GKE'],
    ['what a Pub/Sub pull prints', [{ ackId: 'a', ...pubsub(base64(JSON.stringify(logEntry()))) }], 'GKE'],
    [
      'a forwarded record of OpenShift',
      { ...CREATION, '@timestamp': 't', log_type: 'audit', openshift: { cluster_id: 'c' } },
      'OpenShift',
    ],
    ['a list of audit events', [CREATION], 'plain'],
    ['an audit event alone', JSON.parse(EVENT), 'plain'],
  ];
  for (const [what, value, platform] of shapes) {
    it(`knows ${what}: ${platform}`, () => {
      assert.deepEqual(kindsOf(value), [`${platform} event`]);
    });
  }

  it('gives the event’s own text, whichever way it was packed', () => {
    const strange = `{"kind":"Event",  "apiVersion":"audit.k8s.io/v1","stage":"ResponseComplete","verb":"get","requestURI":"/ü\u2028\ud83d\ude00","x":1.50e+2,"n":12345678901234567890}`;
    for (const value of [
      azureRecord(`  ${strange}\n`),
      DATA['logEvents'] === undefined ? {} : subscriptionData([strange]),
      gzipBase64(subscriptionData([` ${strange}`])),
      { records: [{ data: base64(strange) }] },
      pubsub(base64(strange)),
    ])
      assert.deepEqual(eventTextsOf(value), [strange]);
    assert.equal(unwrap(Buffer.from(`[ ${strange} , {}]`), inflate)?.[0]?.kind, 'event');
    assert.deepEqual(
      unwrap(Buffer.from(`[ ${strange} ]`), inflate)?.map((part) =>
        'bytes' in part ? part.bytes.toString() : part.kind,
      ),
      [strange],
    );
  });

  describe('takes for none', () => {
    const none: readonly (readonly [what: string, value: unknown])[] = [
      [
        'an EventList',
        {
          kind: 'EventList',
          apiVersion: 'audit.k8s.io/v1',
          items: [CREATION],
          records: [azureRecord(EVENT)],
        },
      ],
      ['an object that is something else', { a: 1 }],
      ['an empty list', []],
      ['a list of something else', [1, {}, 'x']],
      ['a text', 'text'],
      ['a number', 7],
      ['null', null],
      ['records that are no list', { records: { properties: { log: EVENT } } }],
      ['no records', { records: [] }],
      ['records of something else', { records: [{ a: 1 }, 7] }],
      ['logEvents that are no list', { messageType: 'DATA_MESSAGE', logEvents: EVENT }],
      ['events of Kubernetes', { events: [{ message: 'Scheduled', reason: 'x' }] }],
      ['awslogs without data', { awslogs: { data: 7 } }],
      ['a message of something else', { message: { data: base64(EVENT) } }],
      ['a protoPayload that is no object', { protoPayload: 'x' }],
      ['a kind without a stage', { kind: 'Event', apiVersion: 'audit.k8s.io/v1' }],
      ['an AdmissionReview', { kind: 'AdmissionReview', request: {} }],
    ];
    for (const [what, value] of none) {
      it(what, () => {
        assert.equal(unwrapped(value), undefined);
      });
    }
  });

  it('takes an audit event for one, whatever stands in it', () => {
    const lures: Json = {
      records: [azureRecord(EVENT)],
      protoPayload: logEntry()['protoPayload'],
      logEvents: [],
      messageType: 'DATA_MESSAGE',
      properties: { log: EVENT },
    };
    for (const event of [
      eventWith({ requestObject: lures, responseObject: { ...lures, metadata: {} } }),
      eventWith(lures),
      { kind: 'Event', apiVersion: 'audit.k8s.io/v1', ...eventWith(lures) },
      { kind: 'Event', apiVersion: 'audit.k8s.io/v1beta1', ...eventWith(lures) },
    ]) {
      assert.deepEqual(eventTextsOf([event]), [JSON.stringify(event)]);
      assert.deepEqual(eventTextsOf(event), [JSON.stringify(event)]);
    }
  });

  it('reads only the top of a value for its shape', () => {
    for (const value of [
      { a: { records: [azureRecord(EVENT)] } },
      { items: [DATA] },
      { request: logEntry() },
    ])
      assert.equal(unwrapped(value), undefined);
  });

  it('has the last of repeated keys count, as JSON.parse has', () => {
    assert.equal(
      unwrap(Buffer.from('{"records":[{"properties":{"log":"{}"}}],"records":7}'), inflate),
      undefined,
    );
    assert.equal(
      unwrap(Buffer.from('{"records":7,"records":[{"properties":{"log":"{}"}}]}'), inflate)?.length,
      1,
    );
  });

  it('sets one bad element aside, with its bytes and place, and takes the others', () => {
    const bad = azureRecord('no JSON');
    const body = bytesOf({ records: [azureRecord(EVENT), bad, 7, azureRecord(EVENT)] });
    const parts = unwrap(body, inflate) ?? assert.fail();
    assert.deepEqual(
      parts.map(({ kind }) => kind),
      ['event', 'refused', 'event', 'event'],
    );
    const refused = parts[1] ?? assert.fail();
    assert.ok(refused.kind === 'refused');
    assert.deepEqual(
      [refused.reason, refused.form, refused.bytes.toString()],
      ['event_not_json', 'AKS diagnostics', JSON.stringify(bad)],
    );
    assert.equal(body.indexOf(JSON.stringify(bad)), refused.byteOffset);
    const odd = parts[2] ?? assert.fail();
    assert.ok(
      odd.kind === 'event' && odd.slice.facts === undefined && odd.bytes.toString() === '7',
      'what is no record is left to validation',
    );
  });

  const packed: readonly (readonly [what: string, data: string, why: RegExp])[] = [
    ['no base64', 'not base64!', /base64/],
    ['base64 of no JSON', base64('garbage'), /JSON in base64/],
    ['base64 of nothing', base64(' '), /nothing/],
    ['base64 of a cut document', base64('{"messageType":"DATA_MES'), /JSON in base64/],
    [
      'broken gzip',
      Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 0]), Buffer.from('xxxxxxxxxxxxxxxxxx')]).toString('base64'),
      /gzip/,
    ],
    ['cut gzip', gzipSync(JSON.stringify(DATA)).subarray(0, -30).toString('base64'), /gzip/],
    ['gzip of gzip', gzipSync(gzipSync(JSON.stringify(DATA))).toString('base64'), /JSON in base64/],
  ];
  for (const [what, data, why] of packed) {
    it(`sets aside what cannot be unpacked: ${what}`, () => {
      const good = { data: gzipBase64(DATA) };
      const parts =
        unwrapped({ requestId: 'r', timestamp: 1, records: [good, { data }, good] }) ?? assert.fail();
      assert.deepEqual(
        parts.map(({ kind }) => kind),
        ['event', 'refused', 'event'],
      );
      const refused = parts[1] ?? assert.fail();
      assert.ok(refused.kind === 'refused' && refused.reason === 'event_not_json');
      assert.match(refused.detail, why);
      assert.equal(refused.bytes.toString(), JSON.stringify({ data }));
    });
  }

  it('unpacks twice and no further, however deep it goes', () => {
    const wrap = (value: unknown, times: number): unknown =>
      times === 0 ? value : { awslogs: { data: gzipBase64(wrap(value, times - 1)) } };
    for (const times of [1, 2]) assert.deepEqual(kindsOf(wrap(DATA, times)), ['EKS event']);
    for (const times of [3, 10, 40]) assert.deepEqual(kindsOf(wrap(DATA, times)), ['EKS refused']);
  });

  it('takes several values out of one packet', () => {
    const data = base64(`${EVENT}\n${EVENT}${JSON.stringify(DATA)}`);
    assert.deepEqual(kindsOf({ records: [{ data }] }), ['EKS event', 'EKS event', 'EKS event']);
  });

  it('takes 100,000 records where it may', () => {
    const record = JSON.stringify(
      azureRecord('{"stage":"ResponseComplete","verb":"get","requestURI":"/"}', {
        resourceId: undefined,
        operationName: undefined,
      }),
    );
    const parts = unwrap(
      Buffer.from(`{"records":[${Array.from({ length: 100_000 }, () => record).join(',')}]}`),
      inflate,
      100_000,
    );
    assert.equal(parts?.filter(({ kind }) => kind === 'event').length, 100_000);
  });

  it('refuses a text of far too many pieces', () => {
    const body = Buffer.from(`[${JSON.stringify(CREATION)}${',1'.repeat(300_000)}]`);
    assert.throws(() => unwrap(body, inflate), { code: 'body_too_large' });
  });

  it('refuses a packet of far too many values, and takes what stands beside it', () => {
    const data = base64(`${EVENT}${' 0'.repeat(300_000)}`);
    assert.deepEqual(kindsOf({ records: [{ data }, { data: base64(EVENT) }] }), ['EKS refused', 'EKS event']);
  });

  it('takes nesting of any depth', () => {
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    for (const text of [
      deep,
      `{"records":${deep}}`,
      `{"records":[{"properties":{"log":${deep}}}]}`,
      `{"protoPayload":{"methodName":"io.k8s.core.v1.pods.create","response":{"x":${deep}}}}`,
    ])
      assert.doesNotThrow(() => unwrap(Buffer.from(text), inflate));
  });

  it('takes values that follow one another, as shippers post them, if one of them is known', () => {
    const parts = unwrap(Buffer.from(`${EVENT}\n${JSON.stringify(azureRecord(EVENT))}{}`), inflate);
    assert.deepEqual(
      parts?.map(({ kind, platform }) => `${platform ?? 'plain'} ${kind}`),
      ['plain event', 'AKS event', 'plain event'],
    );
    assert.equal(unwrap(Buffer.from('{}{}'), inflate), undefined);
  });

  it('throws for what is no JSON', () => {
    for (const text of ['', '{"records":[', 'x', '{} x'])
      assert.throws(() => unwrap(Buffer.from(text), inflate), JsonSyntaxError);
  });

  it('passes on what the inflating throws', () => {
    const full = new Error('no memory');
    assert.throws(
      () =>
        unwrap(bytesOf({ awslogs: { data: gzipBase64(DATA) } }), () => {
          throw full;
        }),
      full,
    );
  });
});
