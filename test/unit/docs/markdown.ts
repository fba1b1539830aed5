/** Reads the tables of a document that `npm run schemas` writes. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';

export const STALE = 'it differs from the code: run npm run schemas';

const root = new URL('../../../../', import.meta.url);

export function readText(name: string): string {
  return readFileSync(new URL(name, root), 'utf8');
}

/** The rows of the table below its head, each cell as the text that it stands for. */
export function tableOf(document: string, head: readonly string[]): readonly (readonly string[])[] {
  const tables = (document.match(/(?:^\|.*\n)+/gm) ?? []).map((lines) =>
    lines.trim().split('\n').map(cellsOf),
  );
  const [, rule, ...rows] = tables.find(([first]) => isDeepStrictEqual(first, head)) ?? [];
  assert.ok(rule !== undefined, `expected a table with the head ${head.join(', ')}`);
  assert.ok(rule.every((cell) => /^:?-+:?$/.test(cell)));
  return rows;
}

function cellsOf(line: string): readonly string[] {
  return line
    .replace(/^\||\|$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll('\\|', '|'));
}

/** What stands between backquotes; fails where there are none. */
export function code(cell: string | undefined): string {
  const [, text] = /^`(.+)`$/.exec(cell ?? '') ?? [];
  assert.ok(text !== undefined, `expected code, found ${String(cell)}`);
  return text;
}
