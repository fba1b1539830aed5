/**
 * A source of dead letters: a running process, or Kafka.
 *
 * Invariant: a read ends at the end of the topic at its start, so that a letter that is redriven and set
 * aside again is not read for ever.
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
  /** All at once, as one may only be dropped together with others. `by`: who does it, for the log. */
  drop(letters: readonly NamedLetter[], dryRun: boolean, by: string): Promise<readonly DropResult[]>;
  close(): Promise<void>;
}
