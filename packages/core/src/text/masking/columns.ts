/**
 * Secrets in tables: rows under a header that names a secret's column, with commas, semicolons, tabs, bars or
 * spaces between.
 *
 * Invariant: a line at a time, of each at most CELLS_MAX cells; a line that has fewer cells than the column's
 * place ends the table, but an empty one, a rule or a note does not.
 */
import { mayNameSecret, secrecyOf } from './secret-name.ts';
import { isHarmless } from './secret-value.ts';
import type { Span } from './spans.ts';

const CELLS_MAX = 64;
const LINE_MAX = 4096;
const HEADER_CELL = /^["'*_]{0,4}[\p{L}\w][\p{L}\w ./()-]{0,47}["'*_]{0,4}$/u;

interface Table {
  readonly separator: RegExp;
  readonly columns: readonly number[];
  readonly count: number;
}

const SEPARATORS: readonly (readonly [hint: string, separator: RegExp])[] = [
  [',', /,/g],
  [';', /;/g],
  ['\t', /\t/g],
  ['|', /\|/g],
  ['  ', / {2,256}/g],
];

export function secretColumns(text: string): readonly Span[] {
  if (!text.includes('\n') || !mayNameSecret(text)) return [];
  const spans: Span[] = [];
  let table: Table | undefined;
  for (let start = 0; start < text.length;) {
    const found = text.indexOf('\n', start);
    const end = found === -1 ? text.length : found;
    const line = text.slice(start, Math.min(end, start + LINE_MAX)).replace(/\r$/, '');
    if (table !== undefined && !/^\s*$|^[\s|+:=-]{2,}$|^#/.test(line)) {
      const cells = cellsOf(line, table.separator);
      if (Math.abs(cells.length - table.count) > 1) table = undefined;
      else for (const column of table.columns) spans.push(...hidden(cells[column], start));
    }
    table ??= tableOf(line);
    start = end + 1;
  }
  return spans;
}

function hidden(cell: (Span & { readonly text: string }) | undefined, start: number): readonly Span[] {
  if (
    cell === undefined ||
    /\s/.test(cell.text) ||
    isHarmless(cell.text, 'sure') ||
    /^[\d.]{1,3}$|^[-—]+$/.test(cell.text)
  )
    return [];
  return [{ start: start + cell.start, end: start + cell.end }];
}

function tableOf(line: string): Table | undefined {
  if (line.length > 1024 || !mayNameSecret(line) || /[=:{}<>]/.test(line)) return undefined;
  for (const [hint, separator] of SEPARATORS) {
    if (!line.includes(hint)) continue;
    const cells = cellsOf(line, separator);
    const named = cells.filter(({ text }) => text !== '');
    if (named.length < 2 || !named.every(({ text }) => HEADER_CELL.test(text) && text.split(' ').length <= 4))
      continue;
    const columns = cells.flatMap(({ text }, i) =>
      secrecyOf(text.replace(/["'*]/g, '').replace(/\(.*\)/, '')) === 'sure' ? [i] : [],
    );
    if (columns.length > 0) return { separator, columns, count: cells.length };
  }
  return undefined;
}

/** Separators inside quotation marks are none. */
function cellsOf(line: string, separator: RegExp): readonly (Span & { readonly text: string })[] {
  const cells: (Span & { readonly text: string })[] = [];
  let from = 0;
  const add = (start: number, end: number): void => {
    const cell = line.slice(start, end);
    const bare = cell.trim().replace(/^["'](.*)["']$/, '$1');
    const at = bare === '' ? start : start + cell.indexOf(bare);
    cells.push({ start: at, end: at + bare.length, text: bare });
  };
  const isQuoted = line.includes('"');
  let looked = 0;
  for (const { 0: whole, index } of line.matchAll(separator)) {
    if (looked++ >= CELLS_MAX) break;
    if (isQuoted && (line.slice(from, index).split('"').length - 1) % 2 === 1) continue;
    add(from, index);
    from = index + whole.length;
  }
  add(from, line.length);
  return cells;
}
