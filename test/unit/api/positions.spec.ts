/** Where to go on in a topic, as text that a caller gives back. */
import { parsePositions, positionsText } from '@arrivals/api/light';
import assert from 'node:assert/strict';

describe('positions in a topic', () => {
  it('are the offsets in the order of the partitions, and come back as they were', () => {
    for (const text of ['0', '250', '12,30,7', `${String(Number.MAX_SAFE_INTEGER)},0`]) {
      const positions = parsePositions(text);
      assert.ok(positions !== undefined, text);
      assert.equal(positionsText(positions), text);
    }
    assert.equal(
      positionsText(
        new Map([
          [2, 7],
          [0, 12],
          [1, 30],
        ]),
      ),
      '12,30,7',
    );
  });

  it('are nothing else', () => {
    for (const text of [
      '',
      ',',
      '1,',
      ',1',
      '-1',
      '1.5',
      '1e3',
      ' 1',
      'x',
      '0x10',
      '99999999999999999',
      '9007199254740993',
      '0,'.repeat(1000) + '0',
    ])
      assert.equal(parsePositions(text), undefined, text);
  });
});
