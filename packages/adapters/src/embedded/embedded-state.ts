/**
 * The state of one process, in LMDB: the contract of ports/claim-store.ts. Claims expire `claimTtlMs` after
 * they were made. The context is in embedded-facts.ts.
 *
 * It is in one folder with the bus and cannot be lost without it, so only begin() may find a loss: claims
 * were made before, according to the caller, and there is no trace of it.
 */
import {
  type Watch,
  type ClaimRequest,
  type ClaimResult,
  type EventPosition,
  type Fact,
  type FactStore,
  type Recalled,
  type RevisionRequest,
  type RevisionResult,
  samePosition,
  type State,
  type Subject,
} from '@arrivals/core';
import { mayRepeat } from '../facts/after-loss.ts';
import type { Store, StoredClaim } from './store.ts';

const SWEEP_CLAIMS_MAX = 1000;
const LOST_AT = 'lost-at';

export class EmbeddedState implements State {
  readonly #store: Store;
  readonly #context: FactStore;
  readonly #claimTtlMs: number;

  constructor(store: Store, context: FactStore, claimTtlMs: number) {
    this.#store = store;
    this.#context = context;
    this.#claimTtlMs = claimTtlMs;
  }

  begin(isNew: boolean, nowMs: number): Promise<void> {
    return this.#store.commit(() => {
      if (this.#store.losses.get(LOST_AT) !== undefined) return;
      const isEmpty = [...this.#store.claims.getKeys({ limit: 1 })].length === 0;
      this.#store.losses.putSync(LOST_AT, isEmpty && !isNew ? Math.max(nowMs, 1) : 0);
    }, 'state_unavailable');
  }

  claim(requests: readonly ClaimRequest[], nowMs: number): Promise<readonly ClaimResult[]> {
    return this.#store.commit(
      () => requests.map((request) => this.#claim(request, nowMs)),
      'state_unavailable',
    );
  }

  remember(facts: readonly Fact[], nowMs: number): Promise<readonly Watch[]> {
    return this.#context.remember(facts, nowMs);
  }

  recall(subjects: readonly Subject[], nowMs: number): Promise<Recalled> {
    return this.#context.recall(subjects, nowMs);
  }

  watch(waiting: readonly Watch[], nowMs: number): Promise<Recalled> {
    return this.#context.watch(waiting, nowMs);
  }

  async revise(requests: readonly RevisionRequest[], nowMs: number): Promise<readonly RevisionResult[]> {
    const results = await this.#context.revise(requests, nowMs);
    return this.#isAfterLoss(nowMs) ? results.map(mayRepeat) : results;
  }

  check(signal: AbortSignal): Promise<void> {
    return this.#store.check('state_unavailable', signal);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Deletes claims that have expired. */
  async sweep(nowMs: number): Promise<void> {
    for (;;) {
      const expired = [
        ...this.#store.claimExpiry.getKeys({
          start: [0, ''],
          end: [nowMs, '\uffff'],
          limit: SWEEP_CLAIMS_MAX,
        }),
      ];
      if (expired.length === 0) return;
      await this.#store.commit(() => {
        for (const key of expired) {
          const identity = Buffer.from(key[1], 'hex');
          // A claim that was made again after it had expired has another entry.
          if (this.#store.claims.get(identity)?.expiresAtMs === key[0])
            this.#store.claims.removeSync(identity);
          this.#store.claimExpiry.removeSync(key);
        }
      }, 'state_unavailable');
    }
  }

  #claim({ identity, by }: ClaimRequest, nowMs: number): ClaimResult {
    const present = this.#store.claims.get(identity);
    if (present !== undefined && present.expiresAtMs > nowMs) {
      return samePosition(present, by)
        ? this.#claimed(nowMs)
        : { outcome: 'duplicate', of: positionOf(present) };
    }
    const expiresAtMs = nowMs + this.#claimTtlMs;
    this.#store.claims.putSync(identity, { ...positionOf(by), expiresAtMs });
    this.#store.claimExpiry.putSync([expiresAtMs, identity.toString('hex')], true);
    return this.#claimed(nowMs);
  }

  #claimed(nowMs: number): ClaimResult {
    return this.#isAfterLoss(nowMs) ? { outcome: 'claimed', afterLoss: true } : { outcome: 'claimed' };
  }

  #isAfterLoss(nowMs: number): boolean {
    const lostAtMs = this.#store.losses.get(LOST_AT) ?? 0;
    return lostAtMs > 0 && nowMs - lostAtMs < this.#claimTtlMs;
  }
}

function positionOf({ topic, partition, offset, index }: EventPosition | StoredClaim): EventPosition {
  return { topic, partition, offset, index };
}
