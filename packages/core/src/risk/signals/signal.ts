/**
 * A row of the table of signals: its points, its input, and the pure function that finds it.
 *
 * Invariant: a row finds the same in the same facts; all its findings are one signal.
 */
import type { EventField } from '../../audit/field-controllers.ts';
import type { CreatedKind } from '../../creation/select.ts';
import type { TechniqueId } from '../attack.ts';
import type { ExcuseId } from '../excuses.ts';
import type { Facts } from '../facts.ts';
import type { SignalId } from '../risk.ts';
import type { Aspect } from '../unseen.ts';

export interface SignalRow {
  readonly id: SignalId;
  readonly points: number;
  /** No creator explains it away: the discount for a known pipeline leaves these points alone. */
  readonly isHard: boolean;
  readonly techniques: readonly TechniqueId[];
  /** The creations that it is checked for. */
  readonly kinds: readonly CreatedKind[];
  readonly looksAt: readonly Aspect[];
  /** The fields that raise it, whoever controls them. */
  readonly reads: readonly EventField[];
  /** Why it may not be raised where that is there. */
  readonly excuses: readonly ExcuseId[];
  /** Raised only where the others add up to so many points. */
  readonly from?: number;
  /** Each field where it is, in the order of the alert. */
  readonly find: (facts: Facts) => readonly Finding[];
  /** The sentence; `what` lists what was found, `others` the signals that a row with `from` goes by. */
  readonly say: (what: string, others: string) => string;
}

export interface Finding {
  readonly field: string;
  /** A part of a sentence: outside text in it went through wording.ts. */
  readonly what: string;
}

export const POD: readonly CreatedKind[] = ['Pod'];
export const NAMESPACE: readonly CreatedKind[] = ['Namespace'];
export const BOTH: readonly CreatedKind[] = ['Pod', 'Namespace'];
