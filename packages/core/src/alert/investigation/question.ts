/**
 * A question of the investigation with its answer, and what it is answered from.
 *
 * Invariant: every question has a status and an answer; alert/commands/ has how to look. Ids never change
 * their meaning (alert/investigation/runbook.ts has them all).
 */
import type { Actor, AlertKind, AlertObject } from '../alert.ts';
import { instructionOf, type QuestionStatus } from './runbook.ts';
import type { FirstSeen, TimelinePart } from '../../context/actor-history.ts';
import type { Author } from '../../context/author.ts';
import type { AccountBinding } from '../../context/account-rights.ts';
import type { GrantAnswer } from '../../context/grant.ts';
import type { Surroundings } from '../../context/surroundings.ts';

/** A question of the runbook with its answer. */
export interface Question {
  readonly id: string;
  readonly status: QuestionStatus;
  readonly answer: string;
}

export interface Findings {
  readonly kind: AlertKind;
  readonly object: AlertObject;
  readonly actor: Actor;
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

export interface Answer {
  readonly status: QuestionStatus;
  readonly answer: string;
}

/** The answer that the runbook has for a question: a record that has the same leaves it out. */
export function standardAnswer(kind: AlertKind, id: string, status: QuestionStatus): Answer {
  return { status, answer: instructionOf(kind, 'investigation', id)?.answers?.[status] ?? '' };
}
