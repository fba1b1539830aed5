/** arrivals alerts: asks a running process for its alerts. */
import { readAlertJson } from '@arrivals/adapters/avro';
import { visibleJson } from '@arrivals/core';
import { type AlertFormat, formatAlert, tableHeader } from '../alerts/table.ts';
import { type Command, EXIT, formatFor, httpUrl, parse, wantsColour, wholeNumber } from '../command.ts';
import { readCredentials } from '../api-client/credentials.ts';
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
  name: 'alerts',
  summary: 'print the alerts of a running process, or follow them',
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
    const pages = publishedPages({
      base: httpUrl('url', values.url),
      credentials: readCredentials(values),
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
      for (const alert of page) stdout.write(`${shown(alert, format, colour)}\n`);
    }
    return EXIT.ok;
  },
};

/** As JSON it is passed on as it came, with what a later version may have added. */
function shown(alert: unknown, format: AlertFormat, colour: boolean): string {
  return format === 'json'
    ? visibleJson(JSON.stringify(alert))
    : formatAlert(readAlertJson(alert), format, colour);
}
