/** What is kept of a kind that is full, and of subjects of a sort that are too many. */
import { type Fact, fairShare, quotaMax, quotaOf } from '@arrivals/core';
import assert from 'node:assert/strict';

const facts = (...texts: readonly string[]): readonly Pick<Fact, 'id'>[] => texts.map((id) => ({ id }));

describe('what is kept of a full kind', () => {
  it('is of each actor the best, then of each the second', () => {
    const ids = (max: number): readonly string[] =>
      fairShare(facts('f/5', 'f/4', 'a/3', 'f/2', 'a/1', 'b/0'), max).map(({ id }) => id);
    assert.deepEqual(ids(3), ['f/5', 'a/3', 'b/0']);
    assert.deepEqual(ids(4), ['f/5', 'a/3', 'b/0', 'f/4']);
    assert.deepEqual(ids(6), ['f/5', 'f/4', 'a/3', 'f/2', 'a/1', 'b/0']);
  });
});

describe('the quota of a subject', () => {
  for (const [about, quota, max] of [
    ['binding/-/admin', 'binding', 125],
    ['role/pay/x', 'role', 125],
    ['actor/#0123', 'actor', 125],
    ['seen/userAgent/0123', 'seen/userAgent', 84],
    ['seen/#0123', '', 1000],
    ['written/apps/shop/web', '', 1000],
    ['since', '', 1000],
    ['constructor/x', '', 1000],
    ['forgotten/binding', 'times', 64],
  ] as const) {
    it(`${about}: ${quota}`, () => {
      assert.deepEqual([quotaOf(about), quotaMax(quotaOf(about), 1000)], [quota, max]);
    });
  }

  it('is never none, however few there may be', () => {
    for (const about of ['binding/x', 'seen/image/x', 'x']) assert.ok(quotaMax(quotaOf(about), 1) >= 1);
  });
});
