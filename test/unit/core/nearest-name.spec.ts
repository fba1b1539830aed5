/** What somebody may have meant. */
import { didYouMean, nearestName } from '@arrivals/core';
import assert from 'node:assert/strict';

describe('the nearest name', () => {
  for (const [written, expected] of [
    ['replya', 'replay'],
    ['Replay', 'replay'],
    ['rplay', 'replay'],
    ['alert', 'alerts'],
    ['webhook-conf', 'webhook-config'],
    ['webhok', 'webhook'],
  ] as const) {
    it(`to ${written} is ${expected}`, () => {
      assert.equal(nearestName(written, ['replay', 'alerts', 'webhook', 'webhook-config']), expected);
    });
  }

  it('is none where too much differs, or nothing is there', () => {
    for (const written of ['', 'x', 'explode', 'play-everything', 'r'.repeat(100_000)]) assert.equal(nearestName(written, ['replay', 'alerts']), undefined);
    assert.equal(nearestName('replay', []), undefined);
    assert.equal(didYouMean('xyz', ['replay']), '');
  });

  it('is said as a question', () => {
    assert.equal(didYouMean('ARRIVALS_DATADIR', ['ARRIVALS_DATA_DIR']), '; did you mean ARRIVALS_DATA_DIR?');
  });
});
