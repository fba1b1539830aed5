/**
 * Turns the body of a POST into records: the valid events packed into AuditBatches, the others into dead letters.
 *
 * Invariant: every item of an EventList, and every element of a platform's log, is in exactly one record, with the bytes it came in (an event
 * too large for a record has its bodies cut, and says so), or is counted as an entry of another log. Pure but for the arguments it is given.
 */
import { deadLetterRecord, encodeAuditBatch } from '@arrivals/adapters/avro';
import {
  ArrivalsError,
  type CountedEvents,
  type DeadLetter,
  deadLetter,
  type EventSlice,
  type Inflate,
  type Invalid,
  invalidity,
  type Micros,
  type Part,
  type Platform,
  type PostedBatch,
  packBatches,
  type RequestCoordinates,
  sliceEventList,
  type TopicNames,
  unwrap,
  type ValidEvent,
} from '@arrivals/core';

export interface Intake extends PostedBatch {
  readonly cutEvents: number;
  /** Entries of other logs, by the platform that delivered them. */
  readonly ignored: ReadonlyMap<Platform, number>;
}

export interface IntakeContext {
  readonly cluster: string;
  readonly requestId: string;
  readonly receivedAtMicros: Micros;
  readonly topics: TopicNames;
  readonly inflate: Inflate;
  /** Told of the memory that events take which do not stand in the body as they are. */
  readonly onCopied: (bytes: number) => void;
}

/** @throws ArrivalsError body_not_json, body_not_event_list, and what `inflate` and `onCopied` throw */
export function takeIn(body: Buffer, context: IntakeContext): Intake {
  const taken = new Taken(context);
  const slices = eventListOf(body);
  if (slices instanceof ArrivalsError) {
    const parts = unwrap(body, context.inflate);
    if (parts === undefined) throw slices;
    taken.parts(parts, body);
  } else for (const [index, slice] of slices.entries()) taken.event(body.subarray(slice.start, slice.end), slice, { index, byteOffset: slice.start });
  return taken.intake();
}

/** The error where the body is JSON and something else. @throws ArrivalsError body_not_json */
function eventListOf(body: Buffer): readonly EventSlice[] | ArrivalsError {
  try {
    return sliceEventList(body);
  } catch (error) {
    if (error instanceof ArrivalsError && error.code === 'body_not_event_list') return error;
    throw error;
  }
}

/** Where in the body something stood. */
type Place = Omit<RequestCoordinates, 'requestId'>;

class Taken {
  readonly #context: IntakeContext;
  readonly #valid: ValidEvent[] = [];
  readonly #dead: DeadLetter[] = [];
  readonly #ignored = new Map<Platform, number>();

  constructor(context: IntakeContext) {
    this.#context = context;
  }

  parts(parts: readonly Part[], body: Buffer): void {
    for (const [index, part] of parts.entries()) {
      switch (part.kind) {
        case 'event':
          if (part.bytes.buffer !== body.buffer) this.#context.onCopied(part.bytes.length);
          this.event(part.bytes, part.slice, { index, byteOffset: part.byteOffset });
          break;
        case 'refused':
          this.#setAside(part.bytes, part, { index, byteOffset: part.byteOffset });
          break;
        case 'other':
          this.#ignored.set(part.platform, (this.#ignored.get(part.platform) ?? 0) + 1);
      }
    }
  }

  event(bytes: Buffer, slice: EventSlice, place: Place): void {
    const invalid = invalidity(slice.facts, () => JSON.parse(bytes.toString('utf8')));
    if (invalid === undefined) this.#valid.push({ bytes, slice });
    else this.#setAside(bytes, invalid, place);
  }

  #setAside(bytes: Buffer, { reason, detail, form }: Invalid, place: Place): void {
    const { cluster, receivedAtMicros, requestId } = this.#context;
    this.#dead.push(deadLetter(bytes, { cluster, receivedAtMicros, reason, detail, form, request: { requestId, ...place }, record: null }));
  }

  intake(): Intake {
    const { cluster, receivedAtMicros, topics } = this.#context;
    const { batches, cutEvents } = packBatches(cluster, receivedAtMicros, this.#valid);
    return {
      cluster,
      records: [
        ...batches.map((batch) => ({ topic: topics.audit, key: null, value: encodeAuditBatch(batch), headers: {} })),
        ...this.#dead.map((letter) => deadLetterRecord(letter, topics.deadLetters)),
      ],
      events: this.#valid.length + this.#dead.length,
      deadLettered: countReasons(this.#dead),
      cutEvents,
      ignored: this.#ignored,
    };
  }
}

function countReasons(letters: readonly DeadLetter[]): CountedEvents['deadLettered'] {
  const counts: Partial<Record<DeadLetter['reason'], number>> = {};
  for (const { reason } of letters) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}
