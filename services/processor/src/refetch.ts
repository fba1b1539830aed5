/**
 * Reads the events of affected alerts from the bus again, to revise the alerts.
 *
 * Invariant: each record is read once, however many alerts come from it, a few at a time. An event that was
 * deleted or replaced is absent from the result; an unavailable bus is the caller's to handle, as everywhere.
 */
import { decodeAuditBatch } from '@arrivals/adapters/avro';
import {
  ArrivalsError,
  asArrivalsError,
  type AuditBatch,
  type Bus,
  type EventPosition,
  eventsOf,
  parseAuditEvent,
  select,
  type StoredRecord,
} from '@arrivals/core';
import { type Candidate, candidateOf } from './classify.ts';
import type { AffectedAlert } from './affected-alerts.ts';

/** A record has up to a megabyte. */
const READ_AT_ONCE = 4;
/** Old records exist or were deleted: reading never waits for them. */
const READ_WAIT_MS = 0;

export interface Reader {
  readonly bus: Pick<Bus, 'read'>;
  /**
   * The audit topic: an alert that waits with another topic's name has waited since before a change of
   * settings.
   */
  readonly topic: string;
}

/** @throws ArrivalsError bus_unavailable */
export async function readAgain(
  alerts: readonly AffectedAlert[],
  reader: Reader,
  signal: AbortSignal,
): Promise<ReadonlyMap<AffectedAlert, Candidate>> {
  const records = new Map<string, AffectedAlert[]>();
  for (const alert of alerts) {
    const { topic, partition, offset } = alert.waiting.position;
    if (topic !== reader.topic) continue;
    const key = `${String(partition)} ${String(offset)}`;
    const ofRecord = records.get(key);
    if (ofRecord === undefined) records.set(key, [alert]);
    else ofRecord.push(alert);
  }
  const found = new Map<AffectedAlert, Candidate>();
  const left = [...records.values()];
  const readOnes = async (): Promise<void> => {
    for (let ofRecord = left.shift(); ofRecord !== undefined; ofRecord = left.shift())
      await readRecord(ofRecord, reader, signal, found);
  };
  await Promise.all(Array.from({ length: READ_AT_ONCE }, readOnes));
  return found;
}

async function readRecord(
  alerts: readonly AffectedAlert[],
  { bus }: Reader,
  signal: AbortSignal,
  found: Map<AffectedAlert, Candidate>,
): Promise<void> {
  const position = alerts[0]?.waiting.position;
  const record = position === undefined ? undefined : await recordAt(position, bus, signal);
  const batch = record === undefined ? undefined : batchOf(record);
  if (batch === undefined) return;
  const events = new Map([...eventsOf(batch)].map(({ bytes, position }) => [position, bytes]));
  for (const alert of alerts) {
    const bytes = events.get(alert.waiting.position.index);
    const candidate = bytes === undefined ? undefined : creationOf(alert, batch, bytes);
    if (candidate !== undefined) found.set(alert, candidate);
  }
}

async function recordAt(
  { topic, partition, offset }: EventPosition,
  bus: Pick<Bus, 'read'>,
  signal: AbortSignal,
): Promise<StoredRecord | undefined> {
  try {
    const [record] = await bus.read({
      topic,
      partition,
      offset,
      recordsMax: 1,
      waitMs: READ_WAIT_MS,
      signal,
    });
    return record?.offset === offset ? record : undefined;
  } catch (error) {
    throw asArrivalsError(error, 'bus_unavailable');
  }
}

function batchOf(record: StoredRecord): AuditBatch | undefined {
  try {
    return decodeAuditBatch(record.value);
  } catch (error) {
    if (error instanceof ArrivalsError) return undefined;
    throw error;
  }
}

function creationOf(
  { cluster, identity, waiting: { position, originalPosition } }: AffectedAlert,
  batch: AuditBatch,
  bytes: Buffer,
): Candidate | undefined {
  if (batch.cluster !== cluster) return undefined;
  try {
    const event = parseAuditEvent(bytes);
    const selection = select(event);
    if (!('created' in selection)) return undefined;
    const { receivedAtMicros } = batch;
    const candidate = candidateOf(
      { cluster, receivedAtMicros, bytes, originalPosition },
      event,
      selection.created,
      position,
    );
    return candidate.identity.equals(identity) ? candidate : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
