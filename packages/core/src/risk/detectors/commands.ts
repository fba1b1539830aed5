/**
 * What makes a command line a remote shell, or code that the image does not hold.
 *
 * Invariant: linear in the text, which an attacker chooses; results name programs and hosts and never repeat
 * the line, which may hold secrets. Waiting for a port with nc or /dev/tcp, or loading a file, is neither.
 */
import {
  type CommandText,
  INTERPRETERS,
  type Pipeline,
  programOf,
  runsItsInput,
  SHELLS,
  type SimpleCommand,
} from './shell-line.ts';

/**
 * A phrase for a sentence, such as "ncat -e", and the host that code comes from, which is outside text and to
 * be quoted.
 */
export interface Verdict {
  readonly phrase: string;
  readonly from: string | undefined;
}

const NETCATS: ReadonlySet<string> = new Set(['nc', 'ncat', 'netcat', 'nc.traditional', 'nc.openbsd']);
const CONNECTORS: ReadonlySet<string> = new Set([...NETCATS, 'telnet', 'socat']);

export function reverseShellIn({ text, pipelines }: CommandText): Verdict | undefined {
  for (const { commands } of pipelines) {
    for (const command of commands) {
      const phrase = programWithShell(command);
      if (phrase !== undefined) return { phrase, from: undefined };
    }
    const connector = commands.find(isConnector);
    if (
      connector !== undefined &&
      commands.some((command) => command !== connector && runsItsInput(command, SHELLS))
    )
      return {
        phrase: `${runs(connector, CONNECTORS) ?? 'openssl'} joined to a shell by a pipe`,
        from: undefined,
      };
  }
  if (isShellOnSocket(text, pipelines))
    return { phrase: 'a shell whose input is a network connection of /dev/tcp', from: undefined };
  return scriptIn(text, SHELL_SCRIPTS);
}

/** nc -e, socat EXEC: */
function programWithShell(command: SimpleCommand): string | undefined {
  const netcat = runs(command, NETCATS);
  if (netcat !== undefined) {
    const option = command.words.find(
      (word) => /^-[a-z]{0,8}e[a-z]{0,8}$/.test(word) || /^--(?:sh-|lua-)?exec(?:=|$)/.test(word),
    );
    if (option !== undefined) return `${netcat} ${option.split('=')[0] ?? ''}`;
    // -c is a command for ncat, and something else for others.
    if (
      command.words.some((word) => /^-[a-z]{0,8}c$/.test(word)) &&
      command.words.slice(1).some((word) => SHELLS.has(programOf(word)))
    )
      return `${netcat} -c`;
  }
  if (runs(command, SOCAT) === undefined) return undefined;
  return command.words.some((word) => /^(?:exec|system):/i.test(word)) ? 'socat with EXEC' : undefined;
}

const SOCAT: ReadonlySet<string> = new Set(['socat']);

function isConnector(command: SimpleCommand): boolean {
  return (
    runs(command, CONNECTORS) !== undefined ||
    (command.programs.includes('openssl') && command.words.includes('s_client'))
  );
}

/** Not the many health checks that only open /dev/tcp. */
function isShellOnSocket(text: string, pipelines: readonly Pipeline[]): boolean {
  if (!text.includes('/dev/tcp/') && !text.includes('/dev/udp/')) return false;
  return pipelines.some(({ commands }) =>
    commands.some(({ programs, words }, i) => {
      // The line that came over the network, run as it is.
      if (programs[0]?.startsWith('$') === true) return true;
      if (!programs.some((program) => SHELLS.has(program))) return false;
      return (
        words.some((word) => /^-[a-z]{0,8}i[a-z]{0,8}$/.test(word) || /^(?:0[<>]|<)&\d{1,2}$/.test(word)) ||
        (i > 0 && runsItsInput({ programs, words }, SHELLS))
      );
    }),
  );
}

/** All of the words of a row, in lower case, make it one. */
type Script = readonly [phrase: string, ...words: readonly string[]];

const SHELL_SCRIPTS: readonly Script[] = [
  ['a Python shell on a socket', 'python', 'socket', 'dup2('],
  ['a Python shell on a socket', 'python', 'socket', 'pty.spawn('],
  ['a Python shell on a socket', 'python', 'socket', 'subprocess', '/sh'],
  ['a Python shell on a socket', 'python', 'socket', 'subprocess', '/bash'],
  ['a Perl shell on a socket', 'perl', 'socket', 'exec', '/sh'],
  ['a Perl shell on a socket', 'perl', 'socket', 'exec', '/bash'],
  ['a Ruby shell on a socket', 'ruby', 'tcpsocket', 'exec'],
  ['a Ruby shell on a socket', 'ruby', 'tcpsocket', 'popen'],
  ['a PHP shell on a socket', 'php', 'fsockopen', 'exec('],
  ['a PHP shell on a socket', 'php', 'fsockopen', 'proc_open('],
  ['a Node.js shell on a socket', 'child_process', '.connect(', '/sh'],
  ['a Node.js shell on a socket', 'child_process', '.connect(', '/bash'],
  ['an awk shell on a socket', 'awk', '/inet/tcp/', 'getline'],
];

const FETCHING_SCRIPTS: readonly Script[] = [
  ['Python that runs what it downloads', 'python', 'urlopen(', 'exec('],
  ['Python that runs what it downloads', 'python', 'requests.get(', 'exec('],
];

function scriptIn(text: string, scripts: readonly Script[]): Verdict | undefined {
  const lower = text.toLowerCase();
  const found = scripts.find(([, ...words]) => words.every((word) => lower.includes(word)));
  return found === undefined ? undefined : { phrase: found[0], from: undefined };
}

const DOWNLOADERS: ReadonlySet<string> = new Set([
  'curl',
  'wget',
  'aria2c',
  'axel',
  'lwp-download',
  'lwp-request',
]);
const RUNNERS_OF_TEXT: ReadonlySet<string> = new Set([...INTERPRETERS, 'eval', 'source', '.']);

/** Downloaded or decoded, then run. */
export function fetchedCodeIn({ text, pipelines }: CommandText): Verdict | undefined {
  const files = new Map<string, SimpleCommand>();
  for (const { commands, feeds } of pipelines) {
    const source = commands.find((command) => runs(command, DOWNLOADERS) !== undefined || isDecoder(command));
    if (source !== undefined) {
      const runner = commands
        .slice(commands.indexOf(source) + 1)
        .find((command) => runsItsInput(command, INTERPRETERS));
      if (runner !== undefined) return verdict(source, `piped into ${lastProgram(runner)}`);
      if (feeds !== undefined && runs(feeds, RUNNERS_OF_TEXT) !== undefined)
        return verdict(source, `run by ${lastProgram(feeds)}`);
    }
    for (const command of commands) {
      const fetched = fileThatRuns(command, files);
      if (fetched !== undefined) return verdict(fetched, 'then made executable or run');
      if (runs(command, DOWNLOADERS) !== undefined)
        for (const file of filesOf(command)) files.set(file, command);
    }
  }
  return scriptIn(text, FETCHING_SCRIPTS);
}

function isDecoder({ programs, words }: SimpleCommand): boolean {
  return programs.includes('base64') && words.some((word) => /^(?:-d|-D|-di|--decode)$/.test(word));
}

function verdict(source: SimpleCommand, how: string): Verdict {
  const url = source.words.find((word) => word.includes('://'));
  const host = url === undefined ? '' : hostOf(url);
  // What is no host may be a part of a password.
  const isHost = /^[a-z0-9_$.-]{1,253}$|^\[[0-9a-f:.]{2,45}\]$/.test(host);
  return { phrase: `${runs(source, DOWNLOADERS) ?? 'base64'} ${how}`, from: isHost ? host : undefined };
}

/** The host of a URL, or of host:port, in lower case. */
export function hostOf(text: string): string {
  const scheme = text.indexOf('://');
  const authority = (scheme === -1 ? text : text.slice(scheme + 3)).split(/[/?#]/, 1)[0] ?? '';
  return authority
    .slice(authority.lastIndexOf('@') + 1)
    .replace(/:\d{0,5}$/, '')
    .toLowerCase();
}

/** What a downloader writes: its output file, or the last part of a URL. */
function filesOf({ words }: SimpleCommand): readonly string[] {
  return words.flatMap((word, i) => {
    const before = words[i - 1] ?? '';
    if (/^(?:-[A-Za-z]{0,8}[oO]|--output|--output-document)$/.test(before) && !word.startsWith('-'))
      return [programOf(word)];
    return word.includes('://') ? [programOf(word.split(/[?#]/, 1)[0] ?? '')] : [];
  });
}

/** The download of a file that this command makes executable or runs. */
function fileThatRuns(
  { programs, words }: SimpleCommand,
  files: ReadonlyMap<string, SimpleCommand>,
): SimpleCommand | undefined {
  if (files.size === 0) return undefined;
  const isChmod =
    programs.includes('chmod') &&
    words.some((word) => /^(?:[augo]{0,4}\+\w{0,4}x\w{0,4}|[0-7]?[1357][0-7]{2})$/.test(word));
  const candidates = isChmod ? words.slice(1).map(programOf) : [...programs, ...interpreted(words)];
  for (const name of candidates) {
    const download = name === '' ? undefined : files.get(name);
    if (download !== undefined) return download;
  }
  return undefined;
}

/** The script that an interpreter is given. */
function interpreted(words: readonly string[]): readonly string[] {
  const start = words.findIndex((word) => RUNNERS_OF_TEXT.has(programOf(word)));
  const script = start === -1 ? undefined : words.slice(start + 1).find((word) => !word.startsWith('-'));
  return script === undefined ? [] : [programOf(script)];
}

function runs({ programs }: SimpleCommand, wanted: ReadonlySet<string>): string | undefined {
  return programs.find((program) => wanted.has(program));
}

function lastProgram({ programs }: SimpleCommand): string {
  return programs.findLast((program) => RUNNERS_OF_TEXT.has(program)) ?? 'a shell';
}
