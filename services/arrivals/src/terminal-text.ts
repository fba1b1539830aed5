/**
 * Outside text for a terminal, as bytes and as JSON: what is unseen in it is spelled out.
 *
 * Invariant: what counts as unseen is told by core's printable.ts alone.
 */
import { visible, visibleJson } from '@arrivals/core/light';

export { visible } from '@arrivals/core/light';

/** Bytes that are no UTF-8 are spelled out byte by byte. */
export function visibleBytes(bytes: Uint8Array): string {
  try {
    return visible(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return Array.from(bytes, (byte) =>
      byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`,
    ).join('');
  }
}

/** A line of JSON: the same value to who parses it. */
export function jsonLine(value: unknown): string {
  return `${visibleJson(JSON.stringify(value))}\n`;
}
