/**
 * Alerts out of the records of their topic.
 *
 * Invariant: a record that cannot be read, as of a schema that this version does not know, harms only itself:
 * the others are given, and it is named with the reason.
 */
import { decodeAlert } from '@arrivals/adapters/avro';
import { type Alert, ArrivalsError, type StoredRecord } from '@arrivals/core';

export interface NotRead {
  readonly offset: number;
  /** The record's key, which is the alert's ID where this project wrote it. */
  readonly alertId: string | null;
  readonly why: string;
}

export interface ReadAlerts {
  readonly alerts: readonly Alert[];
  readonly notRead: readonly NotRead[];
}

const KEY_CHARACTERS_MAX = 80;
const WHY_CHARACTERS_MAX = 300;

export function readAlerts(records: readonly StoredRecord[]): ReadAlerts {
  const alerts: Alert[] = [];
  const notRead: NotRead[] = [];
  for (const record of records) {
    const read = readAlert(record);
    if ('why' in read) notRead.push(read);
    else alerts.push(read);
  }
  return { alerts, notRead };
}

function readAlert({ offset, key, value, unreadable }: StoredRecord): Alert | NotRead {
  const not = (why: string): NotRead => ({
    offset,
    alertId: key?.slice(0, KEY_CHARACTERS_MAX) ?? null,
    why: why.slice(0, WHY_CHARACTERS_MAX),
  });
  if (unreadable !== undefined) return not(unreadable);
  try {
    return decodeAlert(value);
  } catch (error) {
    if (error instanceof ArrivalsError) return not(error.message);
    throw error;
  }
}

/** For people: one line, or undefined where all were read. */
export function notReadWords(notRead: readonly NotRead[]): string | undefined {
  const [first] = notRead;
  if (first === undefined) return undefined;
  const { offset, alertId, why } = first;
  const more = notRead.length === 1 ? '' : `, and ${String(notRead.length - 1)} more`;
  return `not read: offset ${String(offset)}${alertId === null ? '' : ` (${alertId})`}: ${why}${more}`;
}
