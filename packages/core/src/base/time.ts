/**
 * Times as the API server writes them and as alerts carry them: RFC 3339, UTC, microseconds.
 *
 * Invariant: formatMicros(parseMicros(t)) is the same moment as t, with six digits, for every time the API
 * server writes (metav1.MicroTime and metav1.Time). Reads no clock: the present comes in as an argument.
 */

/** Microseconds since 1970-01-01T00:00:00Z. */
export type Micros = number;

/** What Avro's long holds without loss in JavaScript: 285 years either side of 1970. */
const MICROS_MAX = Number.MAX_SAFE_INTEGER - 1;

const RFC3339 = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/;

/**
 * Undefined for what is no RFC 3339 time, or is outside 1684 to 2255, as Go's zero time is. Digits after the
 * microsecond are dropped.
 */
export function parseMicros(text: string): Micros | undefined {
  const match = RFC3339.exec(text);
  if (match === null) return undefined;
  const local = match[1] ?? '';
  const millis = Date.parse(`${local}${match[3] ?? ''}`);
  // Date takes 30 February for 2 March, and 24:00:00 for the next day.
  if (Number.isNaN(millis) || new Date(`${local}Z`).getUTCDate() !== Number(local.slice(8, 10)))
    return undefined;
  const micros = millis * 1000 + Number((match[2] ?? '').padEnd(6, '0').slice(0, 6));
  return Math.abs(micros) <= MICROS_MAX ? micros : undefined;
}

export function formatMicros(micros: Micros): string {
  const seconds = Math.floor(micros / 1_000_000);
  const fraction = String(micros - seconds * 1_000_000).padStart(6, '0');
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${fraction}Z`;
}

/** A time that Avro's long does not hold, as a forged one, becomes the nearest that it does. */
export function microsOfMillis(millis: number): Micros {
  return Math.max(-MICROS_MAX, Math.min(MICROS_MAX, millis * 1000));
}
