/** Work in steps. */
import type { Steps } from '@arrivals/core';
import { atOnce } from '@arrivals/core/internal';
import assert from 'node:assert/strict';

describe('work in steps', () => {
  function* three(done: string[]): Steps<number> {
    done.push('one');
    yield;
    done.push('two');
    yield;
    return 3;
  }

  it('is done at once where nobody waits', () => {
    const done: string[] = [];
    assert.equal(atOnce(three(done)), 3);
    assert.deepEqual(done, ['one', 'two']);
  });

  it('stops after each step where somebody does', () => {
    const done: string[] = [];
    const steps = three(done);
    assert.equal(steps.next().done, false);
    assert.deepEqual(done, ['one']);
  });
});
