/** Batch by batch: one that cannot be read costs nothing but itself. Batches are made here, after KIP-98. */
import {
  type BatchParts,
  type InternalRecord,
  recordsOfBatches,
  withinAnswer,
} from '@arrivals/adapters/kafka';
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';

const require = createRequire(import.meta.url);
const Decoder = require('kafkajs/src/protocol/decoder.js') as new (bytes: Buffer) => object;
const decodeBatch = require('kafkajs/src/protocol/recordBatch/v0/decoder.js') as (
  decoder: object,
) => ReturnType<BatchParts['decodeBatch']>;

/** Bit by bit, unlike kafkajs's table. */
function crc32c(bytes: Buffer): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f6_3b78 : 0);
  }
  return (crc ^ 0xffff_ffff) >>> 0;
}

const parts: BatchParts = {
  decodeBatch: (bytes) => decodeBatch(new Decoder(bytes)),
  decodeOld: () => Promise.reject(new Error('an old message that is damaged')),
  crc32c,
};

const zigzag = (number: number): number => number * 2;

/** A record of a short value: everything fits into one byte of a varint. */
function record(index: number, value: string): Buffer {
  const body = Buffer.concat([
    Buffer.from([0, 0, zigzag(index), 1, zigzag(value.length)]),
    Buffer.from(value),
    Buffer.from([0]),
  ]);
  return Buffer.concat([Buffer.from([zigzag(body.length)]), body]);
}

interface BatchOptions {
  readonly codec?: number;
  readonly count?: number;
  readonly compress?: (bytes: Buffer) => Buffer;
}

function batch(
  firstOffset: number,
  values: readonly string[],
  { codec = 0, count = values.length, compress = (bytes) => bytes }: BatchOptions = {},
): Buffer {
  const head = Buffer.alloc(61);
  const body = compress(Buffer.concat(values.map((value, i) => record(i, value))));
  head.writeBigInt64BE(BigInt(firstOffset), 0);
  head.writeInt32BE(49 + body.length, 8);
  head.writeInt8(2, 16);
  head.writeInt16BE(codec, 21);
  head.writeInt32BE(values.length - 1, 23);
  head.writeBigInt64BE(1_700_000_000_000n, 27);
  head.writeBigInt64BE(1_700_000_000_000n, 35);
  head.writeBigInt64BE(-1n, 43);
  head.writeInt16BE(-1, 51);
  head.writeInt32BE(-1, 53);
  head.writeInt32BE(count, 57);
  const whole = Buffer.concat([head, body]);
  whole.writeUInt32BE(crc32c(whole.subarray(21)), 17);
  return whole;
}

const seen = (records: readonly InternalRecord[]): readonly string[] =>
  records.map(
    ({ offset, value, unreadable }) => `${offset} ${unreadable === undefined ? String(value) : 'unreadable'}`,
  );
const read = async (...batches: readonly Buffer[]): Promise<readonly InternalRecord[]> =>
  recordsOfBatches(Buffer.concat(batches), parts);

describe('the batches of a fetch', () => {
  it('are read in turn, plain and compressed, and one that is cut off is left for the next fetch', async () => {
    const last = batch(5, ['e']);
    const records = await read(
      batch(0, ['a', 'b']),
      batch(2, ['c', 'd'], { codec: 1, compress: gzipSync }),
      last.subarray(0, last.length - 1),
    );
    assert.deepEqual(seen(records), ['0 a', '1 b', '2 c', '3 d']);
  });

  it('come with what cannot be read in its place, as it came, at its last offset', async () => {
    const damaged = batch(2, ['c', 'd', 'e']);
    damaged.writeUInt8(damaged.readUInt8(damaged.length - 2) ^ 0xff, damaged.length - 2);
    const records = await read(batch(0, ['a', 'b']), damaged, batch(5, ['f']));
    assert.deepEqual(seen(records), ['0 a', '1 b', '4 unreadable', '5 f']);
    assert.match(records[2]?.unreadable ?? '', /checksum/);
    assert.ok(records[2]?.value?.equals(damaged));
  });

  for (const [what, bad, words] of [
    ['a codec that nobody knows', batch(1, ['b'], { codec: 6 }), /number 6/],
    ['something that is not gzip', batch(1, ['b'], { codec: 1 }), /gzip/],
    ['something that is not snappy', batch(1, ['b'], { codec: 2 }), /snappy/],
    ['something that is not lz4', batch(1, ['b'], { codec: 3 }), /lz4/],
    ['something that is not zstd', batch(1, ['b'], { codec: 4 }), /zstd/],
    [
      'gzip of more than it may',
      batch(1, ['b'], { codec: 1, compress: () => gzipSync(Buffer.alloc(40 * 1024 * 1024)) }),
      /gzip/,
    ],
    ['more records than it may', batch(1, ['b'], { count: 2 ** 31 - 1 }), /records in a batch/],
    ['fewer records than it declares', batch(1, ['b'], { count: 5 }), /./],
    ['a version that is to come', Buffer.concat([batch(1, ['b']).fill(3, 16, 17)]), /version/],
  ] as const) {
    it(`go on behind ${what}`, async () => {
      const records = await read(batch(0, ['a']), bad, batch(2, ['c']));
      assert.deepEqual(seen(records), ['0 a', '1 unreadable', '2 c']);
      assert.match(records[1]?.unreadable ?? '', words);
    });
  }

  it('end with what has no length that can be, and with old messages that are damaged', async () => {
    const lost = batch(1, ['b']);
    lost.writeInt32BE(3, 8);
    assert.deepEqual(seen(await read(batch(0, ['a']), lost, batch(2, ['c']))), ['0 a', '1 unreadable']);
    assert.deepEqual(seen(await read(batch(7, ['a']).fill(1, 16, 17))), ['7 unreadable']);
  });

  it('inflate to so much at a time, and the rest is fetched again', async () => {
    const large = (offset: number): Buffer =>
      batch(offset, ['x'], {
        codec: 1,
        compress: (bytes) => gzipSync(Buffer.concat([bytes, Buffer.alloc(20 * 1024 * 1024)])),
      });
    assert.deepEqual(seen(await read(large(0), large(1), large(2))), ['0 x', '1 x']);
  });

  it('have what cannot be read within what was requested, whatever is in its head', async () => {
    const [unreadable, whole] = [
      (await read(batch(10, ['a'], { codec: 6 })))[0],
      (await read(batch(10, ['a'])))[0],
    ];
    assert.ok(unreadable !== undefined && whole !== undefined);
    assert.deepEqual(
      [
        withinAnswer(unreadable, 20, 30).offset,
        withinAnswer(unreadable, 0, 5).offset,
        withinAnswer(unreadable, 0, 30).offset,
      ],
      ['20', '4', '10'],
    );
    assert.equal(withinAnswer(whole, 20, 30).offset, '10');
  });
});
