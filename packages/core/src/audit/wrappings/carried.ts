/**
 * What a wrapping carries: the text or value in it that should be an audit event, and the origin that the
 * wrapping names.
 *
 * Invariant: only the wrapping's own fields name the origin, never what is carried. Only the top of a value
 * is read here.
 */
import type { Buffer } from 'node:buffer';
import type { JsonView } from '../platforms/json-view.ts';
import type { Origin } from './origin.ts';
import type { Wrapping } from './wrapping.ts';

/** What is set aside where nothing can be read. */
export interface Element {
  readonly bytes: Buffer;
  readonly byteOffset: number;
}

/** A line split over several records: those of one log and stream follow one another. */
export interface LinePart {
  readonly log: string;
  /**
   * Unknown where only the text itself shows it: Docker ends a line's last part with a line feed, which
   * shippers cut off.
   */
  readonly goesOn: boolean | undefined;
}

export interface Carried {
  /** A string, or what was parsed of one. */
  readonly content: JsonView | undefined;
  readonly element: Element;
  readonly origin: Origin;
  readonly part?: LinePart;
}

export interface Wrapped {
  readonly wrapping: Wrapping;
  readonly carried: Iterable<Carried>;
  /** False for a common shape, as an object with a message: it counts only where what it carries is known. */
  readonly certain: boolean;
}
