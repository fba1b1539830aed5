/**
 * External text for a terminal, as bytes and as JSON: invisible characters are escaped.
 *
 * Invariant: core's printable.ts alone decides which characters are invisible.
 */
import { visible, visibleJson } from '@arrivals/core/light';

export { visible } from '@arrivals/core/light';

/** Bytes that are no UTF-8 are escaped byte by byte. */
export function visibleBytes(bytes: Uint8Array): string {
  try {
    return visible(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return Array.from(bytes, (byte) =>
      byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`,
    ).join('');
  }
}

/** A line of JSON: parsing it returns the same value. */
export function jsonLine(value: unknown): string {
  return `${visibleJson(JSON.stringify(value))}\n`;
}
