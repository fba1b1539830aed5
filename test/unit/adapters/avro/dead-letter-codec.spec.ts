/** Dead letters as Avro records: what was set aside comes back byte for byte. */
import { decodeDeadLetter, encodeDeadLetter } from '@arrivals/adapters/avro';
import { deadLetter, DEAD_LETTER_BYTES_MAX, type DeadLetter } from '@arrivals/core';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { assertUndecodable, LETTER, spoiled } from './records.ts';

const roundTrip = (letter: DeadLetter): unknown => {
  const { bytes, ...rest } = structuredClone(decodeDeadLetter(encodeDeadLetter(letter)));
  return { ...rest, bytes: Buffer.from(bytes) };
};

const COORDINATES = {
  topic: 'k8s.audit.events',
  partition: 7,
  offset: Number.MAX_SAFE_INTEGER - 1,
  index: 3,
};

describe('a dead letter', () => {
  it('of a POST comes back as it was', () => {
    assert.deepEqual(roundTrip(LETTER), LETTER);
  });

  it('of a record comes back as it was', () => {
    const letter: DeadLetter = { ...LETTER, form: null, request: null, record: COORDINATES };
    assert.deepEqual(roundTrip(letter), letter);
  });

  it('comes back with any bytes, any text and any time', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.string({ unit: 'binary', maxLength: 50 }),
        fc.integer({ min: 0, max: 4e15 }),
        (bytes, detail, time) => {
          const letter: DeadLetter = {
            ...LETTER,
            bytes: Buffer.from(bytes),
            detail: detail.toWellFormed(),
            receivedAtMicros: time,
          };
          assert.deepEqual(roundTrip(letter), letter);
        },
      ),
      { seed: 20260301, numRuns: 300 },
    );
  });

  it('of something large keeps the beginning, and describes the whole', () => {
    const item = Buffer.alloc(DEAD_LETTER_BYTES_MAX + 1, 'x');
    const { bytes: _bytes, length: _length, sha256: _sha256, ...cause } = LETTER;
    const letter = deadLetter(item, cause);
    const decoded = decodeDeadLetter(encodeDeadLetter(letter));
    assert.equal(decoded.bytes.length, DEAD_LETTER_BYTES_MAX);
    assert.equal(decoded.length, item.length);
    assert.equal(decoded.sha256, createHash('sha256').update(item).digest('hex'));
  });
});

describe('decoding a dead letter', () => {
  const record = encodeDeadLetter(LETTER);

  for (const [what, bytes] of Object.entries(spoiled(record))) {
    it(`refuses ${what}`, () => {
      assertUndecodable(decodeDeadLetter, bytes);
    });
  }

  it('refuses every record that ends too early', () => {
    for (let length = 0; length < record.length; length++)
      assertUndecodable(decodeDeadLetter, record.subarray(0, length));
  });
});
