/**
 * What becomes of one POST on its way to the bus: its records, and how its events are counted.
 * Invariant: `events` are all of its events, dead letters among them. Holds no request and no answer.
 */
import type { DeadLetterReason } from '../audit/validity.ts';
import type { OutgoingRecord } from '../ports/bus.ts';

export interface CountedEvents {
  readonly cluster: string;
  readonly events: number;
  /** Those of them that were set aside, by reason. */
  readonly deadLettered: Readonly<Partial<Record<DeadLetterReason, number>>>;
}

export interface PostedBatch extends CountedEvents {
  readonly records: readonly OutgoingRecord[];
}
