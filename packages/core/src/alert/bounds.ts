/**
 * Keeps an alert under its size and its text printable, and says what was cut.
 *
 * Invariant: whatever passes a Shortener is well-formed Unicode without control characters (but line feed and tab), and
 * each thing it shortened is in `cuts` under its path. It masks nothing: mask.ts comes before.
 */
import type { Cut } from './alert.ts';

/** Bytes of the alert as JSON, and as Avro, which is shorter. */
export const ALERT_BYTES_MAX = 64_000;

export interface Bounds {
  /** Characters of one text. */
  readonly textMax: number;
  /** Entries of a list that is not the containers. */
  readonly listMax: number;
  /** Entries of labels and of annotations. */
  readonly mapMax: number;
  /** Containers come last to be cut: padding must not hide one. */
  readonly containersMax: number;
}

/** Tried in turn until the alert fits. */
export const BOUNDS: readonly [Bounds, ...Bounds[]] = [
  { textMax: 1024, listMax: 64, mapMax: 64, containersMax: 64 },
  { textMax: 256, listMax: 12, mapMax: 24, containersMax: 64 },
  { textMax: 128, listMax: 3, mapMax: 8, containersMax: 64 },
  { textMax: 64, listMax: 1, mapMax: 4, containersMax: 64 },
  { textMax: 64, listMax: 1, mapMax: 2, containersMax: 12 },
];

/** A text that only shows where something is, such as a user name, keeps this much under every bounds. */
const NAME_MAX = 512;
const CUTS_MAX = 100;

// eslint-disable-next-line no-control-regex -- control characters are what it is for
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

export class Shortener {
  readonly bounds: Bounds;
  readonly #cuts: Cut[] = [];

  constructor(bounds: Bounds) {
    this.bounds = bounds;
  }

  get cuts(): readonly Cut[] {
    return this.#cuts;
  }

  text(path: string, value: string): string {
    return this.#clip(path, value, this.bounds.textMax);
  }

  /** For texts that identify: names, uids, addresses. */
  name(path: string, value: string): string {
    return this.#clip(path, value, NAME_MAX);
  }

  list<T>(path: string, values: readonly T[], max: number = this.bounds.listMax): readonly T[] {
    if (values.length > max) this.#note({ path, kept: max, of: values.length });
    return values.slice(0, max);
  }

  texts(path: string, values: readonly string[]): readonly string[] {
    return this.list(path, values).map((value, i) => this.text(`${path}[${String(i)}]`, value));
  }

  /** A map of texts; a key that Avro readers lose (`__proto__`) counts as cut. */
  map(path: string, entries: readonly (readonly [string, string])[]): Readonly<Record<string, string>> {
    const usable = entries.filter(([key]) => key !== '__proto__');
    const kept = usable.slice(0, this.bounds.mapMax);
    if (kept.length < entries.length) this.#note({ path, kept: kept.length, of: entries.length });
    return Object.fromEntries(kept.map(([key, value]) => [this.name(path, key), this.text(`${path}.${key.slice(0, 80)}`, value)]));
  }

  #clip(path: string, value: string, max: number): string {
    if (value.length > max) this.#note({ path, kept: max, of: value.length });
    return value.slice(0, max).toWellFormed().replace(CONTROL, '\ufffd');
  }

  #note(cut: Cut): void {
    if (this.#cuts.length < CUTS_MAX) this.#cuts.push({ ...cut, path: cut.path.toWellFormed().replace(CONTROL, '\ufffd') });
  }
}
