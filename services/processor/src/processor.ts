/**
 * The processor: raw topic → select → deduplicate → alert → transact(alerts, offset).
 *
 * Invariant: a record's offset is committed together with everything that follows from its events, or not at all. While the
 * bus is away it tries again for ever, with readiness and metrics saying why, and so while the state is, for as long as it is
 * told to wait for it (deduplicator.ts); it drops nothing.
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
import { Deduplicator, type OnStateLoss } from './deduplicator.ts';
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
  /** What becomes of creations when the state has been away for `stateWaitMs`. */
  readonly onStateLoss: OnStateLoss;
  readonly stateWaitMs: number;
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
  const { bus, state, telemetry, topics, group, onStateLoss, stateWaitMs, now } = options;
  let problem: ArrivalsError | undefined;
  const isNew = [...(await bus.committed(topics.audit, group)).values()].every((offset) => offset === 0);
  const deduplicator = new Deduplicator({ state, telemetry, isNew, onStateLoss, waitMs: stateWaitMs, now });
  await deduplicator.begin();
  const work: Work = {
    ...options,
    deduplicator,
    report: (error) => {
      problem = error;
    },
  };
  const subscription = await bus.subscribe({ topic: topics.audit, group, batchRecordsMax: BATCH_RECORDS_MAX }, async (batch) => {
    let rest = batch.records;
    while (rest.length > 0 && !batch.signal.aborted) {
      const chunk = takeChunk(rest);
      rest = rest.slice(chunk.records.length);
      await processChunk(chunk, batch, work);
    }
  });
  return {
    ended: subscription.ended,
    problems: () => [...(problem === undefined ? [] : [`processor: ${problem.code}: ${problem.message}`]), ...deduplicator.problems],
    close: async () => {
      await subscription.close();
      await deduplicator.close();
    },
  };
}

interface Work extends ProcessorOptions {
  readonly deduplicator: Deduplicator;
  /** What it waits for; undefined when it goes on. */
  readonly report: (problem: ArrivalsError | undefined) => void;
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

async function processChunk(chunk: Chunk, batch: ConsumedBatch, work: Work): Promise<void> {
  const { telemetry, now, deduplicator, topics, report } = work;
  const { candidates } = chunk.sifted;
  const startedMs = now();
  enter(chunk, work);
  const last = chunk.records.at(-1);
  if (last === undefined) return;
  for (let backoffMs = RETRY_FIRST_MS; ; backoffMs = Math.min(backoffMs * 2, RETRY_MAX_MS)) {
    try {
      const outcome = await decide(chunk.sifted, deduplicator, topics, now());
      await batch.transact(outcome.outputs, last.offset + 1);
      report(undefined);
      settle(chunk, outcome, work, (now() - startedMs) / 1000);
      return;
    } catch (thrown) {
      const error = asArrivalsError(thrown, 'internal');
      report(error);
      if (!error.retryable) throw error;
      const waitMs = error.code === 'state_unavailable' ? Math.min(backoffMs, deduplicator.leftMs(candidates)) : backoffMs;
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

function settle({ records, sifted }: Chunk, outcome: Outcome, { telemetry, deduplicator }: Work, seconds: number): void {
  for (const { cluster, created } of outcome.alerted) telemetry.emit({ type: 'alert_published', cluster, kind: created });
  for (const { cluster } of outcome.duplicates) telemetry.emit({ type: 'event_duplicate', cluster });
  for (const { cluster, reason } of outcome.dead) telemetry.emit({ type: 'event_dead_lettered', cluster, reason });
  for (const [cluster, reasons] of sifted.filtered)
    for (const [reason, events] of reasons) telemetry.emit({ type: 'events_filtered', cluster, reason, events });
  for (const [cluster, events] of sifted.events) telemetry.emit({ type: 'events_left', cluster, events });
  if (outcome.awayMs !== undefined && outcome.alerted.length > 0)
    telemetry.emit({ type: 'alerts_passed', events: outcome.alerted.length, awayMs: outcome.awayMs, owed: deduplicator.owed });
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
