/**
 * What is being processed, noted before it is: so that the next process knows when one ended, or hung, in the
 * middle of it. test/contract/attempts.contract.ts holds every adapter to this.
 *
 * A note outlives its process, however that ends, but not a crash of the machine. There is one note for a
 * partition. It needs no clearing when its records are committed: they are not read again. Every failure is
 * an ArrivalsError state_unavailable (retryable).
 */

export interface PartitionName {
  readonly topic: string;
  readonly partition: number;
}

/**
 * An event of a record, by its position there; WHOLE_RECORD for the record as it is decoded, DECIDING for
 * what follows from several.
 */
export interface PositionInRecord {
  readonly offset: number;
  readonly index: number;
}

// eslint-disable-next-line @typescript-eslint/no-inferrable-types -- isolatedDeclarations wants it
export const WHOLE_RECORD: number = -1;

/** Noted with the first record of those whose events are decided together. */
// eslint-disable-next-line @typescript-eslint/no-inferrable-types -- isolatedDeclarations wants it
export const DECIDING: number = -2;

export interface Ends extends PositionInRecord {
  /** How many processes have ended there while it alone was processed. */
  readonly ends: number;
}

/** Records from the offset `from` up to, but without, `to`. */
export interface Attempt {
  readonly from: number;
  readonly to: number;
  /** Set when they are processed event by event. */
  readonly singled: { readonly at: PositionInRecord | null; readonly ends: readonly Ends[] } | null;
}

export interface FoundAttempt {
  readonly attempt: Attempt;
  /**
   * The process that noted it has ended, or does not answer. Otherwise it has lost the partition, and nothing
   * follows.
   */
  readonly isOver: boolean;
}

/** Of `ends` this many are noted, those that came first. */
// eslint-disable-next-line @typescript-eslint/no-inferrable-types -- isolatedDeclarations wants it
export const ENDS_MAX: number = 16;

export interface Attempts {
  /**
   * Notes the attempt, unless there is a note of another process for some of its records: then returns that,
   * and notes nothing. Resolves when the note can be found.
   */
  begin(of: PartitionName, attempt: Attempt): Promise<FoundAttempt | undefined>;

  /** Notes the attempt in place of any other. */
  note(of: PartitionName, attempt: Attempt): Promise<void>;

  /** Takes back this process's own note, whose records others may have now. */
  release(of: PartitionName): Promise<void>;

  /** May be called again. */
  close(): Promise<void>;
}
