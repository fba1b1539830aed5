/** How long chunks wait for a state that is away, by a clock that the test sets. */
import { ArrivalsError } from '@arrivals/core';
import { StateOutage } from '@arrivals/processor';
import assert from 'node:assert/strict';

const WAIT_MS = 60_000;
const AWAY = new ArrivalsError('state_unavailable', 'injected');

describe('an outage of the state', () => {
  let nowMs: number;
  let outage: StateOutage<object>;
  const [chunk, other] = [{ name: 'chunk' }, { name: 'other' }];
  const open = (onStateLoss: 'bypass' | 'pause' = 'bypass'): void => {
    outage = new StateOutage({ onStateLoss, stateWaitMs: WAIT_MS, now: () => nowMs });
  };
  beforeEach(() => {
    nowMs = 1_800_000_000_000;
    open();
  });

  it('has chunks wait for ever while nothing has failed', () => {
    assert.deepEqual(
      [outage.leftMs(chunk), outage.isOver(chunk), outage.awayMs(), outage.error],
      [Number.POSITIVE_INFINITY, false, 0, undefined],
    );
  });

  it('is as old as its first failure, for every chunk', () => {
    outage.failed(AWAY, chunk);
    nowMs += WAIT_MS - 1;
    outage.failed(AWAY, other);
    assert.deepEqual([outage.leftMs(chunk), outage.leftMs(other), outage.isOver(other)], [1, 1, false]);
    nowMs += 1;
    assert.deepEqual([outage.isOver(other), outage.awayMs(), outage.error], [true, WAIT_MS, AWAY]);
  });

  it('ends with a success, but not for a chunk that has failed before', () => {
    outage.failed(AWAY, chunk);
    nowMs += 1000;
    outage.succeeded();
    assert.deepEqual([outage.awayMs(), outage.leftMs(other)], [0, Number.POSITIVE_INFINITY]);
    assert.equal(outage.leftMs(chunk), WAIT_MS - 1000);
  });

  it('counts for a chunk from its own first failure, where others succeed and fail in between', () => {
    outage.failed(AWAY, chunk);
    outage.succeeded();
    nowMs += 30_000;
    outage.failed(AWAY, other);
    assert.deepEqual([outage.leftMs(chunk), outage.leftMs(other)], [30_000, WAIT_MS]);
    outage.bypass(chunk);
    assert.deepEqual([outage.awayMs(), outage.leftMs(other)], [30_000, 30_000]);
  });

  it('is noticed also by what no chunk waits for', () => {
    outage.failed(AWAY);
    nowMs += WAIT_MS;
    assert.ok(outage.isOver(chunk));
  });

  it('has chunks wait for ever where processing pauses', () => {
    open('pause');
    outage.failed(AWAY, chunk);
    nowMs += 365 * 86_400_000;
    assert.deepEqual([outage.leftMs(chunk), outage.isOver(chunk)], [Number.POSITIVE_INFINITY, false]);
  });
});
