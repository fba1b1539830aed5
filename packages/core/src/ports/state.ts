/**
 * The state: what has to be remembered between events. test/contract/state.contract.ts holds every adapter to this.
 *
 * Every change carries the coordinates of the event that caused it and is idempotent by them: the same change from the
 * same coordinates may be made any number of times. Every failure is an ArrivalsError state_unavailable (retryable).
 */
import type { Identity } from '../identity.ts';
import type { Coordinates } from './coordinates.ts';

export interface ClaimRequest {
  readonly identity: Identity;
  /** The event that wants to be the one that is told of this identity. */
  readonly by: Coordinates;
}

/** `claimed`: by these coordinates, now or earlier (a redelivery). `duplicate`: by others, which are named. */
export type ClaimResult = { readonly outcome: 'claimed' } | { readonly outcome: 'duplicate'; readonly of: Coordinates };

export interface State {
  /**
   * Claims each identity for the coordinates given, in order, unless others hold it. Resolves when durable, with a
   * result for each request. Two requests for one identity in the same call are seen as what they are.
   * A claim ends `claimTtlMs` (a setting of the adapter) after it was first made.
   */
  claim(requests: readonly ClaimRequest[], nowMs: number): Promise<readonly ClaimResult[]>;

  check(signal: AbortSignal): Promise<void>;

  /** May be called again. */
  close(): Promise<void>;
}
