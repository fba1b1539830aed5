/** ItemMeter: a list with too many items is found, in whatever chunks it comes. Oracle: JSON.parse. */
import { ArrivalsError, ItemMeter } from '@arrivals/core';
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { eventList, SEED } from '../samples.ts';
import { eventListText, jsonText } from './json-text.ts';

/** Of repeated keys JSON.parse keeps the last only, so it may find fewer. */
function longest(value: unknown): number {
  const lists: readonly unknown[] = [
    value,
    ...(typeof value === 'object' && value !== null
      ? Object.values(value as Readonly<Record<string, unknown>>)
      : []),
  ];
  return Math.max(0, ...lists.map((list) => (Array.isArray(list) ? list.length : 0)));
}

function refuses(itemsMax: number, ...chunks: readonly Buffer[]): boolean {
  const meter = new ItemMeter(itemsMax);
  try {
    for (const chunk of chunks) meter.add(chunk);
    return false;
  } catch (error) {
    assert.ok(error instanceof ArrivalsError && error.code === 'body_too_large');
    return true;
  }
}

describe('ItemMeter', () => {
  it('lets no list through that JSON.parse finds to be too long', () => {
    let refused = 0;
    fc.assert(
      fc.property(fc.oneof(jsonText, eventListText), fc.integer({ min: 1, max: 3 }), (text, itemsMax) => {
        const found = refuses(itemsMax, Buffer.from(text));
        if (longest(JSON.parse(text)) > itemsMax) assert.ok(found, text);
        if (found) refused++;
      }),
      { seed: SEED, numRuns: 1000 },
    );
    assert.ok(refused > 50, String(refused));
  });

  it('refuses none whose keys are each there once and whose lists are short enough', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 3 }), (text) => {
        assert.ok(!refuses(Math.max(1, longest(JSON.parse(text))), Buffer.from(text)), text);
      }),
      { seed: SEED, numRuns: 1000 },
    );
  });

  it('finds the same at every position where the text may be cut in two, and byte by byte', () => {
    const texts = [
      '{"kind":"EventList","items":[1,"],\\"[\\\\",{"a":[1,2,3,4]},[5,6,7,8]]}',
      '[{"é":"\\\\"},"\\"",[],{}]',
      '{"records":[{},{},"\\u0022,,,,",{}]}',
    ];
    for (const text of texts) {
      const bytes = Buffer.from(text);
      for (const [itemsMax, expected] of [
        [3, true],
        [4, false],
      ] as const) {
        for (let cut = 0; cut <= bytes.length; cut++)
          assert.equal(
            refuses(itemsMax, bytes.subarray(0, cut), bytes.subarray(cut)),
            expected,
            `${text} at ${String(cut)}`,
          );
        assert.equal(refuses(itemsMax, ...[...bytes].map((byte) => Buffer.of(byte))), expected);
      }
    }
  });

  it('does not wait for the end of a body of millions of items', () => {
    const body = eventList(Array.from({ length: 100 }, () => '0'));
    assert.ok(refuses(50, body.subarray(0, 200)));
  });

  it('does not count what stands deeper than an item', () => {
    assert.ok(!refuses(2, eventList([`{"sourceIPs":[${'0,'.repeat(100)}0]}`, '{}'])));
  });
});
