/**
 * An attribution: who it was, or why that is not known.
 *
 * Invariant: null without a reason does not exist; `candidates` has more than one entry only where the events
 * do not decide between them.
 */
import type { Action } from '../facts/action.ts';
import type { Owner } from '../facts/extract/workloads.ts';

/** Why something is not known. */
export type UnknownBecause =
  /** The stream has not shown it: it came before the stream began, is still under way, or was lost. */
  | 'notSeen'
  /** Facts about it may have been evicted: there were more under a name than are kept. */
  | 'forgotten'
  /** The policy records it without the body that would show it. */
  | 'notRecorded'
  /** There is none: made directly, or never scaled. */
  | 'none';

export interface KnownAttribution {
  readonly known: true;
  readonly action: Action;
  readonly candidates: readonly Action[];
}

export type Attribution = KnownAttribution | { readonly known: false; readonly why: UnknownBecause };

export interface ChainLink extends Owner {
  /** The creation of this owner; undefined when it was not seen. */
  readonly created: Action | undefined;
  /**
   * Of a custom object: its last change, by another than its operator, before that worked for it; undefined
   * where none was seen.
   */
  readonly changed: Action | undefined;
}

/** What the template's author did: a restart and a roll-back make pods of what somebody wrote before. */
export type TemplateAction = 'wrote' | 'restarted' | 'rolledBack';

export function attributedTo(action: Action): Attribution {
  return { known: true, action, candidates: [action] };
}

export function unattributed(why: UnknownBecause): Attribution {
  return { known: false, why };
}
