/**
 * Which Pod Security Standard a pod meets, and each check that keeps it from a stricter one.
 *
 * Invariant: for a pod that an API server lets through, the verdict and the set of reasons of each standard
 * are those of the library (test/fixtures/pss). A pod that cannot be read, in part or as a whole, never looks
 * stricter than it is. Never throws, and the answer is bounded. Ignores the namespace's labels: this
 * evaluates the pod, not its admission.
 */
import type {
  PodSecurityCheck,
  PodSecurityControl,
  PodSecurityLevel,
  PodSecurityStandard,
} from './control.ts';
import { POD_SECURITY_CONTROLS } from './controls.ts';
import { type FieldLocation, unreadablePart } from './field-location.ts';
import { atOnce, type Steps } from '../base/steps.ts';
import { valueText } from './value-text.ts';
import { minorOf, parsePodSecurityVersion, type PodSecurityVersion } from './version.ts';

/** Fields that a violation shows; of the rest only the number. */
export const VIOLATED_FIELDS_MAX = 8;

export interface PodSecurity {
  /** The strictest standard that the pod meets, with all looser ones. */
  readonly level: PodSecurityLevel;
  /** "latest" where the requested version is absent or unreadable. */
  readonly version: PodSecurityVersion;
  /**
   * Of both standards, the baseline's first; also those of baseline checks that a restricted one overrides.
   */
  readonly violations: readonly PodSecurityViolation[];
}

export interface PodSecurityViolation {
  /** The standard that the check belongs to. */
  readonly level: PodSecurityStandard;
  readonly check: PodSecurityCheck;
  /** As in the API server's messages. */
  readonly reason: string;
  /** At least one. */
  readonly fields: readonly ViolatedField[];
  /** How many more fields violate it. */
  readonly fieldsLeftOut: number;
}

export interface ViolatedField {
  /** From the pod or the template: spec.containers[0].securityContext.privileged */
  readonly path: string;
  /** As JSON, shortened; null where the field would have to be there and is not. */
  readonly value: string | null;
}

/** The answer to whether a pod would be admitted to a namespace that enforces a standard. */
export interface PodSecurityVerdict {
  readonly allowed: boolean;
  readonly violations: readonly PodSecurityViolation[];
}

/**
 * @param pod a Pod or a template, {metadata, spec}, as outside JSON.
 * @param version what cannot be read as one is "latest", as for the API server.
 */
export function evaluatePodSecurity(
  pod: unknown,
  version: PodSecurityVersion = 'latest',
  controls: readonly PodSecurityControl[] = POD_SECURITY_CONTROLS,
): PodSecurity {
  return atOnce(podSecuritySteps(pod, version, controls));
}

/** The same, with a step for each control. */
export function* podSecuritySteps(
  pod: unknown,
  version: PodSecurityVersion = 'latest',
  controls: readonly PodSecurityControl[] = POD_SECURITY_CONTROLS,
): Steps<PodSecurity> {
  const known = parsePodSecurityVersion(version) ?? 'latest';
  const violations = yield* violationSteps(pod, minorOf(known), controls);
  const meets = (standard: PodSecurityStandard): boolean =>
    ofStandard(standard, violations, minorOf(known), controls).length === 0;
  // A restricted check can be laxer than the one it overrides: it exempts Windows.
  const level = !meets('baseline') ? 'privileged' : meets('restricted') ? 'restricted' : 'baseline';
  return { level, version: known, violations };
}

/** One standard's verdict by itself, exactly as the library gives it. */
export function podSecurityVerdict(
  pod: unknown,
  standard: PodSecurityStandard,
  version: PodSecurityVersion = 'latest',
  controls: readonly PodSecurityControl[] = POD_SECURITY_CONTROLS,
): PodSecurityVerdict {
  const minor = minorOf(parsePodSecurityVersion(version) ?? 'latest');
  const violations = ofStandard(standard, atOnce(violationSteps(pod, minor, controls)), minor, controls);
  return { allowed: violations.length === 0, violations };
}

function* violationSteps(
  pod: unknown,
  minor: number,
  controls: readonly PodSecurityControl[],
): Steps<readonly PodSecurityViolation[]> {
  const unreadable = unreadablePart(pod);
  const violations: PodSecurityViolation[] = [];
  for (const control of controls) {
    const edition = control.editions.findLast(({ sinceMinor }) => sinceMinor <= minor);
    if (edition === undefined) continue;
    const isExempt = unreadable === undefined && edition.exempt?.(pod) === true;
    const locations =
      unreadable !== undefined ? [unreadable] : isExempt ? [] : edition.rules.flatMap((rule) => rule(pod));
    if (locations.length > 0) violations.push(violationOf(control, locations));
    yield;
  }
  return violations;
}

function violationOf(
  { id, level, reason }: PodSecurityControl,
  violating: readonly FieldLocation[],
): PodSecurityViolation {
  // Several rules may stumble over what is unreadable.
  const seen = new Set<string>();
  const locations = violating.filter(
    ({ path, unreadable }) => unreadable !== true || (!seen.has(path) && seen.add(path)),
  );
  return {
    level,
    check: id,
    reason: typeof reason === 'string' ? reason : reason(locations),
    fields: locations
      .slice(0, VIOLATED_FIELDS_MAX)
      .map(({ path, value }) => ({ path, value: valueText(value) })),
    fieldsLeftOut: Math.max(0, locations.length - VIOLATED_FIELDS_MAX),
  };
}

function ofStandard(
  standard: PodSecurityStandard,
  violations: readonly PodSecurityViolation[],
  minor: number,
  controls: readonly PodSecurityControl[],
): readonly PodSecurityViolation[] {
  if (standard === 'baseline') return violations.filter(({ level }) => level === 'baseline');
  const inForce = controls.filter(({ editions }) => editions.some(({ sinceMinor }) => sinceMinor <= minor));
  const overridden = new Set(inForce.flatMap(({ overrides }) => overrides ?? []));
  return violations.filter(({ check }) => !overridden.has(check));
}
