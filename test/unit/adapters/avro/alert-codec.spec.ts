/** Alerts as Avro records, against bytes that fastavro wrote: see test/fixtures/avro/SOURCES.md. */
import {
  decodeAlert,
  encodeAlert,
  encodeAuditBatch,
  encodeDeadLetter,
  readAlertJson,
} from '@arrivals/adapters/avro';
import { type Alert, alertDocument, alertJson, ArrivalsError } from '@arrivals/core';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { boundMs } from '../../../support/pace.ts';
import { assertUndecodable, BATCH, LETTER, long, spoiled } from './records.ts';

const fixtures = new URL('../../../../fixtures/avro/', import.meta.url);
const ALERT = JSON.parse(readFileSync(new URL('alert.3.fastavro.json', fixtures), 'utf8')) as Alert;
const BYTES = readFileSync(new URL('alert.3.fastavro.bin', fixtures));

describe('an alert that fastavro wrote', () => {
  it('is read as it was', () => {
    assert.deepEqual(structuredClone(decodeAlert(BYTES)), ALERT);
  });

  it('is the same JSON again, so that nothing but the fields comes out', () => {
    assert.deepEqual(JSON.parse(JSON.stringify(decodeAlert(BYTES))), ALERT);
  });

  it('is written with the same bytes', () => {
    assert.equal(encodeAlert(ALERT).toString('hex'), BYTES.toString('hex'));
  });
});

describe('an alert with a flag that this version does not know', () => {
  it('is read with it', () => {
    const later = { ...ALERT, flags: ['somethingNew'] } as unknown as Alert;
    assert.deepEqual(decodeAlert(encodeAlert(later)).flags, ['somethingNew']);
  });
});

describe('encoding an alert', () => {
  it('keeps microseconds', () => {
    for (const time of [
      '1969-12-31T23:59:59.999999Z',
      '1970-01-01T00:00:00.000000Z',
      '1999-12-31T23:59:59.999999Z',
      '2026-11-22T14:09:19.000001Z',
      '2255-06-05T23:47:34.000001Z',
    ])
      assert.equal(
        decodeAlert(encodeAlert({ ...ALERT, occurredAt: time, receivedAt: time })).occurredAt,
        time,
      );
  });

  it('refuses what is no alert', () => {
    for (const wrong of [
      { ...ALERT, receivedAt: 'yesterday' },
      { ...ALERT, receivedAt: null },
      { ...ALERT, revision: 1.5 },
      { ...ALERT, kind: 'NewService' },
      { ...ALERT, title: undefined },
      { ...ALERT, flags: [7] },
      { ...ALERT, cuts: [{ path: 'a', kept: 1 }] },
      {},
      null,
    ])
      assert.throws(() => encodeAlert(wrong as unknown as Alert));
  });
});

describe('decoding an alert', () => {
  for (const [what, bytes] of Object.entries(spoiled(BYTES))) {
    it(`refuses ${what}`, () => {
      assertUndecodable(decodeAlert, bytes);
    });
  }

  it('refuses every record that ends too early', () => {
    for (let length = 0; length < BYTES.length; length++)
      assertUndecodable(decodeAlert, BYTES.subarray(0, length));
  });

  it('refuses records of another kind by name', () => {
    assertUndecodable(decodeAlert, encodeAuditBatch(BATCH), /unknown fingerprint 24fe0c2091e9d028/);
    assertUndecodable(decodeAlert, encodeDeadLetter(LETTER), /unknown fingerprint 9749ccc20c99bfb2/);
  });

  describe('whose last list', () => {
    // The last byte means that the list is empty.
    const withCount = (count: number, ...more: readonly Buffer[]): Buffer =>
      Buffer.concat([encodeAlert({ ...ALERT, cuts: [] }).subarray(0, -1), long(count), ...more]);

    it('has five bytes that claim two thousand million entries is refused before they are built', () => {
      assert.equal(long(2 ** 31 - 1).length, 5);
      assertUndecodable(decodeAlert, withCount(2 ** 31 - 1), /a list of 2147483647 entries in 0 bytes/);
    });

    for (const count of [1, 1000, 2 ** 40, Number.MAX_SAFE_INTEGER, -1000, -(2 ** 40)])
      it(`claims ${String(count)} entries and has none is refused`, () => {
        const startedMs = performance.now();
        assertUndecodable(
          decodeAlert,
          withCount(count, ...(count < 0 ? [long(1)] : [])),
          /a list of|does not end|left/,
        );
        assert.ok(performance.now() - startedMs < boundMs(1000));
      });

    it('has its entries in several blocks, or blocks with their size, is read', () => {
      const cut = Buffer.concat([long(1), Buffer.from('p'), long(3), long(9)]);
      const blocks = Buffer.concat([long(1), cut, long(-2), long(2 * cut.length), cut, cut, long(0)]);
      assert.equal(
        decodeAlert(Buffer.concat([encodeAlert({ ...ALERT, cuts: [] }).subarray(0, -1), blocks])).cuts.length,
        3,
      );
    });

    it('has a forged second block is refused', () => {
      const cut = Buffer.concat([long(1), Buffer.from('p'), long(3), long(9)]);
      assertUndecodable(decodeAlert, withCount(1, cut, long(2 ** 31 - 1)), /a list of/);
    });
  });

  it('reads a view of a larger buffer', () => {
    const larger = Buffer.concat([Buffer.alloc(7, 0xff), BYTES, Buffer.alloc(7, 0xff)]);
    assert.equal(decodeAlert(larger.subarray(7, 7 + BYTES.length)).alertId, ALERT.alertId);
  });
});

describe('an alert in JSON', () => {
  it('is read as its record is, with its nulls and without', () => {
    assert.deepEqual(readAlertJson(ALERT), decodeAlert(BYTES));
    assert.deepEqual(readAlertJson(alertDocument(ALERT)), decodeAlert(BYTES));
  });

  it('has neither null nor an empty list that could be left out', () => {
    assert.doesNotMatch(alertJson(ALERT), /:null/);
    const { cuts: _cuts, author: _author, ...rest } = alertDocument(ALERT) as Record<string, unknown>;
    assert.deepEqual(alertDocument({ ...ALERT, cuts: [], author: null }), rest);
  });

  it('is read without what this version does not know', () => {
    assert.deepEqual(
      readAlertJson({ ...ALERT, more: 1, object: { ...ALERT.object, more: {} } }),
      decodeAlert(BYTES),
    );
  });

  const wrong: readonly (readonly [what: string, json: unknown, says: RegExp])[] = [
    ['null', null, /another JSON value/],
    ['a text', 'alert', /another JSON value/],
    ['a list', [ALERT], /whose schemaVersion is missing/],
    [
      'an audit event',
      { kind: 'Event', auditID: 'a', stage: 'ResponseComplete' },
      /whose schemaVersion is missing/,
    ],
    ['one without its actor', { ...ALERT, actor: undefined }, /whose actor is missing/],
    [
      'one with a name that is a number',
      { ...ALERT, object: { ...ALERT.object, name: 7 } },
      /whose object\.name is missing or of another type/,
    ],
    ['one with a time that is none', { ...ALERT, receivedAt: 'soon' }, /whose receivedAt is/],
    ['one with a severity that is none', { ...ALERT, severity: 'severe' }, /whose severity is/],
    ['one with half a list', { ...ALERT, unknown: [{ path: 'x' }] }, /whose unknown\.0\.reason is/],
    ['one that is larger than any alert', { ...ALERT, title: 'x'.repeat(64_000) }, /at most 64000 bytes/],
  ];
  for (const [what, json, says] of wrong)
    it(`is not ${what}`, () => {
      assert.throws(
        () => readAlertJson(json),
        (error) =>
          error instanceof ArrivalsError && error.code === 'input_not_alert' && says.test(error.message),
      );
    });
});
