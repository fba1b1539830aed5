/**
 * The headers of a record on the audit topic that is a redriven dead letter.
 *
 * Invariant: the event keeps its original position, as that may hold the claim of its identity; and of all
 * redrives of one dead letter one is processed: the one that claims the letter itself. Headers are untrusted:
 * what is not exactly of this form is no redrive.
 */
import { type Identity, redriveIdentityOf } from '../creation/identity.ts';
import type { EventPosition, RecordPosition } from '../ports/positions.ts';

/** TOPIC/PARTITION/OFFSET/INDEX; a topic's name has no slash. */
const ORIGINAL_POSITION_HEADER = 'arrivals-original-position';
/** TOPIC/PARTITION/OFFSET. */
const DEAD_LETTER_HEADER = 'arrivals-dead-letter';

export interface Redrive {
  /** Where the event was first. */
  readonly originalPosition: EventPosition;
  /** The dead letter it became. */
  readonly deadLetter: RecordPosition;
}

/** `originalPosition`: null for what never was on the audit topic, and for whole records. */
export function redriveHeaders(
  originalPosition: EventPosition | null,
  deadLetter: RecordPosition,
): Readonly<Record<string, string>> {
  return {
    [DEAD_LETTER_HEADER]: positionText(deadLetter),
    ...(originalPosition === null
      ? {}
      : {
          [ORIGINAL_POSITION_HEADER]: `${positionText(originalPosition)}/${String(originalPosition.index)}`,
        }),
  };
}

/** Undefined for a record that has no original position. @throws RangeError when they cannot be read */
export function readRedrive(headers: Readonly<Record<string, string>>): Redrive | undefined {
  const originalPosition = headers[ORIGINAL_POSITION_HEADER];
  if (originalPosition === undefined) return undefined;
  const index = /\/(\d{1,10})$/.exec(originalPosition);
  const deadLetter = positionIn(headers[DEAD_LETTER_HEADER] ?? '');
  const position = index === null ? undefined : positionIn(originalPosition.slice(0, index.index));
  const found = Number(index?.[1]);
  if (position === undefined || !(found <= INT_MAX))
    throw new RangeError(`${ORIGINAL_POSITION_HEADER}: ${shown(originalPosition)}`);
  if (deadLetter === undefined)
    throw new RangeError(`${DEAD_LETTER_HEADER}: ${shown(headers[DEAD_LETTER_HEADER])}`);
  return { originalPosition: { ...position, index: found }, deadLetter };
}

/** What the redrive of a dead letter claims: a second redrive of it is a duplicate. */
export function redriveClaimIdentity({ originalPosition, deadLetter }: Redrive, event: Identity): Identity {
  return redriveIdentityOf(
    event,
    `${positionText(originalPosition)}/${String(originalPosition.index)}`,
    positionText(deadLetter),
  );
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
  return text === undefined
    ? 'expected one, found none'
    : `expected a position, found ${JSON.stringify(text.slice(0, 80))}`;
}
