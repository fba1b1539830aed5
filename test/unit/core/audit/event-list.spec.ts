/**
 * sliceEventList is held equal to JSON.parse: which bodies it takes, the bytes of each item, and the facts
 * read from it.
 */
import { ArrivalsError, type EventSlice, JsonSyntaxError, scanEvent, sliceEventList } from '@arrivals/core';
import type { EventFacts } from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { bytesOf, CREATION, dig, eventList, readCapture, SEED } from '../samples.ts';
import { eventListText, everyMutation, mutate, mutations } from './json-text.ts';

type Verdict = 'body_not_json' | 'body_not_event_list' | readonly unknown[];

/** What a body is, from JSON.parse alone. */
function expected(body: Buffer): Verdict {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    return 'body_not_json';
  }
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  const version = dig(value, 'apiVersion');
  if (
    !isObject ||
    dig(value, 'kind') !== 'EventList' ||
    (version !== 'audit.k8s.io/v1' && version !== 'audit.k8s.io/v1beta1')
  )
    return 'body_not_event_list';
  const items = dig(value, 'items');
  if (items === null) return [];
  return Array.isArray(items) ? items : 'body_not_event_list';
}

function own(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, key)
    ? dig(value, key)
    : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function expectedFacts(item: unknown): EventFacts | undefined {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return undefined;
  const [ref, code] = [own(item, 'objectRef'), own(own(item, 'responseStatus'), 'code')];
  return {
    kind: text(own(item, 'kind')),
    apiVersion: text(own(item, 'apiVersion')),
    stage: text(own(item, 'stage')),
    verb: text(own(item, 'verb')),
    requestUri: text(own(item, 'requestURI')),
    apiGroup: text(own(ref, 'apiGroup')),
    resource: text(own(ref, 'resource')),
    subresource: text(own(ref, 'subresource')),
    code: typeof code === 'number' ? code : undefined,
  };
}

function sliced(body: Buffer): Verdict | readonly EventSlice[] {
  try {
    return sliceEventList(body);
  } catch (error) {
    assert.ok(error instanceof ArrivalsError, `an ArrivalsError, not ${String(error)}`);
    assert.ok(error.code === 'body_not_json' || error.code === 'body_not_event_list', error.code);
    return error.code;
  }
}

const shown = (body: Buffer) => JSON.stringify(body.toString('latin1').slice(0, 2000));

/** True when the body is an event list. */
function agree(body: Buffer): boolean {
  const verdict = expected(body);
  const result = sliced(body);
  if (typeof verdict === 'string') {
    assert.equal(result, verdict, shown(body));
    return false;
  }
  assert.ok(Array.isArray(result), `refuses: ${shown(body)}`);
  const slices = result as readonly EventSlice[];
  assert.equal(slices.length, verdict.length, shown(body));
  let from = 0;
  for (const [i, { start, end, facts }] of slices.entries()) {
    assert.ok(from < start && start < end && end < body.length, 'items follow one another');
    from = end;
    assert.deepStrictEqual(JSON.parse(body.toString('utf8', start, end)), verdict[i]);
    assert.deepStrictEqual(facts, expectedFacts(verdict[i]), shown(body));
  }
  return true;
}

function refusal(body: string): ArrivalsError {
  try {
    sliceEventList(Buffer.from(body));
  } catch (error) {
    assert.ok(error instanceof ArrivalsError);
    return error;
  }
  return assert.fail(`accepts ${body}`);
}

const LIST = '"kind":"EventList","apiVersion":"audit.k8s.io/v1"';

describe('sliceEventList', () => {
  it('agrees with JSON.parse on generated bodies and on mutations of them', () => {
    let lists = 0;
    let mutatedLists = 0;
    fc.assert(
      fc.property(eventListText, mutations, (body, changes) => {
        let chained = Buffer.from(body);
        const whole = chained;
        if (agree(chained)) lists++;
        for (const change of changes) {
          if (agree(mutate(whole, change))) mutatedLists++;
          chained = Buffer.from(mutate(chained, change));
          agree(chained);
        }
      }),
      { seed: SEED, numRuns: 200 },
    );
    assert.ok(
      lists > 80 && mutatedLists > 80,
      `both sides are tried: ${String(lists)} lists, ${String(mutatedLists)} mutated lists`,
    );
  });

  it('agrees with JSON.parse on every mutation at every position of a small body', () => {
    const body = `{${LIST},"items":[{"stage":"é\\n","objectRef":{"resource":"pods"},"responseStatus":{"code":201}} ,1]}\n`;
    for (const bytes of everyMutation(Buffer.from(body))) agree(bytes);
  });

  it('gives every line of a real capture back byte for byte', () => {
    const { lines } = readCapture();
    const body = eventList(lines);
    assert.deepStrictEqual(
      sliceEventList(body).map(({ start, end }) => body.toString('utf8', start, end)),
      lines,
    );
    assert.ok(agree(body));
  });

  it('is not misled by boundaries of events inside strings', () => {
    const forged = '},{"level":"x"}]},{"items":[';
    const events = [{ ...CREATION, userAgent: forged }, { [forged]: forged }, forged, [forged]];
    assert.equal(sliceEventList(eventList(events.map((event) => JSON.stringify(event)))).length, 4);
    assert.ok(agree(eventList(events.map((event) => JSON.stringify(event)))));
  });

  it('reads keys that are escaped as the keys they are', () => {
    assert.ok(
      agree(
        Buffer.from(
          `{"\\u006bind":"Event\\u004cist","apiVersion":"audit.k8s.io\\/v1","\\u0069tems":[{"st\\u0061ge":"x"}]}`,
        ),
      ),
    );
    assert.equal(scanEvent(Buffer.from('{"\\u0073tage":"\\u0050anic"}')).facts?.stage, 'Panic');
  });

  it('lets the last of repeated keys count, also where it is of a wrong type', () => {
    const objects = [
      `{"items":[1,2],${LIST},"items":[3]}`,
      `{"items":[1],${LIST},"items":null}`,
      `{"items":[1],${LIST},"items":{}}`,
      `{"items":{},${LIST},"items":[1]}`,
      `{"kind":"Event",${LIST},"items":[]}`,
      `{${LIST},"items":[],"kind":"Event"}`,
      `{${LIST},"items":[],"kind":null}`,
      `{${LIST},"items":[{"objectRef":{"resource":"pods","apiGroup":"a"},"objectRef":{"resource":"secrets"}}]}`,
      `{${LIST},"items":[{"objectRef":{"resource":"pods","resource":5}},{"objectRef":{"resource":"pods"},"objectRef":null}]}`,
      `{${LIST},"items":[{"responseStatus":{"code":403,"code":201}},{"responseStatus":{"code":201},"responseStatus":{}}]}`,
      `{${LIST},"items":[{"verb":"get","verb":"create"},{"verb":"create","verb":""},{"verb":"create","verb":["x"]}]}`,
    ];
    for (const body of objects) agree(Buffer.from(body));
  });

  it('reads no fact from a prototype', () => {
    const item =
      '{"__proto__":{"stage":"Panic"},"objectRef":{"__proto__":{"resource":"pods"}},"responseStatus":{"__proto__":{"code":201}}}';
    assert.ok(agree(Buffer.from(`{${LIST},"items":[${item}]}`)));
    assert.ok(!agree(Buffer.from(`{"__proto__":{${LIST},"items":[]}}`)));
  });

  it('reads a code in any form that a number may have, and nothing else', () => {
    for (const code of ['201', '201.0', '2.01e2', '1e400', '-0', '"201"', 'null', '[201]', 'true', '{}']) {
      assert.ok(agree(Buffer.from(`{${LIST},"items":[{"responseStatus":{"code":${code}}}]}`)));
    }
  });

  it('takes an item that is no object as an item without facts', () => {
    const slices = sliceEventList(eventList(['null', '1', '"x"', '[]', 'true', '{}']));
    assert.deepStrictEqual(
      slices.map(({ facts }) => facts === undefined),
      [true, true, true, true, true, false],
    );
  });

  it('takes items nested 100,000 levels deep', () => {
    const depth = 100_000;
    const deep = `{"stage":"Panic","x":${'[{"a":'.repeat(depth / 2)}0${'}]'.repeat(depth / 2)},"verb":"get"}`;
    const body = eventList([deep, '{}']);
    const [first, second] = sliceEventList(body);
    assert.equal(body.toString('utf8', first?.start, first?.end), deep);
    assert.deepStrictEqual([first?.facts?.stage, first?.facts?.verb], ['Panic', 'get']);
    assert.equal(body.toString('utf8', second?.start, second?.end), '{}');
  });

  it('reports which items are nested deeper than an API server reads, and which are valid', () => {
    const nested = (levels: number): string => `{"x":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;
    const items = [
      nested(20_000),
      '{}',
      nested(10_002),
      nested(1_000_000),
      `${'['.repeat(40_000)}${']'.repeat(40_000)}`,
      '{"stage":"Panic"}',
    ];
    assert.deepStrictEqual(
      sliceEventList(eventList(items)).map(({ tooDeep }) => tooDeep ?? false),
      [true, false, false, true, false, false],
    );
  });

  it('refuses more items than there may be, as soon as it finds them', () => {
    for (const item of ['0', '""', 'null', '{}', '[]', '[[]]', '{"items":[0,0]}']) {
      assert.equal(sliceEventList(eventList([item, item, item]), 3).length, 3);
      assert.throws(() => sliceEventList(eventList([item, item, item, item]), 3), {
        code: 'body_too_large',
        message: /at most 3 items/,
      });
      // What stands behind is not even looked at.
      assert.throws(
        () => sliceEventList(Buffer.from(`{${LIST},"items":[${`${item},`.repeat(4)} no JSON`), 3),
        { code: 'body_too_large' },
      );
    }
  });

  it('takes strings of megabytes', () => {
    assert.ok(agree(eventList([JSON.stringify({ ...CREATION, userAgent: '\\"},{€'.repeat(400_000) })])));
  });

  it('takes an empty list, which Go writes as null', () => {
    assert.deepStrictEqual(sliceEventList(Buffer.from(`{${LIST},"items":null}`)), []);
    assert.deepStrictEqual(sliceEventList(eventList([])), []);
  });

  it('takes v1beta1 lists too', () => {
    assert.equal(
      sliceEventList(Buffer.from('{"kind":"EventList","apiVersion":"audit.k8s.io/v1beta1","items":[{}]}'))
        .length,
      1,
    );
  });

  it('refuses what is no JSON, and reports the byte', () => {
    for (const [body, byte] of [
      ['', 0],
      ['\ufeff{}', 0],
      [`{${LIST},"items":[{}]} x`, 65],
      ['{"kind":"EventList",}', 20],
    ] as const) {
      const error = refusal(body);
      assert.equal(error.code, 'body_not_json');
      assert.ok(error.cause instanceof JsonSyntaxError);
      assert.equal(error.cause.byteOffset, byte, body);
      assert.match(error.message, new RegExp(`at byte ${String(byte)}\\b`));
    }
  });

  it('refuses JSON that is no event list, and reports what it is instead', () => {
    const cases: readonly (readonly [body: string, says: RegExp])[] = [
      ['[]', /JSON object of kind EventList/],
      ['null', /JSON object of kind EventList/],
      ['"EventList"', /JSON object of kind EventList/],
      ['{}', /found none/],
      ['{"kind":"Event","apiVersion":"audit.k8s.io/v1","items":[]}', /found "Event"/],
      ['{"kind":"PodList","apiVersion":"v1","items":[]}', /found "PodList"/],
      [
        '{"kind":"EventList","apiVersion":"audit.k8s.io/v1alpha1","items":[]}',
        /found "audit.k8s.io\/v1alpha1"/,
      ],
      ['{"kind":"EventList","items":[]}', /apiVersion .+ found none/],
      [`{${LIST}}`, /"items"/],
      [`{${LIST},"items":{"0":{}}}`, /"items"/],
      [`{${LIST},"items":"[]"}`, /"items"/],
    ];
    for (const [body, says] of cases) {
      const error = refusal(body);
      assert.equal(error.code, 'body_not_event_list', body);
      assert.match(error.message, says);
    }
  });

  it('shows no more than a little of what it found', () => {
    assert.ok(refusal(JSON.stringify({ kind: 'x'.repeat(1_000_000) })).message.length < 200);
  });
});

describe('scanEvent', () => {
  it('reads from a single event what it reads from it in a list', () => {
    const bytes = bytesOf(CREATION);
    assert.deepStrictEqual(scanEvent(bytes), { start: 0, end: bytes.length, facts: expectedFacts(CREATION) });
  });

  it('leaves the white space around it out', () => {
    const { start, end } = scanEvent(Buffer.from(' \n{"stage":"Panic"}\r\n'));
    assert.deepStrictEqual([start, end], [2, 19]);
  });

  it('refuses anything after it, and an empty line', () => {
    for (const line of ['{}{}', '{},', '', ' ', '{"stage":"Panic"'])
      assert.throws(() => scanEvent(Buffer.from(line)), JsonSyntaxError);
  });
});
