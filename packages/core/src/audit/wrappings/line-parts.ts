/**
 * Joins lines that container runtimes and shippers forward in parts.
 *
 * Invariant: each part comes out once, in a line or set aside; what is kept is bounded in logs and bytes. A
 * line whose beginning or end is missing, because the file was rotated or the delivery ended, takes no other
 * with it.
 */
import { Buffer } from 'node:buffer';
import type { Element, LinePart } from './carried.ts';
import { isJson } from './json-text.ts';
import { isKlogLine } from './line.ts';
import type { Wrapping } from './wrapping.ts';

/** Far above what an API server can log of one request. */
const LINE_UNITS_MAX = 32 * 1024 * 1024;
const LOGS_MAX = 1000;
/** Docker cuts lines there. */
const DOCKER_PART_BYTES = 16 * 1024;

export interface JoinedLine {
  readonly text: string;
  readonly element: Element;
}

/** What could not be joined. */
export type SetAside = (element: Element, why: string, wrapping: Wrapping) => void;

interface Pending {
  readonly wrapping: Wrapping;
  readonly parts: JoinedLine[];
  units: number;
}

export class LineParts {
  readonly #pending = new Map<string, Pending>();
  readonly #setAside: SetAside;

  constructor(setAside: SetAside) {
    this.#setAside = setAside;
  }

  /** The line that ends with this part; undefined while it goes on. */
  add(text: string, { log, goesOn }: LinePart, element: Element, wrapping: Wrapping): JoinedLine | undefined {
    const pending = this.#pending.get(log);
    if (goesOn ?? mayGoOn(text, pending !== undefined)) {
      this.#keep(log, pending ?? { wrapping, parts: [], units: 0 }, { text, element });
      return undefined;
    }
    if (pending === undefined) return { text, element };
    this.#pending.delete(log);
    return this.#joined([...pending.parts, { text, element }], wrapping);
  }

  /** What never ended. */
  end(): void {
    for (const { parts, wrapping } of this.#pending.values())
      this.#setAside(elementOf(parts), 'its end is missing', wrapping);
    this.#pending.clear();
  }

  #keep(log: string, kept: Pending, part: JoinedLine): void {
    if (kept.parts.length === 0 && this.#pending.size >= LOGS_MAX) {
      this.#setAside(
        part.element,
        `lines of more than ${String(LOGS_MAX)} logs are unfinished`,
        kept.wrapping,
      );
      return;
    }
    kept.parts.push(part);
    kept.units += part.text.length;
    this.#pending.set(log, kept);
    if (kept.units <= LINE_UNITS_MAX) return;
    this.#pending.delete(log);
    this.#setAside(elementOf(kept.parts), `longer than ${String(LINE_UNITS_MAX)} characters`, kept.wrapping);
  }

  /**
   * Parts before the last that begins as an object does are of a line whose end got lost, if that one is
   * whole without them.
   */
  #joined(parts: readonly JoinedLine[], wrapping: Wrapping): JoinedLine {
    const whole = { text: textOf(parts), element: elementOf(parts) };
    const begins = parts.findLastIndex(({ text }, i) => i > 0 && text.startsWith('{'));
    if (begins === -1 || isJson(whole.text)) return whole;
    const later = textOf(parts.slice(begins));
    if (!isJson(later)) return whole;
    this.#setAside(elementOf(parts.slice(0, begins)), 'its end is missing', wrapping);
    return { text: later, element: elementOf(parts.slice(begins)) };
  }
}

function mayGoOn(text: string, continues: boolean): boolean {
  if (text.endsWith('\n')) return false;
  if (continues || text.startsWith('{'))
    return !isJson(text) && !(continues && text.endsWith('}') && Buffer.byteLength(text) < DOCKER_PART_BYTES);
  return Buffer.byteLength(text) >= DOCKER_PART_BYTES && !isKlogLine(text);
}

function textOf(parts: readonly JoinedLine[]): string {
  return parts.map(({ text }) => text).join('');
}

/** Several are set aside as a JSON list where they are JSON, as lines otherwise. */
function elementOf(parts: readonly JoinedLine[]): Element {
  const [first, ...more] = parts.map(({ element }) => element);
  if (first === undefined) return { bytes: Buffer.alloc(0), byteOffset: 0 };
  if (more.length === 0) return first;
  const texts = [first, ...more].map(({ bytes }) => bytes);
  const isList = first.bytes[0] === 0x7b;
  const between = Buffer.from(isList ? ',' : '\n');
  const joined = texts.flatMap((bytes, i) => (i === 0 ? [bytes] : [between, bytes]));
  return {
    bytes: isList ? Buffer.concat([Buffer.from('['), ...joined, Buffer.from(']')]) : Buffer.concat(joined),
    byteOffset: first.byteOffset,
  };
}
