/**
 * The texts of a pod that can be executed, parsed within a bound.
 *
 * Invariant: the work for one pod has a bound, whatever was written into it. The longest texts are shortened
 * first, to their beginning and their end, so that padding of one hides no other; what was left out is
 * reported. Assesses nothing.
 */
import type { Executed } from '../infrastructure.ts';
import { type CommandText, readCommandText } from './shell-line.ts';

/** Characters of all texts together. Linux takes no argument of 128 KiB or more (MAX_ARG_STRLEN). */
const CHARACTERS_MAX = 131_072;
/**
 * Commands, hooks and probes first, all of the containers that are assessed, then literal values of the
 * environment.
 */
const TEXTS_MAX = 4096;

export interface ExecutedText extends CommandText {
  readonly field: string;
}

export interface RawText {
  readonly field: string;
  readonly text: string;
}

/** Of one container. */
export interface ExecutedTexts {
  readonly executed: Executed;
  readonly commands: readonly RawText[];
  readonly env: readonly RawText[];
}

export interface Allowance {
  /** Characters that are read of each text. */
  readonly charactersMax: number;
  readonly texts: ReadonlySet<RawText>;
  /** What is left out, as text. */
  readonly detail: string | undefined;
}

export function allowanceOf(containers: readonly ExecutedTexts[]): Allowance {
  const all = [...containers.flatMap(({ commands }) => commands), ...containers.flatMap(({ env }) => env)];
  const texts = all.slice(0, TEXTS_MAX);
  const charactersMax = longestReadWhole(texts.map(({ text }) => text.length).sort((a, b) => a - b));
  const isWhole = all.length === texts.length && charactersMax === Number.POSITIVE_INFINITY;
  const detail = `of ${String(all.length)} commands and values ${String(texts.length)} were looked at, and ${String(CHARACTERS_MAX)} characters`;
  return { charactersMax, texts: new Set(texts), detail: isWhole ? undefined : detail };
}

/**
 * So long that texts which are cut to it fit together: short ones are read whole, and what they leave is
 * shared by the others.
 */
function longestReadWhole(ascending: readonly number[]): number {
  let left = CHARACTERS_MAX;
  for (const [i, length] of ascending.entries()) {
    const share = Math.floor(left / (ascending.length - i));
    if (length > share) return share;
    left -= length;
  }
  return Number.POSITIVE_INFINITY;
}

export function readTexts(
  raw: readonly RawText[],
  { charactersMax, texts }: Allowance,
): readonly ExecutedText[] {
  return raw.flatMap((one) =>
    texts.has(one) ? [{ field: one.field, ...readCommandText(shortened(one.text, charactersMax)) }] : [],
  );
}

function shortened(text: string, charactersMax: number): string {
  if (text.length <= charactersMax) return text;
  const half = Math.floor(charactersMax / 2);
  // Joined by a line's end: separate texts must not become one command.
  return `${text.slice(0, half)}\n${text.slice(text.length - half)}`;
}
