/** The command line's entrance: finds the command and runs it. */
import { ArrivalsError } from '@arrivals/core';
import { runProcess } from '@arrivals/host';
import { processorService } from '@arrivals/processor';
import { webhookService } from '@arrivals/webhook';
import { type Command, type Environment, EXIT } from './command.ts';
import { alertsCommand } from './commands/alerts.ts';
import { certsAddCommand, certsInitCommand } from './commands/certs.ts';
import { certsRevokeCommand } from './commands/certs-revoke.ts';
import { deadLettersCommand, listCommand, replayDeadLettersCommand, showCommand } from './commands/dead-letters.ts';
import { explainCommand } from './commands/explain.ts';
import { rebuildCommand } from './commands/rebuild.ts';
import { replayCommand } from './commands/replay.ts';
import { topicsCommand } from './commands/topics.ts';
import { tokenCommand } from './commands/token.ts';
import { upCommand } from './commands/up.ts';
import { webhookConfigCommand } from './commands/webhook-config.ts';
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
  webhookConfigCommand,
  certsInitCommand,
  certsAddCommand,
  certsRevokeCommand,
  tokenCommand,
];

/** Names that have further words behind them, which come first. */
const SHORT: readonly Command[] = [deadLettersCommand];

const NAME_WIDTH = Math.max(...COMMANDS.map(({ name }) => name.length));

const HELP = `arrivals ${VERSION}: every new Pod and Namespace in your clusters, once, as an alert.

Usage: arrivals COMMAND [options]

${COMMANDS.map((command) => `  ${command.name.padEnd(NAME_WIDTH)} ${command.summary}`).join('\n')}

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
  const command = [...COMMANDS, ...SHORT].find((candidate) => candidate.name.split(' ').every((word, i) => words[i] === word));
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

/** Ends the process with the command's exit code. */
export function main(): Promise<void> {
  return runProcess((environment) => run(environment.args, environment));
}
