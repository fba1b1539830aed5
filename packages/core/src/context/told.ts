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
  /** Facts that may have told it were pushed out by others: there were more of a name than are kept. */
  | 'forgotten'
  /** The policy records it without the body that would tell. */
  | 'notRecorded'
  /** There is none: made directly, or never scaled. */
  | 'none';

export interface KnownTold {
  readonly known: true;
  readonly act: Act;
  readonly candidates: readonly Act[];
}

export type Told = KnownTold | { readonly known: false; readonly why: Missing };

export interface ChainLink extends Owner {
  /** The creation of this owner; undefined when it was not seen. */
  readonly created: Act | undefined;
  /** Of a custom object: its last change, by another than its operator, before that worked for it; undefined where none was seen. */
  readonly changed: Act | undefined;
}

/** What the template's author did: a restart and a roll-back make pods of what somebody wrote before. */
export type TemplateAction = 'wrote' | 'restarted' | 'rolledBack';

export function told(act: Act): Told {
  return { known: true, act, candidates: [act] };
}

export function missing(why: Missing): Told {
  return { known: false, why };
}
