/** arrivals dead-letters: asks a running process for what it has set aside. */
import { type Command, EXIT, httpUrl, parse, wholeNumber } from '../command.ts';
import { readCredentials } from '../credentials.ts';
import { publishedPages } from '../published-client.ts';

const HELP = `Usage: arrivals dead-letters [--last N] [--url URL] [--ca-file FILE]

Prints what a running Arrivals has set aside, oldest first, as JSON lines: the reason, where it came from, and its bytes as
text and in base64.

  --last N        begin with the last N (default 100)
  --url URL       where it runs (default http://127.0.0.1:8080); dead letters are shown to the same machine alone
  --ca-file FILE  with an https URL: PEM file with the CA of its certificate

Example: arrivals dead-letters --last 1
`;

export const deadLettersCommand: Command = {
  name: 'dead-letters',
  summary: 'print what a running process has set aside, and why',
  help: HELP,
  run: async (args, { stdout, signal }) => {
    const { values } = parse(args, {
      last: { type: 'string', default: '100' },
      url: { type: 'string', default: 'http://127.0.0.1:8080' },
      'ca-file': { type: 'string' },
    });
    const pages = publishedPages({
      base: httpUrl('url', values.url),
      credentials: readCredentials(values),
      what: 'dead-letters',
      last: wholeNumber('last', values.last, 1_000_000),
      follow: false,
      signal,
      onRetry: () => undefined,
    });
    for await (const page of pages) for (const letter of page) stdout.write(`${JSON.stringify(letter)}\n`);
    return EXIT.ok;
  },
};
