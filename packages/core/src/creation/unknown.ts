/** What an alert could not know, and why. */

export type UnknownReason =
  /** The audit policy records this at a level without the body that would show it. */
  | 'auditLevel'
  /** Bodies were taken out because the event was too large. */
  | 'truncated'
  /** The client asked for an answer of another shape (Table, PartialObjectMetadata). */
  | 'answerShape'
  /** The server did not write it. */
  | 'notInEvent'
  /** Other events would show it, and the audit stream has not had them so far. */
  | 'notSeen'
  /** Allowed by something that names no role binding. */
  | 'notRbac';

export interface Unknown {
  readonly path: string;
  readonly reason: UnknownReason;
  readonly detail: string;
}
