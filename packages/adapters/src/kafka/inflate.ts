/**
 * What a record batch holds, inflated: gzip, snappy, lz4 and zstd, as Java's client, librdkafka and brokers
 * write them.
 *
 * Invariant: nothing inflates to more than it is allowed to; what does, or is damaged, fails with a reason.
 * Only reading: what we publish is not compressed. Where the libraries come from and why these:
 * docs/decisions/0024-kafka-codecs.md.
 */
import { Decompress } from 'fzstd';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

const require = createRequire(import.meta.url);

interface SnappyJs {
  uncompress(bytes: Buffer, bytesMax: number): Buffer;
}

interface Lz4Js {
  /** The most that a frame may inflate to, or the size in its head. */
  decompressBound(frame: Uint8Array): number;
  /** Resolves with how many bytes it came to, also when `into` was too small for them. */
  decompressFrame(frame: Uint8Array, into: Uint8Array): number;
}

// Neither has types.
const snappy = require('snappyjs') as SnappyJs;
const lz4 = require('lz4js') as Lz4Js;
const gunzipped = promisify(gunzip);

/** By the last three bits of a batch's attributes. */
export const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
export type Codec = (typeof CODECS)[number];

/** Java's client writes snappy in blocks, after this and two version numbers. */
const XERIAL = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_HEAD_BYTES = 16;
/** zstd's own default limit. */
const ZSTD_WINDOW_BYTES_MAX = 128 * 1024 * 1024;
/** A match makes the window grow by no more than this at a time, and each piece is counted. */
const ZSTD_PIECE_BYTES = 16 * 1024;

/** @throws Error with the reason, when it is damaged or inflates to more than `bytesMax` */
export async function inflate(codec: Codec, bytes: Buffer, bytesMax: number): Promise<Buffer> {
  switch (codec) {
    case 'none':
      return bytes;
    case 'gzip':
      return gunzipped(bytes, { maxOutputLength: bytesMax });
    case 'snappy':
      return bytes.subarray(0, XERIAL.length).equals(XERIAL)
        ? inflateXerial(bytes, bytesMax)
        : snappy.uncompress(bytes, bytesMax);
    case 'lz4':
      return inflateLz4(bytes, bytesMax);
    case 'zstd':
      return inflateZstd(bytes, bytesMax);
  }
}

function inflateXerial(bytes: Buffer, bytesMax: number): Buffer {
  const blocks: Buffer[] = [];
  let left = bytesMax;
  for (let at = XERIAL_HEAD_BYTES; at < bytes.length;) {
    const length = bytes.readInt32BE(at);
    at += 4;
    if (length <= 0 || at + length > bytes.length)
      throw new RangeError(
        `a snappy block of ${String(length)} bytes, with ${String(bytes.length - at)} left`,
      );
    const block = snappy.uncompress(bytes.subarray(at, at + length), left);
    blocks.push(block);
    left -= block.length;
    at += length;
  }
  return Buffer.concat(blocks);
}

function inflateLz4(bytes: Buffer, bytesMax: number): Buffer {
  const bound = lz4.decompressBound(bytes);
  if (!Number.isSafeInteger(bound) || bound < 0) throw new RangeError('an lz4 frame without its size');
  const into = Buffer.alloc(Math.min(bound, bytesMax));
  const length = lz4.decompressFrame(bytes, into);
  if (!(length <= into.length)) throw tooMuch(bytesMax);
  return into.subarray(0, length);
}

function inflateZstd(bytes: Buffer, bytesMax: number): Buffer {
  if (zstdWindowBytes(bytes) > ZSTD_WINDOW_BYTES_MAX)
    throw new RangeError(`a zstd window of more than ${String(ZSTD_WINDOW_BYTES_MAX)} bytes`);
  const pieces: Buffer[] = [];
  let length = 0;
  const stream = new Decompress((piece) => {
    length += piece.length;
    if (length > bytesMax) throw tooMuch(bytesMax);
    // It reuses the buffer that it returns.
    pieces.push(Buffer.from(piece));
  });
  for (let at = 0; at < bytes.length; at += ZSTD_PIECE_BYTES)
    stream.push(bytes.subarray(at, at + ZSTD_PIECE_BYTES), at + ZSTD_PIECE_BYTES >= bytes.length);
  return Buffer.concat(pieces);
}

/** RFC 8878, 3.1.1.1: a frame of one segment has no window of its own. */
function zstdWindowBytes(bytes: Buffer): number {
  const descriptor = bytes[4] ?? 0;
  if ((descriptor & 0x20) !== 0) return 0;
  const window = bytes[5] ?? 0;
  const base = 2 ** (10 + (window >> 3));
  return base + (base / 8) * (window & 7);
}

function tooMuch(bytesMax: number): RangeError {
  return new RangeError(`it inflates to more than ${String(bytesMax)} bytes`);
}
