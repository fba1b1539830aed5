/**
 * A question of the investigation with its answer, and what it is answered from.
 *
 * Invariant: every question has a status, and one that is not answered says how to look. Ids never change
 * their meaning (alert/investigation/runbook.ts has the first).
 */
import type { Actor, AlertKind, AlertObject } from '../alert.ts';
import { runbookOf } from './runbook.ts';
import type { FirstSeen, TimelinePart } from '../../context/actor-history.ts';
import type { Author } from '../../context/author.ts';
import type { AccountBinding } from '../../context/account-rights.ts';
import type { GrantAnswer } from '../../context/grant.ts';
import type { Surroundings } from '../../context/surroundings.ts';

/**
 * Observed: the stream shows it. Not observed: it would, but has shown none. Not observable: audit events do
 * not tell this, or not at this level.
 */
export type QuestionStatus = 'observed' | 'notObserved' | 'notObservable';

export interface Question {
  readonly id: string;
  readonly question: string;
  readonly status: QuestionStatus;
  readonly answer: string;
  /** Where in the alert the facts stand. */
  readonly fields: readonly string[];
  /** A command to paste into a shell; null where the answer is whole. */
  readonly howToLook: string | null;
}

export interface Findings {
  readonly kind: AlertKind;
  readonly object: AlertObject;
  readonly actor: Actor;
  /**
   * Options of kubectl for acting as whoever the request was judged as, with his groups; null where they are
   * not all there.
   */
  readonly identifiedAs: readonly string[] | null;
  readonly author: Author;
  /** The author's first; for what a controller made, the controller's own behind it. */
  readonly grants: readonly GrantAnswer[];
  /** Of the author where a controller made it. */
  readonly timeline: readonly TimelinePart[];
  readonly firstSeen: readonly FirstSeen[];
  /** Undefined where the service account is not known. */
  readonly accountBindings: readonly AccountBinding[] | undefined;
  readonly surroundings: Surroundings | undefined;
}

/** The runbook's own words for a step. */
export function asked(kind: AlertKind, id: string): string {
  return runbookOf(kind).investigation.find((step) => step.id === id)?.text ?? id;
}
