/**
 * Turns the body of a POST into records: the valid events packed into AuditBatches, the others into dead
 * letters.
 *
 * Invariant: every item of an EventList, and every element of a platform's log, is in exactly one record,
 * with its original bytes (an event too large for a record has its bodies truncated, and is marked), or is
 * counted as an entry of another log. Pure except for the functions passed in.
 */
import { deadLetterRecord, encodeAuditBatch } from '@arrivals/adapters/avro';
import {
  ArrivalsError,
  type EventSlice,
  type Inflate,
  type Invalid,
  invalidity,
  JsonSyntaxError,
  type Part,
  type PostedBatch,
  packBatches,
  RECORD_BYTES_MAX,
  sliceEventList,
  type Source,
  type TopicNames,
  unwrap,
  type ValidEvent,
} from '@arrivals/core';
import { DeadLetters, type LetterContext, type PositionInRequest } from './dead-letters.ts';

export interface Ingestion extends PostedBatch {
  readonly cutEvents: number;
  /** Entries of other logs, by the platform that delivered them. */
  readonly ignored: ReadonlyMap<Source, number>;
}

export interface IngestContext extends LetterContext {
  /** Of one body: a body with more is refused whole. */
  readonly itemsMax: number;
  readonly topics: TopicNames;
  readonly inflate: Inflate;
  /** Called with the memory of events that are not a part of the body's bytes. */
  readonly onCopied: (bytes: number) => void;
}

/**
 * @throws ArrivalsError body_not_json, body_not_event_list, body_too_large, and what `inflate` and `onCopied`
 * throw
 */
export function takeIn(body: Buffer, context: IngestContext): Ingestion {
  const taken = new Taken(context);
  const slices = eventListOf(body, context.itemsMax);
  if (slices instanceof ArrivalsError) {
    const parts = unwrapped(body, context);
    if (parts === undefined) throw slices;
    taken.parts(parts, body);
  } else
    for (const [index, slice] of slices.entries())
      taken.event(body.subarray(slice.start, slice.end), slice, { index, byteOffset: slice.start });
  return taken.ingest();
}

/** Undefined if it is neither JSON nor a sequence of JSON values. @throws ArrivalsError as takeIn does */
function unwrapped(body: Buffer, { inflate, itemsMax }: IngestContext): readonly Part[] | undefined {
  try {
    return unwrap(body, inflate, itemsMax);
  } catch (error) {
    if (error instanceof JsonSyntaxError) return undefined;
    throw error;
  }
}

/**
 * The error for another body: JSON of another kind, or several values, as shippers post them.
 * @throws ArrivalsError body_too_large
 */
function eventListOf(body: Buffer, itemsMax: number): readonly EventSlice[] | ArrivalsError {
  try {
    return sliceEventList(body, itemsMax);
  } catch (error) {
    if (
      error instanceof ArrivalsError &&
      (error.code === 'body_not_event_list' || error.code === 'body_not_json')
    )
      return error;
    throw error;
  }
}

interface PositionedEvent extends ValidEvent {
  readonly position: PositionInRequest;
}

class Taken {
  readonly #context: IngestContext;
  readonly #valid: PositionedEvent[] = [];
  readonly #dead: DeadLetters;
  readonly #ignored = new Map<Source, number>();

  constructor(context: IngestContext) {
    this.#context = context;
    this.#dead = new DeadLetters(context);
  }

  parts(parts: readonly Part[], body: Buffer): void {
    for (const [index, part] of parts.entries()) {
      switch (part.kind) {
        case 'event':
          if (part.bytes.buffer !== body.buffer) this.#context.onCopied(part.bytes.length);
          this.event(part.bytes, part.slice, { index, byteOffset: part.byteOffset });
          break;
        case 'refused':
          this.#dead.add(part.bytes, part, { index, byteOffset: part.byteOffset });
          break;
        case 'other':
          this.#ignored.set(part.platform, (this.#ignored.get(part.platform) ?? 0) + 1);
      }
    }
  }

  event(bytes: Buffer, slice: EventSlice, position: PositionInRequest): void {
    const invalid = invalidity(slice, bytes);
    if (invalid === undefined) this.#valid.push({ bytes, slice, position });
    else this.#dead.add(bytes, invalid, position);
  }

  ingest(): Ingestion {
    const { cluster, receivedAtMicros, topics } = this.#context;
    const { batches, cutEvents, uncut } = packBatches(cluster, receivedAtMicros, this.#valid);
    for (const { bytes, position } of uncut) this.#dead.add(bytes, CANNOT_BE_CUT, position);
    return {
      cluster,
      records: [
        ...batches.map((batch) => ({
          topic: topics.audit,
          key: null,
          value: encodeAuditBatch(batch),
          headers: {},
        })),
        ...this.#dead.all().map((letter) => deadLetterRecord(letter, topics.deadLetters)),
      ],
      events: this.#valid.length - uncut.length + this.#dead.items,
      deadLettered: this.#dead.counts,
      cutEvents,
      ignored: this.#ignored,
    };
  }
}

const CANNOT_BE_CUT: Invalid = {
  reason: 'cannot_be_cut',
  detail: `expected an event of at most ${String(RECORD_BYTES_MAX)} bytes after truncation of its bodies`,
  form: null,
};
