/**
 * Asks the state which candidates are first, and lets them pass unasked when it is away for too long.
 *
 * Invariant: a candidate is never dropped for want of the state, and what passes unasked is flagged. Before `waitMs` are over
 * the state's failure is the caller's, who tries again. Afterwards everything passes at once, until the state is back and has
 * the claims that are owed for what passed: copies are told apart by these in the meantime. OWED_MAX of them are kept in mind,
 * and none over a restart: a copy may then make a second record, of which the first says that it was not deduplicated.
 */
import { type AlertFlag, ArrivalsError, asArrivalsError, type ClaimRequest, sameCoordinates, type State, type Telemetry } from '@arrivals/core';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Candidate } from './sift.ts';

const OWED_MAX = 100_000;
const OWED_CALL_MAX = 500;
const RETRY_FIRST_MS = 100;
const RETRY_MAX_MS = 5000;

const UNASKED: readonly AlertFlag[] = ['notDeduplicated', 'notEnriched'];
const AFTER_LOSS: readonly AlertFlag[] = ['afterStateLoss'];

export type OnStateLoss = 'pass' | 'pause';

export interface DeduplicatorOptions {
  readonly state: State;
  readonly telemetry: Telemetry;
  /** Whether nobody has ever claimed anything, as far as the bus tells. */
  readonly isNew: boolean;
  readonly onStateLoss: OnStateLoss;
  readonly waitMs: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Undefined: a duplicate. Otherwise the flags of its alert. */
export type Verdict = readonly AlertFlag[] | undefined;

export interface Judgement {
  readonly verdicts: readonly Verdict[];
  /** Present when nobody was asked: how long the state had been away. */
  readonly awayMs?: number;
}

export class Deduplicator {
  readonly #options: DeduplicatorOptions;
  /** When each chunk that waits has failed first: others may succeed in the meantime, where part of a state is away. */
  readonly #waiting = new WeakMap<readonly Candidate[], number>();
  readonly #closing = new AbortController();
  #hasBegun = false;
  /** The first failure since the last success. */
  #awaySinceMs: number | undefined;
  #lastError: ArrivalsError | undefined;
  /** Claims of what has passed, by identity; while it is there, everything passes. */
  #owed: Map<string, ClaimRequest> | undefined;
  #restoring: Promise<void> | undefined;

  constructor(options: DeduplicatorOptions) {
    this.#options = options;
  }

  /** For readiness: what the state was found to say while alerts pass unasked. */
  get problems(): readonly string[] {
    return this.#owed === undefined ? [] : [`processor: alerts pass unchecked, flagged: state_unavailable: ${this.#lastError?.message ?? ''}`];
  }

  get owed(): number {
    return this.#owed?.size ?? 0;
  }

  /** Tells the state what it should know before anything is committed, if it is there. */
  async begin(): Promise<void> {
    await this.#begin().catch(() => undefined);
  }

  /**
   * A verdict for each candidate. The same list again is the same chunk, tried again.
   * @throws ArrivalsError state_unavailable while the state is waited for
   */
  async judge(candidates: readonly Candidate[]): Promise<Judgement> {
    if (candidates.length === 0) return { verdicts: [] };
    if (this.#isPassing() || this.#leftMs(candidates) <= 0) return this.#pass(candidates);
    try {
      await this.#begin();
      const requests = candidates.map(({ identity, coordinates }) => ({ identity, by: coordinates }));
      const results = await this.#options.state.claim(requests, this.#options.now());
      if (!this.#isPassing()) this.#awaySinceMs = undefined;
      return { verdicts: results.map((result) => (result.outcome === 'duplicate' ? undefined : result.afterLoss === true ? AFTER_LOSS : [])) };
    } catch (thrown) {
      if (thrown instanceof ArrivalsError && thrown.code === 'state_unavailable') this.#noteFailure(candidates, thrown);
      throw thrown;
    }
  }

  /** How much longer the chunk waits for the state before it passes, in ms. */
  leftMs(candidates: readonly Candidate[]): number {
    return Math.max(this.#leftMs(candidates), 0);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#restoring;
  }

  #isPassing(): boolean {
    return this.#owed !== undefined;
  }

  async #begin(): Promise<void> {
    if (this.#hasBegun) return;
    await this.#options.state.begin(this.#options.isNew, this.#options.now());
    this.#hasBegun = true;
  }

  #leftMs(candidates: readonly Candidate[]): number {
    const sinceMs = this.#sinceMs(candidates);
    if (sinceMs === undefined || this.#options.onStateLoss === 'pause') return Number.POSITIVE_INFINITY;
    return sinceMs + this.#options.waitMs - this.#options.now();
  }

  #sinceMs(candidates: readonly Candidate[]): number | undefined {
    const own = this.#waiting.get(candidates);
    return own === undefined || this.#awaySinceMs === undefined ? (own ?? this.#awaySinceMs) : Math.min(own, this.#awaySinceMs);
  }

  #noteFailure(candidates: readonly Candidate[], error: ArrivalsError): void {
    const nowMs = this.#options.now();
    this.#lastError = error;
    this.#awaySinceMs ??= nowMs;
    if (!this.#waiting.has(candidates)) this.#waiting.set(candidates, nowMs);
  }

  #pass(candidates: readonly Candidate[]): Judgement {
    const { now } = this.#options;
    this.#awaySinceMs = this.#sinceMs(candidates) ?? now();
    const owed = (this.#owed ??= new Map<string, ClaimRequest>());
    const verdicts = candidates.map(({ identity, coordinates }) => {
      const name = identity.toString('latin1');
      const other = owed.get(name);
      if (other !== undefined) return sameCoordinates(other.by, coordinates) ? UNASKED : undefined;
      owed.set(name, { identity, by: coordinates });
      return UNASKED;
    });
    for (const name of owed.keys()) {
      if (owed.size <= OWED_MAX) break;
      owed.delete(name);
    }
    this.#restoring ??= this.#restore(owed).finally(() => {
      this.#restoring = undefined;
    });
    return { verdicts, awayMs: now() - this.#awaySinceMs };
  }

  /** Makes the claims that are owed, as often as it takes; when none is left, the state is asked again. */
  async #restore(owed: Map<string, ClaimRequest>): Promise<void> {
    const { state, now, telemetry } = this.#options;
    const { signal } = this.#closing;
    let claims = 0;
    for (let waitMs = RETRY_FIRST_MS; !signal.aborted; waitMs = Math.min(waitMs * 2, RETRY_MAX_MS)) {
      try {
        await this.#begin();
        while (owed.size > 0) {
          const some = [...owed].slice(0, OWED_CALL_MAX);
          await state.claim(
            some.map(([, request]) => request),
            now(),
          );
          for (const [name] of some) owed.delete(name);
          claims += some.length;
        }
        telemetry.emit({ type: 'state_restored', claims, awayMs: now() - (this.#awaySinceMs ?? now()) });
        this.#owed = undefined;
        this.#awaySinceMs = undefined;
        return;
      } catch (thrown) {
        this.#lastError = asArrivalsError(thrown, 'internal');
        await sleep(waitMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }
}
