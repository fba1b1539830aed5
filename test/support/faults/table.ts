/**
 * The figures of all scenarios of a run as one table: printed at the end, and as Markdown in the file that FAULT_TABLE_FILE
 * names. Loaded by every run of mocha (.mocharc.json); without a scenario it says nothing.
 */
import { writeFileSync } from 'node:fs';
import type { Measured } from './run.ts';
import { FORM, RATE } from './times.ts';

const COLUMNS = [
  'scenario',
  'events',
  'acknowledged',
  'given up',
  'missing',
  'repeated, committed',
  'repeated, uncommitted',
  'flagged',
  'recovery s',
  'longest delay s',
  'webhook MiB',
  'processor MiB',
  'ledger',
] as const;

const rows: (readonly string[])[] = [];

export function record(measured: Measured): void {
  rows.push(rowOf(measured));
}

function rowOf(measured: Measured): readonly string[] {
  const { id, title, events, acknowledged, givenUp, missing, committed, uncommitted, recoverySeconds, delaySeconds } = measured;
  const numbers = [events, acknowledged, givenUp, missing.length].map(String);
  const repeated = [committed, uncommitted].map(({ repeated: all, repeatedFlagged }) =>
    repeatedFlagged > 0 ? `${String(all)} (${String(repeatedFlagged)} flagged)` : String(all),
  );
  const recovery = recoverySeconds === undefined ? 'never' : recoverySeconds.toFixed(1);
  return [
    `${id} ${title}`,
    ...numbers,
    ...repeated,
    String(committed.flagged),
    recovery,
    delaySeconds.toFixed(1),
    String(measured.webhookMib),
    String(measured.processorMib),
    ledgerOf(measured),
  ];
}

/** Of processes that were not killed; those that were leave none. */
function ledgerOf({ ledgers, killed }: Measured): string {
  const balanced = ledgers.filter((ledger) => ledger.balanced && ledger.inFlight === 0).length;
  const told = balanced === ledgers.length ? 'balanced' : `${String(ledgers.length - balanced)} of ${String(ledgers.length)} not balanced`;
  return killed === 0 ? told : `${told}; ${String(killed)} killed`;
}

export function mochaGlobalTeardown(): void {
  if (rows.length === 0) return;
  const sorted = [...rows].sort(([a = ''], [b = '']) => a.localeCompare(b));
  console.log(`\n  Faults, ${FORM} form, at most ${String(RATE)} events/s\n\n${aligned(sorted)}`);
  const file = process.env['FAULT_TABLE_FILE'] ?? '';
  if (file !== '') writeFileSync(file, markdown(sorted));
}

function aligned(lines: readonly (readonly string[])[]): string {
  const widths = COLUMNS.map((name, i) => Math.max(name.length, ...lines.map((line) => line[i]?.length ?? 0)));
  const text = (line: readonly string[]): string =>
    `  ${line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  ')}\n`;
  return [COLUMNS, ...lines].map(text).join('');
}

function markdown(lines: readonly (readonly string[])[]): string {
  const text = (line: readonly string[]): string => `| ${line.join(' | ')} |\n`;
  return text(COLUMNS) + text(COLUMNS.map((_name, i) => (i === 0 ? '---' : '---:'))) + lines.map(text).join('');
}
