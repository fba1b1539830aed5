/** The decisions about a chunk: alerts to publish and dead letters. */
import type { DeadLetter, OutgoingRecord } from '@arrivals/core';
import type { Missed } from './enricher.ts';
import type { Candidate } from './classify.ts';

export interface Alerted {
  readonly candidate: Candidate;
  readonly records: readonly OutgoingRecord[];
}

export interface Revised {
  readonly cluster: string;
  /** Alert id and revision. */
  readonly name: string;
  readonly records: readonly OutgoingRecord[];
}

export interface Outcome {
  readonly alerted: readonly Alerted[];
  readonly duplicates: readonly Candidate[];
  /** Revisions of earlier alerts. */
  readonly revised: readonly Revised[];
  /** Earlier alerts whose revision failed. */
  readonly missed: readonly Missed[];
  /** Facts that could not be stored. */
  readonly lostFacts: number;
  readonly dead: readonly DeadLetter[];
  readonly outputs: readonly OutgoingRecord[];
  /** Present when the state was bypassed: how long it was unavailable, and how many claims are pending. */
  readonly bypassed: { readonly awayMs: number; readonly pendingClaims: number } | undefined;
}
