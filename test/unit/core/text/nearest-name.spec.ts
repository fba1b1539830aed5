/** What somebody may have meant. */
import { didYouMean } from '@arrivals/core';
import { nearestName } from '@arrivals/core/internal';
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
    for (const written of ['', 'x', 'explode', 'play-everything', 'r'.repeat(100_000)])
      assert.equal(nearestName(written, ['replay', 'alerts']), undefined);
    assert.equal(nearestName('replay', []), undefined);
    assert.equal(didYouMean('xyz', ['replay']), '');
  });

  it('is the one that has all its words, whatever is nearer in letters, and none for a prefix that all have', () => {
    const settings = [
      'ARRIVALS_HOSTS',
      'ARRIVALS_LISTEN_PORT',
      'ARRIVALS_HEALTH_PORT',
      'ARRIVALS_AUDIT_RETENTION_MS',
      'ARRIVALS_CLUSTERS',
    ];
    assert.equal(nearestName('ARRIVALS_PORT', settings), 'ARRIVALS_LISTEN_PORT');
    assert.equal(nearestName('ARRIVALS_AUDIT_RETENTION', settings), 'ARRIVALS_AUDIT_RETENTION_MS');
    assert.equal(nearestName('ARRIVALS_CLSUTERS', settings), 'ARRIVALS_CLUSTERS');
    assert.equal(nearestName('ARRIVALS_QUEUE', settings), undefined);
  });

  it('is phrased as a question', () => {
    assert.equal(didYouMean('ARRIVALS_DATADIR', ['ARRIVALS_DATA_DIR']), '; did you mean ARRIVALS_DATA_DIR?');
  });
});
