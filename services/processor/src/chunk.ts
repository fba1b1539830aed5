/**
 * As many records as fit one transaction, sifted; and how what becomes of them is told.
 *
 * Invariant: each event of a chunk enters the account once, however often the chunk is tried or split, and
 * leaves it when its outcome is durable, or when the chunk is given back. A chunk has a bound in events and
 * in bytes, so that memory has one.
 */
import { type StoredRecord, type Telemetry, WHOLE_RECORD } from '@arrivals/core';
import type { Singling } from './attempt-notes.ts';
import {
  type Candidate,
  type Classified,
  Classifier,
  type ClassifierOptions,
  type ExtractedFact,
} from './classify.ts';
import type { Outcome } from './outcome.ts';

/** Alerts of one transaction, in general: a single record may bring more. */
const TRANSACTION_EVENTS_MAX = 500;
/** Of records that are sifted together; a single one may have more. */
const CHUNK_BYTES_MAX = 4_000_000;

export interface Chunk {
  readonly records: readonly StoredRecord[];
  readonly classified: Classified;
  /** Present where each event was noted before it was read. `parts`: each is decided by itself as well. */
  readonly singly?: { readonly singling: Singling; readonly parts: readonly Part[] | undefined };
}

/** What is to be decided of one event. */
export interface Part {
  readonly offset: number;
  readonly index: number;
  readonly candidates: readonly Candidate[];
  readonly extracted: readonly ExtractedFact[];
}

/**
 * As many records as fit one transaction, at least one. @throws what a record fails with, unless failures are
 * set aside
 */
export async function takeChunk(
  records: readonly StoredRecord[],
  options: ClassifierOptions,
): Promise<Chunk> {
  const classifier = new Classifier(options);
  const taken: StoredRecord[] = [];
  let bytes = 0;
  for (const record of records) {
    await classifier.record(record);
    taken.push(record);
    bytes += record.value.length;
    if (isFull(classifier, bytes)) break;
  }
  return { records: taken, classified: classifier };
}

/**
 * As takeChunk, but each event is noted before it is read, and set aside if it has ended too many processes;
 * a single record where each is decided by itself.
 */
export async function takeSingly(
  records: readonly StoredRecord[],
  singling: Singling,
  options: Omit<ClassifierOptions, 'setFailuresAside' | 'mayRead'>,
): Promise<Chunk> {
  let offset = 0;
  const mayRead = async (index: number): Promise<boolean> => {
    const position = { offset, index };
    if (singling.isOver(position)) return false;
    await singling.at(position);
    return true;
  };
  const classifier = new Classifier({ ...options, setFailuresAside: true, mayRead });
  const taken: StoredRecord[] = [];
  let bytes = 0;
  for (const record of records) {
    if (taken.length > 0 && record.offset >= singling.to) break;
    offset = record.offset;
    if (await mayRead(WHOLE_RECORD)) await classifier.record(record);
    else classifier.setAside(record, new Error('processes ended whenever it was decoded'));
    taken.push(record);
    bytes += record.value.length;
    if (singling.isOneByOne || isFull(classifier, bytes)) break;
  }
  await singling.at(null);
  return {
    records: taken,
    classified: classifier,
    singly: { singling, parts: singling.isOneByOne ? partsOf(offset, classifier) : undefined },
  };
}

function isFull({ candidates }: Classified, bytes: number): boolean {
  return candidates.length >= TRANSACTION_EVENTS_MAX || bytes >= CHUNK_BYTES_MAX;
}

function partsOf(offset: number, { candidates, extracted }: Classified): readonly Part[] {
  const parts = new Map<number, { candidates: Candidate[]; extracted: ExtractedFact[] }>();
  const partAt = (index: number): { candidates: Candidate[]; extracted: ExtractedFact[] } => {
    const part = parts.get(index) ?? { candidates: [], extracted: [] };
    parts.set(index, part);
    return part;
  };
  for (const candidate of candidates) partAt(candidate.position.index).candidates.push(candidate);
  for (const one of extracted) partAt(one.by.index).extracted.push(one);
  return [...parts].sort(([a], [b]) => a - b).map(([index, part]) => ({ offset, index, ...part }));
}

export function offsetAfter(records: readonly StoredRecord[]): number {
  return (records.at(-1)?.offset ?? -1) + 1;
}

/** `enteredFrom`: offsets by partition from which on somebody else has entered the events. */
export function enter(
  { classified }: Chunk,
  telemetry: Telemetry,
  enteredFrom?: ReadonlyMap<number, number>,
): void {
  const entered = new Map<string, number>();
  for (const { partition, offset, cluster, events } of classified.taken)
    if (offset < (enteredFrom?.get(partition) ?? Number.POSITIVE_INFINITY))
      entered.set(cluster, (entered.get(cluster) ?? 0) + events);
  for (const [cluster, events] of entered)
    telemetry.emit({ type: 'events_entered', cluster, events, from: 'bus' });
}

/** Whoever has the partition next takes them up. */
export function giveBack({ classified }: Chunk, telemetry: Telemetry): void {
  for (const [cluster, events] of classified.events)
    telemetry.emit({ type: 'events_given_back', cluster, events });
}

export function settle(
  { records, classified }: Chunk,
  outcome: Outcome,
  telemetry: Telemetry,
  seconds: number,
): void {
  for (const { candidate } of outcome.alerted)
    telemetry.emit({ type: 'alert_published', cluster: candidate.cluster, kind: candidate.created });
  for (const { cluster } of outcome.revised) telemetry.emit({ type: 'alert_revised', cluster });
  for (const { cluster, reason } of outcome.missed)
    telemetry.emit(
      reason === 'exhausted'
        ? { type: 'revisions_exhausted', cluster }
        : { type: 'revision_missed', cluster, reason },
    );
  if (outcome.lostFacts > 0) telemetry.emit({ type: 'context_skipped', facts: outcome.lostFacts });
  for (const { cluster } of outcome.duplicates) telemetry.emit({ type: 'event_duplicate', cluster });
  for (const { cluster, reason } of outcome.dead)
    telemetry.emit({ type: 'events_dead_lettered', cluster, reason, events: 1 });
  for (const [cluster, reasons] of classified.filtered)
    for (const [reason, events] of reasons)
      telemetry.emit({ type: 'events_filtered', cluster, reason, events });
  for (const { cluster, detail } of classified.unreadable)
    telemetry.emit({ type: 'redrive_unreadable', cluster, detail });
  for (const [cluster, events] of classified.events) telemetry.emit({ type: 'events_left', cluster, events });
  if (outcome.bypassed !== undefined && outcome.alerted.length > 0)
    telemetry.emit({ type: 'alerts_unchecked', events: outcome.alerted.length, ...outcome.bypassed });
  telemetry.emit({
    type: 'records_processed',
    records: records.length,
    events: [...classified.events.values()].reduce((sum, count) => sum + count, 0),
    alerts: outcome.alerted.length,
    duplicates: outcome.duplicates.length,
    deadLetters: outcome.dead.length,
    seconds,
  });
}
