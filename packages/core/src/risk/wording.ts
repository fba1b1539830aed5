/**
 * Outside text inside a sentence of ours: quoted, on one line, bounded, printable.
 *
 * Invariant: nothing that outside text holds can end its quotes or begin a line. It masks nothing: callers quote names, paths
 * and hosts, and never a command line or a value, which may hold secrets.
 */
import { printable } from '../alert/bounds.ts';

const QUOTED_MAX = 80;
const LISTED_MAX = 3;

export function quoted(text: string): string {
  const line = printable(text.slice(0, QUOTED_MAX))
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
