/**
 * Inflating within bounds; that each codec is read as others write it,
 * test/integration/kafka-compression.spec.ts shows on a broker.
 */
import { type Codec, inflate } from '@arrivals/adapters/kafka';
import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

/** "aaaa…", 100 of them: by hand after the formats' specifications. */
const PLAIN = Buffer.alloc(100, 'a');
const COMPRESSED: Readonly<Record<Exclude<Codec, 'none'>, Buffer>> = {
  gzip: gzipSync(PLAIN),
  // Length 100; a literal of 1; a copy of 64 and one of 35, each from 1 back.
  snappy: hex('64 00 61 fe 01 00 8a 01 00'),
  // A frame of independent blocks of 64 KB: literal of 1, match of 94 from 1 back, five literals.
  lz4: hex('04224d18 60 40 82 0b000000 1f 61 0100 4b 50 6161616161 00000000'),
  // One segment of 100 bytes: a last block of RLE.
  zstd: hex('28b52ffd 20 64 230300 61'),
};

describe('inflating', () => {
  for (const [codec, bytes] of Object.entries(COMPRESSED) as [Codec, Buffer][]) {
    it(`gives back what ${codec} holds`, async () => {
      assert.deepEqual(await inflate(codec, bytes, 1000), PLAIN);
      assert.deepEqual(await inflate(codec, bytes, PLAIN.length), PLAIN);
    });

    it(`refuses ${codec} that holds more than it may, or is cut off`, async () => {
      await assert.rejects(inflate(codec, bytes, PLAIN.length - 1));
      await assert.rejects(inflate(codec, bytes.subarray(0, 5), 1000));
    });
  }

  it('reads the blocks in which Java’s client writes snappy', async () => {
    const head = hex('82 534e41505059 00 00000001 00000001');
    const length = Buffer.alloc(4);
    length.writeInt32BE(COMPRESSED.snappy.length);
    const block = Buffer.concat([length, COMPRESSED.snappy]);
    assert.deepEqual(
      await inflate('snappy', Buffer.concat([head, block, block]), 1000),
      Buffer.concat([PLAIN, PLAIN]),
    );
    await assert.rejects(inflate('snappy', Buffer.concat([head, block, block]), 150));
    await assert.rejects(inflate('snappy', Buffer.concat([head, block.subarray(0, 6)]), 1000));
  });

  it('refuses zstd that wants a window of gigabytes', async () => {
    await assert.rejects(inflate('zstd', hex('28b52ffd 00 f8 0b0000 61'), 1000), /window/);
  });
});
