/**
 * Our own annotations beside the server's: which platform's log an event was made of, and what was cut from
 * it.
 *
 * Invariant: only our own markers count. An admission policy can write annotations of any name, so ours are
 * removed from incoming events; and what is read later counts only on an event that only we can have written:
 * a platform's on one without a level, which an API server always writes, and a cut where a body is gone.
 * Does not decide who may post events: they can write whole events of their own.
 */
import { Buffer } from 'node:buffer';
import { asObject, at, type JsonObject, textAt } from '../base/json.ts';

export const MARKER_PREFIX = 'arrivals/';
/** The platform of whose log entry this event was made. */
export const PLATFORM_ANNOTATION = 'arrivals/platform';
/** Names what was cut, beside the server's own annotation: values of CutPart, separated by spaces. */
export const CUT_ANNOTATION = 'arrivals/cut';
/** Of an event whose bodies the API server's own truncation, or truncate.ts, removed. */
export const TRUNCATED_ANNOTATION = 'audit.k8s.io/truncated';

/** The bytes without annotations of ours that came from outside; the same bytes where there are none. */
export function withoutForeignMarkers(bytes: Buffer): Buffer {
  if (!bytes.includes(MARKER_PREFIX)) return bytes;
  const event = asObject(JSON.parse(bytes.toString('utf8')));
  const annotations = asObject(at(event, 'annotations'));
  if (event === undefined || annotations === undefined) return bytes;
  const own = withoutMarkers(annotations, (key) => key === PLATFORM_ANNOTATION && isConverted(event));
  if (Object.keys(own).length === Object.keys(annotations).length) return bytes;
  return Buffer.from(JSON.stringify({ ...event, annotations: own }));
}

/** Of an event that is read: without annotations of ours that its shape proves forged. */
export function readAnnotations(event: unknown): JsonObject {
  const annotations = asObject(at(event, 'annotations')) ?? {};
  if (!Object.keys(annotations).some((key) => key.startsWith(MARKER_PREFIX))) return annotations;
  return withoutMarkers(
    annotations,
    (key) =>
      (key === PLATFORM_ANNOTATION && isConverted(event)) ||
      (key === CUT_ANNOTATION && isCut(event, annotations)),
  );
}

function withoutMarkers(annotations: JsonObject, isOurs: (key: string) => boolean): JsonObject {
  return Object.fromEntries(
    Object.entries(annotations).filter(([key]) => !key.startsWith(MARKER_PREFIX) || isOurs(key)),
  );
}

function isConverted(event: unknown): boolean {
  return at(event, 'level') === undefined && at(event, 'requestReceivedTimestamp') === undefined;
}

/** A cut takes the request's object away where the answer has as much. */
function isCut(event: unknown, annotations: JsonObject): boolean {
  const isWhole =
    at(event, 'requestObject') !== undefined && asObject(at(event, 'responseObject', 'spec')) !== undefined;
  return textAt(annotations, TRUNCATED_ANNOTATION) === 'true' && !isWhole;
}
