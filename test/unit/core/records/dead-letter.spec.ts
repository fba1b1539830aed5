/** A dead letter keeps the bytes up to its bound, describes the whole, and fits a record of the bus. */
import { decodeDeadLetter, encodeDeadLetter } from '@arrivals/adapters/avro';
import { DEAD_LETTER_BYTES_MAX, deadLetter } from '@arrivals/core';
import type { DeadLetterCause } from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';

const CAUSE: DeadLetterCause = {
  cluster: 'prod',
  receivedAtMicros: 1_795_356_539_271_946,
  reason: 'verb_missing',
  detail: 'expected a verb, found none',
  form: 'unknown',
  request: { requestId: 'r-1', index: 3, byteOffset: 4711 },
  record: null,
};

/** Kafka's default for max.message.bytes. */
const MESSAGE_BYTES_MAX = 1_048_588;

describe('deadLetter', () => {
  it('keeps bytes and cause, with the SHA-256 that FIPS 180-4 gives for "abc"', () => {
    assert.deepStrictEqual(deadLetter(Buffer.from('abc'), CAUSE), {
      ...CAUSE,
      bytes: Buffer.from('abc'),
      length: 3,
      sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    });
  });

  it('takes nothing as well', () => {
    const { bytes, length, sha256 } = deadLetter(Buffer.alloc(0), CAUSE);
    assert.deepStrictEqual([bytes.length, length], [0, 0]);
    assert.equal(sha256, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });

  it('keeps bytes that are no text as they are', () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    assert.deepStrictEqual(deadLetter(bytes, CAUSE).bytes, bytes);
  });

  for (const extra of [-1, 0, 1, 5_000_000]) {
    it(`has length and digest of the whole for ${String(extra)} bytes beyond the bound`, () => {
      const whole = Buffer.alloc(DEAD_LETTER_BYTES_MAX + extra, 'ab');
      const letter = deadLetter(whole, CAUSE);
      assert.equal(letter.bytes.length, Math.min(whole.length, DEAD_LETTER_BYTES_MAX));
      assert.ok(letter.bytes.equals(whole.subarray(0, DEAD_LETTER_BYTES_MAX)));
      assert.equal(letter.length, whole.length);
      assert.equal(letter.sha256, createHash('sha256').update(whole).digest('hex'));
    });
  }

  it('distinguishes items that differ only after the bound', () => {
    const [a, b] = ['a', 'b'].map((last) =>
      deadLetter(Buffer.from('x'.repeat(DEAD_LETTER_BYTES_MAX) + last), CAUSE),
    );
    assert.ok(a !== undefined && b !== undefined);
    assert.deepStrictEqual(a.bytes, b.bytes);
    assert.notEqual(a.sha256, b.sha256);
  });

  it('fits a message of the bus at its largest, and comes back from it whole', () => {
    const position = { topic: 'k8s.audit.events', partition: 11, offset: 2 ** 40, index: 399 };
    const letter = deadLetter(Buffer.alloc(20_000_000, 0xff), {
      ...CAUSE,
      detail: '€'.repeat(500),
      form: null,
      request: null,
      record: position,
    });
    const record = encodeDeadLetter(letter);
    assert.ok(record.length < MESSAGE_BYTES_MAX, String(record.length));
    const { record: at, ...rest } = decodeDeadLetter(record);
    assert.deepStrictEqual({ ...rest, record: { ...at } }, letter);
  });
});
