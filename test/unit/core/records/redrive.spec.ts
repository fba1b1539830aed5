/**
 * The headers of a record that is a redriven dead letter: read as they were written, and nothing else counts
 * as one.
 */
import {
  type EventPosition,
  redriveHeaders,
  redriveClaimIdentity,
  readRedrive,
  type RecordPosition,
} from '@arrivals/core';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { SEED } from '../samples.ts';

const FIRST: EventPosition = { topic: 'k8s.audit.events', partition: 3, offset: 1207, index: 12 };
const LETTER: RecordPosition = { topic: 'k8s.audit.deadletter', partition: 1, offset: 88 };
const FIRST_HEADER = 'arrivals-original-position';
const LETTER_HEADER = 'arrivals-dead-letter';

const topics = fc.stringMatching(/^[A-Za-z0-9._-]{1,249}$/);
const ints = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const offsets = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER - 1 });
const positions = fc.record({ topic: topics, partition: ints, offset: offsets }, { noNullPrototype: true });

describe('a redriven record', () => {
  it('names the original position of its event, and the dead letter it became', () => {
    assert.deepEqual(redriveHeaders(FIRST, LETTER), {
      [FIRST_HEADER]: 'k8s.audit.events/3/1207/12',
      [LETTER_HEADER]: 'k8s.audit.deadletter/1/88',
    });
    assert.deepEqual(readRedrive(redriveHeaders(FIRST, LETTER)), {
      originalPosition: FIRST,
      deadLetter: LETTER,
    });
  });

  it('is read as it was written, whatever the positions', () => {
    fc.assert(
      fc.property(positions, ints, positions, (position, index, deadLetter) => {
        const originalPosition = { ...position, index };
        assert.deepEqual(readRedrive(redriveHeaders(originalPosition, deadLetter)), {
          originalPosition,
          deadLetter: { ...deadLetter },
        });
      }),
      { seed: SEED },
    );
  });

  it('has no original position when it never had any, as others do not', () => {
    assert.deepEqual(redriveHeaders(null, LETTER), { [LETTER_HEADER]: 'k8s.audit.deadletter/1/88' });
    for (const headers of [redriveHeaders(null, LETTER), {}, { other: 'x' }])
      assert.equal(readRedrive(headers), undefined);
  });

  for (const [first, letter] of [
    ['k8s.audit.events/3/1207', 'd/1/88'],
    ['k8s.audit.events/3/1207/12/1', 'd/1/88'],
    ['/3/1207/12', 'd/1/88'],
    ['k8s.audit.events/-3/1207/12', 'd/1/88'],
    ['k8s.audit.events/3/1e3/12', 'd/1/88'],
    ['k8s.audit.events/3/1207/12 ', 'd/1/88'],
    ['k8s.audit.events/3/1207/12\n', 'd/1/88'],
    ['k8s.audit.events/2147483648/1207/12', 'd/1/88'],
    ['k8s.audit.events/3/9007199254740991/12', 'd/1/88'],
    ['k8s.audit.events/3/1207/2147483648', 'd/1/88'],
    [`${'t'.repeat(250)}/3/1207/12`, 'd/1/88'],
    ['thäma/3/1207/12', 'd/1/88'],
    ['', 'd/1/88'],
    ['t/3/1207/12', undefined],
    ['t/3/1207/12', ''],
    ['t/3/1207/12', 'd/1'],
    ['t/3/1207/12', 'd/1/88/0'],
    ['t/3/1207/12', 'd/x/88'],
  ] as const)
    it(`is none with ${JSON.stringify(first.slice(0, 40))} and ${JSON.stringify(letter)}`, () => {
      assert.throws(
        () =>
          readRedrive({
            [FIRST_HEADER]: first,
            ...(letter === undefined ? {} : { [LETTER_HEADER]: letter }),
          }),
        RangeError,
      );
    });

  it('throws nothing but RangeError, whatever the headers', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (first, letter) => {
        try {
          readRedrive({ [FIRST_HEADER]: first, [LETTER_HEADER]: letter });
        } catch (error) {
          assert.ok(error instanceof RangeError);
          assert.ok(error.message.length < 1000);
        }
      }),
      { seed: SEED },
    );
  });

  it('claims an identity of its own: another event’s, position’s or dead letter’s is another, and so is the event’s', () => {
    const event = Buffer.alloc(32, 1);
    const identities = [
      event,
      redriveClaimIdentity({ originalPosition: FIRST, deadLetter: LETTER }, event),
      redriveClaimIdentity({ originalPosition: FIRST, deadLetter: LETTER }, Buffer.alloc(32, 2)),
      redriveClaimIdentity({ originalPosition: { ...FIRST, index: 13 }, deadLetter: LETTER }, event),
      redriveClaimIdentity({ originalPosition: FIRST, deadLetter: { ...LETTER, offset: 89 } }, event),
    ];
    assert.equal(new Set(identities.map((identity) => identity.toString('hex'))).size, identities.length);
    assert.deepEqual(
      redriveClaimIdentity({ originalPosition: { ...FIRST }, deadLetter: { ...LETTER } }, event),
      identities[1],
    );
    for (const identity of identities) assert.equal(identity.length, 32);
  });
});
