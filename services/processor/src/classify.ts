/**
 * Reads records of the audit topic and classifies each event: filtered, a candidate, or a dead letter.
 *
 * Invariant: every event of every record has exactly one class; an unreadable event affects no other, and a
 * record counts whole or not at all. A redriven event has its original position. Claims and alerts come
 * later.
 */
import { decodeAuditBatch } from '@arrivals/adapters/avro';
import {
  ArrivalsError,
  type AuditBatch,
  type AuditEvent,
  contextFactsOf,
  type EventPosition,
  type CreatedKind,
  type DeadLetter,
  deadLetter,
  type DeadLetterReason,
  eventsOf,
  type Fact,
  type FilterReason,
  type Identity,
  identityOf,
  type IndexEntry,
  messageOf,
  type Micros,
  microsOfMillis,
  parseAuditEvent,
  prefilter,
  type Redrive,
  redriveClaimIdentity,
  readRedrive,
  select,
  type StoredRecord,
  type Telemetry,
  carriesFacts,
  UNKNOWN_CLUSTER,
} from '@arrivals/core';
import { withinBudget } from './budget.ts';
import { Yielder } from './yielder.ts';

/** Why an event is set aside without being read again. */
const ENDED = 'processes ended, or hung, each time they processed it';

export interface Candidate {
  readonly cluster: string;
  readonly created: CreatedKind;
  readonly event: AuditEvent;
  readonly bytes: Buffer;
  readonly identity: Identity;
  /** Its position in the topic. */
  readonly position: EventPosition;
  /** The same; for a redriven event, its original position. */
  readonly originalPosition: EventPosition;
  readonly receivedAtMicros: Micros;
  /**
   * Of a redriven event: the claim of its dead letter, for the present position, made first so that copies
   * are detected.
   */
  readonly redrive: { readonly identity: Identity; readonly by: EventPosition } | undefined;
}

/** A fact, and the present position of its event. */
export interface ExtractedFact {
  readonly fact: Fact;
  readonly by: EventPosition;
}

/** Steps for an event that can be replaced: tests inject faults. */
export type ParseEvent = (bytes: Buffer) => AuditEvent;

export interface Classified {
  /** Events by cluster, whatever their outcome. */
  readonly events: ReadonlyMap<string, number>;
  readonly filtered: ReadonlyMap<string, ReadonlyMap<FilterReason, number>>;
  readonly candidates: readonly Candidate[];
  /** Facts for the context. */
  readonly extracted: readonly ExtractedFact[];
  readonly dead: readonly DeadLetter[];
  /** Redriven records without a readable dead-letter position. */
  readonly unreadable: readonly { readonly cluster: string; readonly detail: string }[];
  /** The records, with the events counted for each. */
  readonly taken: readonly Taken[];
}

export interface Taken {
  readonly partition: number;
  readonly offset: number;
  readonly cluster: string;
  readonly events: number;
}

export interface ClassifierOptions {
  readonly parse?: ParseEvent | undefined;
  /**
   * Whether events that fail for an unknown reason are set aside; otherwise the failure is thrown to the
   * caller.
   */
  readonly setFailuresAside: boolean;
  /** Called before an event of the record is read, with its position; if false, it is set aside. */
  readonly mayRead?: (index: number) => Promise<boolean>;
  readonly telemetry?: Telemetry;
}

/** The outcome of one event. */
type Sorted =
  { readonly filtered: FilterReason } | { readonly candidate: Candidate } | { readonly dead: DeadLetter };

type EventOrigin = Pick<Candidate, 'cluster' | 'receivedAtMicros' | 'bytes' | 'originalPosition'>;

interface OneEvent {
  readonly batch: AuditBatch;
  readonly entry: IndexEntry;
  readonly bytes: Buffer;
  readonly by: EventPosition;
  readonly redrive: Redrive | undefined;
  /** Adds the facts of the event. */
  readonly extracted: ExtractedFact[];
}

/** Classifies records one after the other and accounts for all of them. */
export class Classifier implements Classified {
  readonly events: Map<string, number> = new Map<string, number>();
  readonly filtered: Map<string, Map<FilterReason, number>> = new Map<string, Map<FilterReason, number>>();
  readonly candidates: Candidate[] = [];
  readonly extracted: ExtractedFact[] = [];
  readonly dead: DeadLetter[] = [];
  readonly unreadable: { readonly cluster: string; readonly detail: string }[] = [];
  readonly taken: Taken[] = [];
  readonly #options: ClassifierOptions;
  readonly #yielder = new Yielder();

  constructor(options: ClassifierOptions) {
    this.#options = options;
  }

  /** @throws its failure unless failures are set aside; then nothing of the record counts */
  async record(record: StoredRecord): Promise<void> {
    let batch: AuditBatch;
    try {
      if (record.unreadable !== undefined) throw new ArrivalsError('record_undecodable', record.unreadable);
      batch = decodeAuditBatch(record.value);
    } catch (error) {
      if (!(error instanceof ArrivalsError) && !this.#options.setFailuresAside) throw error;
      this.setAside(record, error);
      return;
    }
    const redrive = this.#redrive(record, batch);
    const extracted: ExtractedFact[] = [];
    const sorted: Sorted[] = [];
    for (const { entry, bytes, position } of eventsOf(batch)) {
      const one = { batch, entry, bytes, by: at(record, position), redrive, extracted };
      const { mayRead } = this.#options;
      const mayBe = mayRead === undefined || !isRead(entry) || (await mayRead(position));
      sorted.push(
        mayBe ? this.#sort(one) : { dead: setAside(originOf(one), 'process_ended', new Error(ENDED)) },
      );
      const turn = this.#yielder.next();
      if (turn !== undefined) await turn;
    }
    this.#count(record, batch.cluster, sorted.length);
    this.extracted.push(...extracted);
    for (const one of sorted) {
      if ('filtered' in one) this.#filter(batch.cluster, one.filtered);
      else if ('dead' in one) this.dead.push(one.dead);
      else this.candidates.push(one.candidate);
    }
  }

  /** As a whole. */
  setAside(record: StoredRecord, error: unknown): void {
    this.#count(record, UNKNOWN_CLUSTER, 1);
    this.dead.push(undecodable(record, error));
  }

  #redrive({ headers }: StoredRecord, { cluster, index }: AuditBatch): Redrive | undefined {
    try {
      const redrive = readRedrive(headers);
      if (redrive !== undefined && index.length !== 1)
        throw new RangeError(`expected one event in a redriven record, found ${String(index.length)}`);
      return redrive;
    } catch (error) {
      this.unreadable.push({ cluster, detail: messageOf(error) });
      return undefined;
    }
  }

  #sort(one: OneEvent): Sorted {
    const { entry, by } = one;
    const origin = originOf(one);
    try {
      const filtered = prefilter(entry);
      if (filtered !== undefined && !carriesFacts(entry)) return { filtered };
      return withinBudget('read', by, this.#options.telemetry, () => this.#read(origin, one));
    } catch (error) {
      if (!this.#options.setFailuresAside) throw error;
      return { dead: setAside(origin, 'processing_failed', error) };
    }
  }

  #read(origin: EventOrigin, { by, redrive, extracted }: OneEvent): Sorted {
    let event: AuditEvent;
    try {
      event = (this.#options.parse ?? parseAuditEvent)(origin.bytes);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      return { dead: setAside(origin, 'event_not_json', error) };
    }
    extracted.push(...contextFactsOf(origin.cluster, event).map((fact) => ({ fact, by })));
    const selection = select(event);
    if ('filtered' in selection) return selection;
    return { candidate: candidateOf(origin, event, selection.created, by, redrive) };
  }

  #count({ partition, offset }: StoredRecord, cluster: string, events: number): void {
    this.taken.push({ partition, offset, cluster, events });
    if (events > 0) this.events.set(cluster, (this.events.get(cluster) ?? 0) + events);
  }

  #filter(cluster: string, reason: FilterReason): void {
    const counts = this.filtered.get(cluster) ?? new Map<FilterReason, number>();
    this.filtered.set(cluster, counts.set(reason, (counts.get(reason) ?? 0) + 1));
  }
}

/** Whether the event itself has to be parsed. */
function isRead(entry: IndexEntry): boolean {
  return prefilter(entry) === undefined || carriesFacts(entry);
}

function originOf({ batch: { cluster, receivedAtMicros }, bytes, by, redrive }: OneEvent): EventOrigin {
  return { cluster, receivedAtMicros, bytes, originalPosition: redrive?.originalPosition ?? by };
}

/** @param by its present position */
export function candidateOf(
  origin: EventOrigin,
  event: AuditEvent,
  created: CreatedKind,
  by: EventPosition,
  redrive?: Redrive,
): Candidate {
  const identity = identityOf(origin.cluster, event);
  const again = redrive === undefined ? undefined : { identity: redriveClaimIdentity(redrive, identity), by };
  return { ...origin, position: by, event, created, identity, redrive: again };
}

/** The dead letter of an event on the audit topic. */
export function setAside(
  { cluster, receivedAtMicros, bytes, originalPosition }: EventOrigin,
  reason: DeadLetterReason,
  error: unknown,
): DeadLetter {
  const detail = messageOf(error);
  return deadLetter(bytes, {
    cluster,
    receivedAtMicros,
    reason,
    detail: detail.slice(0, 500),
    form: null,
    request: null,
    record: originalPosition,
  });
}

/** The dead letter of a whole record. */
function undecodable(record: StoredRecord, error: unknown): DeadLetter {
  const position = {
    cluster: UNKNOWN_CLUSTER,
    receivedAtMicros: microsOfMillis(record.timestampMs),
    bytes: record.value,
    originalPosition: at(record, 0),
  };
  return setAside(position, 'record_undecodable', error);
}

function at({ topic, partition, offset }: StoredRecord, index: number): EventPosition {
  return { topic, partition, offset, index };
}
