/**
 * An assessment of a creation: its score, confidence and reasons, and what was not assessed.
 *
 * Invariant: the points of the signals add up to the score, up to 100; a signal that could not be checked is
 * in `notAssessed` with the reason, and is never counted as absent. Every text is printable and bounded, and
 * repeats no command line or value, which may hold secrets.
 */
import type { UnknownReason } from '../creation/unknown.ts';
import type { Technique } from './attack.ts';

/** By the score: below 20, 40, 70, 90, and from there. */
export type RiskSeverity = 'informational' | 'low' | 'medium' | 'high' | 'critical';

/**
 * How much of the signals' input the event and its context had. high: all of it. low: what decides is
 * missing, which is a pod's whole spec, a namespace's name or who made it. medium: anything else is missing.
 * Independent of the score.
 */
export type RiskConfidence = 'high' | 'medium' | 'low';

export interface Risk {
  /** 0 to 100. */
  readonly score: number;
  readonly severity: RiskSeverity;
  readonly confidence: RiskConfidence;
  /** The version of ATT&CK whose techniques the signals name. */
  readonly attackVersion: string;
  /** The highest points first; what lowers the score last. */
  readonly signals: readonly RiskSignal[];
  readonly notAssessed: readonly NotAssessed[];
}

export type SignalId =
  | 'anonymous-actor'
  | 'miner'
  | 'runtime-socket'
  | 'host-access-by-hand'
  | 'privileged-container'
  | 'controller-account'
  | 'host-path-writable'
  | 'whole-node-writable'
  | 'host-path-read-only'
  | 'reverse-shell'
  | 'fetched-code'
  | 'system-principal-public'
  | 'mirror-pod'
  | 'host-pid'
  | 'host-network'
  | 'host-ipc'
  | 'capabilities'
  | 'system-namespace'
  | 'controller-style-name'
  | 'contradicted-owner'
  | 'unseen-spec'
  | 'unseen-spec-violations'
  | 'unseen-spec-unheld'
  | 'system-like-namespace'
  | 'privileged-impersonation'
  | 'workload-token'
  | 'privileged-namespace'
  | 'base-image'
  | 'self-granted-hour'
  | 'self-granted-day'
  | 'first-seen-actor'
  | 'first-impersonation'
  | 'first-seen-registry'
  | 'first-seen-image'
  | 'first-seen-user-agent'
  | 'denied-before'
  | 'cluster-admin-account'
  | 'token-not-for-pod'
  | 'risky-in-new-namespace'
  | 'unlimited-namespace'
  | 'known-pipeline';

export interface RiskSignal {
  readonly id: SignalId;
  /** What it adds to the score; below 0 for what lowers it. */
  readonly points: number;
  readonly techniques: readonly Technique[];
  /** A sentence, with the value that was found. */
  readonly text: string;
  /**
   * Where that is: paths of the alert, or of the Kubernetes object below `object` where the alert has no such
   * field.
   */
  readonly fields: readonly string[];
}

export interface NotAssessed {
  /** Those that were not found and could not be checked everywhere. */
  readonly signals: readonly SignalId[];
  readonly reason: UnknownReason;
  readonly detail: string;
}
