/** arrivals alerts: asks a running process for its alerts. */
import type { Alert } from '@arrivals/core';
import { ALERT_FORMATS, formatAlert, tableHeader } from '../alert-output.ts';
import { choice, type Command, EXIT, httpUrl, parse, wholeNumber } from '../command.ts';
import { readCredentials } from '../credentials.ts';
import { publishedPages } from '../published-client.ts';

const HELP = `Usage: arrivals alerts [--follow] [--last N] [--format json|table] [--url URL] [--ca-file FILE]

Prints the alerts of a running Arrivals, oldest first.

  --follow          go on with new ones as they come, also over a restart, until Ctrl-C
  --last N          begin with the last N (default 100)
  --format FORMAT   json: an alert a line (default); table: for people
  --url URL         where it runs (default http://127.0.0.1:8080); alerts are shown to the same machine alone
  --ca-file FILE    with an https URL: PEM file with the CA of its certificate

Example: arrivals alerts --follow --format table
`;

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
      'ca-file': { type: 'string' },
    });
    const format = choice('format', values.format, ALERT_FORMATS);
    const pages = publishedPages({
      base: httpUrl('url', values.url),
      credentials: readCredentials(values),
      what: 'alerts',
      last: wholeNumber('last', values.last, 1_000_000),
      follow: values.follow,
      signal,
      onRetry: (why) => stderr.write(`${why}; trying again\n`),
    });
    let header = format === 'table';
    for await (const page of pages) {
      if (header) stdout.write(`${tableHeader()}\n`);
      header = false;
      for (const alert of page) stdout.write(`${formatAlert(alert as Alert, format)}\n`);
    }
    return EXIT.ok;
  },
};
