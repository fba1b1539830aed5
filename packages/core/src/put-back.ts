/**
 * What a record on the raw topic says when it is a dead letter that was put back.
 *
 * Invariant: the event keeps the coordinates it first had, as they may hold the claim of its identity; and of all records
 * that put one dead letter back, one is taken up: the one that claims the letter itself. Headers are outside text: what is
 * not exactly of this form is no put-back.
 */
import { type Identity, putBackIdentityOf } from './identity.ts';
import type { Coordinates, RecordPosition } from './ports/coordinates.ts';

/** TOPIC/PARTITION/OFFSET/INDEX; a topic's name has no slash. */
const FIRST_COORDINATES_HEADER = 'arrivals-first-coordinates';
/** TOPIC/PARTITION/OFFSET. */
const DEAD_LETTER_HEADER = 'arrivals-dead-letter';

export interface PutBack {
  /** Where the event first stood. */
  readonly first: Coordinates;
  /** The dead letter it became. */
  readonly letter: RecordPosition;
}

/** `first`: null for what never stood on the raw topic, and for whole records. */
export function putBackHeaders(first: Coordinates | null, letter: RecordPosition): Readonly<Record<string, string>> {
  return {
    [DEAD_LETTER_HEADER]: positionText(letter),
    ...(first === null ? {} : { [FIRST_COORDINATES_HEADER]: `${positionText(first)}/${String(first.index)}` }),
  };
}

/** Undefined for a record that keeps no first coordinates. @throws RangeError when they cannot be read */
export function readPutBack(headers: Readonly<Record<string, string>>): PutBack | undefined {
  const first = headers[FIRST_COORDINATES_HEADER];
  if (first === undefined) return undefined;
  const index = /\/(\d{1,10})$/.exec(first);
  const letter = positionIn(headers[DEAD_LETTER_HEADER] ?? '');
  const position = index === null ? undefined : positionIn(first.slice(0, index.index));
  const found = Number(index?.[1]);
  if (position === undefined || !(found <= INT_MAX)) throw new RangeError(`${FIRST_COORDINATES_HEADER}: ${shown(first)}`);
  if (letter === undefined) throw new RangeError(`${DEAD_LETTER_HEADER}: ${shown(headers[DEAD_LETTER_HEADER])}`);
  return { first: { ...position, index: found }, letter };
}

/** What the record that puts a dead letter back claims: whoever comes second with it is a copy. */
export function putBackIdentity({ first, letter }: PutBack, event: Identity): Identity {
  return putBackIdentityOf(event, `${positionText(first)}/${String(first.index)}`, positionText(letter));
}

/** Avro's int. */
const INT_MAX = 2 ** 31 - 1;

function positionText({ topic, partition, offset }: RecordPosition): string {
  return `${topic}/${String(partition)}/${String(offset)}`;
}

function positionIn(text: string): RecordPosition | undefined {
  const [, topic, partition, offset] = /^([A-Za-z0-9._-]{1,249})\/(\d{1,10})\/(\d{1,16})$/.exec(text) ?? [];
  const position = { topic: topic ?? '', partition: Number(partition), offset: Number(offset) };
  return position.partition <= INT_MAX && position.offset < Number.MAX_SAFE_INTEGER ? position : undefined;
}

function shown(text: string | undefined): string {
  return text === undefined ? 'expected one, found none' : `expected a position, found ${JSON.stringify(text.slice(0, 80))}`;
}
