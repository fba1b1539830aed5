/**
 * Looks into JSON text without building it: members, elements and texts of a value, where they stand.
 *
 * Invariant: every view is one value of a text that is JSON, and its bytes are that text's own. Of repeated keys the last
 * counts, as in JSON.parse and in Go. A value of another type reads as absent, and so does "", as in json.ts.
 */
import type { Buffer } from 'node:buffer';
import { type ByteRange, JsonScanner } from '../json-scanner.ts';

const CLOSE_ARRAY = 0x5d;
const LOWER_F = 0x66;
const LOWER_T = 0x74;

const NO_MEMBERS: ReadonlyMap<string, JsonView> = new Map<string, JsonView>();

export class JsonView {
  readonly #text: Buffer;
  readonly #range: ByteRange;
  /** Of a text that was unpacked from another: where that stood. */
  readonly #unpackedFrom: number | undefined;
  #members: ReadonlyMap<string, JsonView> | undefined;

  private constructor(text: Buffer, range: ByteRange, unpackedFrom: number | undefined) {
    this.#text = text;
    this.#range = range;
    this.#unpackedFrom = unpackedFrom;
  }

  /** The values that follow one another in the text, with white space or nothing between. @throws JsonSyntaxError */
  static all(text: Buffer, unpackedFrom?: number): readonly JsonView[] {
    const scanner = new JsonScanner(text);
    const values: JsonView[] = [];
    for (;;) {
      scanner.skipWhitespace();
      if (scanner.atEnd()) return values;
      values.push(new JsonView(text, scanner.value(), unpackedFrom));
    }
  }

  get bytes(): Buffer {
    return this.#text.subarray(this.#range.start, this.#range.end);
  }

  /** Where it stands in the text that all began with: its first byte, or that of what it was unpacked from. */
  get byteOffset(): number {
    return this.#unpackedFrom ?? this.#range.start;
  }

  get isObject(): boolean {
    return this.#scanner().startsObject();
  }

  get isArray(): boolean {
    return this.#scanner().startsArray();
  }

  /** Of an object by key; none of any other value. */
  members(): ReadonlyMap<string, JsonView> {
    if (this.#members === undefined) {
      const scanner = this.#scanner();
      const members = new Map<string, JsonView>();
      if (scanner.startsObject()) {
        scanner.object((key) => {
          members.set(key, this.#within(scanner.value()));
        });
      }
      this.#members = members.size === 0 ? NO_MEMBERS : members;
    }
    return this.#members;
  }

  /** Of an array in order, each as it is asked for; none of any other value. */
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
    return path.reduce<JsonView | undefined>((value, key) => value?.members().get(key), this);
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

  #scanner(): JsonScanner {
    return new JsonScanner(this.#text, this.#range.start);
  }

  #within(range: ByteRange): JsonView {
    return new JsonView(this.#text, range, this.#unpackedFrom);
  }
}
