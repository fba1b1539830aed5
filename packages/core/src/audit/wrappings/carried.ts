/**
 * What a wrapping carries: the text or value in it that should be an audit event, and what the wrapping says
 * of where it comes from.
 *
 * Invariant: only the wrapping's own words tell the origin, never what is carried. Nothing here is read
 * further than its top.
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

/** A line that stands in several records: those of one log and stream follow one another. */
export interface LinePart {
  readonly log: string;
  /**
   * Unknown where the text itself has to tell: Docker ends a line's last part with a line feed, which
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
  /**
   * False for a shape that many things have, as an object with a message: it counts where what it carries is
   * known.
   */
  readonly certain: boolean;
}
