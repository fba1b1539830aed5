/**
 * A strict JSON scanner over bytes: it finds where values begin and end without building them.
 *
 * Invariant: it accepts exactly the texts that JSON.parse accepts, and its ranges are those JSON.parse would
 * give (a fuzzer holds the two equal). Bytes that are not UTF-8 pass inside strings, as decoding makes them
 * U+FFFD there. It keeps its own stack, so depth costs memory (one byte a level) and never the call stack.
 */
import { type Buffer } from 'node:buffer';
import { TextInterner } from './text-interner.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const COMMA = 0x2c;
const COLON = 0x3a;
const LOWER_U = 0x75;

const OBJECT = 1;
const ARRAY = 2;

/**
 * An API server reads no request that is nested deeper than 10,000 levels. A power of two, as the stack
 * doubles.
 */
export const DEPTH_MAX = 16_384;
const STACK_BYTES_MIN = 64;

/** 1 for the bytes that a string may hold as they are. */
const PLAIN = Uint8Array.from({ length: 256 }, (_unused, byte) =>
  byte >= 0x20 && byte !== QUOTE && byte !== BACKSLASH ? 1 : 0,
);

const INTERNER = new TextInterner();

/** Where the text stops being JSON: the byte offset and what was expected there. */
export class JsonSyntaxError extends Error {
  readonly byteOffset: number;
  readonly atEnd: boolean;
  constructor(expected: string, byteOffset: number, atEnd: boolean) {
    super(`expected ${expected} at byte ${String(byteOffset)}${atEnd ? ', where the text ends' : ''}`);
    this.name = 'JsonSyntaxError';
    this.byteOffset = byteOffset;
    this.atEnd = atEnd;
  }
}

/** A value's bytes: `start` is its first byte, `end` the one after its last. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export class JsonScanner {
  readonly #bytes: Buffer;
  #stack: Uint8Array = new Uint8Array(STACK_BYTES_MIN);
  position: number;

  constructor(bytes: Buffer, position = 0) {
    this.#bytes = bytes;
    this.position = position;
  }

  skipWhitespace(): void {
    const bytes = this.#bytes;
    let at = this.position;
    for (;;) {
      const byte = bytes[at];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
      at++;
    }
    this.position = at;
  }

  atEnd(): boolean {
    return this.position >= this.#bytes.length;
  }

  startsObject(): boolean {
    return this.#bytes[this.position] === OPEN_OBJECT;
  }

  startsArray(): boolean {
    return this.#bytes[this.position] === OPEN_ARRAY;
  }

  /** Skips one value of any kind, white space before it included. */
  value(): ByteRange {
    this.skipWhitespace();
    const start = this.position;
    let depth = 0;
    for (;;) {
      const opened = this.#open(depth);
      if (opened === 'nested') {
        depth++;
        continue;
      }
      depth = this.#close(depth);
      if (depth === 0) return { start, end: this.position };
    }
  }

  /**
   * Walks an object's members. `visit` gets the decoded key and must consume exactly the value that follows
   * (by calling a method of this scanner).
   */
  object(visit: (key: string) => void): ByteRange {
    const start = this.position;
    this.#expect(OPEN_OBJECT, '{');
    this.skipWhitespace();
    if (this.#bytes[this.position] === CLOSE_OBJECT) {
      this.position++;
      return { start, end: this.position };
    }
    for (;;) {
      const key = this.#key();
      this.skipWhitespace();
      visit(this.#decode(key));
      if (!this.#nextMember(CLOSE_OBJECT, '} or ,')) return { start, end: this.position };
    }
  }

  /**
   * Whether anything since the last call was nested deeper than DEPTH_MAX: JSON.parse takes seconds over it.
   */
  wasDeep(): boolean {
    if (this.#stack.length <= DEPTH_MAX) return false;
    this.#stack = new Uint8Array(STACK_BYTES_MIN);
    return true;
  }

  /**
   * Walks an array's elements; `visit` must consume exactly one value, and finds white space already skipped.
   */
  array(visit: () => void): ByteRange {
    const start = this.position;
    this.#expect(OPEN_ARRAY, '[');
    this.skipWhitespace();
    if (this.#bytes[this.position] === CLOSE_ARRAY) {
      this.position++;
      return { start, end: this.position };
    }
    for (;;) {
      this.skipWhitespace();
      visit();
      if (!this.#nextMember(CLOSE_ARRAY, '] or ,')) return { start, end: this.position };
    }
  }

  /** Ends the text: only white space may follow. */
  end(): void {
    this.skipWhitespace();
    if (!this.atEnd()) this.#fail('the end of the text');
  }

  /** The text of a string value that `value()` gave, undefined when the value there is no string. */
  stringIn(range: ByteRange): string | undefined {
    if (this.#bytes[range.start] !== QUOTE) return undefined;
    return this.#decode(range);
  }

  /** The number of a value that `value()` gave, undefined when it is none. */
  numberIn(range: ByteRange): number | undefined {
    const first = this.#bytes[range.start];
    if (first === undefined || !(first === 0x2d || isDigit(first))) return undefined;
    return Number(this.#bytes.toString('latin1', range.start, range.end));
  }

  isNull(range: ByteRange): boolean {
    return this.#bytes[range.start] === 0x6e;
  }

  /** The text of a string, quotes included in the range. */
  #decode({ start, end }: ByteRange): string {
    for (let at = start + 1; at < end - 1; at++) {
      if (this.#bytes[at] === BACKSLASH)
        return JSON.parse(this.#bytes.toString('utf8', start, end)) as string;
    }
    return INTERNER.text(this.#bytes, start + 1, end - 1);
  }

  /** Takes a scalar or an empty container whole ('value'), or steps into a container ('nested'). */
  #open(depth: number): 'nested' | 'value' {
    const byte = this.#bytes[this.position];
    if (byte === OPEN_OBJECT) {
      this.position++;
      this.skipWhitespace();
      if (this.#bytes[this.position] === CLOSE_OBJECT) {
        this.position++;
        return 'value';
      }
      this.#push(depth, OBJECT);
      this.#key();
      this.skipWhitespace();
      return 'nested';
    }
    if (byte === OPEN_ARRAY) {
      this.position++;
      this.skipWhitespace();
      if (this.#bytes[this.position] === CLOSE_ARRAY) {
        this.position++;
        return 'value';
      }
      this.#push(depth, ARRAY);
      return 'nested';
    }
    this.#scalar(byte);
    return 'value';
  }

  /** After a value: closes what ends here and returns the depth of the next value (0: all done). */
  #close(from: number): number {
    let depth = from;
    while (depth > 0) {
      const inObject = this.#stack[depth - 1] === OBJECT;
      if (this.#nextMember(inObject ? CLOSE_OBJECT : CLOSE_ARRAY, inObject ? '} or ,' : '] or ,')) {
        this.skipWhitespace();
        if (inObject) {
          this.#key();
          this.skipWhitespace();
        }
        return depth;
      }
      depth--;
    }
    return 0;
  }

  /** True when a comma leads to another member, false when the container closed; both are consumed. */
  #nextMember(close: number, expected: string): boolean {
    this.skipWhitespace();
    const byte = this.#bytes[this.position];
    if (byte !== COMMA && byte !== close) this.#fail(expected);
    this.position++;
    return byte === COMMA;
  }

  #key(): ByteRange {
    this.skipWhitespace();
    const start = this.position;
    this.#string();
    const end = this.position;
    this.skipWhitespace();
    this.#expect(COLON, ':');
    return { start, end };
  }

  #push(depth: number, kind: number): void {
    if (depth >= this.#stack.length) {
      const larger = new Uint8Array(this.#stack.length * 2);
      larger.set(this.#stack);
      this.#stack = larger;
    }
    this.#stack[depth] = kind;
  }

  #scalar(byte: number | undefined): void {
    if (byte === QUOTE) this.#string();
    else if (byte === 0x74) this.#literal('true');
    else if (byte === 0x66) this.#literal('false');
    else if (byte === 0x6e) this.#literal('null');
    else if (byte === 0x2d || isDigit(byte)) this.#number();
    else this.#fail('a value');
  }

  #string(): void {
    const bytes = this.#bytes;
    if (bytes[this.position] !== QUOTE) this.#fail('"');
    let at = this.position + 1;
    for (;;) {
      while (PLAIN[bytes[at] ?? QUOTE] === 1) at++;
      const byte = bytes[at];
      if (byte === QUOTE) {
        this.position = at + 1;
        return;
      }
      if (byte !== BACKSLASH) {
        this.position = at;
        this.#fail(byte === undefined ? 'the end of a string' : 'an escaped control character');
      }
      this.position = at + 1;
      at = this.#escape();
    }
  }

  /** At the byte after a backslash; returns the position after the escape. */
  #escape(): number {
    const at = this.position;
    const byte = this.#bytes[at];
    if (byte === LOWER_U) {
      for (let digit = 1; digit <= 4; digit++) {
        if (!isHexDigit(this.#bytes[at + digit])) {
          this.position = at + digit;
          this.#fail('a hexadecimal digit');
        }
      }
      return at + 5;
    }
    // " \ / b f n r t
    if (
      byte === QUOTE ||
      byte === BACKSLASH ||
      byte === 0x2f ||
      byte === 0x62 ||
      byte === 0x66 ||
      byte === 0x6e ||
      byte === 0x72 ||
      byte === 0x74
    )
      return at + 1;
    return this.#fail('an escape character');
  }

  #number(): void {
    const bytes = this.#bytes;
    if (bytes[this.position] === 0x2d) this.position++;
    if (bytes[this.position] === 0x30) this.position++;
    else this.#digits();
    if (bytes[this.position] === 0x2e) {
      this.position++;
      this.#digits();
    }
    const exponent = bytes[this.position];
    if (exponent === 0x65 || exponent === 0x45) {
      this.position++;
      const sign = bytes[this.position];
      if (sign === 0x2b || sign === 0x2d) this.position++;
      this.#digits();
    }
  }

  #digits(): void {
    if (!isDigit(this.#bytes[this.position])) this.#fail('a digit');
    while (isDigit(this.#bytes[this.position])) this.position++;
  }

  #literal(word: string): void {
    for (let i = 0; i < word.length; i++) {
      if (this.#bytes[this.position + i] !== word.charCodeAt(i)) {
        this.position += i;
        this.#fail(word);
      }
    }
    this.position += word.length;
  }

  #expect(byte: number, shown: string): void {
    if (this.#bytes[this.position] !== byte) this.#fail(shown);
    this.position++;
  }

  #fail(expected: string): never {
    throw new JsonSyntaxError(expected, Math.min(this.position, this.#bytes.length), this.atEnd());
  }
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

function isHexDigit(byte: number | undefined): boolean {
  return (
    isDigit(byte) ||
    (byte !== undefined && ((byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66)))
  );
}
