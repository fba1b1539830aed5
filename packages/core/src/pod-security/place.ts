/**
 * Finds the places of a pod that a control looks at, written as in the Kubernetes documentation: `spec.volumes[*].hostPath`.
 *
 * Invariant: wherever something else stands than the object or list that a pattern goes through, that place is found, and
 * marked as unreadable: what cannot be read is never passed over. Only own properties count. Judges nothing.
 */
import { asArray, asObject, at } from '../json.ts';

export interface Place {
  readonly path: string;
  readonly value: unknown;
  /** On the way to what was looked for something stands that no API server lets through. */
  readonly unreadable?: true;
}

interface Step {
  readonly key: string;
  /** `key[*]`: each entry of the list. Without a list there is nothing to look at. */
  readonly each: boolean;
  /** `key?`: where it is absent there is nothing to look at. */
  readonly optional: boolean;
}

export type Pattern = readonly Step[];

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
  return text.split('.').map((step) => ({ key: step.replace(/\[\*\]|\?/, ''), each: step.endsWith('[*]'), optional: step.endsWith('?') }));
}

/** What is absent on the way is followed to the end: its place is the field that would have to be there. */
export function placesOf(pod: unknown, pattern: Pattern): readonly Place[] {
  const found: Place[] = [];
  walk({ path: '', value: pod }, pattern, 0, found);
  return found;
}

function walk(place: Place, pattern: Pattern, index: number, found: Place[]): void {
  const step = pattern[index];
  if (step === undefined) {
    found.push(place);
    return;
  }
  if (!isAbsent(place.value) && asObject(place.value) === undefined) {
    found.push({ ...place, unreadable: true });
    return;
  }
  const child = { path: index === 0 ? step.key : `${place.path}.${step.key}`, value: at(place.value, step.key) };
  if (isAbsent(child.value) && (step.optional || step.each)) return;
  if (!step.each) walk(child, pattern, index + 1, found);
  else if (!Array.isArray(child.value)) found.push({ ...child, unreadable: true });
  else for (const [i, value] of child.value.entries()) walk({ path: `${child.path}[${String(i)}]`, value }, pattern, index + 1, found);
}

/** The API server reads null as nothing. */
export function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

/** A key of an annotation ends at 317 characters. */
const KEY_MAX = 320;

/** For a key that is not in a pattern: its text may be anything. */
export function keyedPath(path: string, key: string): string {
  return /^[A-Za-z]\w{0,63}$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key).slice(0, KEY_MAX)}]`;
}

/**
 * What keeps a pod from being read as one at all: no spec, a list of containers that is none, or no container in any of them.
 * The library would let such a pod pass, having nothing to look at; no API server creates one, but an event may have been cut.
 */
export function unreadablePart(pod: unknown): Place | undefined {
  const spec = at(pod, 'spec');
  if (asObject(spec) === undefined) return { path: 'spec', value: spec, unreadable: true };
  const lists = CONTAINER_LISTS.map((list) => ({ path: `spec.${list}`, value: at(spec, list) }));
  const odd = lists.find(({ value }) => !isAbsent(value) && !Array.isArray(value));
  if (odd !== undefined) return { ...odd, unreadable: true };
  const isEmpty = lists.every(({ value }) => asArray(value).length === 0);
  return isEmpty ? { path: 'spec.containers', value: at(spec, 'containers'), unreadable: true } : undefined;
}
