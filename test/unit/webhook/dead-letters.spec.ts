/**
 * Dead letters of one body: however many items are set aside, each is in one letter, and the letters are few.
 */
import { DEAD_LETTER_BYTES_MAX, type Invalid } from '@arrivals/core';
import { DeadLetters } from '@arrivals/webhook';
import assert from 'node:assert/strict';

const CONTEXT = { cluster: 'default', requestId: 'r', receivedAtMicros: 1 };
const NO_OBJECT: Invalid = { reason: 'not_an_object', detail: 'expected an object', form: null };
const NO_VERB: Invalid = { reason: 'verb_missing', detail: 'expected a verb', form: 'unknown' };

describe('the dead letters of a body', () => {
  it('have an item each where there are few', () => {
    const dead = new DeadLetters(CONTEXT);
    for (let i = 0; i < 100; i++)
      dead.add(Buffer.from(String(i)), NO_OBJECT, { index: i, byteOffset: 10 * i });
    assert.deepEqual(
      dead.all().map(({ bytes, request }) => [bytes.toString(), request?.index, request?.byteOffset]),
      Array.from({ length: 100 }, (_, i) => [String(i), i, 10 * i]),
    );
  });

  it('share letters by reason where there are many, and nothing is lost of them', () => {
    const dead = new DeadLetters(CONTEXT);
    const [objects, verbs]: [unknown[], unknown[]] = [[], []];
    for (let i = 0; i < 10_000; i++) {
      const isObject = i % 3 === 0;
      const item = isObject ? { i } : i;
      if (i >= 100) (isObject ? verbs : objects).push(item);
      dead.add(Buffer.from(JSON.stringify(item)), isObject ? NO_VERB : NO_OBJECT, {
        index: i,
        byteOffset: i,
      });
    }
    assert.deepEqual([dead.items, dead.counts], [10_000, { verb_missing: 3334, not_an_object: 6666 }]);
    const shared = dead.all().slice(100);
    assert.deepEqual(
      shared.map(({ reason, bytes, request }) => [
        reason,
        JSON.parse(bytes.toString()) as unknown,
        request?.index,
      ]),
      [
        ['not_an_object', objects, 100],
        ['verb_missing', verbs, 102],
      ],
    );
    assert.match(
      shared[0]?.detail ?? '',
      /^6600 items from position 100 to 9998, here as a list; of the first: expected an object$/,
    );
  });

  it('hold all of megabytes, each letter within the bound', () => {
    const dead = new DeadLetters(CONTEXT);
    const item = Buffer.from(JSON.stringify('x'.repeat(10_000)));
    for (let i = 0; i < 1_000; i++) dead.add(item, NO_OBJECT, { index: i, byteOffset: i });
    const letters = dead.all();
    assert.ok(letters.length < 115, `${String(letters.length)} letters`);
    let items = 0;
    for (const { bytes, length } of letters) {
      assert.ok(length === bytes.length && length <= DEAD_LETTER_BYTES_MAX);
      const value = JSON.parse(bytes.toString()) as unknown;
      items += Array.isArray(value) ? value.length : 1;
    }
    assert.equal(items, 1_000);
  });

  it('leave what alone fills a letter in one of its own', () => {
    const dead = new DeadLetters(CONTEXT);
    for (let i = 0; i < 110; i++) dead.add(Buffer.from('0'), NO_OBJECT, { index: i, byteOffset: i });
    dead.add(Buffer.alloc(DEAD_LETTER_BYTES_MAX + 5, 0x30), NO_OBJECT, { index: 110, byteOffset: 110 });
    assert.deepEqual(
      dead
        .all()
        .slice(100)
        .map(({ length, request }) => [length, request?.index]),
      [
        [DEAD_LETTER_BYTES_MAX + 5, 110],
        [21, 100],
      ],
    );
  });
});
