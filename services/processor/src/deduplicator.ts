/**
 * Asks the state which candidates are first, and lets them pass unasked when it is away for too long.
 *
 * Invariant: a candidate is never dropped for want of the state, and what passes unasked is flagged. Before
 * `waitMs` are over the state's failure is the caller's, who tries again. Afterwards everything passes at
 * once, until the state is back and has the claims that are owed for what passed: copies are told apart by
 * these in the meantime. OWED_MAX of them are kept in mind, and none over a restart: a copy may then make a
 * second record, of which the first says that it was not deduplicated.
 */
import {
  type AlertFlag,
  asArrivalsError,
  type ClaimRequest,
  type ClaimResult,
  type ClaimStore,
  samePosition,
  type Telemetry,
} from '@arrivals/core';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Candidate } from './classify.ts';
import { StateOutage, type StateOutageOptions } from './state-outage.ts';

const PENDING_CLAIMS_MAX = 100_000;
const PENDING_CLAIMS_CALL_MAX = 500;
const RETRY_FIRST_MS = 100;
const RETRY_MAX_MS = 5000;

const UNCHECKED: readonly AlertFlag[] = ['notDeduplicated', 'notEnriched'];
const AFTER_LOSS: readonly AlertFlag[] = ['afterStateLoss'];

export interface DeduplicatorOptions extends StateOutageOptions {
  readonly state: ClaimStore;
  readonly telemetry: Telemetry;
  /** Whether nobody has ever claimed anything, as far as the bus tells. */
  readonly isNew: boolean;
}

export interface Deduplication {
  /** The flags of their alerts, of those candidates that are no duplicates. */
  readonly verdicts: ReadonlyMap<Candidate, readonly AlertFlag[]>;
  /** Present when the state was not asked: how long it had been away, and how many claims are owed to it. */
  readonly bypassed?: { readonly awayMs: number; readonly pendingClaims: number };
}

export class Deduplicator {
  readonly #options: DeduplicatorOptions;
  readonly #outage: StateOutage<readonly Candidate[]>;
  readonly #closing = new AbortController();
  #hasBegun = false;
  /** Claims of what has passed, by identity; while it is there, everything passes. */
  #pendingClaims: Map<string, ClaimRequest> | undefined;
  #restoring: Promise<void> | undefined;

  constructor(options: DeduplicatorOptions) {
    this.#options = options;
    this.#outage = new StateOutage(options);
  }

  /** For readiness: what the state was found to say while alerts pass unasked. */
  get problems(): readonly string[] {
    return this.#pendingClaims === undefined
      ? []
      : [
          `processor: alerts pass unchecked, flagged: state_unavailable: ${this.#outage.error?.message ?? ''}`,
        ];
  }

  /** Tells the state what it should know before anything is committed, if it is there. */
  async begin(): Promise<void> {
    await this.#begin().catch(() => undefined);
  }

  /**
   * Which candidates are first. The same list again is the same chunk, tried again.
   * @throws ArrivalsError state_unavailable while the state is waited for
   */
  async deduplicate(candidates: readonly Candidate[]): Promise<Deduplication> {
    if (candidates.length === 0) return { verdicts: new Map() };
    if (this.#isBypassing() || this.#outage.isOver(candidates)) return this.#bypass(candidates);
    try {
      await this.#begin();
      const calls = claimsOf(candidates);
      let call = calls.next();
      while (call.done !== true)
        call = calls.next(await this.#options.state.claim(call.value, this.#options.now()));
      if (!this.#isBypassing()) this.#outage.succeeded();
      return { verdicts: firstOnes(call.value, (afterLoss) => (afterLoss ? AFTER_LOSS : [])) };
    } catch (thrown) {
      // Whatever it fails with is no event's fault.
      const error = asArrivalsError(thrown, 'state_unavailable');
      this.#outage.failed(error, candidates);
      throw error;
    }
  }

  /** How much longer the chunk waits for the state before it passes, in ms. */
  leftMs(candidates: readonly Candidate[]): number {
    return this.#outage.leftMs(candidates);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#restoring;
  }

  #isBypassing(): boolean {
    return this.#pendingClaims !== undefined;
  }

  async #begin(): Promise<void> {
    if (this.#hasBegun) return;
    await this.#options.state.begin(this.#options.isNew, this.#options.now());
    this.#hasBegun = true;
  }

  #bypass(candidates: readonly Candidate[]): Deduplication {
    this.#outage.bypass(candidates);
    const pendingClaims = (this.#pendingClaims ??= new Map<string, ClaimRequest>());
    const calls = claimsOf(candidates);
    let call = calls.next();
    while (call.done !== true)
      call = calls.next(call.value.map((request) => addPending(pendingClaims, request)));
    for (const name of pendingClaims.keys()) {
      if (pendingClaims.size <= PENDING_CLAIMS_MAX) break;
      pendingClaims.delete(name);
    }
    this.#restoring ??= this.#restore(pendingClaims).finally(() => {
      this.#restoring = undefined;
    });
    return {
      verdicts: firstOnes(call.value, () => UNCHECKED),
      bypassed: { awayMs: this.#outage.awayMs(), pendingClaims: pendingClaims.size },
    };
  }

  /** Makes the claims that are owed, as often as it takes; when none is left, the state is asked again. */
  async #restore(pendingClaims: Map<string, ClaimRequest>): Promise<void> {
    const { state, now, telemetry } = this.#options;
    const { signal } = this.#closing;
    let claims = 0;
    for (let waitMs = RETRY_FIRST_MS; !signal.aborted; waitMs = Math.min(waitMs * 2, RETRY_MAX_MS)) {
      try {
        await this.#begin();
        while (pendingClaims.size > 0) {
          const some = [...pendingClaims].slice(0, PENDING_CLAIMS_CALL_MAX);
          await state.claim(
            some.map(([, request]) => request),
            now(),
          );
          for (const [name] of some) pendingClaims.delete(name);
          claims += some.length;
        }
        telemetry.emit({ type: 'state_restored', claims, awayMs: this.#outage.awayMs() });
        this.#pendingClaims = undefined;
        this.#outage.succeeded();
        return;
      } catch (thrown) {
        this.#outage.failed(asArrivalsError(thrown, 'internal'));
        await sleep(waitMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }
}

type Results = ReadonlyMap<Candidate, ClaimResult>;

/**
 * The claims to make, call by call: what was put back claims its dead letter before it claims its identity,
 * for which its first coordinates stand. Whoever makes them gives the results back, and gets those of the
 * candidates in the end.
 */
function* claimsOf(
  candidates: readonly Candidate[],
): Generator<readonly ClaimRequest[], Results, readonly ClaimResult[]> {
  const results = new Map<Candidate, ClaimResult>();
  for (const requestOf of [
    ({ redrive }: Candidate) => redrive,
    ({ identity, originalPosition }: Candidate) => ({ identity, by: originalPosition }),
  ]) {
    const left = candidates.filter(
      (candidate) => results.get(candidate)?.outcome !== 'duplicate' && requestOf(candidate) !== undefined,
    );
    if (left.length === 0) continue;
    const answers = yield left.flatMap((candidate) => requestOf(candidate) ?? []);
    for (const [i, candidate] of left.entries()) results.set(candidate, answers[i] ?? { outcome: 'claimed' });
  }
  return results;
}

function firstOnes(
  results: Results,
  flagsOf: (afterLoss: boolean) => readonly AlertFlag[],
): Deduplication['verdicts'] {
  return new Map(
    [...results].flatMap(([candidate, result]) =>
      result.outcome === 'duplicate' ? [] : [[candidate, flagsOf(result.afterLoss === true)] as const],
    ),
  );
}

/** As the state would answer, from what is owed to it alone. */
function addPending(pendingClaims: Map<string, ClaimRequest>, request: ClaimRequest): ClaimResult {
  const name = request.identity.toString('latin1');
  const other = pendingClaims.get(name);
  if (other === undefined) pendingClaims.set(name, request);
  return other === undefined || samePosition(other.by, request.by)
    ? { outcome: 'claimed' }
    : { outcome: 'duplicate', of: other.by };
}
