/**
 * Records of the audit topic. Decoding bounds the index before it is built, so that a forged count cannot
 * exhaust memory.
 */
import type { AuditBatch, IndexEntry } from '@arrivals/core';
import { ArrivalsError } from '@arrivals/core/light';
import { type Buffer } from 'node:buffer';
import { SINGLE_OBJECT_HEADER_BYTES, singleObjectCodec } from './single-object.ts';

interface AvroAuditBatch {
  readonly cluster: string;
  readonly receivedAt: number;
  readonly index: readonly IndexEntry[];
  readonly events: Buffer;
}

const codec = singleObjectCodec('audit-batch', { bounded: true });

/** The shortest index entry: seven fields of one byte each. */
const ENTRY_BYTES_MIN = 7;

export function encodeAuditBatch(batch: AuditBatch): Buffer {
  const value: AvroAuditBatch = {
    cluster: batch.cluster,
    receivedAt: batch.receivedAtMicros,
    index: batch.index,
    events: batch.events,
  };
  return codec.encode(value);
}

/** @throws ArrivalsError record_undecodable, also when the index does not add up to the events. */
export function decodeAuditBatch(bytes: Buffer): AuditBatch {
  checkIndex(bytes);
  const { cluster, receivedAt, index, events } = codec.decode(bytes) as AvroAuditBatch;
  let total = 0;
  for (const entry of index) {
    if (entry.length < 0)
      throw new ArrivalsError('record_undecodable', 'an index entry has a negative length');
    total += entry.length;
  }
  if (total !== events.length)
    throw new ArrivalsError(
      'record_undecodable',
      `the index adds up to ${String(total)} bytes, the events to ${String(events.length)}`,
    );
  return { cluster, receivedAtMicros: receivedAt, index, events };
}

/**
 * Walks the index without building it: its count must fit the bytes there are, and it must be one block, as
 * avsc writes it. Layout: Avro specification, "Binary Encoding".
 */
function checkIndex(bytes: Buffer): void {
  if (bytes.length < SINGLE_OBJECT_HEADER_BYTES) return; // decode() reports what is wrong
  let at = SINGLE_OBJECT_HEADER_BYTES;
  const long = (): number => {
    let value = 0;
    for (let factor = 1; factor <= 2 ** 63; factor *= 128) {
      const byte = bytes[at++];
      if (byte === undefined)
        throw new ArrivalsError('record_undecodable', 'the record ends within its index');
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) break;
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  };
  const text = (): void => {
    const length = long();
    if (length < 0) throw new ArrivalsError('record_undecodable', 'a text of negative length');
    at += length;
  };
  text();
  long();
  const count = long();
  if (count < 0 || count * ENTRY_BYTES_MIN > bytes.length)
    throw new ArrivalsError(
      'record_undecodable',
      `an index of ${String(count)} entries in ${String(bytes.length)} bytes`,
    );
  for (let i = 0; i < count; i++) {
    long();
    long();
    for (let texts = 0; texts < 4; texts++) text();
    long();
  }
  if (count > 0 && long() !== 0)
    throw new ArrivalsError('record_undecodable', 'expected an index of one block, found another block');
}
