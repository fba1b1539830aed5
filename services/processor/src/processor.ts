/**
 * The processor: raw topic → select → deduplicate → enrich → alert → transact(alerts, offset).
 *
 * Invariant: a record's offset is committed together with everything that follows from its events, or not at all. While the
 * bus is away it tries again for ever, with readiness and metrics saying why, and so while the state is, for as long as it is
 * told to wait for it (deduplicator.ts); it drops nothing. What fails on its own account is told apart and set aside within a
 * few tries, and the partition goes on.
 */
import {
  type ArrivalsError,
  asArrivalsError,
  buildAlert,
  type Bus,
  type ConsumedBatch,
  type OutgoingRecord,
  type RiskLists,
  type State,
  type StoredRecord,
  type Telemetry,
  type TopicNames,
} from '@arrivals/core';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Chunk, enter, giveBack, offsetAfter, settle, takeChunk } from './chunk.ts';
import { Deduplicator, type OnStateLoss } from './deduplicator.ts';
import { Enricher } from './enricher.ts';
import { decide, type Outcome } from './outcome.ts';
import { Refused } from './refused.ts';
import type { ParseEvent, SieveOptions } from './sift.ts';

const BATCH_RECORDS_MAX = 64;
const RETRY_FIRST_MS = 100;
const RETRY_MAX_MS = 5000;
/** Of what fails for no reason that is known, as for want of memory. */
const UNKNOWN_TRIES_MAX = 3;

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
  /** What risk is judged by. */
  readonly riskLists: RiskLists;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** How an event is read and its alert built: the core's way, unless a test injects faults. */
  readonly steps?: { readonly parse?: ParseEvent; readonly build?: typeof buildAlert };
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
  const { bus, state, telemetry, topics, group, riskLists, onStateLoss, stateWaitMs, now } = options;
  const isNew = [...(await bus.committed(topics.audit, group)).values()].every((offset) => offset === 0);
  const deduplicator = new Deduplicator({ state, telemetry, isNew, onStateLoss, waitMs: stateWaitMs, now });
  await deduplicator.begin();
  const enricher = new Enricher({
    state,
    bus,
    topic: topics.audit,
    telemetry,
    criticalNamespaces: riskLists.criticalNamespaces,
    onStateLoss,
    waitMs: stateWaitMs,
    now,
  });
  const work = new BatchProcessor(options, deduplicator, enricher);
  const subscription = await bus.subscribe({ topic: topics.audit, group, batchRecordsMax: BATCH_RECORDS_MAX }, (batch) => work.process(batch));
  return {
    ended: subscription.ended,
    problems: () => {
      const problem = subscription.problem();
      return [...(problem === undefined ? [] : [`bus: ${problem}`]), ...work.problems, ...deduplicator.problems, ...enricher.problems];
    },
    close: async () => {
      await subscription.close();
      await deduplicator.close();
    },
  };
}

class BatchProcessor {
  readonly #options: ProcessorOptions;
  readonly #deduplicator: Deduplicator;
  readonly #enricher: Enricher;
  /** What each partition waits for. */
  readonly #waiting = new Map<number, ArrivalsError>();

  constructor(options: ProcessorOptions, deduplicator: Deduplicator, enricher: Enricher) {
    this.#options = options;
    this.#deduplicator = deduplicator;
    this.#enricher = enricher;
  }

  get problems(): readonly string[] {
    return [...new Set([...this.#waiting.values()].map(({ code, message }) => `processor: ${code}: ${message}`))];
  }

  async process(batch: ConsumedBatch): Promise<void> {
    for (let rest = batch.records; rest.length > 0 && !batch.signal.aborted;) {
      const chunk = await this.#sift(rest, batch);
      if (chunk === undefined) return;
      rest = rest.slice(chunk.records.length);
      enter(chunk, this.#options.telemetry, this.#sieve(true), this.#options.enteredFrom);
      await this.#processChunk(chunk, batch);
    }
  }

  #sieve(setFailuresAside: boolean): SieveOptions {
    return { parse: this.#options.steps?.parse, setFailuresAside };
  }

  /** What fails is tried again for a moment, then set aside, event by event. Undefined when the signal aborted meanwhile. */
  async #sift(records: readonly StoredRecord[], batch: ConsumedBatch): Promise<Chunk | undefined> {
    for (let tries = 1, waitMs = RETRY_FIRST_MS; ; tries++, waitMs *= 2) {
      try {
        return takeChunk(records, this.#sieve(false));
      } catch (thrown) {
        const error = asArrivalsError(thrown, 'internal');
        if (tries === UNKNOWN_TRIES_MAX) {
          this.#isolated(error, records.length);
          return takeChunk(records, this.#sieve(true));
        }
        if (!(await this.#waited(error, waitMs, batch))) return undefined;
      }
    }
  }

  /** The events of the chunk have entered the account. */
  async #processChunk(chunk: Chunk, batch: ConsumedBatch): Promise<void> {
    const { telemetry, topics, now } = this.#options;
    const startedMs = now();
    const refused = new Refused();
    for (let waitMs = RETRY_FIRST_MS; ; waitMs = Math.min(waitMs * 2, RETRY_MAX_MS)) {
      let outcome: Outcome | undefined;
      try {
        outcome = await this.#decide(chunk, refused, batch.signal);
        await transact(batch, outcome.outputs, offsetAfter(chunk.records));
        this.#waiting.delete(batch.partition);
        settle(chunk, outcome, telemetry, (now() - startedMs) / 1000);
        return;
      } catch (thrown) {
        const error = asArrivalsError(thrown, 'internal');
        if (error.code === 'record_too_large' && outcome !== undefined) {
          this.#isolated(error, chunk.records.length);
          if (chunk.records.length > 1) {
            await this.#processEach(chunk, batch);
            return;
          }
          if (refused.add(outcome, topics, error.topic, error)) continue;
        } else if (!error.retryable) {
          this.#waiting.set(batch.partition, error);
          throw error;
        }
        if (!(await this.#waited(error, Math.min(waitMs, this.#leftMs(error, chunk)), batch))) {
          giveBack(chunk, telemetry);
          return;
        }
      }
    }
  }

  /** Until the chunk goes on without the state. */
  #leftMs({ code }: ArrivalsError, { sifted: { candidates, told } }: Chunk): number {
    if (code !== 'state_unavailable') return Number.POSITIVE_INFINITY;
    return Math.min(this.#deduplicator.leftMs(candidates), this.#enricher.leftMs(told));
  }

  /** Record by record, so that only the one that brings what is too large is concerned. */
  async #processEach({ records }: Chunk, batch: ConsumedBatch): Promise<void> {
    for (const record of records) {
      const chunk = takeChunk([record], this.#sieve(true));
      if (batch.signal.aborted) giveBack(chunk, this.#options.telemetry);
      else await this.#processChunk(chunk, batch);
    }
  }

  #decide({ sifted }: Chunk, refused: Refused, signal: AbortSignal): Promise<Outcome> {
    const { topics, riskLists, now, steps } = this.#options;
    return decide(sifted, {
      deduplicator: this.#deduplicator,
      enricher: this.#enricher,
      signal,
      topics,
      riskLists,
      build: steps?.build ?? buildAlert,
      nowMs: now(),
      refused,
    });
  }

  #isolated({ code, message }: ArrivalsError, records: number): void {
    this.#options.telemetry.emit({ type: 'step_isolated', step: 'process', code, detail: message, records });
  }

  /** Tells of the failure and waits. False when the batch is over. */
  async #waited(error: ArrivalsError, waitMs: number, { partition, signal }: ConsumedBatch): Promise<boolean> {
    if (!signal.aborted) {
      this.#waiting.set(partition, error);
      this.#options.telemetry.emit({ type: 'step_retried', step: 'process', code: error.code, detail: error.message, waitMs });
      await sleep(waitMs, undefined, { signal }).catch(() => undefined);
    }
    // Whoever has the partition next waits for it, or not.
    if (signal.aborted) this.#waiting.delete(partition);
    return !signal.aborted;
  }
}

/** Whatever the bus fails with is no event's fault, but for record_too_large. */
async function transact(batch: ConsumedBatch, outputs: readonly OutgoingRecord[], nextOffset: number): Promise<void> {
  try {
    await batch.transact(outputs, nextOffset);
  } catch (error) {
    throw asArrivalsError(error, 'bus_unavailable');
  }
}
