/** arrivals explain: an alert as a person reads it, from a running process or a file. */
import type { Alert } from '@arrivals/core';
import { ArrivalsError } from '@arrivals/core/base';
import { existsSync } from 'node:fs';
import { ID_CHARACTERS_MIN, parseAlertId } from '../alerts/alert-id.ts';
import type { Published } from '../api-client/find-alert.ts';
import { type Command, type Environment, EXIT, httpUrl, parse } from '../command.ts';
import { readCredentials } from '../api-client/credentials.ts';
import { explain } from '../explanation/explain.ts';
import { layOut, type LayoutOptions } from '../explanation/layout.ts';
import type { Line } from '../explanation/section.ts';
import { invocation } from '../invocation.ts';

const WIDTH_MIN = 80;
const WIDTH_MAX = 100;

const HELP = `Usage: arrivals explain [--url URL] [--ca-file FILE] ALERT_ID|FILE…      (- is standard input)

Prints an alert as a person reads it: what happened, who did it, by what right, what the new object can do, the risk and the
reasons for it, what could not be seen, and the next steps with commands to paste.

  ALERT_ID          an alert of a running Arrivals: its \`alertId\`, or at least the first ${String(ID_CHARACTERS_MIN)} characters of it
  FILE              alerts in JSON, one a line or as the API answers them, or a record of the topic of alerts in Avro. What
                    looks like an ID is one: write ./2db53fe7 for a file of that name
  --url URL         where Arrivals runs (default http://127.0.0.1:8080); alerts are shown to the same machine alone
  --ca-file FILE    with an https URL: PEM file with the CA of its certificate

Colour is for terminals alone; NO_COLOR in the environment turns it off.

Exit code 0; 1 when there is no such alert, several begin so, or a file holds something else; 64 for a wrong command line.

Examples: arrivals explain 2db53fe7
          arrivals alerts --last 1 | arrivals explain -
`;

export const explainCommand: Command = {
  help: HELP,
  run: async (args, environment) => {
    const { values, positionals } = parse(
      args,
      { url: { type: 'string', default: 'http://127.0.0.1:8080' }, 'ca-file': { type: 'string' } },
      true,
    );
    if (positionals.length === 0)
      throw new ArrivalsError('usage', 'expected the ID of an alert, a file, or - for standard input');
    const running = {
      base: httpUrl('url', values.url),
      credentials: readCredentials(values),
      signal: environment.signal,
    };
    const options = layoutFor(environment);
    const command = invocation(environment.env);
    let count = 0;
    for (const name of positionals) {
      const id = parseAlertId(name);
      const alerts =
        id === undefined ? await inFile(fileNamed(name), environment.signal) : [await published(id, running)];
      for await (const alert of alerts)
        environment.stdout.write(
          `${count++ === 0 ? '' : separator(options)}${explained(alert, command, options)}`,
        );
    }
    return EXIT.ok;
  },
};

/** What reads alerts knows their schema, and takes its time to load. */
async function inFile(name: string, signal: AbortSignal): Promise<AsyncIterable<Alert>> {
  const { readAlerts } = await import('../alerts/read-file.ts');
  return readAlerts(name, signal);
}

async function published(id: string, running: Published): Promise<Alert> {
  const { findPublished } = await import('../api-client/find-alert.ts');
  return findPublished(id, running);
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
