/**
 * A command line parsed as far as the detectors need it: which programs run, what is piped or substituted
 * into what.
 *
 * Invariant: one pass, linear in the text, which an attacker chooses. It is no shell: quotes only separate
 * words, so that a script inside quotes is read like one outside, and variables stay what they are.
 */

export interface SimpleCommand {
  readonly words: readonly string[];
  /**
   * The programs' own names in lower case, each running the next: `sudo sh -c /usr/bin/curl …` has sudo, sh
   * and curl.
   */
  readonly programs: readonly string[];
}

/** Commands joined by "|", in order. */
export interface Pipeline {
  readonly commands: readonly SimpleCommand[];
  /** The command that what this one prints becomes part of: sh -c "$(…)", bash <(…). */
  readonly feeds: SimpleCommand | undefined;
}

export const SHELLS: ReadonlySet<string> = new Set(['sh', 'bash', 'dash', 'ash', 'zsh', 'ksh', '$shell']);
export const INTERPRETERS: ReadonlySet<string> = new Set([
  ...SHELLS,
  'python',
  'python2',
  'python3',
  'perl',
  'ruby',
  'node',
  'php',
]);

/** They run what follows them. */
const WRAPPERS: ReadonlySet<string> = new Set([
  'env',
  'sudo',
  'nohup',
  'exec',
  'command',
  'time',
  'timeout',
  'setsid',
  'xargs',
  'busybox',
  'tini',
  'dumb-init',
]);
const KEYWORDS: ReadonlySet<string> = new Set(['do', 'then', 'else', 'if', 'while', 'until', '!']);

/** A copied descriptor, an operator, or a word. */
const TOKEN = /\d{0,2}[<>]&\d{0,2}|\$\(|<\(|\|\||&&|[|;&\n(){}`]|[^\s"'`;|&(){}]+/g;

/** A text that may be executed, parsed once for all detectors. */
export interface CommandText {
  readonly text: string;
  readonly pipelines: readonly Pipeline[];
}

export function readCommandText(text: string): CommandText {
  return { text, pipelines: pipelinesOf(text) };
}

function pipelinesOf(line: string): readonly Pipeline[] {
  const reader = new LineReader();
  for (const [token] of unhidden(line).matchAll(TOKEN)) reader.take(token);
  return reader.end();
}

/**
 * Undoes what hides a word from a reader but not from a shell; variables, also those of Kubernetes, become
 * one word each.
 */
function unhidden(line: string): string {
  return line
    .replace(/\$\{IFS\}|\$IFS/g, ' ')
    .replace(
      /\$\{(\w{1,64})(?:[^\w$}\s][^$}\s]{0,64})?\}|\$\((\w{1,64})\)/g,
      (_whole, braced?: string, expanded?: string) => `$${braced ?? expanded ?? ''}`,
    )
    .replace(/\\(?=[A-Za-z])/g, '');
}

class LineReader {
  readonly #done: Pipeline[] = [];
  #commands: SimpleCommand[] = [];
  #words: string[] = [];
  #feeds: SimpleCommand | undefined;
  /** A group has ended, which may be piped on as a whole. */
  #closed = false;

  take(token: string): void {
    if (this.#closed && token !== '|') this.#endPipeline();
    this.#closed = false;
    switch (token) {
      case '|':
        this.#endCommand();
        return;
      case ')':
      case '}':
        this.#closed = true;
        return;
      case '$(':
      case '<(':
      case '`': {
        const outer = this.#words.length === 0 ? undefined : commandOf(this.#words);
        this.#endPipeline();
        this.#feeds = outer;
        return;
      }
      case '||':
      case '&&':
      case ';':
      case '&':
      case '\n':
      case '(':
      case '{':
        this.#endPipeline();
        return;
      default:
        this.#words.push(token);
    }
  }

  end(): readonly Pipeline[] {
    this.#endPipeline();
    return this.#done;
  }

  #endCommand(): void {
    if (this.#words.length > 0) this.#commands.push(commandOf(this.#words));
    this.#words = [];
  }

  #endPipeline(): void {
    this.#endCommand();
    if (this.#commands.length > 0) this.#done.push({ commands: this.#commands, feeds: this.#feeds });
    this.#commands = [];
    this.#feeds = undefined;
  }
}

function commandOf(words: readonly string[]): SimpleCommand {
  const programs: string[] = [];
  for (const word of words) {
    // An option, a variable that is set, a duration; a keyword is no program either.
    if (
      word.startsWith('-') ||
      /^[A-Za-z_]\w{0,63}=/.test(word) ||
      /^\d{1,9}[smh]?$/.test(word) ||
      KEYWORDS.has(word)
    )
      continue;
    const program = programOf(word);
    programs.push(program);
    if (!WRAPPERS.has(program) && !SHELLS.has(program)) break;
  }
  return { words, programs };
}

export function programOf(word: string): string {
  return word.slice(Math.max(word.lastIndexOf('/'), word.lastIndexOf('\\')) + 1).toLowerCase();
}

const WRAPPED_MAX = 4;

function isWrapper(word: string): boolean {
  return WRAPPERS.has(programOf(word)) || word.includes('=');
}

/**
 * Whether the command runs what comes through its input as a script: `sh`, `bash -s -- x`, `python3 -`, not
 * `sh -c …`, `python -m json.tool`.
 */
export function runsItsInput({ words }: SimpleCommand, interpreters: ReadonlySet<string>): boolean {
  const start = words.findIndex((word) => interpreters.has(programOf(word)));
  // An option of a wrapper may take a value: sudo -u root bash.
  if (start === -1 || (start > 0 && (start > WRAPPED_MAX || !isWrapper(words[0] ?? '')))) return false;
  const after = words.slice(start + 1);
  const redirect = after.findIndex((word) => /^\d{0,2}[<>]/.test(word));
  const options = redirect === -1 ? after : after.slice(0, redirect);
  if (options.some((word) => word === '-' || word === '-s')) return true;
  return (
    options.every((word) => word.startsWith('-')) && !options.some((word) => /^-\w{0,8}[cme]$/.test(word))
  );
}

/**
 * What runs a program or a script that it is given: shells, interpreters, and tools that start others or
 * leave the container's namespaces.
 */
const RUNNERS: ReadonlySet<string> = new Set([
  ...SHELLS,
  ...[
    'python',
    'perl',
    'ruby',
    'php',
    'lua',
    'luajit',
    'tclsh',
    'expect',
    'awk',
    'gawk',
    'mawk',
    'nawk',
    'pwsh',
    'powershell',
    'cmd',
    'deno',
    'bun',
    'osascript',
  ],
  ...['csh', 'tcsh', 'fish', 'mksh', 'pdksh', 'rbash', 'elvish', 'nu'],
  ...[
    'busybox',
    'toybox',
    'env',
    'xargs',
    'nsenter',
    'chroot',
    'unshare',
    'setpriv',
    'runuser',
    'su',
    'sudo',
    'doas',
    'capsh',
    'script',
    'stdbuf',
    'ld.so',
  ],
  ...[
    'nohup',
    'setsid',
    'timeout',
    'flock',
    'start-stop-daemon',
    'systemd-run',
    'ssh',
    'nc',
    'ncat',
    'netcat',
    'socat',
    'telnet',
    'curl',
    'wget',
  ],
]);
const RUNNER_WORD = /[^\s"'`;|&(){}<>=,:[\]]+/g;
/** Beside a path: options for code, as "node" alone is a word of many command lines. */
const NODE_CODE = /^(?:-e|-p|-pe|-r|--eval|--print|--require|--import)$/;

/**
 * Whether a text names a shell, an interpreter or another program that runs what it is given, anywhere and
 * however it is quoted.
 */
export function holdsShell(text: string): boolean {
  let before = '';
  for (const [word] of unhidden(text).matchAll(RUNNER_WORD)) {
    const program = programOf(word).replace(/\.exe$/, '');
    // $(ksh) is a variable to one reader and a program to another.
    const names = [program, program.replace(/^\$/, ''), program.replace(/[\d.]{1,12}$/, '')];
    if (names.some((name) => RUNNERS.has(name)) || /^ld-(?:linux|musl)\b/.test(program)) return true;
    if ((NODE.has(program) && word !== program) || (NODE.has(before) && NODE_CODE.test(word))) return true;
    before = program;
  }
  return false;
}

const NODE: ReadonlySet<string> = new Set(['node', 'nodejs']);
