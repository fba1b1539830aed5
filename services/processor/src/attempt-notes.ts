/**
 * Records attempts before records are processed, and finds the records at which an earlier process ended.
 *
 * Invariant: records of such an attempt are processed event by event up to the end of its note, by this
 * process or the next: each event is noted before it is read, and, if a process ended while events were
 * decided together, before it is decided. An event is set aside when processes ended ENDS_ALLOWED times while
 * it alone was processed, so that kills from outside, which hit any event, never set a good one aside.
 * Records of a lost partition do not count. If attempts cannot be recorded, processing continues without
 * them, and this is reported.
 */
import {
  asArrivalsError,
  type Attempt,
  type Attempts,
  DECIDING,
  type Ends,
  type PositionInRecord,
  type PartitionName,
  type StoredRecord,
  type Telemetry,
} from '@arrivals/core';

export const ENDS_ALLOWED = 2;
/** Pause after a failure to note: each try may take seconds. */
const AGAIN_MS = 5000;

export interface AttemptNotesOptions {
  readonly attempts: Attempts;
  readonly telemetry: Telemetry;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Called with a description of the present work, for the watchdog's report when this process hangs. */
  readonly doing: (words: string) => void;
}

export class AttemptNotes {
  readonly #options: AttemptNotesOptions;
  /** Partitions whose records are processed event by event. */
  readonly #singling = new Map<number, Singling>();
  #againMs = 0;

  constructor(options: AttemptNotesOptions) {
    this.#options = options;
  }

  /**
   * Notes the records, of one partition. Defined where they, or the first of them, are to be processed event
   * by event.
   */
  async begin(records: readonly StoredRecord[]): Promise<Singling | undefined> {
    const [first, last] = [records[0], records.at(-1)];
    if (first === undefined || last === undefined) return undefined;
    const { topic, partition, offset: from } = first;
    const running = this.#singling.get(partition);
    if (running !== undefined && from < running.to) return running;
    this.#singling.delete(partition);
    const of = { topic, partition };
    const to = last.offset + 1;
    this.#options.doing(`${nameOf(of)}, offsets ${String(from)} to ${String(last.offset)}`);
    const found = await this.#noted(() => this.#options.attempts.begin(of, { from, to, singled: null }));
    if (found === undefined) return undefined;
    const { attempt, isOver } = found;
    if (!isOver && attempt.singled === null) {
      await this.note(of, { from, to, singled: null });
      return undefined;
    }
    const singling = new Singling(
      this,
      of,
      Math.max(from, attempt.from),
      attempt.to,
      endsOf(attempt, isOver),
    );
    if (isOver) this.#reportEnded(of, attempt);
    this.#singling.set(partition, singling);
    await singling.at(null);
    return singling;
  }

  async note(of: PartitionName, attempt: Attempt): Promise<void> {
    const at = attempt.singled?.at;
    this.#options.doing(
      `${nameOf(of)}, offset ${at === undefined || at === null ? `${String(attempt.from)} and on` : positionText(at)}`,
    );
    await this.#noted(() => this.#options.attempts.note(of, attempt));
  }

  /** Another processor may have the partition's records now, and no process ended at them. */
  async giveBack(of: PartitionName): Promise<void> {
    const singling = this.#singling.get(of.partition);
    this.#singling.delete(of.partition);
    if (singling === undefined) await this.#noted(() => this.#options.attempts.release(of));
    else await singling.at(null);
  }

  #reportEnded(of: PartitionName, { from, to, singled }: Attempt): void {
    const at = singled?.at ?? null;
    const detail =
      at === null ? `offsets ${String(from)} to ${String(to - 1)}` : `offset ${positionText(at)}`;
    this.#options.telemetry.emit({
      type: 'attempt_ended',
      topic: of.topic,
      partition: of.partition,
      from,
      to,
      detail,
    });
  }

  async #noted<T>(work: () => Promise<T>): Promise<T | undefined> {
    const { now, telemetry } = this.#options;
    if (now() < this.#againMs) return undefined;
    try {
      return await work();
    } catch (thrown) {
      this.#againMs = now() + AGAIN_MS;
      telemetry.emit({
        type: 'attempts_unnoted',
        detail: asArrivalsError(thrown, 'state_unavailable').message,
      });
      return undefined;
    }
  }
}

/** Records of a partition that are processed event by event. */
export class Singling {
  readonly #notes: AttemptNotes;
  readonly #of: PartitionName;
  readonly #ends: readonly Ends[];
  readonly to: number;
  #from: number;

  constructor(notes: AttemptNotes, of: PartitionName, from: number, to: number, ends: readonly Ends[]) {
    this.#notes = notes;
    this.#of = of;
    this.#from = from;
    this.to = to;
    this.#ends = ends;
  }

  /** Notes the event that is processed next; null: none is. */
  async at(position: PositionInRecord | null): Promise<void> {
    this.#from = Math.max(this.#from, position?.offset ?? 0);
    await this.#notes.note(this.#of, {
      from: this.#from,
      to: this.to,
      singled: { at: position, ends: this.#ends },
    });
  }

  /** Whether a process has ended while several events were decided together: then each is decided alone. */
  get isOneByOne(): boolean {
    return this.#ends.some(({ index }) => index === DECIDING);
  }

  /** Notes that what was read of the records from `offset` on is decided together. */
  deciding(offset: number): Promise<void> {
    return this.at({ offset, index: DECIDING });
  }

  /** Whether it has ended the allowed number of processes. */
  isOver(position: PositionInRecord): boolean {
    return (this.#ends.find((one) => isSame(one, position))?.ends ?? 0) >= ENDS_ALLOWED;
  }
}

function endsOf({ singled }: Attempt, isOver: boolean): readonly Ends[] {
  const ends = singled?.ends ?? [];
  const at = singled?.at ?? null;
  if (!isOver || at === null) return ends;
  const before = ends.find((one) => isSame(one, at))?.ends ?? 0;
  // The newest first: older ones are done, or will be read again.
  return [{ ...at, ends: before + 1 }, ...ends.filter((one) => !isSame(one, at))];
}

function isSame(a: PositionInRecord, b: PositionInRecord): boolean {
  return a.offset === b.offset && a.index === b.index;
}

function nameOf({ topic, partition }: PartitionName): string {
  return `${topic}/${String(partition)}`;
}

function positionText({ offset, index }: PositionInRecord): string {
  if (index === DECIDING) return `${String(offset)} and on`;
  return index < 0 ? String(offset) : `${String(offset)}, event ${String(index)}`;
}
