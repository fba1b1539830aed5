/** What is decided of a chunk: what is published and what is set aside. */
import type { DeadLetter, OutgoingRecord } from '@arrivals/core';
import type { Missed } from './enricher.ts';
import type { Candidate } from './classify.ts';

export interface Alerted {
  readonly candidate: Candidate;
  readonly records: readonly OutgoingRecord[];
}

export interface Revised {
  readonly cluster: string;
  /** Id and number. */
  readonly name: string;
  readonly records: readonly OutgoingRecord[];
}

export interface Outcome {
  readonly alerted: readonly Alerted[];
  readonly duplicates: readonly Candidate[];
  /** Alerts of before that are told anew. */
  readonly revised: readonly Revised[];
  /** Alerts of before that should have been. */
  readonly missed: readonly Missed[];
  /** Facts that are lost to the context. */
  readonly lostFacts: number;
  readonly dead: readonly DeadLetter[];
  readonly outputs: readonly OutgoingRecord[];
  /**
   * Present when the alerts were made without asking the state: how long that had been away, and how many
   * claims are owed to it.
   */
  readonly bypassed: { readonly awayMs: number; readonly pendingClaims: number } | undefined;
}
