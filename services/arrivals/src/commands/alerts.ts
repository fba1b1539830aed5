/** arrivals alerts: asks a running process for its alerts. */
import type { Alert } from '@arrivals/core';
import { formatAlert, tableHeader } from '../alerts/table.ts';
import { caughtUp } from '../alerts/caught-up.ts';
import { type Command, EXIT, formatFor, httpUrl, parse, wantsColour, wholeNumber } from '../command.ts';
import { readCredentials } from '../api-client/credentials.ts';
import { HttpClient } from '../api-client/http-client.ts';
import { publishedPages } from '../api-client/pages.ts';

const HELP = `Usage: arrivals alerts [--follow] [--last N] [--format table|json] [--json] [--url URL] [--ca-file FILE]

Prints the alerts of a running Arrivals, oldest first.

  --follow          go on with new ones as they come, also over a restart, until Ctrl-C
  --last N          begin with the last N (default 100)
  --format FORMAT   table: for people, what a terminal gets; json: an alert a line, what everything else gets
  --json            --format json
  --url URL         where it runs (default http://127.0.0.1:8080); alerts are shown to the same machine alone
  --ca-file FILE    with an https URL: PEM file with the CA of its certificate

Example: arrivals alerts --follow --format table
`;

export const alertsCommand: Command = {
  help: HELP,
  run: async (args, { stdout, stderr, signal, env }) => {
    const { values } = parse(args, {
      follow: { type: 'boolean', default: false },
      last: { type: 'string', default: '100' },
      format: { type: 'string' },
      json: { type: 'boolean', default: false },
      url: { type: 'string', default: 'http://127.0.0.1:8080' },
      'ca-file': { type: 'string' },
    });
    const format = formatFor(values, stdout);
    const colour = wantsColour(stdout, env);
    const [base, credentials] = [httpUrl('url', values.url), readCredentials(values)];
    if (!values.follow) await caughtUp(new HttpClient(credentials), base, signal);
    const pages = publishedPages({
      base,
      credentials,
      what: 'alerts',
      last: wholeNumber('last', values.last, 1_000_000),
      follow: values.follow,
      signal,
      onRetry: (why) => stderr.write(`${why}; trying again\n`),
      onDamage: (words) => stderr.write(`alerts may be missing: ${words}\n`),
    });
    let header = format === 'table';
    for await (const page of pages) {
      if (header) stdout.write(`${tableHeader(colour)}\n`);
      header = false;
      for (const alert of page) stdout.write(`${formatAlert(alert as Alert, format, colour)}\n`);
    }
    return EXIT.ok;
  },
};
