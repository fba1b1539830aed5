/**
 * Where dead letters are kept: a running process, or Kafka.
 *
 * Invariant: what is read is what was there when the reading began, so that what is put back and set aside
 * anew is not read again and again.
 */
import type { DropResult, LetterRecord, RedriveResult, StoredLetter } from '@arrivals/api';
import type { DeadLetterReason, RecordPosition } from '@arrivals/core';

/** Without its bytes. */
export interface NamedLetter {
  readonly position: RecordPosition;
  readonly sha256: string;
  readonly reason: DeadLetterReason;
  readonly cluster: string;
}

export interface DeadLetterSource {
  /** Oldest first. `last`: only the last so many records of the topic. */
  read(last?: number): AsyncIterable<LetterRecord>;
  at(position: Pick<RecordPosition, 'partition' | 'offset'>): Promise<LetterRecord | undefined>;
  /** A few at a time. */
  redrive(letters: readonly StoredLetter[], dryRun: boolean): Promise<readonly RedriveResult[]>;
  /** All at once, as of some the others decide whether they can go. `by`: who does it, for the log. */
  drop(letters: readonly NamedLetter[], dryRun: boolean, by: string): Promise<readonly DropResult[]>;
  close(): Promise<void>;
}
