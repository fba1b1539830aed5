/**
 * The building blocks of the table of controls: which fields must have which values, and which pods are
 * exempt.
 *
 * Invariant: every rule names what is allowed and everything else violates, so a value of a wrong type, which
 * no API server lets through, makes a pod look looser and never stricter. The same holds for exemptions: only
 * the exact value exempts.
 */
import { asArray, asObject, at } from '../base/json.ts';
import type { Rule } from './control.ts';
import {
  isAbsent,
  keyedPath,
  ofContainers,
  type Pattern,
  patternOf,
  type FieldLocation,
  locationsOf,
} from './field-location.ts';

export type Allowed = (value: unknown) => boolean;

/** The empty string is not absent, unless it is among the values. */
export function oneOf(...values: readonly (string | number | boolean)[]): Allowed {
  const set = new Set<unknown>(values);
  return (value) => set.has(value);
}

export function absentOr(...values: readonly (string | number | boolean)[]): Allowed {
  const isOne = oneOf(...values);
  return (value) => isAbsent(value) || isOne(value);
}

export const absent: Allowed = isAbsent;

export const absentOrNotZero: Allowed = (value) =>
  isAbsent(value) || (Number.isInteger(value) && value !== 0);

export const absentOrText: Allowed = (value) => isAbsent(value) || typeof value === 'string';

export function listWith(entry: string): Allowed {
  return (value) => asArray(value).includes(entry);
}

/** The profiles of annotations: some by their whole name, those of the node by a prefix. */
export function profile(names: readonly string[]): Allowed {
  return (value) => typeof value === 'string' && (names.includes(value) || value.startsWith('localhost/'));
}

export function fieldsMustBe(fields: readonly string[], allowed: Allowed): Rule {
  const patterns = fields.map(patternOf);
  const isViolating = (value: unknown): boolean => !allowed(value);
  return (pod) => locationsOfAll(pod, patterns, isViolating);
}

/**
 * A container's own setting wins; without one the pod's applies, and one of the two must be set. So where the
 * pod's is wrong, the containers without one are not reported as well.
 * @param field with a `?` after what counts as set.
 */
export function podOrContainersMustBe(field: string, allowed: Allowed): Rule {
  const ofPod = patternOf(`spec.${field}`);
  const ifSaid = ofContainers(field).map(patternOf);
  const always = ofContainers(field.replace('?', '')).map(patternOf);
  const isViolating = (value: unknown): boolean => !allowed(value);
  return (pod) => {
    const podSays = locationsOf(pod, ofPod);
    const patterns = podSays.length > 0 ? [ofPod, ...ifSaid] : always;
    return locationsOfAll(pod, patterns, isViolating);
  };
}

function locationsOfAll(
  pod: unknown,
  patterns: readonly Pattern[],
  isWanted?: (value: unknown) => boolean,
): readonly FieldLocation[] {
  return patterns.flatMap((pattern) => locationsOf(pod, pattern, isWanted));
}

const ANNOTATIONS = patternOf('metadata.annotations?');

/** @param concerns the keys to look at, for this pod. */
export function annotationsMustBe(
  concerns: (pod: unknown) => (key: string) => boolean,
  allowed: Allowed,
): Rule {
  return (pod) =>
    locationsOf(pod, ANNOTATIONS).flatMap((location) => {
      const annotations = asObject(location.value);
      if (annotations === undefined) return [{ ...location, unreadable: true }];
      const isConcerned = concerns(pod);
      return Object.entries(annotations)
        .filter(([key, value]) => isConcerned(key) && !allowed(value))
        .map(([key, value]) => ({ path: keyedPath(location.path, key), value }));
    });
}

const CONTAINER_NAMES = ofContainers('name').map(patternOf);

export function containerNames(pod: unknown): readonly string[] {
  return locationsOfAll(pod, CONTAINER_NAMES).flatMap(({ value }) =>
    typeof value === 'string' ? value : [],
  );
}

const VOLUMES = patternOf('spec.volumes[*]');

/**
 * Every source of every volume must be of these kinds. A volume without a source is an emptyDir: the API
 * server makes it one before it admits the pod, but the body of an apply comes without. Of several sources,
 * which no API server lets through, all count.
 */
export function volumeSourcesMustBe(kinds: readonly string[]): Rule {
  const known = new Set(kinds);
  return (pod) =>
    locationsOf(pod, VOLUMES).flatMap((location) => {
      const volume = asObject(location.value);
      if (volume === undefined || location.unreadable === true) return [{ ...location, unreadable: true }];
      return Object.entries(volume)
        .filter(
          ([key, source]) =>
            key !== 'name' && !isAbsent(source) && !(known.has(key) && asObject(source) !== undefined),
        )
        .map(([key, source]) => ({ path: keyedPath(location.path, key), value: source }));
    });
}

/**
 * Windows has none of what these controls are about; the API server refuses a Windows pod that sets it all
 * the same.
 */
export function isWindows(pod: unknown): boolean {
  return at(pod, 'spec', 'os', 'name') === 'windows';
}

/** Root inside the user namespace is unprivileged outside. */
export function hasUserNamespace(pod: unknown): boolean {
  return at(pod, 'spec', 'hostUsers') === false;
}
