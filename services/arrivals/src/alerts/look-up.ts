/**
 * Looks an alert up by its ID on the bus, from the newest record back.
 *
 * Invariant: one call looks at LOOK_BACK_RECORDS_MAX records at most and says where to go on, so that no
 * caller holds up what runs beside it. Records are told by their key; only the alerts that are given back are
 * decoded. Keeps no index.
 */
import type { Alert, Bus, StoredRecord, TopicNames } from '@arrivals/core';
import { setImmediate as others } from 'node:timers/promises';
import { type NotRead, readAlerts } from './read-records.ts';

const LOOK_BACK_RECORDS_MAX = 10_000;
/** What is read at a time: of the largest alerts as many as a bus gives at once. */
const WINDOW_RECORDS = 100;
/** Alerts that are given back: more than anybody wants of one beginning. */
const FOUND_MAX = 20;
/** The embedded bus has this one. */
const PARTITION = 0;

export interface LookedUp {
  /** The newest revision of each alert whose ID begins so, among the records looked at; the newest first. */
  readonly alerts: readonly Alert[];
  /** Where to go on; null when there is nothing before. */
  readonly before: number | null;
  /** Those whose key begins so and that cannot be read; at most so many as alerts are given back. */
  readonly notRead: readonly NotRead[];
}

export interface LookUp {
  /** A whole ID or its beginning, in lower case. */
  readonly id: string;
  /** The offset behind the last record to look at; undefined for the newest. */
  readonly before: number | undefined;
  /** When it aborts, what was found so far is the answer. */
  readonly startRetry: AbortSignal;
}

export async function lookUpAlerts(
  bus: Pick<Bus, 'read' | 'offsets'>,
  topics: Pick<TopicNames, 'alerts'>,
  { id, before, startRetry }: LookUp,
): Promise<LookedUp> {
  const { earliest = 0, next = 0 } =
    (await bus.offsets(topics.alerts)).find(({ partition }) => partition === PARTITION) ?? {};
  const start = Math.min(before ?? next, next);
  const stop = Math.max(earliest, start - LOOK_BACK_RECORDS_MAX);
  const found = new Map<string, Alert>();
  const notRead: NotRead[] = [];
  let end = start;
  while (end > stop && found.size < FOUND_MAX && !startRetry.aborted) {
    const from = Math.max(stop, end - WINDOW_RECORDS);
    const read = readAlerts((await recordsBetween(bus, topics.alerts, from, end, id)).reverse());
    for (const alert of read.alerts)
      if ((found.get(alert.alertId)?.revision ?? 0) < alert.revision) found.set(alert.alertId, alert);
    notRead.push(...read.notRead.slice(0, FOUND_MAX - notRead.length));
    end = from;
    await others();
  }
  return { alerts: [...found.values()], before: end > earliest ? end : null, notRead };
}

/** The records from `from` up to `end` whose key begins with the ID, oldest first. */
async function recordsBetween(
  bus: Pick<Bus, 'read'>,
  topic: string,
  from: number,
  end: number,
  id: string,
): Promise<StoredRecord[]> {
  const found: StoredRecord[] = [];
  const { signal } = new AbortController();
  for (let offset = from; offset < end;) {
    const records = await bus.read({
      topic,
      partition: PARTITION,
      offset,
      recordsMax: end - offset,
      waitMs: 0,
      signal,
    });
    found.push(...records.filter(({ key, offset: at }) => at < end && key?.startsWith(id) === true));
    const last = records.at(-1);
    if (last === undefined) break;
    offset = last.offset + 1;
  }
  return found;
}
