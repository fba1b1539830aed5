/**
 * The records of a fetch, batch by batch; what cannot be read comes as one record with its bytes.
 *
 * Invariant: a batch that is damaged, of an unknown codec or inflates to too much harms only itself: its
 * place is taken by one record at its last offset, with the batch as it came and the reason, so that a reader
 * goes on after it. kafkajs 2.2.4 would stop the consumer, and it checks no checksum. What is compressed is
 * inflated within bounds, also of all batches of an answer together: what does not fit any more is fetched
 * again. The layout is Kafka's record batch of version 2 (KIP-98); older ones are kafkajs's business.
 */
import type { FetchedRecord } from './aborted-records.ts';
import { messageOf } from '@arrivals/core/light';
import { type Codec, CODECS, inflate } from './inflate.ts';

/** A record of a fetch, decoded. */
export interface InternalRecord extends FetchedRecord {
  readonly value: Buffer | null;
  readonly timestamp: string;
  readonly headers: Readonly<Record<string, Buffer | string | readonly (Buffer | string)[] | undefined>>;
  /** Why it is a batch of records, as it came, that cannot be read. */
  readonly unreadable?: string;
}

/** Of a batch, and of the batches of one partition in one answer; a batch of ours has up to a megabyte. */
export const INFLATED_BYTES_MAX: number = 32 * 1024 * 1024;
/** Of a batch: a record costs some hundred bytes however small it is. */
export const BATCH_RECORDS_MAX = 100_000;

const AT = {
  length: 8,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  maxTimestamp: 35,
  producerId: 43,
  records: 57,
  end: 61,
} as const;
/** Offset and length precede what the length is of. */
const FRAME_BYTES = 12;
const MAGIC = 2;
const CODEC_BITS = 0x07;
const TRANSACTIONAL_BIT = 0x10;
const DATE_MS_MAX = 8.64e15;
const OFFSET_DELTA_MAX = 10_000_000;

/** What of kafkajs's inside is needed. */
export interface BatchParts {
  readonly decodeBatch: (bytes: Buffer) => Promise<{ readonly records: readonly InternalRecord[] }>;
  readonly decodeOld: (bytes: Buffer) => Promise<readonly InternalRecord[]>;
  /** CRC-32C, unsigned or not. */
  readonly crc32c: (bytes: Buffer) => number;
}

/** `bytes`: all record batches of a partition in a fetch; the last one may be cut off. */
export async function recordsOfBatches(bytes: Buffer, parts: BatchParts): Promise<InternalRecord[]> {
  if (bytes.length > AT.magic && bytes.readInt8(AT.magic) !== MAGIC) return recordsOfOld(bytes, parts);
  const records: InternalRecord[] = [];
  let inflatedBytes = 0;
  for (let at = 0; at + AT.magic < bytes.length && inflatedBytes < INFLATED_BYTES_MAX;) {
    const end = at + FRAME_BYTES + bytes.readInt32BE(at + AT.length);
    if (end > bytes.length) break;
    // A length that cannot be: where the next one begins is not known.
    const batch = bytes.subarray(at, end < at + AT.end ? bytes.length : end);
    const read = await readBatch(batch, parts);
    for (const record of read.records) records.push(record);
    inflatedBytes += read.inflatedBytes;
    at += batch.length;
  }
  return records;
}

/**
 * Messages of before Kafka 0.11: one that cannot be read takes those of its answer with it, as they have no
 * checksum that ours is.
 */
async function recordsOfOld(bytes: Buffer, { decodeOld }: BatchParts): Promise<InternalRecord[]> {
  try {
    return [...(await decodeOld(bytes))];
  } catch (error) {
    return [unreadable(bytes, messageOf(error))];
  }
}

interface Read {
  readonly records: readonly InternalRecord[];
  readonly inflatedBytes: number;
}

async function readBatch(batch: Buffer, parts: BatchParts): Promise<Read> {
  try {
    const codec = checked(batch, parts);
    const plain = codec === 'none' ? batch : await inflated(batch, codec);
    return {
      records: (await parts.decodeBatch(plain)).records,
      inflatedBytes: codec === 'none' ? 0 : plain.length,
    };
  } catch (error) {
    return { records: [unreadable(batch, messageOf(error))], inflatedBytes: 0 };
  }
}

/** @throws RangeError with the reason */
function checked(batch: Buffer, { crc32c }: BatchParts): Codec {
  if (batch.length < AT.end)
    throw new RangeError(
      `expected a record batch of at least ${String(AT.end)} bytes, found ${String(batch.length)}`,
    );
  const magic = batch.readInt8(AT.magic);
  if (magic !== MAGIC)
    throw new RangeError(`expected a record batch of version ${String(MAGIC)}, found ${String(magic)}`);
  const [expected, found] = [batch.readUInt32BE(AT.crc), crc32c(batch.subarray(AT.attributes)) >>> 0];
  if (expected !== found)
    throw new RangeError(
      `the batch is damaged: its checksum is ${String(found)} and should be ${String(expected)}`,
    );
  const number = batch.readInt16BE(AT.attributes) & CODEC_BITS;
  const codec = CODECS[number];
  if (codec === undefined)
    throw new RangeError(`expected a compression of ${CODECS.join(', ')}, found number ${String(number)}`);
  const count = batch.readInt32BE(AT.records);
  if (count < 0 || count > BATCH_RECORDS_MAX)
    throw new RangeError(
      `expected up to ${String(BATCH_RECORDS_MAX)} records in a batch, found ${String(count)}`,
    );
  return codec;
}

/** The batch as it would be without compression. @throws Error with the reason */
async function inflated(batch: Buffer, codec: Codec): Promise<Buffer> {
  let records: Buffer;
  try {
    records = await inflate(codec, batch.subarray(AT.end), INFLATED_BYTES_MAX);
  } catch (error) {
    throw new RangeError(`compressed with ${codec}, which cannot be inflated: ${messageOf(error)}`, {
      cause: error,
    });
  }
  const head = Buffer.from(batch.subarray(0, AT.end));
  head.writeInt32BE(AT.end - FRAME_BYTES + records.length, AT.length);
  head.writeInt16BE(head.readInt16BE(AT.attributes) & ~CODEC_BITS, AT.attributes);
  return Buffer.concat([head, records]);
}

/** At the last offset that the batch seems to have; its head may be damaged as well. */
function unreadable(batch: Buffer, reason: string): InternalRecord {
  const whole = batch.length >= AT.end && batch.readInt8(AT.magic) === MAGIC;
  const delta = whole ? batch.readInt32BE(AT.lastOffsetDelta) : 0;
  const timestamp = whole ? batch.readBigInt64BE(AT.maxTimestamp) : 0n;
  const offset = batch.readBigInt64BE(0) + BigInt(delta >= 0 && delta <= OFFSET_DELTA_MAX ? delta : 0);
  return {
    offset: String(offset),
    key: null,
    value: batch,
    timestamp: timestamp >= 0n && timestamp <= BigInt(DATE_MS_MAX) ? String(timestamp) : '0',
    headers: {},
    isControlRecord: false,
    batchContext: {
      producerId: whole ? String(batch.readBigInt64BE(AT.producerId)) : '-1',
      inTransaction: whole && (batch.readInt16BE(AT.attributes) & TRANSACTIONAL_BIT) !== 0,
    },
    unreadable: `a batch of records that ends at offset ${String(offset)}: ${reason}`,
  };
}

/** Where a damaged head names an offset that was not requested, the reader would come back to it for ever. */
export function withinAnswer(record: InternalRecord, fromOffset: number, endOffset: number): InternalRecord {
  if (record.unreadable === undefined) return record;
  const offset = Math.min(Math.max(Number(record.offset), fromOffset), Math.max(endOffset - 1, fromOffset));
  return { ...record, offset: String(offset) };
}
