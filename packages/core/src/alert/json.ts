/**
 * The JSON form of an alert: what is null is left out, and so is an empty list, unless null would mean
 * something else there or readers filter by it.
 *
 * Invariant: the names and their order are the record's. Reading it back is the codec's
 * (adapters/avro/alert-codec.ts), which gives what is left out as null or empty; a test holds the two
 * together.
 */
import type { Alert } from './alert.ts';

/** Lists that may be null, where an empty one says that there is none; and those to filter by. */
const KEPT_WHEN_EMPTY: ReadonlySet<string> = new Set([
  'labels',
  'annotations',
  'ownerReferences',
  'containers',
  'volumes',
  'serviceAccount',
  'namespaceLabels',
  'images',
  'signalIds',
  'techniqueIds',
]);

export function alertJson(alert: Alert): string {
  return JSON.stringify(alertDocument(alert));
}

/** The same as a value, to be part of a larger document. A replacer would be slower. */
export function alertDocument(alert: Alert): unknown {
  return withoutEmpty(alert);
}

function withoutEmpty(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(withoutEmpty);
  const kept: Record<string, unknown> = {};
  for (const [key, entry] of Object.entries(value))
    if (!isLeftOut(key, entry)) kept[key] = withoutEmpty(entry);
  return kept;
}

function isLeftOut(key: string, value: unknown): boolean {
  return value === null || (Array.isArray(value) && value.length === 0 && !KEPT_WHEN_EMPTY.has(key));
}
