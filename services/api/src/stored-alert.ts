/**
 * The alert of a record of k8s.alerts.
 *
 * Invariant: a record without a readable alert, of another version or writer, is named with the reason; its
 * neighbours are not lost.
 */
import { decodeAlert } from '@arrivals/adapters/avro';
import type { Alert, RecordPosition, StoredRecord } from '@arrivals/core';
import { ArrivalsError } from '@arrivals/core/light';

export interface UnreadableRecord extends RecordPosition {
  /** Expected and found. */
  readonly why: string;
}

export interface ReadAlerts {
  readonly alerts: readonly Alert[];
  readonly unreadable: readonly UnreadableRecord[];
}

export function alertOf({
  topic,
  partition,
  offset,
  value,
  unreadable,
}: StoredRecord): Alert | UnreadableRecord {
  const position = { topic, partition, offset };
  if (unreadable !== undefined) return { ...position, why: unreadable };
  try {
    return decodeAlert(value);
  } catch (error) {
    if (error instanceof ArrivalsError) return { ...position, why: error.message };
    throw error;
  }
}

export function alertsOf(records: readonly StoredRecord[]): ReadAlerts {
  const alerts: Alert[] = [];
  const unreadable: UnreadableRecord[] = [];
  for (const record of records) {
    const read = alertOf(record);
    if ('why' in read) unreadable.push(read);
    else alerts.push(read);
  }
  return { alerts, unreadable };
}
