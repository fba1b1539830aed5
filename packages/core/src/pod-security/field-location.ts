/**
 * Finds the fields of a pod that a control checks, written as in the Kubernetes documentation:
 * `spec.volumes[*].hostPath`.
 *
 * Invariant: where a pattern expects an object or list and finds something else, that location is returned
 * and marked as unreadable: what cannot be read is never skipped. Only own properties count. Evaluates
 * nothing.
 */
import { asArray, asObject, at } from '../base/json.ts';

export interface FieldLocation {
  readonly path: string;
  readonly value: unknown;
  /** A value on the path has a type that no API server accepts. */
  readonly unreadable?: true;
}

interface Step {
  readonly key: string;
  /** `key[*]`: each entry of the list. Without a list there is nothing to look at. */
  readonly each: boolean;
  /** `key?`: where it is absent there is nothing to look at. */
  readonly optional: boolean;
  /** The path from here on, for where all of it is absent; undefined if there is then nothing to look at. */
  readonly whereAbsent: string | undefined;
}

export type Pattern = readonly Step[];

/** All of them count; a pod with more is none that can be read, and meets no level. */
const CONTAINERS_MAX = 10_000;
const CONTAINER_LISTS = ['initContainers', 'containers', 'ephemeralContainers'] as const;

/** The same field of every container, in the order of the API server's messages. */
export function ofContainers(field: string): readonly string[] {
  return CONTAINER_LISTS.map((list) => `spec.${list}[*].${field}`);
}

/** A field that the pod has too, for all its containers. */
export function ofPodAndContainers(field: string): readonly string[] {
  return [`spec.${field}`, ...ofContainers(field)];
}

export function patternOf(text: string): Pattern {
  const steps = text.split('.');
  return steps.map((step, i) => {
    const rest = steps.slice(i).join('.');
    return {
      key: step.replace(/\[\*\]|\?/, ''),
      each: step.endsWith('[*]'),
      optional: step.endsWith('?'),
      whereAbsent: /[*?]/.test(rest) ? undefined : rest,
    };
  });
}

/** What is absent on the way is followed to the end: its place is the field that would have to be there. */
export function locationsOf(
  pod: unknown,
  pattern: Pattern,
  isWanted: (value: unknown) => boolean = () => true,
): readonly FieldLocation[] {
  const found: FieldLocation[] = [];
  walk({ path: '', value: pod }, pattern, 0, { isWanted, found });
  return found;
}

interface Search {
  readonly isWanted: (value: unknown) => boolean;
  readonly found: FieldLocation[];
}

/** Only matches are kept: a hostile pod may have hundreds of thousands of locations. */
function walk(location: FieldLocation, pattern: Pattern, index: number, search: Search): void {
  const { value, path } = location;
  const step = pattern[index];
  if (step === undefined) {
    if (search.isWanted(value)) search.found.push(location);
  } else if (isAbsent(value)) {
    if (step.whereAbsent !== undefined && search.isWanted(undefined))
      search.found.push({ path: `${path}.${step.whereAbsent}`, value: undefined });
  } else if (asObject(value) === undefined) {
    search.found.push({ path, value, unreadable: true });
  } else {
    const child = { path: index === 0 ? step.key : `${path}.${step.key}`, value: at(value, step.key) };
    if (isAbsent(child.value) && (step.optional || step.each)) return;
    if (!step.each) walk(child, pattern, index + 1, search);
    else if (Array.isArray(child.value)) eachOf(child.path, child.value, pattern, index + 1, search);
    else search.found.push({ ...child, unreadable: true });
  }
}

function eachOf(
  path: string,
  list: readonly unknown[],
  pattern: Pattern,
  index: number,
  search: Search,
): void {
  for (let i = 0; i < list.length; i += 1)
    walk({ path: `${path}[${String(i)}]`, value: list[i] }, pattern, index, search);
}

/** The API server reads null as nothing. */
export function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

/** A key of an annotation ends at 317 characters. */
const KEY_MAX = 320;

/** For a key that is not in a pattern: its text may be anything. */
export function keyedPath(path: string, key: string): string {
  return /^[A-Za-z]\w{0,63}$/.test(key)
    ? `${path}.${key}`
    : `${path}[${JSON.stringify(key).slice(0, KEY_MAX)}]`;
}

/**
 * What keeps a pod from being read as one at all: no spec, a list of containers that is none, no container in
 * any of them, or too many. The library would let a pod without containers pass, having nothing to look at;
 * no API server creates one, but an event may have been cut.
 */
export function unreadablePart(pod: unknown): FieldLocation | undefined {
  const spec = at(pod, 'spec');
  if (asObject(spec) === undefined) return { path: 'spec', value: spec, unreadable: true };
  let containers = 0;
  for (const list of CONTAINER_LISTS) {
    const value = at(spec, list);
    containers += asArray(value).length;
    if ((!isAbsent(value) && !Array.isArray(value)) || containers > CONTAINERS_MAX)
      return { path: `spec.${list}`, value, unreadable: true };
  }
  return containers === 0
    ? { path: 'spec.containers', value: at(spec, 'containers'), unreadable: true }
    : undefined;
}
