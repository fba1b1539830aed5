/**
 * The command line's entrance: finds the command, turns signals into an AbortSignal and errors into words and exit codes.
 *
 * Invariant: the only place that reads the environment and ends the process. Stack traces appear only when
 * ARRIVALS_LOG_LEVEL is debug.
 */
import { ArrivalsError } from '@arrivals/core';
import { type Command, type Environment, EXIT } from './command.ts';
import { alertsCommand } from './commands/alerts.ts';
import { certsAddCommand, certsInitCommand } from './commands/certs.ts';
import { deadLettersCommand } from './commands/dead-letters.ts';
import { replayCommand } from './commands/replay.ts';
import { tokenCommand } from './commands/token.ts';
import { upCommand } from './commands/up.ts';
import { webhookConfigCommand } from './commands/webhook-config.ts';
import { VERSION } from './version.ts';

const COMMANDS: readonly Command[] = [
  upCommand,
  replayCommand,
  alertsCommand,
  deadLettersCommand,
  webhookConfigCommand,
  certsInitCommand,
  certsAddCommand,
  tokenCommand,
];

/** A second signal later than this means: at once. */
const SAME_SIGNAL_MS = 1000;

const HELP = `arrivals ${VERSION}: every new Pod and Namespace in your clusters, once, as an alert.

Usage: arrivals COMMAND [options]

${COMMANDS.map((command) => `  ${command.name.padEnd(16)} ${command.summary}`).join('\n')}

Example: arrivals replay samples/new-pod.jsonl --format table
\`arrivals COMMAND --help\` tells of one command.
`;

async function run(args: readonly string[], environment: Environment): Promise<number> {
  // help COMMAND is COMMAND --help.
  const words = args[0] === 'help' && args.length > 1 ? [...args.slice(1), '--help'] : args;
  const [name] = words;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    (name === undefined ? environment.stderr : environment.stdout).write(HELP);
    return name === undefined ? EXIT.usage : EXIT.ok;
  }
  if (name === '--version') {
    environment.stdout.write(`${VERSION}\n`);
    return EXIT.ok;
  }
  const command = COMMANDS.find((candidate) => candidate.name.split(' ').every((word, i) => words[i] === word));
  if (command === undefined) throw new ArrivalsError('usage', noCommand(name));
  const rest = words.slice(command.name.split(' ').length);
  if (rest.includes('--help') || rest.includes('-h')) {
    environment.stdout.write(command.help);
    return EXIT.ok;
  }
  return command.run(rest, environment);
}

function noCommand(name: string): string {
  const longer = COMMANDS.filter((command) => command.name.startsWith(`${name} `)).map((command) => command.name);
  return longer.length > 0 ? `expected ${longer.join(' or ')}` : `there is no command ${JSON.stringify(name)}`;
}

function explain(error: unknown, debug: boolean): string {
  if (!(error instanceof ArrivalsError)) return `arrivals: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`;
  const trace = debug ? `\n${error.stack ?? ''}` : '';
  return `arrivals: ${error.message}\n  ${error.code}: ${error.entry.meaning}\n  ${error.entry.remedy}${trace}\n`;
}

function exitCodeOf(error: unknown, signal: AbortSignal): number {
  if (error instanceof ArrivalsError) return error.code === 'usage' ? EXIT.usage : EXIT.failed;
  return signal.aborted ? EXIT.interrupted : EXIT.failed;
}

/** Ends the process with the command's exit code. */
export async function main(): Promise<void> {
  const stop = new AbortController();
  let firstMs = 0;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      // Ctrl-C comes twice at once under npm: from the terminal, and passed on by npm.
      if (stop.signal.aborted && performance.now() - firstMs > SAME_SIGNAL_MS) process.exit(EXIT.interrupted);
      if (stop.signal.aborted) return;
      firstMs = performance.now();
      stop.abort(new Error(`stopped by ${signal}`));
    });
  }
  // A reader that has had enough, such as head, is no failure.
  const reader = { gone: false };
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    reader.gone = error.code === 'EPIPE';
    stop.abort(error);
  });
  try {
    process.exitCode = await run(process.argv.slice(2), { env: process.env, stdout: process.stdout, stderr: process.stderr, signal: stop.signal });
  } catch (error) {
    process.exitCode = reader.gone ? EXIT.ok : exitCodeOf(error, stop.signal);
    if (!reader.gone && process.exitCode !== EXIT.interrupted) process.stderr.write(explain(error, process.env['ARRIVALS_LOG_LEVEL'] === 'debug'));
  }
  // Open keep-alive sockets must not hold the process.
  if (reader.gone) process.exit();
  process.stdout.write('', () => process.exit());
}
