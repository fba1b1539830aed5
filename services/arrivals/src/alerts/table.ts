/**
 * Writes alerts for people (a table) or machines (JSON lines). An alert from a file or another version may
 * contain anything: invisible characters are escaped.
 */
import type { Alert } from '@arrivals/core';
import { alertJson } from '@arrivals/core/light';
import { nameText, visible, visibleJson } from '@arrivals/core/light';
import { identityWords } from '../explanation/principal.ts';

export type AlertFormat = 'json' | 'table';

const COLUMNS: readonly (readonly [title: string, width: number, cell: (alert: Alert) => string])[] = [
  ['OCCURRED', 20, (alert) => (alert.occurredAt ?? alert.receivedAt).slice(0, 19) + 'Z'],
  ['ID', 8, (alert) => alert.alertId.slice(0, 8)],
  ['ALERT', 17, (alert) => alert.title],
  ['CLUSTER', 12, (alert) => alert.cluster],
  [
    'OBJECT',
    44,
    ({ object }) =>
      [object.namespace, object.name ?? `${object.generateName ?? ''}?`]
        .filter((part) => part !== null)
        .join('/'),
  ],
  ['ACTOR', 44, ({ actor }) => actorCell(actor)],
  ['FROM', 15, ({ actor }) => actor.peerAddress ?? '?'],
  ['IMAGES', 0, ({ object, flags }) => [object.images.join(', '), marked(flags)].join(' ')],
];

/** "u-7hq2v (h.meyer) through …", "admin acting as anna", "… for rosa". */
function actorCell(actor: Alert['actor']): string {
  const plain = (text: string): string => text;
  return identityWords({ ...actor, username: actor.username ?? '?' }, { user: plain, name: plain });
}

export function tableHeader(colour = false): string {
  return painted(row(COLUMNS.map(([title]) => title)), colour ? BOLD : undefined);
}

export function formatAlert(alert: Alert, format: AlertFormat, colour = false): string {
  if (format === 'json') return visibleJson(alertJson(alert));
  return painted(
    row(COLUMNS.map(([, , cell]) => visible(nameText(cell(alert)).replace(/\s+/g, ' ')))),
    colour ? COLOURS[alert.severity] : undefined,
  );
}

const BOLD = '1';
/** By severity, for a terminal that wants colour. */
const COLOURS: Readonly<Record<string, string>> = { critical: '1;31', high: '31', medium: '33' };

function painted(text: string, sgr: string | undefined): string {
  return sgr === undefined ? text : `\u001b[${sgr}m${text}\u001b[0m`;
}

/** The flags, at the end of the line: most tables have none, so there is no column for them. */
function marked(flags: Alert['flags']): string {
  return flags.length === 0 ? '' : `[${flags.join(', ')}]`;
}

function row(cells: readonly string[]): string {
  return cells
    .map((cell, i) => cell.padEnd(COLUMNS[i]?.[1] ?? 0))
    .join('  ')
    .trimEnd();
}
