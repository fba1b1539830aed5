/** What an alert could not know, and why. */

export type UnknownReason =
  /** The audit policy records this at a level without the body that would show it. */
  | 'AUDIT_LEVEL'
  /** Bodies were taken out because the event was too large. */
  | 'TRUNCATED'
  /** The client asked for an answer of another shape (Table, PartialObjectMetadata). */
  | 'ANSWER_SHAPE'
  /** The server did not write it. */
  | 'NOT_IN_EVENT'
  /** Other events would show it, and the audit stream has not had them so far. */
  | 'NOT_SEEN'
  /** Allowed by something that names no role binding. */
  | 'NOT_RBAC';

export interface Unknown {
  readonly path: string;
  readonly reason: UnknownReason;
  readonly detail: string;
}
