/** arrivals explain: an alert as a person reads it, from a running process, Kafka or a file. */
import { ID_CHARACTERS_MIN, parseAlertId } from '@arrivals/api/light';
import type { Alert } from '@arrivals/core';
import { ArrivalsError } from '@arrivals/core/light';
import { existsSync } from 'node:fs';
import { withAlerts } from '../alerts/open-source.ts';
import type { AlertSource } from '../alerts/source.ts';
import { type Command, duration, type Environment, EXIT, parse } from '../command.ts';
import { explain } from '../explanation/explain.ts';
import { layOut, type LayoutOptions } from '../explanation/layout.ts';
import type { Line } from '../explanation/section.ts';
import { invocation } from '../invocation.ts';
import { SOURCE_HELP, SOURCE_OPTIONS } from '../source-options.ts';

const WIDTH_MIN = 80;
const WIDTH_MAX = 100;
const BACK_MAX_MS = 10 * 365 * 86_400_000;

const HELP = `Usage: arrivals explain [--url URL [--ca-file FILE] | --kafka [--since AGO]] ALERT_ID|FILE…      (- is standard input)

Prints an alert for a person to read: what happened, who did it, the authorization, what the new object can do, the risk
with its reasons, what is unknown, and the next steps with commands to paste.

  ALERT_ID        an alert of a running Arrivals, or of the topic on Kafka: its \`alertId\`, or at least its first ${String(ID_CHARACTERS_MIN)} characters
  FILE            alerts in JSON, one a line or as the API returns them, or a record of the topic of alerts in Avro. An
                  argument that looks like an ID is one: write ./2db53fe7 for a file of that name
${SOURCE_HELP}
    --since AGO     on Kafka: how far back to search, such as 2h or 30d (default: the newest 1,000,000 records)

Kafka is searched from the newest record backwards; a full ID first in the partition of its key. A prefix selects the newest
alert that has it; other matches are searched among the newest 10,000 records and in the pages up to the match.

Colours are for terminals only; NO_COLOR in the environment turns them off.

Exit code 0; 1 if there is no such alert, several have the prefix, or a file holds no alert; 64 for wrong usage.

Examples: arrivals explain 2db53fe7
          arrivals alerts --last 1 | arrivals explain -
`;

export const explainCommand: Command = {
  help: HELP,
  run: async (args, environment) => {
    const { values, positionals } = parse(args, { ...SOURCE_OPTIONS, since: { type: 'string' } }, true);
    if (positionals.length === 0)
      throw new ArrivalsError('usage', 'expected the ID of an alert, a file, or - for standard input');
    const backMs = values.since === undefined ? undefined : duration('since', values.since, BACK_MAX_MS);
    // Files need no source.
    if (positionals.every((name) => parseAlertId(name) === undefined))
      return explainAll(positionals, environment);
    return withAlerts(values, environment, (source) =>
      explainAll(positionals, environment, (id) => source.find(id, backMs)),
    );
  },
};

async function explainAll(
  names: readonly string[],
  environment: Environment,
  find?: (id: string) => ReturnType<AlertSource['find']>,
): Promise<number> {
  const options = layoutFor(environment);
  const command = invocation(environment.env);
  let count = 0;
  for (const name of names) {
    const id = parseAlertId(name);
    const alerts =
      id === undefined || find === undefined
        ? await inFile(fileNamed(name), environment.signal)
        : [await find(id)];
    for await (const alert of alerts)
      environment.stdout.write(
        `${count++ === 0 ? '' : separator(options)}${explained(alert, command, options)}`,
      );
  }
  return EXIT.ok;
}

/** What reads files knows the schema of alerts, and takes its time to load. */
async function inFile(name: string, signal: AbortSignal): Promise<AsyncIterable<Alert>> {
  const { readAlerts } = await import('../alerts/read-file.ts');
  return readAlerts(name, signal);
}

function explained(alert: Alert, command: string, options: LayoutOptions): string {
  return layOut(
    explain(alert).map((section) => ({
      ...section,
      lines: section.lines.map((line) => pasteableHere(line, command)),
    })),
    options,
  );
}

/** Our own commands, so that they work in whichever folder they are pasted. */
function pasteableHere(line: Line, command: string): Line {
  if (line.kind === 'item')
    return { ...line, lines: line.lines.map((inner) => pasteableHere(inner, command)) };
  return line.kind === 'command'
    ? { ...line, text: line.text.replace(/^npx arrivals /, () => `${command} `) }
    : line;
}

function separator({ width }: LayoutOptions): string {
  return `\n${'─'.repeat(width)}\n\n`;
}

/** Few characters of an ID are not a missing file. @throws ArrivalsError usage */
function fileNamed(name: string): string {
  if (/^[0-9a-f][0-9a-f-]*$/i.test(name) && !existsSync(name))
    throw new ArrivalsError(
      'usage',
      `expected a file, or an ID of at least ${String(ID_CHARACTERS_MIN)} characters, found ${JSON.stringify(name)}`,
    );
  return name;
}

function layoutFor({ stdout, env }: Environment): LayoutOptions {
  const width = stdout.isTTY ? Math.min(WIDTH_MAX, Math.max(WIDTH_MIN, stdout.columns)) : WIDTH_MAX;
  // https://no-color.org: any value that is not empty.
  return { width, colour: stdout.isTTY && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb' };
}
