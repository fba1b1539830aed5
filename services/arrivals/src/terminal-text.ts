/**
 * Outside text for a terminal: what could move the cursor, change colours or turn the direction of reading is spelled out.
 *
 * Invariant: nothing of Unicode's categories Cc, Cf, Zl, Zp and Cs comes out as it is.
 */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

export function visible(text: string): string {
  return text.replace(UNSAFE, (character) => NAMED[character] ?? escaped(character));
}

/** Bytes that are no UTF-8 are spelled out byte by byte. */
export function visibleBytes(bytes: Uint8Array): string {
  try {
    return visible(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return Array.from(bytes, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`)).join('');
  }
}

/** A line of JSON: the same value to who parses it. */
export function jsonLine(value: unknown): string {
  return `${JSON.stringify(value).replace(UNSAFE, escaped)}\n`;
}

/** As JSON escapes it; beyond 16 bits in two parts. */
function escaped(character: string): string {
  return Array.from({ length: character.length }, (_unused, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`).join('');
}
