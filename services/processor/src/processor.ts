/**
 * The processor: raw topic → select → deduplicate → enrich → alert → transact(alerts, offset).
 *
 * Invariant: a record's offset is committed together with everything that follows from its events, or not at
 * all. While the bus is away it tries again for ever, with readiness and metrics saying why, and so while the
 * state is, for as long as it is told to wait for it (deduplicator.ts); it drops nothing. What fails on its
 * own account is told apart and set aside within a few tries, and the partition goes on.
 */
import {
  type ArrivalsError,
  alertSteps,
  asArrivalsError,
  type Attempts,
  type buildAlert,
  type Bus,
  type ConsumedBatch,
  type OutgoingRecord,
  type RiskLists,
  type State,
  type StateLossOptions,
  type StoredRecord,
  type Telemetry,
  type TopicNames,
} from '@arrivals/core';
import { setTimeout as sleep } from 'node:timers/promises';
import { AttemptNotes } from './attempt-notes.ts';
import { Built } from './built.ts';
import { type Chunk, enter, giveBack, offsetAfter, settle, takeChunk, takeSingly } from './chunk.ts';
import { Deduplicator } from './deduplicator.ts';
import { Enricher } from './enricher.ts';
import { type BuildInSteps, decide, type DecideOptions, merged } from './decide.ts';
import { Refused } from './oversize.ts';
import type { ParseEvent, ClassifierOptions } from './classify.ts';
import type { Outcome } from './outcome.ts';

const BATCH_RECORDS_MAX = 64;
const RETRY_FIRST_MS = 100;
const RETRY_MAX_MS = 5000;
/** Of what fails for no reason that is known, as for want of memory. */
const UNKNOWN_TRIES_MAX = 3;

export interface ProcessorOptions extends StateLossOptions {
  readonly bus: Bus;
  readonly state: State;
  /** Where what is processed is noted before it is. */
  readonly attempts: Attempts;
  /** Is told what is being processed, in words. */
  readonly doing?: (words: string) => void;
  readonly telemetry: Telemetry;
  readonly topics: TopicNames;
  /** Consumer group. */
  readonly group: string;
  /**
   * Offsets by partition from which on the webhook of this very process has entered the events into the
   * ledger; those below are entered when they are taken up. Without it all are.
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
  const deduplicator = new Deduplicator({ state, telemetry, isNew, onStateLoss, stateWaitMs, now });
  await deduplicator.begin();
  const enricher = new Enricher({
    state,
    bus,
    topic: topics.audit,
    telemetry,
    namespaces: riskLists,
    onStateLoss,
    stateWaitMs,
    now,
  });
  const work = new BatchProcessor(options, deduplicator, enricher);
  const subscription = await bus.subscribe(
    { topic: topics.audit, group, batchRecordsMax: BATCH_RECORDS_MAX },
    (batch) => work.process(batch),
  );
  return {
    ended: subscription.ended,
    problems: () => {
      const problem = subscription.problem();
      return [
        ...(problem === undefined ? [] : [`bus: ${problem}`]),
        ...work.problems,
        ...deduplicator.problems,
        ...enricher.problems,
      ];
    },
    close: async () => {
      await subscription.close();
      await deduplicator.close();
    },
  };
}

/** What is kept of a chunk from one try to the next. */
type Tries = Pick<DecideOptions, 'refused' | 'built'>;

class BatchProcessor {
  readonly #options: ProcessorOptions;
  readonly #deduplicator: Deduplicator;
  readonly #enricher: Enricher;
  readonly #notes: AttemptNotes;
  /** What each partition waits for. */
  readonly #waiting = new Map<number, ArrivalsError>();

  constructor(options: ProcessorOptions, deduplicator: Deduplicator, enricher: Enricher) {
    this.#options = options;
    this.#deduplicator = deduplicator;
    this.#enricher = enricher;
    const { attempts, telemetry, now, doing = () => undefined } = options;
    this.#notes = new AttemptNotes({ attempts, telemetry, now, doing });
  }

  get problems(): readonly string[] {
    return [
      ...new Set([...this.#waiting.values()].map(({ code, message }) => `processor: ${code}: ${message}`)),
    ];
  }

  async process(batch: ConsumedBatch): Promise<void> {
    let isDone = false;
    try {
      for (let rest = batch.records; rest.length > 0 && !batch.signal.aborted;) {
        const singling = await this.#notes.begin(rest);
        const chunk =
          singling === undefined
            ? await this.#classify(rest, batch)
            : await takeSingly(rest, singling, this.#classifier(true));
        if (chunk === undefined) return;
        rest = rest.slice(chunk.records.length);
        enter(chunk, this.#options.telemetry, this.#options.enteredFrom);
        await this.#processChunk(chunk, batch);
      }
      isDone = !batch.signal.aborted;
    } finally {
      // Also when this processor gives up: that is no event's doing.
      if (!isDone) await this.#notes.giveBack(batch);
    }
  }

  #classifier(setFailuresAside: boolean): ClassifierOptions {
    const { steps, telemetry } = this.#options;
    return { parse: steps?.parse, setFailuresAside, telemetry };
  }

  /**
   * What fails is tried again for a moment, then set aside, event by event. Undefined when the signal aborted
   * meanwhile.
   */
  async #classify(records: readonly StoredRecord[], batch: ConsumedBatch): Promise<Chunk | undefined> {
    for (let tries = 1, waitMs = RETRY_FIRST_MS; ; tries++, waitMs *= 2) {
      try {
        return await takeChunk(records, this.#classifier(false));
      } catch (thrown) {
        const error = asArrivalsError(thrown, 'internal');
        if (tries === UNKNOWN_TRIES_MAX) {
          this.#isolated(error, records.length);
          return takeChunk(records, this.#classifier(true));
        }
        if (!(await this.#waited(error, waitMs, batch))) return undefined;
      }
    }
  }

  /** The events of the chunk have entered the account. */
  async #processChunk(chunk: Chunk, batch: ConsumedBatch): Promise<void> {
    const { singly } = chunk;
    const { telemetry, topics, now } = this.#options;
    const startedMs = now();
    const tries = { refused: new Refused(), built: new Built() };
    for (let waitMs = RETRY_FIRST_MS; ; waitMs = Math.min(waitMs * 2, RETRY_MAX_MS)) {
      let outcome: Outcome | undefined;
      try {
        outcome = await this.#decide(chunk, tries, batch.signal);
        await transact(batch, outcome.outputs, offsetAfter(chunk.records));
        this.#waiting.delete(batch.partition);
        settle(chunk, outcome, telemetry, (now() - startedMs) / 1000);
        return;
      } catch (thrown) {
        const error = asArrivalsError(thrown, 'internal');
        await singly?.singling.at(null);
        if (error.code === 'record_too_large' && outcome !== undefined) {
          this.#isolated(error, chunk.records.length);
          if (chunk.records.length > 1) {
            await this.#processEach(chunk, batch);
            return;
          }
          if (tries.refused.add(outcome, topics, error.topic, error)) continue;
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
  #leftMs({ code }: ArrivalsError, { classified: { candidates, extracted } }: Chunk): number {
    if (code !== 'state_unavailable') return Number.POSITIVE_INFINITY;
    return Math.min(this.#deduplicator.leftMs(candidates), this.#enricher.leftMs(extracted));
  }

  /** Record by record, so that only the one that brings what is too large is concerned. */
  async #processEach({ records, singly }: Chunk, batch: ConsumedBatch): Promise<void> {
    for (const record of records) {
      const options = this.#classifier(true);
      const chunk =
        singly === undefined
          ? await takeChunk([record], options)
          : await takeSingly([record], singly.singling, options);
      if (batch.signal.aborted) giveBack(chunk, this.#options.telemetry);
      else await this.#processChunk(chunk, batch);
    }
  }

  async #decide(
    { records: [first], classified, singly }: Chunk,
    tries: Tries,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const options = this.#decideOptions(tries, signal);
    if (singly === undefined || first === undefined) return decide(classified, options);
    const { singling, parts } = singly;
    if (parts === undefined) {
      await singling.deciding(first.offset);
      const outcome = await decide(classified, options);
      await singling.at(null);
      return outcome;
    }
    const outcomes: Outcome[] = [];
    for (const part of parts) {
      await singling.at(part);
      outcomes.push(await decide({ ...part, dead: [] }, options));
    }
    await singling.at(null);
    return merged([
      ...outcomes,
      await decide({ candidates: [], extracted: [], dead: classified.dead }, options),
    ]);
  }

  #decideOptions(tries: Tries, signal: AbortSignal): DecideOptions {
    const { topics, riskLists, now, steps, telemetry } = this.#options;
    return {
      deduplicator: this.#deduplicator,
      enricher: this.#enricher,
      signal,
      topics,
      riskLists,
      build: inSteps(steps?.build),
      nowMs: now(),
      ...tries,
      telemetry,
    };
  }

  #isolated({ code, message }: ArrivalsError, records: number): void {
    this.#options.telemetry.emit({ type: 'step_isolated', step: 'process', code, detail: message, records });
  }

  /** Tells of the failure and waits. False when the batch is over. */
  async #waited(
    error: ArrivalsError,
    waitMs: number,
    { partition, signal }: ConsumedBatch,
  ): Promise<boolean> {
    if (!signal.aborted) {
      this.#waiting.set(partition, error);
      this.#options.telemetry.emit({
        type: 'step_retried',
        step: 'process',
        code: error.code,
        detail: error.message,
        waitMs,
      });
      await sleep(waitMs, undefined, { signal }).catch(() => undefined);
    }
    // Whoever has the partition next waits for it, or not.
    if (signal.aborted) this.#waiting.delete(partition);
    return !signal.aborted;
  }
}

/** One that is injected is a single step. */
function inSteps(build: typeof buildAlert | undefined): BuildInSteps {
  if (build === undefined) return alertSteps;
  return function* (creation) {
    yield;
    return build(creation);
  };
}

/** Whatever the bus fails with is no event's fault, but for record_too_large. */
async function transact(
  batch: ConsumedBatch,
  outputs: readonly OutgoingRecord[],
  nextOffset: number,
): Promise<void> {
  try {
    await batch.transact(outputs, nextOffset);
  } catch (error) {
    throw asArrivalsError(error, 'bus_unavailable');
  }
}
