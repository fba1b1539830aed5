/**
 * Claims candidates, and bypasses the state when it is unavailable for too long.
 *
 * Invariant: a candidate is never dropped because the state is unavailable, and an unchecked one is flagged.
 * Within `waitMs` the state's failure is thrown to the caller, who retries. After that everything bypasses
 * the state until it is back and has all pending claims: until then copies are detected by the pending
 * claims. At most PENDING_CLAIMS_MAX of them are kept, and none over a restart: a copy may then make a second
 * record, of which the first has the flag notDeduplicated.
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
  /** Whether no claim was ever made, as far as the bus shows. */
  readonly isNew: boolean;
}

export interface Deduplication {
  /** The candidates that are no duplicates, with the flags of their alerts. */
  readonly verdicts: ReadonlyMap<Candidate, readonly AlertFlag[]>;
  /** Present when the state was bypassed: how long it was unavailable, and how many claims are pending. */
  readonly bypassed?: { readonly awayMs: number; readonly pendingClaims: number };
}

export class Deduplicator {
  readonly #options: DeduplicatorOptions;
  readonly #outage: StateOutage<readonly Candidate[]>;
  readonly #closing = new AbortController();
  #hasBegun = false;
  /** Pending claims of bypassed candidates, by identity; while defined, every candidate bypasses the state. */
  #pendingClaims: Map<string, ClaimRequest> | undefined;
  #restoring: Promise<void> | undefined;

  constructor(options: DeduplicatorOptions) {
    this.#options = options;
    this.#outage = new StateOutage(options);
  }

  /** For readiness: the state's last error while alerts are published unchecked. */
  get problems(): readonly string[] {
    return this.#pendingClaims === undefined
      ? []
      : [
          `processor: alerts are published unchecked, with flags: state_unavailable: ${this.#outage.error?.message ?? ''}`,
        ];
  }

  /** Initializes the state before anything is committed, if it is available. */
  async begin(): Promise<void> {
    await this.#begin().catch(() => undefined);
  }

  /**
   * Which candidates are first. The same list again is a retry of the same chunk.
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
      // No failure here is an event's fault.
      const error = asArrivalsError(thrown, 'state_unavailable');
      this.#outage.failed(error, candidates);
      throw error;
    }
  }

  /** How much longer the chunk waits for the state before the bypass, in ms. */
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

  /** Makes the pending claims, with retries; when none is left, the bypass ends. */
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
 * The claims to make, call by call: a redriven event claims its dead letter before its identity, which it
 * claims by its original position. The caller makes them, passes the results back, and finally gets those of
 * the candidates.
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

/** The state's answer, computed from the pending claims alone. */
function addPending(pendingClaims: Map<string, ClaimRequest>, request: ClaimRequest): ClaimResult {
  const name = request.identity.toString('latin1');
  const other = pendingClaims.get(name);
  if (other === undefined) pendingClaims.set(name, request);
  return other === undefined || samePosition(other.by, request.by)
    ? { outcome: 'claimed' }
    : { outcome: 'duplicate', of: other.by };
}
