/**
 * The figures of all scenarios of a run as one table: printed at the end, and as Markdown in the file that
 * FAULT_TABLE_FILE names. Loaded by every run of mocha (.mocharc.json); without a scenario it says nothing.
 *
 * Rows stand in a file of the run, a line each: scenarios run in several processes, and the one that prints
 * runs none.
 */
import { randomUUID } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Holdings } from './observe.ts';
import type { Measured } from './run.ts';
import { FORM, RATE } from './times.ts';

const COLUMNS = [
  'scenario',
  'events',
  'acknowledged',
  'refused',
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

/** In a cell where there is nothing to count. */
const NONE = '–';

/** Names the file of the rows; processes that mocha starts inherit it. */
const ROWS_FILE = 'FAULT_ROWS_FILE';

export function mochaGlobalSetup(): void {
  process.env[ROWS_FILE] = path.join(tmpdir(), `arrivals-faults-${randomUUID()}`);
}

export function record(measured: Measured): void {
  appendFileSync(rowsFile(), `${JSON.stringify(rowOf(measured))}\n`);
}

function rowsFile(): string {
  const file = process.env[ROWS_FILE];
  if (file === undefined) throw new Error('scenarios run under mocha with the settings of .mocharc.json');
  return file;
}

function rowOf(measured: Measured): readonly string[] {
  const {
    id,
    title,
    events,
    acknowledged,
    givenUp,
    missing,
    committed,
    uncommitted,
    recoverySeconds,
    delaySeconds,
  } = measured;
  return [
    `${id} ${title}`,
    ...[events, acknowledged, refusals(measured), givenUp, missing.length].map(String),
    repeats(committed),
    uncommitted === null ? NONE : repeats(uncommitted),
    String(committed.flagged),
    recoverySeconds === undefined ? 'never' : recoverySeconds.toFixed(1),
    delaySeconds.toFixed(1),
    String(measured.webhookMib),
    measured.processorMib === null ? NONE : String(measured.processorMib),
    ledgerOf(measured),
  ];
}

/** Posts that were answered otherwise than with 200, or not at all. */
export function refusals({ answers }: Measured): number {
  return [...answers].reduce((sum, [status, count]) => (status === 200 ? sum : sum + count), 0);
}

function repeats({ repeated, repeatedFlagged }: Holdings): string {
  return repeatedFlagged > 0 ? `${String(repeated)} (${String(repeatedFlagged)} flagged)` : String(repeated);
}

/** Of processes that were not killed; those that were leave none. */
function ledgerOf(measured: Measured): string {
  const { ledgers, killed } = measured;
  const bad = unbalanced(measured).length;
  const told = bad === 0 ? 'balanced' : `${String(bad)} of ${String(ledgers.length)} not balanced`;
  return killed === 0 ? told : `${told}; ${String(killed)} killed`;
}

/**
 * Ledgers that do not add up, or end with something in flight: the embedded form leaves what it has not read
 * to the next process.
 */
export function unbalanced({ ledgers, processorMib }: Measured): Measured['ledgers'] {
  const mayHaveLeft = processorMib === null ? ledgers.length - 1 : 0;
  return ledgers.filter(({ balanced, inFlight }, i) => !balanced || (inFlight > 0 && i >= mayHaveLeft));
}

export function mochaGlobalTeardown(): void {
  const rows = existsSync(rowsFile()) ? readFileSync(rowsFile(), 'utf8').trimEnd().split('\n') : [];
  rmSync(rowsFile(), { force: true });
  if (rows.length === 0) return;
  const sorted = rows
    .map((row) => JSON.parse(row) as readonly string[])
    .sort(([a = ''], [b = '']) => a.localeCompare(b));
  console.log(`\n  Faults, ${FORM} form, at most ${String(RATE)} events/s\n\n${aligned(sorted)}`);
  const file = process.env['FAULT_TABLE_FILE'] ?? '';
  if (file !== '') writeFileSync(file, markdown(sorted));
}

function aligned(lines: readonly (readonly string[])[]): string {
  const widths = COLUMNS.map((name, i) =>
    Math.max(name.length, ...lines.map((line) => line[i]?.length ?? 0)),
  );
  const text = (line: readonly string[]): string =>
    `  ${line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  ')}\n`;
  return [COLUMNS, ...lines].map(text).join('');
}

function markdown(lines: readonly (readonly string[])[]): string {
  const text = (line: readonly string[]): string => `| ${line.join(' | ')} |\n`;
  return (
    text(COLUMNS) + text(COLUMNS.map((_name, i) => (i === 0 ? '---' : '---:'))) + lines.map(text).join('')
  );
}
