/** Times: RFC 3339 in, microseconds, RFC 3339 out; what the API server writes comes out as it went in. */
import { formatMicros, microsOfMillis, parseMicros } from '@arrivals/core';
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { dig, readCapture, SEED } from '../samples.ts';

const SECOND = 1_000_000;

describe('parseMicros', () => {
  const instants: readonly (readonly [text: string, micros: number])[] = [
    ['1970-01-01T00:00:00Z', 0],
    ['1970-01-01T00:00:00.000001Z', 1],
    ['1970-01-01T00:00:01.5Z', 1_500_000],
    ['1970-01-01T00:00:00.000000999Z', 0],
    ['1970-01-01T00:00:00.123456789Z', 123_456],
    ['1969-12-31T23:59:59.999999Z', -1],
    ['2001-09-09T01:46:40Z', 1_000_000_000 * SECOND],
    ['2024-02-29T00:00:00Z', 1_709_164_800 * SECOND],
    ['1970-01-01T02:00:00+02:00', 0],
    ['1969-12-31T19:00:00.25-05:00', 250_000],
    ['1970-01-01T00:00:00-00:00', 0],
    ['1970-01-01T05:45:00+05:45', 0],
    ['2255-06-05T23:47:34.740990Z', Number.MAX_SAFE_INTEGER - 1],
    ['1684-07-28T00:12:25.259010Z', 1 - Number.MAX_SAFE_INTEGER],
  ];
  for (const [text, micros] of instants) {
    it(`reads ${text}`, () => {
      assert.equal(parseMicros(text), micros);
    });
  }

  const invalid: readonly (readonly [what: string, text: string])[] = [
    ['nothing', ''],
    ['words', 'now'],
    ['a date alone', '2026-11-22'],
    ['no zone', '2026-11-22T14:08:59'],
    ['a space for the T', '2026-11-22 14:08:59Z'],
    ['no seconds', '2026-11-22T14:08Z'],
    ['a zone without a colon', '2026-11-22T14:08:59+0200'],
    ['a zone by name', '2026-11-22T14:08:59 UTC'],
    ['a point without digits', '2026-11-22T14:08:59.Z'],
    ['a comma', '2026-11-22T14:08:59,5Z'],
    ['ten digits of a fraction', '2026-11-22T14:08:59.0123456789Z'],
    ['month 13', '2026-13-01T00:00:00Z'],
    ['month 0', '2026-00-01T00:00:00Z'],
    ['day 0', '2026-01-00T00:00:00Z'],
    ['day 32', '2026-01-32T00:00:00Z'],
    ['30 February', '2026-02-30T00:00:00Z'],
    ['29 February of a common year', '2026-02-29T00:00:00Z'],
    ['31 April', '2026-04-31T00:00:00Z'],
    ['hour 24', '2026-01-01T24:00:00Z'],
    ['hour 25', '2026-01-01T25:00:00Z'],
    ['minute 60', '2026-01-01T00:60:00Z'],
    ['second 61', '2026-01-01T00:00:61Z'],
    ['an offset of 24 hours', '2026-01-01T00:00:00+24:00'],
    ['a time that no whole number of microseconds holds', '9999-12-31T23:59:59.999999Z'],
    ['the first microsecond that none holds for sure', '2255-06-05T23:47:34.740991Z'],
    ['Go’s zero time', '0001-01-01T00:00:00Z'],
    ['a year of five digits', '12026-01-01T00:00:00Z'],
    ['a signed year', '+002026-01-01T00:00:00Z'],
    ['a line feed at the end', '2026-11-22T14:08:59Z\n'],
    ['white space before', ' 2026-11-22T14:08:59Z'],
    ['other digits', '２０２６-11-22T14:08:59Z'],
  ];
  for (const [what, text] of invalid) {
    it(`refuses ${what}: ${JSON.stringify(text)}`, () => {
      assert.equal(parseMicros(text), undefined);
    });
  }

  it('never throws, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string({ unit: fc.constantFrom('0', '1', '2', '9', '-', ':', '.', 'T', 'Z', '+') }),
          fc.constant('9'.repeat(100_000)),
        ),
        (text) => {
          const micros = parseMicros(text);
          assert.ok(micros === undefined || Number.isSafeInteger(micros));
        },
      ),
      { seed: SEED, numRuns: 300 },
    );
  });
});

describe('formatMicros', () => {
  it('gives every metav1.MicroTime back as it was', () => {
    for (const text of [
      '2026-11-22T14:08:59.271946Z',
      '1970-01-01T00:00:00.000000Z',
      '1999-12-31T23:59:59.999999Z',
      '2038-01-19T03:14:08.000010Z',
    ]) {
      assert.equal(formatMicros(parseMicros(text) ?? assert.fail()), text);
    }
  });

  it('gives the ends of what parses back as they were', () => {
    for (const text of ['2255-06-05T23:47:34.740990Z', '1684-07-28T00:12:25.259010Z'])
      assert.equal(formatMicros(parseMicros(text) ?? assert.fail()), text);
  });

  it('gives every timestamp of a real capture back as it was', () => {
    let times = 0;
    for (const line of readCapture().lines) {
      const event: unknown = JSON.parse(line);
      for (const key of ['requestReceivedTimestamp', 'stageTimestamp']) {
        const text = dig(event, key);
        assert.ok(typeof text === 'string');
        assert.equal(formatMicros(parseMicros(text) ?? assert.fail()), text);
        times++;
      }
    }
    assert.ok(times > 2000);
  });

  it('writes a metav1.Time, which has whole seconds, as the same instant', () => {
    assert.equal(
      formatMicros(parseMicros('2026-11-22T14:08:59Z') ?? assert.fail()),
      '2026-11-22T14:08:59.000000Z',
    );
  });

  it('writes what parses to the same microsecond, from 1900 to 2200', () => {
    const seconds = fc.integer({ min: Date.UTC(1900, 0) / 1000, max: Date.UTC(2200, 0) / 1000 });
    fc.assert(
      fc.property(seconds, fc.integer({ min: 0, max: 999_999 }), (second, micro) => {
        const micros = second * SECOND + micro;
        const text = formatMicros(micros);
        assert.equal(parseMicros(text), micros);
        assert.equal(
          text,
          `${new Date(second * 1000).toISOString().slice(0, 19)}.${String(micro).padStart(6, '0')}Z`,
        );
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  it('writes times that sort as text as they do in time', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e15 }), fc.integer({ min: 0, max: 4e15 }), (a, b) => {
        assert.equal(
          Buffer.compare(Buffer.from(formatMicros(a)), Buffer.from(formatMicros(b))),
          Math.sign(a - b),
        );
      }),
      { seed: SEED, numRuns: 300 },
    );
  });
});

describe('microsOfMillis', () => {
  it('is a thousand for each', () => {
    assert.equal(microsOfMillis(1), 1000);
    assert.equal(
      formatMicros(microsOfMillis(Date.UTC(2026, 10, 22, 14, 8, 59, 271))),
      '2026-11-22T14:08:59.271000Z',
    );
  });

  it('stays within what can be encoded and shown, also of a forged time', () => {
    for (const millis of [2 ** 62, -(2 ** 62), Number.MAX_SAFE_INTEGER, -1]) {
      assert.ok(Number.isSafeInteger(microsOfMillis(millis)));
      assert.match(formatMicros(microsOfMillis(millis)), /^\d{4}-/);
    }
  });
});
