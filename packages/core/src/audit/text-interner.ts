/**
 * Turns short runs of ASCII bytes into strings without making the same string again: keys and verbs repeat in
 * every event.
 *
 * Invariant: gives exactly what decoding would give; holds at most SLOTS strings of SHORT_MAX bytes, whatever
 * comes in.
 */
import type { Buffer } from 'node:buffer';

const SLOTS = 512;
const SHORT_MAX = 32;

export class TextInterner {
  readonly #slots: string[] = new Array<string>(SLOTS).fill('');

  /** The text of bytes[start, end), which holds no escapes. */
  text(bytes: Buffer, start: number, end: number): string {
    const length = end - start;
    if (length === 0 || length > SHORT_MAX) return bytes.toString('utf8', start, end);
    const first = bytes[start] ?? 0;
    const last = bytes[end - 1] ?? 0;
    const middle = bytes[start + (length >> 1)] ?? 0;
    const slot = (first * 31 + middle * 17 + last * 7 + length) % SLOTS;
    const present = this.#slots[slot] ?? '';
    if (present.length === length && same(present, bytes, start)) return present;
    const text = bytes.toString('utf8', start, end);
    // Other than ASCII a text has not one character a byte, and could not be compared so.
    if (text.length === length) this.#slots[slot] = text;
    return text;
  }
}

/** A replacement character comes from bytes that differ from it, so it never compares as the same. */
function same(text: string, bytes: Buffer, start: number): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[start + i]) return false;
  return true;
}
