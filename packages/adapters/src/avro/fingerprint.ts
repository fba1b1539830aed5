/**
 * CRC-64-AVRO, the fingerprint of a schema that single-object encoding carries.
 *
 * Source: Apache Avro 1.12 specification, "Schema Fingerprints" (Rabin fingerprint with the empty value
 * 0xc15d213aa4d7a795). Taken over the schema's Parsing Canonical Form; a test compares with fastavro's
 * results.
 */
import { Buffer } from 'node:buffer';

/**
 * Numbers of 64 bits as two halves: a bigint for each byte of the schemas would be a tenth of a service's
 * start.
 */
const EMPTY = { high: 0xc15d213a, low: 0xa4d7a795 } as const;

const HIGH = new Uint32Array(256);
const LOW = new Uint32Array(256);
for (let byte = 0; byte < 256; byte++) {
  let [high, low] = [0, byte];
  for (let bit = 0; bit < 8; bit++) {
    const mask = -(low & 1);
    low = ((low >>> 1) | (high << 31)) ^ (EMPTY.low & mask);
    high = (high >>> 1) ^ (EMPTY.high & mask);
  }
  [HIGH[byte], LOW[byte]] = [high, low];
}

/** Eight bytes, little-endian as in the single-object header. */
export function crc64Avro(text: string): Buffer {
  let { high, low }: { high: number; low: number } = EMPTY;
  for (const byte of Buffer.from(text)) {
    const at = (low ^ byte) & 0xff;
    low = ((low >>> 8) | (high << 24)) ^ (LOW[at] ?? 0);
    high = (high >>> 8) ^ (HIGH[at] ?? 0);
  }
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(low >>> 0, 0);
  bytes.writeUInt32LE(high >>> 0, 4);
  return bytes;
}
