/**
 * A row of the table of controls. The table itself: controls.ts.
 *
 * Names, reasons and versions are those of k8s.io/pod-security-admission v0.37.2, the code inside
 * kube-apiserver, so that results here compare with an API server's. evaluate.ts evaluates.
 */
import type { FieldLocation } from './field-location.ts';

/** The three Pod Security Standards, loosest first. "privileged" requires nothing. */
export type PodSecurityLevel = 'privileged' | 'baseline' | 'restricted';

/** The two that have controls. */
export type PodSecurityStandard = Exclude<PodSecurityLevel, 'privileged'>;

/** The library's ids. A closed set. */
export type PodSecurityCheck =
  | 'allowPrivilegeEscalation'
  | 'appArmorProfile'
  | 'capabilities_baseline'
  | 'capabilities_restricted'
  | 'hostNamespaces'
  | 'hostPathVolumes'
  | 'hostPorts'
  | 'hostProbesAndHostLifecycle'
  | 'privileged'
  | 'procMount'
  | 'procMount_restricted'
  | 'restrictedVolumes'
  | 'runAsNonRoot'
  | 'runAsUser'
  | 'seLinuxOptions'
  | 'seccompProfile_baseline'
  | 'seccompProfile_restricted'
  | 'sysctls'
  | 'windowsHostProcess';

export interface PodSecurityControl {
  readonly id: PodSecurityCheck;
  readonly level: PodSecurityStandard;
  /** As in the API server's messages; one control has a plural. */
  readonly reason: string | ((violations: readonly FieldLocation[]) => string);
  /** Baseline controls that this one replaces in the restricted standard, since its first edition. */
  readonly overrides?: readonly PodSecurityCheck[];
  /**
   * Oldest first. Of each control the newest edition that is not newer than the requested version applies.
   */
  readonly editions: readonly Edition[];
}

export interface Edition {
  /** Of Kubernetes 1. */
  readonly sinceMinor: number;
  /** All of them must hold. */
  readonly rules: readonly Rule[];
  /** The pods that are exempt from this control. */
  readonly exempt?: (pod: unknown) => boolean;
}

/** The fields of a pod that violate it. */
export type Rule = (pod: unknown) => readonly FieldLocation[];
