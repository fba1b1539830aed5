/**
 * A record as the embedded log keeps it: the length of a JSON head (4 bytes, big-endian), the head, the value's bytes.
 * The store's format version covers this layout.
 */
import type { OutgoingRecord, StoredRecord } from '@arrivals/core';

interface Head {
  readonly key: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly timestampMs: number;
}

export function encodeFrame(record: OutgoingRecord, timestampMs: number): Buffer {
  const head: Head = { key: record.key, headers: record.headers, timestampMs };
  const headBytes = Buffer.from(JSON.stringify(head));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(headBytes.length);
  return Buffer.concat([length, headBytes, record.value]);
}

export function decodeFrame(topic: string, offset: number, frame: Buffer): StoredRecord {
  const valueAt = 4 + frame.readUInt32BE(0);
  const head = JSON.parse(frame.toString('utf8', 4, valueAt)) as Head;
  return { topic, partition: 0, offset, value: frame.subarray(valueAt), ...head };
}
