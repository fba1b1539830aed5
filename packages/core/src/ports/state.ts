/**
 * What an adapter opens: both stores of what has to be remembered between events, in one place. Who claims
 * takes a ClaimStore, who asks for context a FactStore; whoever opened it closes it.
 */
import type { ClaimStore } from './claim-store.ts';
import type { FactStore } from './fact-store.ts';

export interface State extends ClaimStore, FactStore {
  /** @throws ArrivalsError state_unavailable */
  check(signal: AbortSignal): Promise<void>;

  /** May be called again. */
  close(): Promise<void>;
}
