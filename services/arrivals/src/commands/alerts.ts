/** arrivals alerts: prints the alerts of a running process, or of Kafka. */
import { withAlerts } from '../alerts/open-source.ts';
import { type AlertFormat, formatAlert, tableHeader } from '../alerts/table.ts';
import { type Command, EXIT, formatFor, parse, wantsColour, wholeNumber } from '../command.ts';
import { SOURCE_HELP, SOURCE_OPTIONS } from '../source-options.ts';
import { visibleJson } from '@arrivals/core/light';

const HELP = `Usage: arrivals alerts [--follow] [--last N] [--format table|json] [--json]
                       [--url URL [--ca-file FILE] | --kafka]

Prints alerts, oldest first: of a running Arrivals, or of the topic on Kafka in the order of Kafka's timestamps.

  --follow          continue with new alerts, also after a restart, until Ctrl-C
  --last N          begin with the last N (default 100)
  --format FORMAT   table: for people, default on a terminal; json: an alert a line, default elsewhere
  --json            --format json
${SOURCE_HELP}

A record without a readable alert is left out, and named on stderr with the reason.

Examples: arrivals alerts --follow --format table
          ARRIVALS_KAFKA_BROKERS=kafka-1:9092 arrivals alerts --follow
`;

export const alertsCommand: Command = {
  help: HELP,
  run: (args, environment) => {
    const { values } = parse(args, {
      ...SOURCE_OPTIONS,
      follow: { type: 'boolean', default: false },
      last: { type: 'string', default: '100' },
      format: { type: 'string' },
      json: { type: 'boolean', default: false },
    });
    const { stdout, env } = environment;
    const format = formatFor(values, stdout);
    const colour = wantsColour(stdout, env);
    const last = wholeNumber('last', values.last, 1_000_000);
    return withAlerts(values, environment, async (source) => {
      let header = format === 'table';
      for await (const page of source.pages({ last, follow: values.follow })) {
        if (header) stdout.write(`${tableHeader(colour)}\n`);
        header = false;
        for (const alert of page) stdout.write(`${await shown(alert, format, colour)}\n`);
      }
      return EXIT.ok;
    });
  },
};

/** As JSON it is passed on as it came, with what a later version may have added. */
async function shown(alert: unknown, format: AlertFormat, colour: boolean): Promise<string> {
  if (format === 'json') return visibleJson(JSON.stringify(alert));
  // It knows the schema of alerts, and takes its time to load.
  const { readAlertJson } = await import('@arrivals/adapters/avro');
  return formatAlert(readAlertJson(alert), format, colour);
}
