/**
 * Dead letters for people: a row of a table, or a complete one. Everything in them is external text and
 * escaped.
 */
import type { StoredLetter } from '@arrivals/api';
import { idOf, maskedBytes } from '@arrivals/api/light';
import type { DeadLetter } from '@arrivals/core';
import { formatMicros, maskText } from '@arrivals/core/light';
import { visible, visibleBytes } from '../terminal-text.ts';

const COLUMNS: readonly (readonly [title: string, width: number, cell: (stored: StoredLetter) => string])[] =
  [
    ['ID', 10, ({ position }) => idOf(position)],
    ['RECEIVED', 20, ({ letter }) => `${formatMicros(letter.receivedAtMicros).slice(0, 19)}Z`],
    ['CLUSTER', 12, ({ letter }) => letter.cluster],
    ['REASON', 19, ({ letter }) => letter.reason],
    ['FORM', 17, ({ letter }) => letter.form ?? ''],
    ['BYTES', 9, ({ letter }) => String(letter.length)],
    ['SHA-256', 12, ({ letter }) => letter.sha256.slice(0, 12)],
    ['FROM', 0, ({ letter }) => origin(letter)],
  ];

export function letterHeader(): string {
  return row(COLUMNS.map(([title]) => title));
}

export function letterRow(stored: StoredLetter): string {
  return row(COLUMNS.map(([, , cell]) => visible(cell(stored))));
}

function row(cells: readonly string[]): string {
  return cells
    .map((cell, i) => cell.padEnd(COLUMNS[i]?.[1] ?? 0))
    .join('  ')
    .trimEnd();
}

function origin({ record, request }: DeadLetter): string {
  if (record !== null)
    return `${record.topic} ${String(record.partition)}:${String(record.offset)}, event ${String(record.index)}`;
  return request === null ? '' : `POST ${request.requestId}, item ${String(request.index)}`;
}

/** A complete one, for people. */
export function wholeLetter({ position, letter }: StoredLetter, raw: boolean): string {
  const { bytes, length } = letter;
  const rows: readonly (readonly [string, string])[] = [
    ['ID', `${idOf(position)} of ${position.topic}`],
    ['Received', formatMicros(letter.receivedAtMicros)],
    ['Cluster', letter.cluster],
    ['Reason', letter.reason],
    ['Detail', raw ? letter.detail : maskText(letter.detail)],
    ['Form', letter.form ?? 'none that is known'],
    [
      'From',
      letter.request === null
        ? origin(letter)
        : `${origin(letter)}, byte ${String(letter.request.byteOffset)} of the body`,
    ],
    [
      'Bytes',
      bytes.length < length
        ? `${String(length)}, of which the first ${String(bytes.length)} were kept`
        : String(length),
    ],
    ['SHA-256', letter.sha256],
  ];
  return `${rows.map(([name, text]) => `${name.padEnd(10)}${visible(text)}\n`).join('')}\n${raw ? visibleBytes(bytes) : visible(maskedBytes(bytes))}\n`;
}
