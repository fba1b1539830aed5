/**
 * As many records as fit one transaction, sifted; and how what becomes of them is told.
 *
 * Invariant: each event of a chunk enters the account once, however often the chunk is tried or split, and leaves it when its
 * outcome is durable, or when the chunk is given back.
 */
import type { StoredRecord, Telemetry } from '@arrivals/core';
import type { Outcome } from './outcome.ts';
import { type Sifted, Sieve, type SieveOptions } from './sift.ts';

/** Alerts of one transaction, in general: a single record may bring more. */
const TRANSACTION_EVENTS_MAX = 500;

export interface Chunk {
  readonly records: readonly StoredRecord[];
  readonly sifted: Sifted;
}

/** As many records as fit one transaction, at least one. @throws what a record fails with, unless failures are set aside */
export function takeChunk(records: readonly StoredRecord[], options: SieveOptions, eventsMax: number = TRANSACTION_EVENTS_MAX): Chunk {
  const sieve = new Sieve(options);
  const taken: StoredRecord[] = [];
  for (const record of records) {
    sieve.record(record);
    taken.push(record);
    if (sieve.candidates.length >= eventsMax) break;
  }
  return { records: taken, sifted: sieve };
}

export function offsetAfter(records: readonly StoredRecord[]): number {
  return (records.at(-1)?.offset ?? -1) + 1;
}

/** `enteredFrom`: offsets by partition from which on somebody else has entered the events. */
export function enter({ records, sifted }: Chunk, telemetry: Telemetry, sieveOptions: SieveOptions, enteredFrom?: ReadonlyMap<number, number>): void {
  const before = records.filter((record) => record.offset < (enteredFrom?.get(record.partition) ?? Number.POSITIVE_INFINITY));
  const events = before.length === records.length ? sifted.events : takeChunk(before, sieveOptions, Number.POSITIVE_INFINITY).sifted.events;
  for (const [cluster, count] of events) telemetry.emit({ type: 'events_entered', cluster, events: count, from: 'bus' });
}

/** Whoever has the partition next takes them up. */
export function giveBack({ sifted }: Chunk, telemetry: Telemetry): void {
  for (const [cluster, events] of sifted.events) telemetry.emit({ type: 'events_given_back', cluster, events });
}

export function settle({ records, sifted }: Chunk, outcome: Outcome, telemetry: Telemetry, seconds: number): void {
  for (const { candidate } of outcome.alerted) telemetry.emit({ type: 'alert_published', cluster: candidate.cluster, kind: candidate.created });
  for (const { cluster } of outcome.revised) telemetry.emit({ type: 'alert_revised', cluster });
  for (const { cluster, reason } of outcome.missed)
    telemetry.emit(reason === 'exhausted' ? { type: 'revisions_exhausted', cluster } : { type: 'revision_missed', cluster, reason });
  if (outcome.lostFacts > 0) telemetry.emit({ type: 'context_skipped', facts: outcome.lostFacts });
  for (const { cluster } of outcome.duplicates) telemetry.emit({ type: 'event_duplicate', cluster });
  for (const { cluster, reason } of outcome.dead) telemetry.emit({ type: 'events_dead_lettered', cluster, reason, events: 1 });
  for (const [cluster, reasons] of sifted.filtered)
    for (const [reason, events] of reasons) telemetry.emit({ type: 'events_filtered', cluster, reason, events });
  for (const { cluster, detail } of sifted.unreadable) telemetry.emit({ type: 'put_back_unreadable', cluster, detail });
  for (const [cluster, events] of sifted.events) telemetry.emit({ type: 'events_left', cluster, events });
  if (outcome.passed !== undefined && outcome.alerted.length > 0) telemetry.emit({ type: 'alerts_passed', events: outcome.alerted.length, ...outcome.passed });
  telemetry.emit({
    type: 'records_processed',
    records: records.length,
    events: [...sifted.events.values()].reduce((sum, count) => sum + count, 0),
    alerts: outcome.alerted.length,
    duplicates: outcome.duplicates.length,
    deadLetters: outcome.dead.length,
    seconds,
  });
}
