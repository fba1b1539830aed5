/**
 * CRC-64-AVRO, the fingerprint of a schema that single-object encoding carries.
 *
 * Source: Apache Avro 1.12 specification, "Schema Fingerprints" (Rabin fingerprint with the empty value
 * 0xc15d213aa4d7a795). Taken over the schema's Parsing Canonical Form; a test compares with fastavro's
 * results.
 */
import { Buffer } from 'node:buffer';

const EMPTY = 0xc15d213aa4d7a795n;

const TABLE: readonly bigint[] = Array.from({ length: 256 }, (_unused, byte) => {
  let value = BigInt(byte);
  for (let bit = 0; bit < 8; bit++) value = (value >> 1n) ^ (EMPTY & -(value & 1n));
  return value;
});

/** Eight bytes, little-endian as in the single-object header. */
export function crc64Avro(text: string): Buffer {
  let value = EMPTY;
  for (const byte of Buffer.from(text)) {
    value = (value >> 8n) ^ (TABLE[Number((value ^ BigInt(byte)) & 0xffn)] ?? 0n);
  }
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}
