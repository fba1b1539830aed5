/**
 * On a terminal, a line for each new alert of the process that runs there.
 *
 * Invariant: begins with what is published after it was started, and never holds the process: an output that
 * fails ends it alone.
 */
import { type Bus, TOPICS, visible } from '@arrivals/core';
import { formatAlert, tableHeader } from './table.ts';
import { notReadWords, readAlerts } from './read-records.ts';

const READ_RECORDS_MAX = 100;
const WAIT_MS = 1000;

export interface AlertLinesOptions {
  readonly bus: Pick<Bus, 'read' | 'offsets'>;
  readonly write: (text: string) => unknown;
  readonly colour: boolean;
  readonly signal: AbortSignal;
}

/** Resolves when the signal has aborted. */
export async function writeAlertLines({ bus, write, colour, signal }: AlertLinesOptions): Promise<void> {
  let offset = (await bus.offsets(TOPICS.alerts)).at(0)?.next ?? 0;
  let header = true;
  while (!signal.aborted) {
    const records = await bus
      .read({
        topic: TOPICS.alerts,
        partition: 0,
        offset,
        recordsMax: READ_RECORDS_MAX,
        waitMs: WAIT_MS,
        signal,
      })
      .catch((error: unknown) => {
        if (signal.aborted) return [];
        throw error;
      });
    if (header && records.length > 0) write(`${tableHeader(colour)}\n`);
    header &&= records.length === 0;
    const { alerts, notRead } = readAlerts(records);
    for (const alert of alerts) write(`${formatAlert(alert, 'table', colour)}\n`);
    const words = notReadWords(notRead);
    if (words !== undefined) write(`${visible(words)}\n`);
    offset = (records.at(-1)?.offset ?? offset - 1) + 1;
  }
}
