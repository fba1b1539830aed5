/**
 * Keeps an alert under its size and its text printable, hides what may be a secret, and says what was cut.
 *
 * Invariant: whatever passes a Shortener is well-formed Unicode without control characters (but line feed and
 * tab), and each thing it shortened is in `cuts` under its path, with the length it had before masking.
 */
import { CONTAINERS_SHOWN_MAX } from '../kubernetes/pod-containers.ts';
import type { Cut } from './alert.ts';
import type { KeyValue } from './context.ts';
import { printable } from '../text/printable.ts';
import {
  MASK_LOOKS_AT_MAX,
  maskAddress,
  maskEntry,
  maskImage,
  maskName,
  maskText,
  maskWords,
} from '../text/mask.ts';

/** Bytes of the alert as JSON, and as Avro, which is shorter. */
export const ALERT_BYTES_MAX = 64_000;

export interface Bounds {
  /** Characters of a free text. */
  readonly textMax: number;
  /** Characters of a text that identifies: a name, a uid, an address. Kubernetes' own names end at 253. */
  readonly nameMax: number;
  /** Entries of a list that is not the containers. */
  readonly listMax: number;
  /** Entries of labels and of annotations. */
  readonly mapMax: number;
  /** Containers come last to be cut: padding must not hide one. */
  readonly containersMax: number;
}

/** Tried in turn until the alert fits. */
export const BOUNDS: readonly [Bounds, ...Bounds[]] = [
  { textMax: 1024, nameMax: 512, listMax: 64, mapMax: 64, containersMax: CONTAINERS_SHOWN_MAX },
  { textMax: 256, nameMax: 512, listMax: 12, mapMax: 24, containersMax: CONTAINERS_SHOWN_MAX },
  { textMax: 128, nameMax: 512, listMax: 3, mapMax: 8, containersMax: CONTAINERS_SHOWN_MAX },
  { textMax: 64, nameMax: 253, listMax: 1, mapMax: 4, containersMax: CONTAINERS_SHOWN_MAX },
  { textMax: 64, nameMax: 128, listMax: 1, mapMax: 2, containersMax: CONTAINERS_SHOWN_MAX },
  { textMax: 48, nameMax: 64, listMax: 1, mapMax: 1, containersMax: CONTAINERS_SHOWN_MAX },
  // Only what no API server writes needs this.
  { textMax: 48, nameMax: 64, listMax: 1, mapMax: 1, containersMax: 12 },
  { textMax: 32, nameMax: 32, listMax: 1, mapMax: 1, containersMax: 8 },
];

/**
 * Characters of long texts that are looked at for secrets before less is looked at of each; of maps, whose
 * values clients fill with whole objects, and of all other texts.
 */
const LOOKED_AT_MAX = 65_536;
/** Then so many times what is shown of it. */
const LOOKS_AHEAD = 4;
/** Of what a token is made of: none is cut in two, as a part of one has no form. */
const TOKEN_CHARACTER = /[\w+/=.~-]/;
const CUTS_MAX = 100;
const CUT_PATH_MAX = 120;

export class Shortener {
  readonly bounds: Bounds;
  readonly #cuts: Cut[] = [];
  readonly #leftToLookAt = { map: LOOKED_AT_MAX, text: LOOKED_AT_MAX };
  #shown = 0;

  constructor(bounds: Bounds) {
    this.bounds = bounds;
  }

  get cuts(): readonly Cut[] {
    return this.#cuts;
  }

  /**
   * Whether no alert with all that was shown has at most ALERT_BYTES_MAX; what is asked for from then on is
   * empty.
   */
  get isOver(): boolean {
    return this.#shown > ALERT_BYTES_MAX;
  }

  /** A free text; what may be a secret in it is masked. */
  text(path: string, value: string): string {
    const looked = this.#lookedAt('text', value);
    return this.#clip(path, maskText(looked), this.bounds.textMax, {
      of: value.length,
      looked: looked.length,
    });
  }

  /** For texts that identify; as they are but for tokens that tell themselves. */
  name(path: string, value: string): string {
    const looked = this.#lookedAt('text', value);
    return this.#clip(path, maskName(looked), this.bounds.nameMax, {
      of: value.length,
      looked: looked.length,
    });
  }

  /** What was masked already, by a table that knows what it is. */
  masked(path: string, value: string): string {
    return this.#clip(path, value, this.bounds.nameMax, { of: value.length, looked: value.length });
  }

  image(path: string, reference: string): string {
    const looked = this.#lookedAt('text', reference);
    return this.#clip(path, maskImage(looked), this.bounds.nameMax, {
      of: reference.length,
      looked: looked.length,
    });
  }

  address(path: string, value: string): string {
    return this.#clip(path, maskAddress(value), this.bounds.nameMax, {
      of: value.length,
      looked: value.length,
    });
  }

  /** @param length of the whole list, where `values` is not all of it */
  list<T>(
    path: string,
    values: readonly T[],
    max: number = this.bounds.listMax,
    length: number = values.length,
  ): readonly T[] {
    if (length > max) this.#note(path, max, length);
    return values.slice(0, max);
  }

  names(path: string, values: readonly string[]): readonly string[] {
    return this.list(path, values).map((value, i) => this.name(`${path}[${String(i)}]`, value));
  }

  /**
   * A command line: a word's neighbour decides whether it is a secret. @param command what stands in front of
   * them
   */
  words(path: string, values: readonly string[], command: readonly string[] = []): readonly string[] {
    const shown = this.list(path, values);
    const looked = shown.map((word) => this.#lookedAt('text', word));
    return maskWords(looked, command).map((word, i) =>
      this.#clip(`${path}[${String(i)}]`, word, this.bounds.textMax, {
        of: shown[i]?.length ?? 0,
        looked: looked[i]?.length ?? 0,
      }),
    );
  }

  /** A map of texts, whose keys tell secrets, as a list. */
  map(path: string, entries: readonly (readonly [string, string])[]): readonly KeyValue[] {
    return this.list(path, entries, this.bounds.mapMax).map(([key, value]) => ({
      key: this.name(path, key),
      value: this.#entry(`${path}.${key}`, key, value),
    }));
  }

  #entry(path: string, key: string, value: string): string {
    const looked = this.#lookedAt('map', value);
    return this.#clip(path, maskEntry(key, looked), this.bounds.textMax, {
      of: value.length,
      looked: looked.length,
    });
  }

  /** What is masked of a text: far more than is shown, but not of all texts together. */
  #lookedAt(of: 'map' | 'text', value: string): string {
    if (this.isOver) return '';
    const enough = Math.max(LOOKS_AHEAD * this.bounds.textMax, 2 * this.bounds.nameMax);
    if (value.length <= enough) return value;
    const left = this.#leftToLookAt[of];
    this.#leftToLookAt[of] = left - Math.min(value.length, MASK_LOOKS_AT_MAX);
    return left > 0 ? value.slice(0, MASK_LOOKS_AT_MAX) : wholeWords(value, enough);
  }

  /** @param before what the text had before it was masked, and what was looked at of it */
  #clip(
    path: string,
    value: string,
    max: number,
    { of, looked }: { readonly of: number; readonly looked: number },
  ): string {
    if (value.length > max || of > looked) this.#note(path, Math.min(max, value.length), of);
    if (this.isOver) return '';
    const shown = printable(value.slice(0, max));
    this.#shown += shown.length;
    return shown;
  }

  #note(path: string, kept: number, of: number): void {
    if (this.#cuts.length < CUTS_MAX)
      this.#cuts.push({ path: printable(path.slice(0, CUT_PATH_MAX)), kept, of });
  }
}

function wholeWords(value: string, max: number): string {
  let end = max;
  while (end > max / 2 && TOKEN_CHARACTER.test(value.charAt(end - 1))) end--;
  return value.slice(0, end);
}
