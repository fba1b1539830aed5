/**
 * Values within bounds: of a text its beginning, of lists and objects the first members, nothing below a
 * certain depth.
 *
 * Invariant: what is read of a view costs time linear in its bytes, and memory within the bounds.
 */
import type { JsonObject } from '../base/json.ts';
import type { JsonView } from './platforms/json-view.ts';

/** Characters of a text, entries of a list or an object. */
export interface Bounds {
  readonly textMax: number;
  readonly listMax: number;
}

/** The widest bounds of any step of cutting, except for what it leaves as it is. */
export const ROOMY: Bounds = { textMax: 4096, listMax: 64 };

const SHRINK_DEPTH_MAX = 6;
/** What is so small is built as it is. */
const SMALL_BYTES = 16 * 1024;

/** The same value with every text, list and object within the bounds, and nothing below a certain depth. */
export function shrink(value: unknown, bounds: Bounds, depth = 0): unknown {
  if (typeof value === 'string') return clip(value, bounds);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= SHRINK_DEPTH_MAX) return undefined;
  if (Array.isArray(value))
    return value.slice(0, bounds.listMax).map((entry) => shrink(entry, bounds, depth + 1));
  const entries = Object.entries(value).slice(0, bounds.listMax);
  return Object.fromEntries(
    entries.map(([key, entry]) => [clip(key, bounds), shrink(entry, bounds, depth + 1)]),
  );
}

/** What shrink() makes of the value, without building the rest of it. */
export function shrunk(view: JsonView, bounds: Bounds, depth = 0): unknown {
  if (view.length <= SMALL_BYTES) return shrink(view.json(), bounds, depth);
  const isArray = view.isArray;
  if (!isArray && !view.isObject) return view.textWithin(bounds.textMax) ?? view.json();
  if (depth >= SHRINK_DEPTH_MAX) return undefined;
  if (isArray) return take(view.elements(), bounds.listMax).map((entry) => shrunk(entry, bounds, depth + 1));
  return Object.fromEntries(
    take(view.members(), bounds.listMax).map(([key, entry]) => [
      clip(key, bounds),
      shrunk(entry, bounds, depth + 1),
    ]),
  );
}

/** Of the members of those names, each shrunk as a member. */
export function shrunkMembers(
  view: JsonView | undefined,
  keys: readonly string[],
  bounds: Bounds,
): JsonObject {
  return Object.fromEntries(
    keys.flatMap((key) => {
      const member = view?.at(key);
      return member === undefined ? [] : [[key, shrunk(member, bounds, 1)]];
    }),
  );
}

/** Of those names what is a text and not empty. */
export function clippedMembers(
  view: JsonView | undefined,
  keys: readonly string[],
  bounds: Bounds,
): JsonObject {
  return Object.fromEntries(
    keys.flatMap((key) => {
      const text = view?.at(key)?.textWithin(bounds.textMax) ?? '';
      return text === '' ? [] : [[key, text]];
    }),
  );
}

export function* clippedElements(view: JsonView | undefined, bounds: Bounds): Generator<string> {
  for (const element of view?.elements() ?? []) {
    const text = element.textWithin(bounds.textMax);
    if (text !== undefined) yield text;
  }
}

/** The first of them. */
export function take<T>(values: Iterable<T>, max: number): readonly T[] {
  const taken: T[] = [];
  if (max > 0)
    for (const value of values) {
      taken.push(value);
      if (taken.length >= max) break;
    }
  return taken;
}

export function clip(text: string, bounds: Bounds): string {
  return text.slice(0, bounds.textMax);
}
