/** The entry point of the command line: finds the command and runs it. */
import { ArrivalsError, didYouMean } from '@arrivals/core/light';
import { EXIT_WORDS, runProcess, unknownSettings } from '@arrivals/host/command';
import { type Environment, EXIT } from './command.ts';
import { COMMANDS, GROUPS } from './commands.ts';
import { pasteable } from './invocation.ts';
import { VERSION } from './version.ts';

const NAME_WIDTH = Math.max(...COMMANDS.map(({ name }) => name.length));

const HELP = `arrivals ${VERSION}: every new Pod and Namespace in your clusters, once, as an alert.

Usage: arrivals COMMAND [options]

${COMMANDS.map((command) => `  ${command.name.padEnd(NAME_WIDTH)} ${command.summary}`).join('\n')}

Exit codes:
${EXIT_WORDS.map(([code, meaning]) => `  ${String(code).padEnd(4)} ${meaning}`).join('\n')}

Example: arrivals replay samples/new-pod.jsonl --format table

\`arrivals COMMAND --help\` describes a command.
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
  const row = [...COMMANDS, ...GROUPS].find((candidate) =>
    candidate.name.split(' ').every((word, i) => words[i] === word),
  );
  if (row === undefined) throw new ArrivalsError('usage', noCommand(name));
  const command = await row.load();
  const rest = words.slice(row.name.split(' ').length);
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
  // The first word of a two-word name is a suggestion too.
  return `there is no command ${JSON.stringify(name)}${didYouMean(name, [...names, ...names.map((each) => each.split(' ')[0] ?? '')])}`;
}

/** Ends the process with the command's exit code. */
export function main(): Promise<void> {
  return runProcess(
    (environment) => run(environment.args, environment),
    (text) => pasteable(text, process.env),
  );
}
