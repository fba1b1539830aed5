/**
 * How an answer about somebody is told: who it was, or why that is not known.
 *
 * Invariant: null without a reason does not exist; `candidates` has more than one entry only where the events do not decide between them.
 */
import type { Act } from './act.ts';
import type { Owner } from './facts/workloads.ts';

/** Why something is not told. */
export type Missing =
  /** The stream has not shown it: it came before the stream began, is still under way, or was lost. */
  | 'notSeen'
  /** The policy records it without the body that would tell. */
  | 'notRecorded'
  /** There is none: made directly, or never scaled. */
  | 'none';

export type Told = { readonly known: true; readonly act: Act; readonly candidates: readonly Act[] } | { readonly known: false; readonly why: Missing };

export interface ChainLink extends Owner {
  /** The creation of this owner; undefined when it was not seen. */
  readonly created: Act | undefined;
}

export function told(act: Act): Told {
  return { known: true, act, candidates: [act] };
}

export function missing(why: Missing): Told {
  return { known: false, why };
}
