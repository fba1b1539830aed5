/**
 * Reads records of the raw topic and decides, for each event, what it is: filtered, a creation, or to be set aside.
 *
 * Invariant: every event of every record is in exactly one of the three; an event that cannot be read harms only itself.
 * Pure: claims and alerts come after.
 */
import { decodeAuditBatch } from '@arrivals/adapters/avro';
import {
  ArrivalsError,
  type AuditBatch,
  type AuditEvent,
  type Coordinates,
  type CreatedKind,
  type DeadLetter,
  deadLetter,
  type DeadLetterReason,
  eventsOf,
  type FilterReason,
  type Identity,
  identityOf,
  messageOf,
  type Micros,
  microsOfMillis,
  parseAuditEvent,
  prefilter,
  select,
  type StoredRecord,
} from '@arrivals/core';

/** Stands in dead letters and metrics where the record does not tell its cluster. */
export const UNKNOWN_CLUSTER = 'unknown';

export interface Candidate {
  readonly cluster: string;
  readonly created: CreatedKind;
  readonly event: AuditEvent;
  readonly bytes: Buffer;
  readonly identity: Identity;
  readonly coordinates: Coordinates;
  readonly receivedAtMicros: Micros;
}

export interface Sifted {
  /** Events by cluster, whatever became of them. */
  readonly events: ReadonlyMap<string, number>;
  readonly filtered: ReadonlyMap<string, ReadonlyMap<FilterReason, number>>;
  readonly candidates: readonly Candidate[];
  readonly dead: readonly DeadLetter[];
}

/** Takes records one after the other and keeps the account of all of them. */
export class Sieve implements Sifted {
  readonly events: Map<string, number> = new Map<string, number>();
  readonly filtered: Map<string, Map<FilterReason, number>> = new Map<string, Map<FilterReason, number>>();
  readonly candidates: Candidate[] = [];
  readonly dead: DeadLetter[] = [];

  record(record: StoredRecord): void {
    const { topic, partition, offset } = record;
    let batch: AuditBatch;
    try {
      batch = decodeAuditBatch(record.value);
    } catch (error) {
      if (!(error instanceof ArrivalsError)) throw error;
      this.#count(UNKNOWN_CLUSTER);
      const cause = { cluster: UNKNOWN_CLUSTER, receivedAtMicros: microsOfMillis(record.timestampMs), form: null, request: null };
      this.dead.push(
        deadLetter(record.value, { ...cause, reason: 'record_undecodable', detail: error.message, record: { topic, partition, offset, index: 0 } }),
      );
      return;
    }
    for (const { entry, bytes, position } of eventsOf(batch)) {
      this.#count(batch.cluster);
      const reason = prefilter(entry);
      if (reason === undefined) this.#event(batch, bytes, { topic, partition, offset, index: position });
      else this.#filter(batch.cluster, reason);
    }
  }

  #event({ cluster, receivedAtMicros }: AuditBatch, bytes: Buffer, coordinates: Coordinates): void {
    let event: AuditEvent;
    try {
      event = parseAuditEvent(bytes);
    } catch (error) {
      this.dead.push(setAside({ cluster, receivedAtMicros, bytes, coordinates }, 'event_not_json', error));
      return;
    }
    const selection = select(event);
    if ('filtered' in selection) this.#filter(cluster, selection.filtered);
    else this.candidates.push({ cluster, receivedAtMicros, bytes, coordinates, event, created: selection.created, identity: identityOf(cluster, event) });
  }

  #count(cluster: string): void {
    this.events.set(cluster, (this.events.get(cluster) ?? 0) + 1);
  }

  #filter(cluster: string, reason: FilterReason): void {
    const counts = this.filtered.get(cluster) ?? new Map<FilterReason, number>();
    this.filtered.set(cluster, counts.set(reason, (counts.get(reason) ?? 0) + 1));
  }
}

/** The dead letter of an event that was found on the raw topic. */
export function setAside(
  { cluster, receivedAtMicros, bytes, coordinates }: Pick<Candidate, 'cluster' | 'receivedAtMicros' | 'bytes' | 'coordinates'>,
  reason: DeadLetterReason,
  error: unknown,
): DeadLetter {
  const detail = messageOf(error);
  return deadLetter(bytes, { cluster, receivedAtMicros, reason, detail: detail.slice(0, 500), form: null, request: null, record: coordinates });
}
