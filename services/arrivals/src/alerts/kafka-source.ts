/**
 * Alerts on Kafka: read from all partitions of the topic at read_committed, in the order of their timestamps,
 * without a group. Look-up by ID is in kafka-search.ts.
 */
import { alertsOf, type Positions, TopicReader } from '@arrivals/api';
import type { StoredRecord } from '@arrivals/core';
import { alertDocument, ArrivalsError } from '@arrivals/core/light';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Environment } from '../command.ts';
import { openKafkaTopics } from '../kafka-topics.ts';
import { searchAlert } from './kafka-search.ts';
import { type AlertSource, leftOutLine, type PagesOptions } from './source.ts';

const PAGE_RECORDS_MAX = 500;
const WAIT_MS = 20_000;
const RETRY_FIRST_MS = 500;
const RETRY_MAX_MS = 10_000;

/** @throws ArrivalsError config_invalid */
export function kafkaAlerts(environment: Environment): AlertSource {
  const { bus, topics } = openKafkaTopics(environment);
  const reader = new TopicReader(bus, topics.alerts);
  return {
    pages: (options) => readPages(reader, options, environment),
    find: (id, backMs) => searchAlert(reader, { id, backMs, ...environment }),
    close: () => bus.close(),
  };
}

async function* readPages(
  reader: TopicReader,
  { last, follow }: PagesOptions,
  environment: Environment,
): AsyncGenerator<readonly unknown[]> {
  const { signal } = environment;
  try {
    const next = new Map(await reader.startOfLast(last, signal));
    const bounds = await reader.bounds();
    let records: StoredRecord[] = [];
    for await (const record of reader.forwards(bounds, next, signal)) {
      next.set(record.partition, record.offset + 1);
      if (records.push(record) < PAGE_RECORDS_MAX) continue;
      yield readable(records, environment);
      records = [];
    }
    yield readable(records, environment);
    if (follow) yield* followFrom(reader, next, environment);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** Until the signal aborts, also while Kafka is unavailable. */
async function* followFrom(
  reader: TopicReader,
  from: Positions,
  environment: Environment,
): AsyncGenerator<readonly unknown[]> {
  const { stderr, signal } = environment;
  for (let next = from, retryMs = RETRY_FIRST_MS; !signal.aborted;) {
    try {
      const page = await reader.page({ from: next, recordsMax: PAGE_RECORDS_MAX, waitMs: WAIT_MS, signal });
      ({ next } = page);
      retryMs = RETRY_FIRST_MS;
      yield readable(page.records, environment);
    } catch (error) {
      if (!(error instanceof ArrivalsError) || !error.retryable) throw error;
      stderr.write(`${error.message}; retrying\n`);
      await sleep(retryMs, undefined, { signal });
      retryMs = Math.min(2 * retryMs, RETRY_MAX_MS);
    }
  }
}

/** As JSON, as over HTTP. */
function readable(records: readonly StoredRecord[], { stderr }: Environment): readonly unknown[] {
  const { alerts, unreadable } = alertsOf(records);
  for (const record of unreadable) stderr.write(leftOutLine(record));
  return alerts.map(alertDocument);
}
