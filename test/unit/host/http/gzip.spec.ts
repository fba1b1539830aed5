/** Inflating pieces of gzip within a bound for all of them. */
import { inflateWithin } from '@arrivals/host';
import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';

const pieceOf = (bytes: number) => gzipSync(Buffer.alloc(bytes, 'x'));
const whyOf = (inflated: ReturnType<ReturnType<typeof inflateWithin>>) =>
  'why' in inflated ? inflated.why : `${String(inflated.length)} bytes`;

describe('inflating within a bound', () => {
  it('gives what was compressed, also of several members', () => {
    const inflate = inflateWithin(1000);
    assert.deepEqual(inflate(gzipSync('one')), Buffer.from('one'));
    assert.deepEqual(inflate(Buffer.concat([gzipSync('one'), gzipSync('two')])), Buffer.from('onetwo'));
  });

  it('counts all pieces together, to the byte', () => {
    const told: number[] = [];
    const inflate = inflateWithin(1000, (bytes) => told.push(bytes));
    assert.equal(whyOf(inflate(pieceOf(600))), '600 bytes');
    assert.match(whyOf(inflate(pieceOf(401))), /at most 1000 bytes in all/);
    assert.equal(whyOf(inflate(pieceOf(400))), '400 bytes');
    assert.match(whyOf(inflate(pieceOf(1))), /at most 1000 bytes in all/);
    assert.deepEqual(told, [600, 400]);
  });

  it('stops a bomb at the bound', () => {
    const bomb = pieceOf(500_000_000);
    const before = process.memoryUsage().rss;
    assert.match(whyOf(inflateWithin(16_000_000)(bomb)), /at most 16000000 bytes/);
    assert.ok(process.memoryUsage().rss - before < 200_000_000);
  });

  it('says why it cannot', () => {
    for (const piece of [
      Buffer.from('no gzip at all'),
      gzipSync('x'.repeat(1000)).subarray(0, 20),
      Buffer.alloc(0),
    ])
      assert.match(whyOf(inflateWithin(1000)(piece)), /^expected gzip: /);
  });

  it('tries no more after many that failed, as each may have cost the bound', () => {
    const inflate = inflateWithin(1_000_000);
    for (let i = 0; i < 16; i++) assert.match(whyOf(inflate(pieceOf(2_000_000))), /at most/);
    assert.match(whyOf(inflate(gzipSync('one'))), /not tried/);
  });

  it('passes on what the one who counts throws', () => {
    const full = new Error('no memory');
    const inflate = inflateWithin(1000, () => {
      throw full;
    });
    assert.throws(() => inflate(gzipSync('one')), full);
  });
});
