/** The command line's entrance: finds the command and runs it. */
import { ArrivalsError, didYouMean } from '@arrivals/core';
import { EXIT_WORDS, runProcess, unknownSettings } from '@arrivals/host';
import { processorService } from '@arrivals/processor';
import { webhookService } from '@arrivals/webhook';
import { type Command, type Environment, EXIT } from './command.ts';
import { alertsCommand } from './commands/alerts.ts';
import { certsAddCommand, certsCommand, certsInitCommand } from './commands/certs.ts';
import { certsRevokeCommand } from './commands/certs-revoke.ts';
import {
  deadLettersCommand,
  listCommand,
  replayDeadLettersCommand,
  showCommand,
} from './commands/dead-letters.ts';
import { dropCommand } from './commands/dead-letters-drop.ts';
import { explainCommand } from './commands/explain.ts';
import { rebuildCommand } from './commands/rebuild.ts';
import { replayCommand } from './commands/replay.ts';
import { topicsCommand } from './commands/topics.ts';
import { tokenCommand } from './commands/token.ts';
import { upCommand } from './commands/up.ts';
import { webhookConfigCommand } from './commands/webhook-config.ts';
import { pasteable } from './invocation.ts';
import { serviceCommand } from './service-command.ts';
import { VERSION } from './version.ts';

const COMMANDS: readonly Command[] = [
  upCommand,
  serviceCommand(webhookService),
  serviceCommand(processorService),
  topicsCommand,
  replayCommand,
  rebuildCommand,
  alertsCommand,
  explainCommand,
  listCommand,
  showCommand,
  replayDeadLettersCommand,
  dropCommand,
  webhookConfigCommand,
  certsInitCommand,
  certsAddCommand,
  certsRevokeCommand,
  tokenCommand,
];

/** Names that have further words behind them, which come first. */
const SHORT: readonly Command[] = [deadLettersCommand, certsCommand];

const NAME_WIDTH = Math.max(...COMMANDS.map(({ name }) => name.length));

const HELP = `arrivals ${VERSION}: every new Pod and Namespace in your clusters, once, as an alert.

Usage: arrivals COMMAND [options]

${COMMANDS.map((command) => `  ${command.name.padEnd(NAME_WIDTH)} ${command.summary}`).join('\n')}

Exit codes:
${EXIT_WORDS.map(([code, meaning]) => `  ${String(code).padEnd(4)} ${meaning}`).join('\n')}

Example: arrivals replay samples/new-pod.jsonl --format table

\`arrivals COMMAND --help\` tells of one command.
`;

async function run(args: readonly string[], environment: Environment): Promise<number> {
  // help COMMAND is COMMAND --help.
  const words = args[0] === 'help' && args.length > 1 ? [...args.slice(1), '--help'] : args;
  const [name] = words;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    (name === undefined ? environment.stderr : environment.stdout).write(pasteable(HELP, environment.env));
    return name === undefined ? EXIT.usage : EXIT.ok;
  }
  if (name === '--version' || name === '-v' || name === '-V' || name === 'version') {
    environment.stdout.write(`${VERSION}\n`);
    return EXIT.ok;
  }
  const command = [...COMMANDS, ...SHORT].find((candidate) =>
    candidate.name.split(' ').every((word, i) => words[i] === word),
  );
  if (command === undefined) throw new ArrivalsError('usage', noCommand(name));
  const rest = words.slice(command.name.split(' ').length);
  if (rest.includes('--help') || rest.includes('-h')) {
    environment.stdout.write(pasteable(command.help, environment.env));
    return EXIT.ok;
  }
  if (command.readsSettings !== true)
    for (const problem of unknownSettings(environment.env))
      environment.stderr.write(`arrivals: ${problem}\n`);
  return command.run(rest, environment);
}

function noCommand(name: string): string {
  const names = COMMANDS.map((command) => command.name);
  // Of a name of two words the first is one to mean, too.
  return `there is no command ${JSON.stringify(name)}${didYouMean(name, [...names, ...names.map((each) => each.split(' ')[0] ?? '')])}`;
}

/** Ends the process with the command's exit code. */
export function main(): Promise<void> {
  return runProcess(
    (environment) => run(environment.args, environment),
    (text) => pasteable(text, process.env),
  );
}
