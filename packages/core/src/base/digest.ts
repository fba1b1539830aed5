/** A digest over several texts, which identifies them. */
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';

/** 32 hexadecimal digits over the parts, each prefixed with its length. */
export function digestOf(...parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${String(Buffer.byteLength(part))}:`).update(part);
  return hash.digest('hex').slice(0, 32);
}
