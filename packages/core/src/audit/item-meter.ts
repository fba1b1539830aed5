/**
 * Counts the items of a body while it still comes: the elements of each list at its top, or of an object at
 * its top.
 *
 * Invariant: of JSON text, cut into chunks anywhere, it finds a list with more than the limit as soon as that
 * many commas have come. It keeps a few numbers and validates nothing: the parser of the whole reports what
 * is no JSON.
 */
import type { Buffer } from 'node:buffer';
import { tooManyItems } from './event-list.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** An EventList's items, and the records of each platform's log, are in one of the two outermost levels. */
const LEVELS = 2;

export class ItemMeter {
  readonly #itemsMax: number;
  /** Of the levels that are open: the elements of a list so far, -1 for an object. */
  readonly #elements = new Float64Array(LEVELS + 1);
  #depth = 0;
  #inString = false;
  #escaped = false;

  constructor(itemsMax: number) {
    this.#itemsMax = itemsMax;
  }

  /** @throws ArrivalsError body_too_large */
  add(chunk: Buffer): void {
    for (const byte of chunk) {
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (byte === BACKSLASH) this.#escaped = true;
        else if (byte === QUOTE) this.#inString = false;
      } else if (byte === QUOTE) this.#inString = true;
      else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) this.#open(byte === OPEN_ARRAY ? 1 : -1);
      else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) this.#depth = Math.max(0, this.#depth - 1);
      else if (byte === COMMA) this.#comma();
    }
  }

  #open(elements: number): void {
    this.#depth++;
    if (this.#depth <= LEVELS) this.#elements[this.#depth] = elements;
  }

  #comma(): void {
    if (this.#depth > LEVELS) return;
    const elements = this.#elements[this.#depth] ?? -1;
    if (elements < 0 || this.#depth === 0) return;
    if (elements >= this.#itemsMax) throw tooManyItems(this.#itemsMax);
    this.#elements[this.#depth] = elements + 1;
  }
}
