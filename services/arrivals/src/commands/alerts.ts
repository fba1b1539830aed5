/** arrivals alerts: asks a running process for its alerts. */
import { type Alert, ArrivalsError } from '@arrivals/core';
import { ALERT_FORMATS, formatAlert, tableHeader } from '../alert-output.ts';
import { choice, type Command, EXIT, httpUrl, parse, wholeNumber } from '../command.ts';
import { causeOf } from '../replay/sender.ts';

const HELP = `Usage: arrivals alerts [--follow] [--last N] [--format json|table] [--url URL]

Prints the alerts of a running Arrivals, oldest first.

  --follow          go on with new ones as they come, until Ctrl-C
  --last N          begin with the last N (default 100)
  --format FORMAT   json: an alert a line (default); table: for people
  --url URL         where it runs (default http://127.0.0.1:8080)

Example: arrivals alerts --follow --format table
`;

const WAIT_MS = 20_000;

export const alertsCommand: Command = {
  name: 'alerts',
  summary: 'print the alerts of a running process, or follow them',
  help: HELP,
  run: async (args, { stdout, signal }) => {
    const { values } = parse(args, {
      follow: { type: 'boolean', default: false },
      last: { type: 'string', default: '100' },
      format: { type: 'string', default: 'json' },
      url: { type: 'string', default: 'http://127.0.0.1:8080' },
    });
    const format = choice('format', values.format, ALERT_FORMATS);
    const base = httpUrl('url', values.url);
    if (format === 'table') stdout.write(`${tableHeader()}\n`);
    let query = `last=${String(wholeNumber('last', values.last, 1_000_000))}`;
    for (;;) {
      const { alerts, next } = await ask(new URL(`/v1/alerts?${query}`, base), signal);
      for (const alert of alerts) stdout.write(`${formatAlert(alert, format)}\n`);
      if (signal.aborted || (alerts.length === 0 && !values.follow)) return EXIT.ok;
      query = `from=${String(next)}&waitMs=${values.follow ? String(WAIT_MS) : '0'}`;
    }
  },
};

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
