/**
 * What is being processed, noted before it is: so that whoever comes after a process that ended, or hung, in
 * the middle of it finds out. test/contract/attempts.contract.ts holds every adapter to this.
 *
 * A note outlives its process, however that ends, not the machine's power. There is one note for a partition.
 * It needs no clearing when its records are committed: nobody asks for them again. Every failure is an
 * ArrivalsError state_unavailable (retryable).
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

/** Stands with the first record of those of which all that was read is decided together. */
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
   * Whoever noted it has ended, or does not answer. Otherwise it has lost the partition, and nothing is to be
   * concluded.
   */
  readonly isOver: boolean;
}

/** Of `ends` this many are noted, those that came first. */
// eslint-disable-next-line @typescript-eslint/no-inferrable-types -- isolatedDeclarations wants it
export const ENDS_MAX: number = 16;

export interface Attempts {
  /**
   * Notes the attempt, unless a note of another process stands for some of its records: that is the answer
   * then, and nothing is noted. Resolves when the note would be found.
   */
  begin(of: PartitionName, attempt: Attempt): Promise<FoundAttempt | undefined>;

  /** Notes the attempt in place of whatever is noted. */
  note(of: PartitionName, attempt: Attempt): Promise<void>;

  /** Takes back this process's own note, whose records others may have now. */
  release(of: PartitionName): Promise<void>;

  /** May be called again. */
  close(): Promise<void>;
}
