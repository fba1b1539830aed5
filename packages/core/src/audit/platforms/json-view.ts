/**
 * Reads JSON text without building it: members, elements and texts of a value, by their position.
 *
 * Invariant: every view is one value of a text that is JSON, and its bytes are that text's own. Of repeated
 * keys the last counts, as in JSON.parse and in Go. A value of another type reads as absent, and so does "",
 * as in json.ts. Nothing recurses, and of whatever size a value is, a view of it keeps MEMBERS_MAX members at
 * most.
 */
import type { Buffer } from 'node:buffer';
import { type ByteRange, JsonScanner } from '../json-scanner.ts';

/** Of an object with more, each member is searched for when it is read. */
export const MEMBERS_MAX = 1024;
const VALUES_MAX = 20_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const LOWER_F = 0x66;
const LOWER_T = 0x74;
const LOWER_U = 0x75;

const NO_MEMBERS: ReadonlyMap<string, JsonView> = new Map<string, JsonView>();

export class JsonView {
  readonly #text: Buffer;
  readonly #range: ByteRange;
  /** Of a text that was unpacked from another: the position of that one. */
  readonly #unpackedFrom: number | undefined;
  #members: ReadonlyMap<string, JsonView> | undefined;
  #hasMore = false;

  private constructor(text: Buffer, range: ByteRange, unpackedFrom: number | undefined) {
    this.#text = text;
    this.#range = range;
    this.#unpackedFrom = unpackedFrom;
  }

  /** Of bytes that are known to be one JSON value. */
  static of(bytes: Buffer): JsonView {
    const scanner = new JsonScanner(bytes);
    scanner.skipWhitespace();
    return new JsonView(bytes, { start: scanner.position, end: bytes.length }, undefined);
  }

  /**
   * The values that follow one another in the text, with white space or nothing between; `valuesMax` + 1 of
   * more. @throws JsonSyntaxError
   */
  static all(text: Buffer, unpackedFrom?: number, valuesMax: number = VALUES_MAX): readonly JsonView[] {
    const scanner = new JsonScanner(text);
    const values: JsonView[] = [];
    for (;;) {
      scanner.skipWhitespace();
      if (scanner.atEnd() || values.length > valuesMax) return values;
      values.push(new JsonView(text, scanner.value(), unpackedFrom));
    }
  }

  get bytes(): Buffer {
    return this.#text.subarray(this.#range.start, this.#range.end);
  }

  /** Position in the outermost text: of its first byte, or of what it was unpacked from. */
  get byteOffset(): number {
    return this.#unpackedFrom ?? this.#range.start;
  }

  /** Of its text, in bytes. */
  get length(): number {
    return this.#range.end - this.#range.start;
  }

  get isObject(): boolean {
    return this.#scanner().startsObject();
  }

  get isArray(): boolean {
    return this.#scanner().startsArray();
  }

  /** Of an object by key, the first MEMBERS_MAX; none of any other value. */
  members(): ReadonlyMap<string, JsonView> {
    if (this.#members === undefined) {
      const members = new Map<string, JsonView>();
      this.#eachMember((key, value) => {
        if (members.size < MEMBERS_MAX || members.has(key)) members.set(key, this.#within(value));
        else this.#hasMore = true;
      });
      this.#members = members.size === 0 ? NO_MEMBERS : members;
    }
    return this.#members;
  }

  #eachMember(visit: (key: string, value: ByteRange) => void): void {
    const scanner = this.#scanner();
    if (!scanner.startsObject()) return;
    scanner.object((key) => {
      visit(key, scanner.value());
    });
  }

  #member(key: string): JsonView | undefined {
    const member = this.members().get(key);
    if (member !== undefined || !this.#hasMore) return member;
    let found: ByteRange | undefined;
    this.#eachMember((each, value) => {
      if (each === key) found = value;
    });
    return found === undefined ? undefined : this.#within(found);
  }

  /** Of an array in order, each as it is read; none of any other value. */
  *elements(): Generator<JsonView, undefined> {
    const scanner = this.#scanner();
    if (!scanner.startsArray()) return;
    scanner.position++;
    scanner.skipWhitespace();
    if (this.#text[scanner.position] === CLOSE_ARRAY) return;
    for (;;) {
      yield this.#within(scanner.value());
      scanner.skipWhitespace();
      if (this.#text[scanner.position] === CLOSE_ARRAY) return;
      scanner.position++;
    }
  }

  first(): JsonView | undefined {
    return this.elements().next().value;
  }

  at(...path: readonly string[]): JsonView | undefined {
    return path.reduce<JsonView | undefined>(
      (value, key) => (value === undefined ? undefined : value.#member(key)),
      this,
    );
  }

  text(...path: readonly string[]): string | undefined {
    const value = this.at(...path);
    if (value === undefined) return undefined;
    const text = value.#scanner().stringIn(value.#range);
    return text === '' ? undefined : text;
  }

  number(...path: readonly string[]): number | undefined {
    const value = this.at(...path);
    return value === undefined ? undefined : value.#scanner().numberIn(value.#range);
  }

  boolean(...path: readonly string[]): boolean | undefined {
    const value = this.at(...path);
    if (value === undefined) return undefined;
    const first = value.#text[value.#range.start];
    return first === LOWER_T ? true : first === LOWER_F ? false : undefined;
  }

  /**
   * A string's beginning, of so many UTF-16 units at most, without reading the rest of it; "" reads as "".
   */
  textWithin(unitsMax: number): string | undefined {
    const { start, end } = this.#range;
    // A unit takes six bytes at most.
    const bytesMax = 6 * unitsMax + 16;
    if (end - start <= bytesMax) return this.#scanner().stringIn(this.#range)?.slice(0, unitsMax);
    if (this.#text[start] !== QUOTE) return undefined;
    let at = start + 1;
    while (at < start + bytesMax)
      at += this.#text[at] !== BACKSLASH ? 1 : this.#text[at + 1] === LOWER_U ? 6 : 2;
    return (JSON.parse(`${this.#text.toString('utf8', start, Math.min(at, end - 1))}"`) as string).slice(
      0,
      unitsMax,
    );
  }

  /** How many elements an array has; 0 of any other value. */
  count(): number {
    let count = 0;
    const scanner = this.#scanner();
    if (!scanner.startsArray()) return 0;
    scanner.array(() => {
      scanner.value();
      count++;
    });
    return count;
  }

  /** Builds the value: for those that are known to be small. */
  json(): unknown {
    return JSON.parse(this.bytes.toString('utf8'));
  }

  #scanner(): JsonScanner {
    return new JsonScanner(this.#text, this.#range.start);
  }

  #within(range: ByteRange): JsonView {
    return new JsonView(this.#text, range, this.#unpackedFrom);
  }
}
