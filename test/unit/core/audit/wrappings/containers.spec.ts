/**
 * Logs of containers: lines in parts, the API server's own lines between them, and what other containers
 * print.
 */
import { type Part, Unwrapper, unwrap } from '@arrivals/core';
import assert from 'node:assert/strict';
import { inflate, logged } from '../../platform-logs.ts';
import { CREATION, type Json } from '../../samples.ts';
import { criLine, dockerRecord, otlp } from '../../../../support/wrapped-forms.ts';

const EVENT = logged(CREATION);
const LATER = logged({ ...CREATION, auditID: 'later' });
const HALF = EVENT.slice(0, 300);
const REST = EVENT.slice(300);
const KLOG = 'I1120 09:00:00.000000       1 controller.go:132] OpenAPI AggregationController: action';

/** Each part for short: an event's text, or what else it is. */
const shown = (parts: readonly Part[]): readonly string[] =>
  parts.map((part) =>
    part.kind === 'event'
      ? part.bytes.toString()
      : `${part.platform} ${part.kind}${part.kind === 'refused' ? `: ${part.detail}` : ''}`,
  );

function ofLines(...lines: readonly string[]): readonly string[] {
  const unwrapper = new Unwrapper(inflate, 1000);
  return shown([
    ...lines.flatMap((line) => unwrapper.takeLine(Buffer.from(line)) ?? assert.fail(line)),
    ...unwrapper.end(),
  ]);
}

function ofValues(...values: readonly unknown[]): readonly string[] {
  return shown(unwrap(Buffer.from(values.map((value) => JSON.stringify(value)).join('\n')), inflate) ?? []);
}

describe('CRI log lines', () => {
  it('are joined from their parts, while lines of stderr stand between', () => {
    assert.deepEqual(
      ofLines(
        criLine(HALF, 'stdout', 'P'),
        criLine(KLOG, 'stderr'),
        criLine(REST.slice(0, 9), 'stdout', 'P'),
        criLine(REST.slice(9)),
      ),
      ['CRI other', EVENT],
    );
  });

  it('with the API server’s own lines are counted, as text and as JSON, on both streams', () => {
    const json = '{"ts":1790000000.1,"caller":"app/server.go:1","msg":"starting","v":0}';
    assert.deepEqual(ofLines(criLine(KLOG), criLine(json), criLine(''), criLine(json, 'stderr')), [
      'klog other',
      'klog other',
      'CRI other',
      'CRI other',
    ]);
  });

  it('of stderr are no audit events, whatever they look like', () => {
    assert.deepEqual(ofLines(criLine(EVENT, 'stderr')), ['CRI other']);
  });

  it('that were cut off at the end are set aside alone', () => {
    const [event, refused] = ofLines(criLine(EVENT), criLine(HALF, 'stdout', 'P'));
    assert.equal(event, EVENT);
    assert.match(refused ?? '', /CRI refused: .*a CRI log line.*its end is missing.*\/var\/log\/pods/);
  });

  it('whose end got lost take no later line with them', () => {
    const [refused, event] = ofLines(
      criLine(HALF, 'stdout', 'P'),
      criLine(LATER.slice(0, 200), 'stdout', 'P'),
      criLine(LATER.slice(200)),
    );
    assert.match(refused ?? '', /^CRI refused/);
    assert.equal(event, LATER);
  });

  it('whose beginning got lost are set aside alone', () => {
    const [refused, event] = ofLines(criLine(REST), criLine(EVENT));
    assert.match(refused ?? '', /^CRI refused/);
    assert.equal(event, EVENT);
  });

  it('are kept to so many characters', () => {
    const part = criLine('x'.repeat(1024 * 1024), 'stdout', 'P');
    assert.match(ofLines(...Array.from({ length: 40 }, () => part))[0] ?? '', /longer than/);
  });
});

describe('Docker’s lines', () => {
  it('are joined until the one with the line feed', () => {
    const long = logged({ ...CREATION, annotations: { x: 'y'.repeat(40_000) } });
    const parts = [long.slice(0, 16_384), long.slice(16_384, 32_768), `${long.slice(32_768)}\n`];
    assert.deepEqual(ofValues(...parts.map((part) => dockerRecord(part))), [long]);
    assert.deepEqual(
      ofValues(...parts.map((part) => dockerRecord(part.trimEnd()))),
      [long],
      'where a shipper cut the line feed off',
    );
  });

  it('of stderr, and the API server’s own, are counted', () => {
    assert.deepEqual(
      ofValues(dockerRecord(`${KLOG}\n`, 'stderr'), dockerRecord(`${KLOG}\n`), dockerRecord(`${EVENT}\n`)),
      ['Docker other', 'klog other', EVENT],
    );
  });

  it('whose end is missing are set aside alone, with their bytes', () => {
    const cut = dockerRecord(HALF);
    const parts =
      unwrap(Buffer.from(`${JSON.stringify(cut)}${JSON.stringify(dockerRecord(`${EVENT}\n`))}`), inflate) ??
      [];
    assert.deepEqual(
      parts.map((part) => ('bytes' in part ? part.bytes.toString() : '')),
      [JSON.stringify(cut), EVENT],
    );
  });
});

describe('records of shippers', () => {
  it('are joined by CRI’s tag, each log by itself', () => {
    const record = (pod: string, log: string, logtag: string): Json => ({
      stream: 'stdout',
      logtag,
      log,
      kubernetes: { pod_name: pod, namespace_name: 'kube-system', container_name: 'kube-apiserver' },
    });
    assert.deepEqual(
      ofValues(
        record('a', HALF, 'P'),
        record('b', LATER.slice(0, 200), 'P'),
        record('a', REST, 'F'),
        record('b', LATER.slice(200), 'F'),
      ),
      [EVENT, LATER],
    );
  });

  const others: readonly (readonly [what: string, record: Json])[] = [
    [
      'Fluent Bit',
      { log: EVENT, kubernetes: { pod_name: 'x', namespace_name: 'shop', container_name: 'web' } },
    ],
    [
      'Fluent Bit, merged',
      {
        ...(JSON.parse(EVENT) as Json),
        kubernetes: { pod_name: 'x', namespace_name: 'shop', container_name: 'web' },
      },
    ],
    [
      'Filebeat',
      { '@timestamp': 't', message: EVENT, kubernetes: { container: { name: 'web' }, namespace: 'shop' } },
    ],
    ['Vector', { source_type: 'file', file: '/var/log/pods/shop_web-1_3f/web/0.log', message: EVENT }],
    ['Loki', { streams: [{ stream: { container: 'web', namespace: 'shop' }, values: [['1', EVENT]] }] }],
    ['OTLP', otlp({ stringValue: EVENT }, [{ key: 'k8s.container.name', value: { stringValue: 'web' } }])],
    [
      'Splunk',
      { event: EVENT, source: `/var/log/containers/x_shop_web-${'a'.repeat(64)}.log`, sourcetype: 'x' },
    ],
  ];
  for (const [what, record] of others) {
    it(`of other containers are counted, whatever they printed: ${what}`, () => {
      assert.match(ofValues(record).join(), /^[\w ]+ other$/);
    });
  }

  it('of a container that is called like an API server, elsewhere, are set aside with a word on it', () => {
    const record = {
      log: EVENT,
      kubernetes: { pod_name: 'x', namespace_name: 'shop', container_name: 'kube-apiserver' },
    };
    assert.match(ofValues(record).join(), /refused: .*kube-system/);
  });

  it('are taken no further apart than five deep', () => {
    const wrap = (value: unknown, times: number): unknown =>
      times === 0 ? value : { schema: {}, payload: wrap(value, times - 1) };
    assert.deepEqual(ofValues(wrap(JSON.parse(EVENT), 5)), [EVENT]);
    assert.match(ofValues(wrap(JSON.parse(EVENT), 6)).join(), /refused: .*at most 5 times/);
    assert.match(ofValues(wrap(JSON.parse(EVENT), 2000)).join(), /refused/);
  });

  it('cannot be made of what an event holds', () => {
    const lures: Json = {
      log: LATER,
      message: LATER,
      event: LATER,
      payload: LATER,
      schema: {},
      streams: [],
      resourceLogs: [],
      _source: {},
      hits: {},
      Stage: 'Panic',
    };
    const event = { ...(JSON.parse(EVENT) as Json), ...lures, requestObject: lures };
    assert.deepEqual(ofValues(event), [JSON.stringify(event)]);
  });

  it('without a signature of their own count only where an event is in them', () => {
    for (const value of [
      { message: 'hello' },
      { log: 'x' },
      { event: 'x' },
      { event: { a: 1 } },
      { message: '{"a":1}' },
      { log: { a: 1 } },
    ]) {
      assert.equal(unwrap(Buffer.from(JSON.stringify(value)), inflate), undefined, JSON.stringify(value));
    }
  });

  it('count as so many items as they hold', () => {
    const body = Buffer.from(
      JSON.stringify({ streams: [{ stream: {}, values: Array.from({ length: 11 }, () => ['1', EVENT]) }] }),
    );
    assert.throws(() => unwrap(body, inflate, 10), { code: 'body_too_large' });
  });
});
