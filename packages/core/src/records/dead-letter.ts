/**
 * What is set aside, and where it came from.
 *
 * Invariant: nothing that was accepted is lost: what cannot be processed is kept here with its bytes (at most
 * DEAD_LETTER_BYTES_MAX of them; length and SHA-256 are of the whole) and its position.
 */
import { type Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { DeadLetterReason, ForeignForm } from '../audit/validity.ts';
import type { EventPosition } from '../ports/positions.ts';
import type { Micros } from '../base/time.ts';

export const DEAD_LETTER_BYTES_MAX = 900_000;

/** Used in dead letters and metrics where the record does not name its cluster. */
export const UNKNOWN_CLUSTER = 'unknown';

/** The position in a POST of an item that never reached the audit topic. */
export interface RequestPosition {
  /** The webhook's own id of the POST; its log lines carry it. */
  readonly requestId: string;
  /** Position in `items`, from 0. */
  readonly index: number;
  readonly byteOffset: number;
}

export interface DeadLetter {
  readonly cluster: string;
  readonly receivedAtMicros: Micros;
  readonly reason: DeadLetterReason;
  /** What was expected and what was found. */
  readonly detail: string;
  readonly form: ForeignForm | null;
  readonly bytes: Buffer;
  /** Of the whole item, in bytes. */
  readonly length: number;
  /** Of the whole item, lower-case hex. */
  readonly sha256: string;
  /** Exactly one of the two is set. */
  readonly request: RequestPosition | null;
  readonly record: EventPosition | null;
}

export type DeadLetterCause = Pick<
  DeadLetter,
  'cluster' | 'receivedAtMicros' | 'reason' | 'detail' | 'form' | 'request' | 'record'
>;

export function deadLetter(bytes: Buffer, cause: DeadLetterCause): DeadLetter {
  return {
    ...cause,
    bytes: bytes.subarray(0, DEAD_LETTER_BYTES_MAX),
    length: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  };
}
