/**
 * Programs that tests start beside themselves, and the folders they write to.
 *
 * Invariant: none outlives the run, whether that passed, failed, was interrupted or killed; one that is
 * stopped by SIGSTOP does not either. When a program is ready is its owner's business (ready.ts).
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { appendFileSync, closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { removeFolder } from '../temporary.ts';

export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  /** The container it runs in, which then gets the signals: the command is but a client of Docker. */
  readonly container?: string;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const LINES_SHOWN = 25;

const running = new Set<Program>();
const folders = new Set<string>();
let watching = false;

/** A running program. What it says goes to a file, so that nobody has to read along. */
export class Program {
  /** Resolves with the exit code when it has ended, however it did. */
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcess;
  readonly #container: string | undefined;
  readonly #log: string;

  constructor({ command, args, container }: Launch, log: string) {
    watchTheEnd();
    this.#container = container;
    this.#log = log;
    const [tiedCommand, tiedArgs] = tied(command, args);
    const output = openSync(log, 'a');
    this.#child = spawn(tiedCommand, tiedArgs, { stdio: ['ignore', output, output] });
    closeSync(output);
    running.add(this);
    this.ended = new Promise((resolve) => {
      const end = (code: number | null): void => {
        running.delete(this);
        resolve(code);
      };
      this.#child.once('exit', end).once('error', (error) => {
        appendFileSync(log, `${error.message}\n`);
        end(null);
      });
    });
  }

  get isRunning(): boolean {
    return running.has(this);
  }

  signal(signal: NodeJS.Signals): void {
    if (this.#container === undefined) this.#child.kill(signal);
    else spawnSync('docker', ['kill', `--signal=${signal}`, this.#container], { stdio: 'ignore' });
  }

  async kill(): Promise<void> {
    // Said again: a container that is only being made does not hear it yet.
    while (this.isRunning) {
      this.signal('SIGKILL');
      await Promise.race([this.ended, sleep(500, undefined, { ref: false })]);
    }
  }

  lastLines(): string {
    return readFileSync(this.#log, 'utf8').trimEnd().split('\n').slice(-LINES_SHOWN).join('\n');
  }
}

/** A folder that is removed at the end of the run, unless dropFolder() removes it before. */
export async function ownFolder(parent: string = tmpdir()): Promise<string> {
  watchTheEnd();
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(path.join(parent, 'arrivals-test-'));
  folders.add(folder);
  return folder;
}

export async function dropFolder(folder: string): Promise<void> {
  await removeFolder(folder);
  folders.delete(folder);
}

export async function endAll(): Promise<void> {
  await Promise.all([...running].map((program) => program.kill()));
  await Promise.all([...folders].map(dropFolder));
}

let tie: readonly string[] | undefined;

/** The command so that Linux kills it when this process is gone, though it be by SIGKILL. */
export function tied(command: string, args: readonly string[]): [command: string, args: readonly string[]] {
  if (tie === undefined) {
    const [setpriv, ...options] = ['setpriv', '--pdeathsig', 'KILL'] as const;
    tie =
      spawnSync(setpriv, [...options, 'true'], { stdio: 'ignore' }).status === 0 ? [setpriv, ...options] : [];
  }
  const [first = command, ...rest] = [...tie, command, ...args];
  return [first, rest];
}

function watchTheEnd(): void {
  if (watching) return;
  watching = true;
  process.on('exit', () => {
    for (const program of running) program.signal('SIGKILL');
    for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  // By default a signal ends the process without that event.
  for (const signal of SIGNALS) process.once(signal, () => process.exit(128 + constants.signals[signal]));
}
