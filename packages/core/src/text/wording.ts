/**
 * Outside text inside a sentence of ours: quoted, on one line, bounded, printable.
 *
 * Invariant: nothing that outside text holds can end its quotes or begin a line. Of secrets it masks user
 * info and tokens of known shape: callers quote names, paths and hosts, and never a command line or a value.
 */
import { maskImage } from './mask.ts';
import { nameText } from './printable.ts';

const QUOTED_MAX = 80;
/** A secret's beginning must not be shown because its end was cut off. */
const LOOKS_AT_MAX = 1024;
const LISTED_MAX = 3;

export function quoted(text: string): string {
  const line = nameText(maskImage(text.slice(0, LOOKS_AT_MAX)).slice(0, QUOTED_MAX))
    .replace(/[\n\t]/g, ' ')
    .replaceAll('"', "'");
  return `"${line}${text.length > QUOTED_MAX ? '…' : ''}"`;
}

/** Each value once: the first ones, and how many more there are. */
export function listed(values: readonly string[]): string {
  const distinct = [...new Set(values)];
  const more = distinct.length - LISTED_MAX;
  return `${distinct.slice(0, LISTED_MAX).join(', ')}${more > 0 ? ` and ${String(more)} more` : ''}`;
}
