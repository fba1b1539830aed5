/** Records of the raw topic. Decoding bounds the index before it is built, so that a forged count cannot exhaust memory. */
import { ArrivalsError, type AuditBatch, type IndexEntry } from '@arrivals/core';
import { type Buffer } from 'node:buffer';
import { SINGLE_OBJECT_HEADER_BYTES, singleObjectCodec } from './single-object.ts';

interface AvroAuditBatch {
  readonly cluster: string;
  readonly receivedAt: number;
  readonly index: readonly IndexEntry[];
  readonly events: Buffer;
}

const codec = singleObjectCodec('audit-batch');

/** The shortest index entry: seven fields of one byte each. */
const ENTRY_BYTES_MIN = 7;

export function encodeAuditBatch(batch: AuditBatch): Buffer {
  const value: AvroAuditBatch = { cluster: batch.cluster, receivedAt: batch.receivedAtMicros, index: batch.index, events: batch.events };
  return codec.encode(value);
}

/** @throws ArrivalsError record_undecodable, also when the index does not add up to the events. */
export function decodeAuditBatch(bytes: Buffer): AuditBatch {
  checkIndexCount(bytes);
  const { cluster, receivedAt, index, events } = codec.decode(bytes) as AvroAuditBatch;
  let total = 0;
  for (const entry of index) {
    if (entry.length < 0) throw new ArrivalsError('record_undecodable', 'an index entry has a negative length');
    total += entry.length;
  }
  if (total !== events.length)
    throw new ArrivalsError('record_undecodable', `the index adds up to ${String(total)} bytes, the events to ${String(events.length)}`);
  return { cluster, receivedAtMicros: receivedAt, index, events };
}

/** Reads as far as the count of the index (cluster, receivedAt, count) and compares it with the bytes there are. */
function checkIndexCount(bytes: Buffer): void {
  let at = SINGLE_OBJECT_HEADER_BYTES;
  const long = (): number => {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined) throw new ArrivalsError('record_undecodable', 'the record ends within its head');
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  };
  if (bytes.length < SINGLE_OBJECT_HEADER_BYTES) return; // decode() says what is wrong
  const clusterLength = long();
  at += clusterLength;
  long();
  // A negative count is followed by the block's size: a form that avsc does not write and that need not be taken.
  const count = long();
  if (count < 0 || count * ENTRY_BYTES_MIN > bytes.length)
    throw new ArrivalsError('record_undecodable', `an index of ${String(count)} entries in ${String(bytes.length)} bytes`);
}
