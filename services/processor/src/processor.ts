/**
 * The processor: raw topic → select → deduplicate → alert → transact(alerts, offset).
 *
 * Invariant: a record's offset is committed together with everything that follows from its events, or not at all. While the
 * bus or the state is away it tries again for ever, with readiness and metrics saying why; it drops nothing.
 */
import {
  type ArrivalsError,
  asArrivalsError,
  type Bus,
  type ConsumedBatch,
  type State,
  type StoredRecord,
  type Telemetry,
  type TopicNames,
} from '@arrivals/core';
import { setTimeout as sleep } from 'node:timers/promises';
import { decide, type Outcome } from './outcome.ts';
import { type Sifted, Sieve } from './sift.ts';

const BATCH_RECORDS_MAX = 64;
/** Alerts of one transaction, in general: a single record may bring more. */
const TRANSACTION_EVENTS_MAX = 500;
const RETRY_FIRST_MS = 100;
const RETRY_MAX_MS = 5000;

export interface ProcessorOptions {
  readonly bus: Bus;
  readonly state: State;
  readonly telemetry: Telemetry;
  readonly topics: TopicNames;
  /** Consumer group. */
  readonly group: string;
  /**
   * Offsets by partition from which on the webhook of this very process has entered the events into the ledger; those
   * below are entered when they are taken up. Without it all are.
   */
  readonly enteredFrom?: ReadonlyMap<number, number>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export interface Processor {
  /** Rejects when the processor can't go on; resolves after close(). */
  readonly ended: Promise<void>;
  /** What it is waiting for, in words; empty when all is well. */
  problems(): readonly string[];
  /** Finishes the batch it has and stops. */
  close(): Promise<void>;
}

export async function startProcessor(options: ProcessorOptions): Promise<Processor> {
  let problem: ArrivalsError | undefined;
  const subscription = await options.bus.subscribe({ topic: options.topics.audit, group: options.group, batchRecordsMax: BATCH_RECORDS_MAX }, async (batch) => {
    let rest = batch.records;
    while (rest.length > 0 && !batch.signal.aborted) {
      const chunk = takeChunk(rest);
      rest = rest.slice(chunk.records.length);
      await processChunk(chunk, batch, options, (error) => {
        problem = error;
      });
    }
  });
  return {
    ended: subscription.ended,
    problems: () => (problem === undefined ? [] : [`processor: ${problem.code}: ${problem.message}`]),
    close: () => subscription.close(),
  };
}

interface Chunk {
  readonly records: readonly StoredRecord[];
  readonly sifted: Sifted;
}

/** As many records as fit one transaction, at least one. */
function takeChunk(records: readonly StoredRecord[]): Chunk {
  const sieve = new Sieve();
  const taken: StoredRecord[] = [];
  for (const record of records) {
    sieve.record(record);
    taken.push(record);
    if (sieve.candidates.length >= TRANSACTION_EVENTS_MAX) break;
  }
  return { records: taken, sifted: sieve };
}

async function processChunk(
  chunk: Chunk,
  batch: ConsumedBatch,
  options: ProcessorOptions,
  report: (problem: ArrivalsError | undefined) => void,
): Promise<void> {
  const { telemetry, now } = options;
  const startedMs = now();
  enter(chunk, options);
  const last = chunk.records.at(-1);
  if (last === undefined) return;
  for (let waitMs = RETRY_FIRST_MS; ; waitMs = Math.min(waitMs * 2, RETRY_MAX_MS)) {
    try {
      const outcome = await decide(chunk.sifted, options.state, options.topics, now());
      await batch.transact(outcome.outputs, last.offset + 1);
      report(undefined);
      settle(chunk, outcome, telemetry, (now() - startedMs) / 1000);
      return;
    } catch (thrown) {
      const error = asArrivalsError(thrown, 'internal');
      report(error);
      if (!error.retryable) throw error;
      telemetry.emit({ type: 'step_retried', step: 'process', code: error.code, detail: error.message, waitMs });
      await sleep(waitMs, undefined, { signal: batch.signal }).catch(() => undefined);
      if (batch.signal.aborted) {
        giveBack(chunk, telemetry);
        return;
      }
    }
  }
}

function enter({ records, sifted }: Chunk, { telemetry, enteredFrom }: ProcessorOptions): void {
  const before = records.filter((record) => record.offset < (enteredFrom?.get(record.partition) ?? Number.POSITIVE_INFINITY));
  for (const [cluster, count] of before.length === records.length ? sifted.events : eventCounts(before))
    telemetry.emit({ type: 'events_entered', cluster, events: count, from: 'bus' });
}

/** Whoever has the partition next takes them up. */
function giveBack({ sifted }: Chunk, telemetry: Telemetry): void {
  for (const [cluster, events] of sifted.events) telemetry.emit({ type: 'events_given_back', cluster, events });
}

function eventCounts(records: readonly StoredRecord[]): ReadonlyMap<string, number> {
  const sieve = new Sieve();
  for (const record of records) sieve.record(record);
  return sieve.events;
}

function settle({ records, sifted }: Chunk, outcome: Outcome, telemetry: Telemetry, seconds: number): void {
  for (const { cluster, created } of outcome.alerted) telemetry.emit({ type: 'alert_published', cluster, kind: created });
  for (const { cluster } of outcome.duplicates) telemetry.emit({ type: 'event_duplicate', cluster });
  for (const { cluster, reason } of outcome.dead) telemetry.emit({ type: 'event_dead_lettered', cluster, reason });
  for (const [cluster, reasons] of sifted.filtered)
    for (const [reason, events] of reasons) telemetry.emit({ type: 'events_filtered', cluster, reason, events });
  for (const [cluster, events] of sifted.events) telemetry.emit({ type: 'events_left', cluster, events });
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
