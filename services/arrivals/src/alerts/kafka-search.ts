/**
 * Searches an alert on Kafka by its ID, from the newest record backwards.
 *
 * Invariant: it is bounded: by a number of records, or by the given time. A long search reports its progress,
 * and one without a match the range it searched.
 */
import { partitionOfKey } from '@arrivals/adapters/kafka';
import { lookUpAlerts, type TopicReader } from '@arrivals/api';
import { type Alert, formatMicros, microsOfMillis } from '@arrivals/core';
import { plural } from '../replay/plural.ts';
import { StatusLine, type StatusStream } from '../status-line.ts';
import { findAlert, type LookUpAnswer } from './find.ts';
import { leftOutLine } from './source.ts';

const SEARCH_RECORDS_MAX = 1_000_000;

export interface AlertSearch {
  /** As parseAlertId gives it. */
  readonly id: string;
  /** How far back to search, whatever the number of records. */
  readonly backMs: number | undefined;
  readonly stderr: StatusStream;
  readonly signal: AbortSignal;
  /** The bound without a given time, approximately. */
  readonly recordsMax?: number;
}

/** The range of a search. */
interface Looked {
  records: number;
  oldestMs: number | undefined;
  /** Whether older records were not searched. */
  isCut: boolean;
}

/** @throws ArrivalsError alert_unknown, alert_ambiguous, topic_unknown, bus_unavailable */
export async function searchAlert(reader: TopicReader, search: AlertSearch): Promise<Alert> {
  const { id, backMs, stderr, signal, recordsMax = SEARCH_RECORDS_MAX } = search;
  const sinceMs = backMs === undefined ? undefined : Date.now() - backMs;
  const looked: Looked = { records: 0, oldestMs: undefined, isCut: false };
  const line = new StatusLine(stderr);
  const ask = async (before: string | undefined): Promise<LookUpAnswer> => {
    const answer = await lookUpAlerts(reader, {
      id,
      before,
      patience: signal,
      partitionOf: partitionOfKey,
      sinceMs,
    });
    signal.throwIfAborted();
    looked.records += answer.records;
    looked.oldestMs = Math.min(
      answer.oldestMs ?? Number.POSITIVE_INFINITY,
      looked.oldestMs ?? Number.POSITIVE_INFINITY,
    );
    if (answer.before === null) return answer;
    line.show(() => `looking for ${id} on Kafka: ${lookedAt(looked)} …`);
    looked.isCut = sinceMs === undefined && looked.records >= recordsMax;
    return looked.isCut ? { ...answer, before: null } : answer;
  };
  try {
    return await findAlert(id, {
      ask,
      // In a topic of months, a recently seen alert is far from the end of the search.
      toTheEnd: false,
      onUnreadable: (record) => {
        stderr.write(leftOutLine(record));
      },
      notFound: () =>
        `${reader.topic} on Kafka has no alert ${id}: looked at ${lookedAt(looked)}, ${whereEnded(looked, sinceMs)}`,
    });
  } finally {
    line.end();
  }
}

function lookedAt({ records, oldestMs = Number.POSITIVE_INFINITY }: Looked): string {
  return `${plural(records, 'record')}${Number.isFinite(oldestMs) ? `, back to ${secondOf(oldestMs)}` : ''}`;
}

function whereEnded({ isCut }: Looked, sinceMs: number | undefined): string {
  if (isCut) return 'and not at older ones; give --since, as --since 30d, to look further back';
  return sinceMs === undefined
    ? 'which is all of it'
    : `which is all since ${secondOf(sinceMs)}; without --since, or with a longer one, it looks further back`;
}

function secondOf(ms: number): string {
  return `${formatMicros(microsOfMillis(Math.max(0, ms))).slice(0, 19)}Z`;
}
