/**
 * A record as the embedded log keeps it: the length of a JSON head (4 bytes, big-endian), the head, the
 * value's bytes. The store's format version covers this layout.
 *
 * Invariant: a record whose bytes changed on disk is never delivered as intact: the head has the value's
 * checksum, as LMDB has none.
 */
import { messageOf, type OutgoingRecord, type StoredRecord } from '@arrivals/core';
import { crc32 } from 'node:zlib';

interface Head {
  readonly key: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly timestampMs: number;
  /** Of the value; records of earlier versions have none. */
  readonly crc32?: number;
}

export function encodeFrame(record: OutgoingRecord, timestampMs: number): Buffer {
  const head: Head = { key: record.key, headers: record.headers, timestampMs, crc32: crc32(record.value) };
  const headBytes = Buffer.from(JSON.stringify(head));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(headBytes.length);
  return Buffer.concat([length, headBytes, record.value]);
}

/** One that was damaged comes as `unreadable`, with its bytes as they are. */
export function decodeFrame(topic: string, offset: number, frame: Buffer): StoredRecord {
  const position = { topic, partition: 0, offset };
  try {
    const valueAt = 4 + frame.readUInt32BE(0);
    const { crc32: expected, ...head } = JSON.parse(frame.toString('utf8', 4, valueAt)) as Head;
    const value = frame.subarray(valueAt);
    const found = expected === undefined ? undefined : crc32(value);
    if (found !== expected)
      throw new RangeError(`its checksum is ${String(found)} and should be ${String(expected)}`);
    return { ...position, value, ...head };
  } catch (error) {
    return {
      ...position,
      key: null,
      value: frame,
      headers: {},
      timestampMs: 0,
      unreadable: `the record was damaged on disk: ${messageOf(error)}`,
    };
  }
}
