/** arrivals alerts: asks a running process for its alerts. */
import { type Alert, ArrivalsError } from '@arrivals/core';
import { ALERT_FORMATS, formatAlert, tableHeader } from '../alert-output.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { choice, type Command, EXIT, httpUrl, parse, wholeNumber } from '../command.ts';
import { causeOf } from '../replay/sender.ts';

const HELP = `Usage: arrivals alerts [--follow] [--last N] [--format json|table] [--url URL]

Prints the alerts of a running Arrivals, oldest first.

  --follow          go on with new ones as they come, also over a restart, until Ctrl-C
  --last N          begin with the last N (default 100)
  --format FORMAT   json: an alert a line (default); table: for people
  --url URL         where it runs (default http://127.0.0.1:8080)

Example: arrivals alerts --follow --format table
`;

const WAIT_MS = 20_000;
const RETRY_FIRST_MS = 500;
const RETRY_MAX_MS = 10_000;

export const alertsCommand: Command = {
  name: 'alerts',
  summary: 'print the alerts of a running process, or follow them',
  help: HELP,
  run: async (args, { stdout, stderr, signal }) => {
    const { values } = parse(args, {
      follow: { type: 'boolean', default: false },
      last: { type: 'string', default: '100' },
      format: { type: 'string', default: 'json' },
      url: { type: 'string', default: 'http://127.0.0.1:8080' },
    });
    const format = choice('format', values.format, ALERT_FORMATS);
    const base = httpUrl('url', values.url);
    let query = `last=${String(wholeNumber('last', values.last, 1_000_000))}`;
    const wait = values.follow ? `&waitMs=${String(WAIT_MS)}` : '';
    for (let first = true; ; first = false) {
      const page = await askAgain(new URL(`${base.pathname.replace(/\/$/, '')}/v1/alerts?${query}`, base), {
        signal,
        patient: values.follow && !first,
        stderr,
      });
      if (first && format === 'table') stdout.write(`${tableHeader()}\n`);
      for (const alert of page.alerts) stdout.write(`${formatAlert(alert, format)}\n`);
      if (signal.aborted || (page.alerts.length === 0 && !values.follow)) return EXIT.ok;
      query = `from=${String(page.next)}${wait}`;
    }
  },
};

interface Asking {
  readonly signal: AbortSignal;
  /** Whether to try again when nobody answers: a process that was there is being restarted. */
  readonly patient: boolean;
  readonly stderr: NodeJS.WriteStream;
}

async function askAgain(url: URL, { signal, patient, stderr }: Asking): Promise<Page> {
  for (let waitMs = RETRY_FIRST_MS; ; waitMs = Math.min(2 * waitMs, RETRY_MAX_MS)) {
    try {
      return await ask(url, signal);
    } catch (error) {
      if (!patient || !(error instanceof ArrivalsError)) throw error;
      stderr.write(`${error.message}; trying again\n`);
      await sleep(waitMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return { alerts: [], next: 0 };
    }
  }
}

interface Page {
  readonly alerts: readonly Alert[];
  readonly next: number;
}

/** @throws ArrivalsError server_unreachable */
async function ask(url: URL, signal: AbortSignal): Promise<Page> {
  let why: string;
  try {
    const response = await fetch(url, { signal });
    if (response.ok) return (await response.json()) as Page;
    why = `${String(response.status)} ${(await response.text()).trim().slice(0, 300)}`;
  } catch (error) {
    if (signal.aborted) return { alerts: [], next: 0 };
    why = causeOf(error);
  }
  throw new ArrivalsError('server_unreachable', `${url.origin} did not give its alerts: ${why}`);
}
