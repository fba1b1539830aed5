/**
 * Claims: which event is the one that is alerted for a creation. test/contract/state.contract.ts holds every
 * adapter to this.
 *
 * A claim carries the position of its event and is idempotent by it: the same claim from the same position
 * may be made any number of times. Every failure is an ArrivalsError state_unavailable (retryable).
 */
import type { Identity } from '../creation/identity.ts';
import type { EventPosition } from './positions.ts';

export interface ClaimRequest {
  readonly identity: Identity;
  /** The event that claims this identity. */
  readonly by: EventPosition;
}

/**
 * `claimed`: from this position, now or earlier (a redelivery). `duplicate`: from another, which is named.
 * `afterLoss`: an earlier claim of the identity may have been lost, so that this may be a repeat. There for
 * `claimTtlMs` after a loss, by when every claim that was lost would have ended by itself.
 */
export type ClaimResult =
  | { readonly outcome: 'claimed'; readonly afterLoss?: true }
  | { readonly outcome: 'duplicate'; readonly of: EventPosition };

export interface ClaimStore {
  /**
   * Comes before the first claim, and again until it resolves. `isNew`: nobody has claimed anything before,
   * as far as the caller knows: an empty state is new then. Otherwise an empty state has lost its claims. A
   * state that is not empty is never new. Resolves when that is durable.
   */
  begin(isNew: boolean, nowMs: number): Promise<void>;

  /**
   * Claims each identity for the position given, in order, unless another holds it. Resolves when durable,
   * with a result for each request. Two requests for one identity in the same call are treated like two
   * calls. A claim ends `claimTtlMs` (a setting of the adapter) after it was first made. That claims were
   * lost in the meantime is noticed here, as far as the adapter can, and is remembered for all who share the
   * state.
   */
  claim(requests: readonly ClaimRequest[], nowMs: number): Promise<readonly ClaimResult[]>;
}
