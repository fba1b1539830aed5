/**
 * What the webhook makes of a body, by its shape and its encoding, and how much memory it counts. Oracles:
 * JSON.parse and zlib.
 */
import { decodeAuditBatch, decodeDeadLetter } from '@arrivals/adapters/avro';
import {
  type DeadLetter,
  eventsOf,
  Ledger,
  type PostedBatch,
  type TelemetryEvent,
  TOPICS,
} from '@arrivals/core';
import { auditRoute, type Delivery } from '@arrivals/webhook';
import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { azureRecord, gzipBase64, logEntry, logged, subscriptionData } from '../core/platform-logs.ts';
import { CREATION, eventList, eventWith, type Json } from '../core/samples.ts';
import { withServer } from '../host/http.ts';

const EVENT = logged(CREATION);
const LIMITS = { bodyBytesMax: 100_000, bodiesBytesMax: 250_000 };

interface Taken {
  readonly status: number;
  readonly body: {
    readonly accepted?: number;
    readonly deadLettered?: number;
    readonly error?: { readonly code: string; readonly message: string };
  };
  /** The events on the raw topic, as text. */
  readonly events: readonly string[];
  readonly letters: readonly DeadLetter[];
  readonly told: readonly TelemetryEvent[];
}

interface PostOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly limits?: typeof LIMITS;
  readonly deliver?: Delivery['deliver'];
}

/** Posts to a webhook of its own. */
async function post(
  body: unknown,
  { headers = {}, limits = LIMITS, deliver = () => Promise.resolve() }: PostOptions = {},
): Promise<Taken> {
  const batches: PostedBatch[] = [];
  const told: TelemetryEvent[] = [];
  const route = auditRoute({
    delivery: {
      deliver: (batch, retain) => {
        batches.push(batch);
        return deliver(batch, retain);
      },
    },
    telemetry: { emit: (event) => told.push(event) },
    clusters: new Set(['default']),
    senders: null,
    topics: TOPICS,
    limits,
    now: Date.now,
  });
  let taken: Taken | undefined;
  await withServer({ routes: [route] }, async ({ port }) => {
    const response = await fetch(`http://127.0.0.1:${String(port)}/v1/clusters/default/audit`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: Buffer.isBuffer(body) ? body : typeof body === 'string' ? body : JSON.stringify(body),
    });
    const records = batches.flatMap((batch) => batch.records);
    taken = {
      status: response.status,
      body: (await response.json()) as Taken['body'],
      events: records.flatMap(({ topic, value }) =>
        topic === TOPICS.audit
          ? [...eventsOf(decodeAuditBatch(value))].map(({ bytes }) => bytes.toString())
          : [],
      ),
      letters: records.flatMap(({ topic, value }) =>
        topic === TOPICS.deadLetters ? [decodeDeadLetter(value)] : [],
      ),
      told,
    };
  });
  return taken ?? assert.fail();
}

const GZIP = { 'Content-Encoding': 'gzip' };

describe('the webhook', () => {
  const bodies: readonly (readonly [what: string, body: unknown, events: number])[] = [
    ['an EventList', eventList([EVENT]).toString(), 1],
    ['Event Hubs’ records', { records: [azureRecord(`${EVENT}\n`), azureRecord(JSON.parse(EVENT))] }, 2],
    ['subscription data', subscriptionData([EVENT, EVENT]), 2],
    ['Lambda’s event', { awslogs: { data: gzipBase64(subscriptionData([EVENT])) } }, 1],
    [
      'Firehose’s delivery',
      { requestId: 'r', timestamp: 1, records: [{ data: gzipBase64(subscriptionData([EVENT])) }] },
      1,
    ],
    ['a list of OpenShift’s records', [{ ...CREATION, log_type: 'audit', openshift: {} }], 1],
    ['an audit event alone', EVENT, 1],
    ['what asks whether somebody is there', subscriptionData(['x'], { messageType: 'CONTROL_MESSAGE' }), 0],
  ];
  for (const [what, body, events] of bodies) {
    it(`takes ${what}, plain and gzipped`, async () => {
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      for (const taken of [await post(text), await post(gzipSync(text), { headers: GZIP })]) {
        assert.deepEqual([taken.status, taken.body], [200, { accepted: events, deadLettered: 0 }]);
        assert.equal(taken.events.length, events);
        for (const event of taken.events)
          assert.equal((JSON.parse(event) as Json)['auditID'], CREATION['auditID']);
      }
    });
  }

  it('keeps the events of a log as the text they were there', async () => {
    const { events } = await post({ records: [azureRecord(`${EVENT}\n`)] });
    assert.deepEqual(events, [EVENT]);
  });

  it('takes records of shippers that follow one another, with any media type of such', async () => {
    const body = [
      { time: 1, event: JSON.parse(EVENT) as Json },
      { event: EVENT, sourcetype: 'x' },
    ].map((record) => JSON.stringify(record));
    for (const type of [
      'application/json',
      'application/x-ndjson',
      'application/stream+json; charset=utf-8',
    ]) {
      const taken = await post(body.join('\n'), { headers: { 'Content-Type': type } });
      assert.deepEqual([taken.status, taken.events], [200, [EVENT, EVENT]], type);
    }
  });

  it('counts lines that an API server wrote of itself, by the wrapping, and tells what no event can be read from', async () => {
    const klog = 'I1120 09:00:00.000000       1 controller.go:132] OpenAPI AggregationController';
    const record = (log: string, stream = 'stdout'): Json => ({ stream, log, time: 't' });
    const taken = await post([
      record(`${klog}\n`),
      record('x\n', 'stderr'),
      record(`${EVENT}\n`),
      record('{"stage":\n'),
    ]);
    assert.deepEqual([taken.body.accepted, taken.body.deadLettered, taken.events], [2, 1, [EVENT]]);
    assert.match(taken.letters[0]?.detail ?? '', /Docker’s json-file log.*give whole files/);
    assert.equal(taken.letters[0]?.form, 'Docker');
    assert.deepEqual(
      taken.told.flatMap((event) =>
        event.type === 'entries_ignored' ? [[event.platform, event.entries]] : [],
      ),
      [
        ['klog', 1],
        ['Docker', 1],
      ],
    );
  });

  it('takes GKE’s entries, converted', async () => {
    const { status, events } = await post([logEntry()]);
    assert.equal(status, 200);
    assert.equal((JSON.parse(events[0] ?? '') as Json)['verb'], 'create');
  });

  it('sets a bad element aside, with its bytes and where it stood, and takes the others', async () => {
    const bad = azureRecord('no JSON');
    const noEvent = azureRecord('{"stage":"Never"}');
    const body = JSON.stringify({
      records: [
        azureRecord(EVENT),
        bad,
        azureRecord('x', { category: 'guard' }),
        noEvent,
        azureRecord(EVENT),
      ],
    });
    const { status, body: answer, events, letters, told } = await post(body);
    assert.deepEqual([status, answer, events.length], [200, { accepted: 4, deadLettered: 2 }, 2]);
    assert.deepEqual(
      letters.map(({ reason, form, bytes, request }) => [
        reason,
        form,
        bytes.toString(),
        request?.index,
        request?.byteOffset,
      ]),
      [
        ['event_not_json', 'AKS diagnostics', JSON.stringify(bad), 1, body.indexOf(JSON.stringify(bad))],
        ['stage_unknown', 'unknown', '{"stage":"Never"}', 3, body.indexOf(JSON.stringify(noEvent))],
      ],
    );
    assert.deepEqual(
      told.filter(({ type }) => type === 'entries_ignored'),
      [{ type: 'entries_ignored', cluster: 'default', platform: 'AKS', entries: 1 }],
    );
  });

  it('sets a bomb aside, and takes what stands beside it', async () => {
    const data = gzipSync(Buffer.alloc(50_000_000)).toString('base64');
    const { status, events, letters } = await post({
      records: [{ data: gzipBase64(subscriptionData([EVENT])) }, { data }],
    });
    assert.deepEqual([status, events.length, letters.length], [200, 1, 1]);
    assert.match(letters[0]?.detail ?? '', /gzip of at most 100000 bytes/);
    assert.equal(letters[0]?.bytes.toString(), JSON.stringify({ data }));
  });

  it('refuses a gzipped body over the limit with 413, as it is inflated', async () => {
    for (const size of [100_001, 50_000_000]) {
      const { status, body } = await post(gzipSync(Buffer.alloc(size, ' ')), { headers: GZIP });
      assert.deepEqual([status, body.error?.code], [413, 'body_too_large']);
    }
    const full = Buffer.from(`${' '.repeat(100_000 - eventList([]).length)}${eventList([]).toString()}`);
    assert.equal((await post(gzipSync(full), { headers: GZIP })).status, 200);
  });

  it('refuses what only says that it is gzip with 400', async () => {
    const list = eventList([EVENT]);
    for (const body of [
      list,
      gzipSync(list).subarray(0, -10),
      Buffer.concat([gzipSync(list).subarray(0, 20), Buffer.alloc(50, 7)]),
    ]) {
      const { status, body: answer } = await post(body, { headers: GZIP });
      assert.deepEqual([status, answer.error?.code], [400, 'body_not_gzip']);
    }
  });

  it('takes encodings in any letters, and refuses others with 415', async () => {
    const list = eventList([]);
    assert.equal((await post(gzipSync(list), { headers: { 'Content-Encoding': 'GZip' } })).status, 200);
    assert.equal((await post(list, { headers: { 'Content-Encoding': 'identity' } })).status, 200);
    for (const encoding of ['br', 'deflate', 'gzip, gzip', 'zstd']) {
      const { status, body } = await post(list, { headers: { 'Content-Encoding': encoding } });
      assert.deepEqual([status, body.error?.code], [415, 'content_type_unsupported'], encoding);
    }
  });

  it('refuses what is of no known shape with 400', async () => {
    for (const body of [
      '[]',
      '{}',
      '7',
      '"text"',
      '{"records":[]}',
      '{"records":7}',
      '{"kind":"Event","apiVersion":"audit.k8s.io/v1"}',
      '{"kind":"EventList"}',
    ]) {
      const { status, body: answer } = await post(body);
      assert.deepEqual([status, answer.error?.code], [400, 'body_not_event_list'], body);
    }
    assert.equal((await post('{"records":[')).body.error?.code, 'body_not_json');
  });

  it('counts what is inflated, in the body and inside it, in the memory of all bodies', async () => {
    const limits = { bodyBytesMax: 100_000, bodiesBytesMax: 90_000 };
    const padded = logged(eventWith({ requestObject: { padding: 'x'.repeat(50_000) } }));
    const list = eventList([padded]);
    assert.equal((await post(gzipSync(list), { headers: GZIP, limits })).status, 200);
    for (const [body, headers] of [
      [gzipSync(Buffer.concat([list, Buffer.alloc(45_000, ' ')])), GZIP],
      [{ awslogs: { data: gzipBase64(subscriptionData([padded])) } }, {}],
    ] as const) {
      const { status, body: answer } = await post(body, { headers, limits });
      assert.deepEqual([status, answer.error?.code], [503, 'overloaded']);
    }
  });

  it('gives the memory back when it has answered', async () => {
    const limits = { bodyBytesMax: 100_000, bodiesBytesMax: 150_000 };
    const ledger = new Ledger();
    const route = auditRoute({
      delivery: { deliver: () => Promise.resolve() },
      telemetry: ledger,
      clusters: new Set(['default']),
      senders: null,
      topics: TOPICS,
      limits,
      now: Date.now,
    });
    await withServer({ routes: [route] }, async ({ port }) => {
      const send = (body: Buffer) =>
        fetch(`http://127.0.0.1:${String(port)}/v1/clusters/default/audit`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json', ...GZIP },
          body,
        });
      const [good, bomb, broken] = [
        gzipSync(Buffer.concat([eventList([]), Buffer.alloc(60_000, ' ')])),
        gzipSync(Buffer.alloc(5_000_000)),
        Buffer.from('x'),
      ];
      for (let i = 0; i < 20; i++)
        assert.deepEqual(
          [(await send(good)).status, (await send(bomb)).status, (await send(broken)).status],
          [200, 413, 400],
        );
    });
  });
});
