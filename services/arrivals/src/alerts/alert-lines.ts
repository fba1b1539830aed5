/**
 * On a terminal, prints a line for each new alert of this process.
 *
 * Invariant: it begins with alerts published after its start, and never affects the process: a failing output
 * ends only the printing. A record without an alert is named, and printing continues.
 */
import { alertsOf, type ReadableBus, TopicReader } from '@arrivals/api';
import { TOPICS } from '@arrivals/core/light';
import { leftOutLine } from './source.ts';
import { formatAlert, tableHeader } from './table.ts';

const READ_RECORDS_MAX = 100;
const WAIT_MS = 1000;

export interface AlertLinesOptions {
  readonly bus: ReadableBus;
  readonly write: (text: string) => unknown;
  readonly colour: boolean;
  readonly signal: AbortSignal;
}

/** Resolves when the signal has aborted. */
export async function writeAlertLines({ bus, write, colour, signal }: AlertLinesOptions): Promise<void> {
  const reader = new TopicReader(bus, TOPICS.alerts, { gapless: true });
  let from = await reader.startOfLast(0, signal);
  let header = true;
  while (!signal.aborted) {
    const { records, next } = await reader.page({
      from,
      recordsMax: READ_RECORDS_MAX,
      waitMs: WAIT_MS,
      signal,
    });
    const { alerts, unreadable } = alertsOf(records);
    if (header && alerts.length > 0) write(`${tableHeader(colour)}\n`);
    header &&= alerts.length === 0;
    for (const alert of alerts) write(`${formatAlert(alert, 'table', colour)}\n`);
    for (const record of unreadable) write(leftOutLine(record));
    from = next;
  }
}
