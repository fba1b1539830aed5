/** The real command line and the real process, as a user runs them. */
import { readAlertJson } from '@arrivals/adapters/avro';
import type { Alert, LedgerReport } from '@arrivals/core';
import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from './eventually.ts';
import { tied } from './infrastructure/programs.ts';

/** The repository: test/dist/support lies three levels below it. */
export const REPOSITORY: string = fileURLToPath(new URL('../../..', import.meta.url));

const BIN = path.join(REPOSITORY, 'services/arrivals/bin/arrivals.js');

export const fixture = (...parts: readonly string[]): string =>
  path.join(REPOSITORY, 'test/fixtures', ...parts);

/** The environment without what the machine's user may have set. */
function environment(settings: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  return {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ARRIVALS_'))),
    ...settings,
  };
}

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Launched {
  readonly child: ChildProcessWithoutNullStreams;
  /** What it has printed on stdout so far. */
  stdout(): string;
  /** And on stderr. */
  stderr(): string;
  readonly finished: Promise<Finished>;
}

interface LaunchOptions {
  readonly settings?: Readonly<Record<string, string>>;
}

/** Starts a command. */
export function launch(args: readonly string[], { settings = {} }: LaunchOptions = {}): Launched {
  const child = spawn(process.execPath, [BIN, ...args], {
    cwd: REPOSITORY,
    env: environment(settings),
    stdio: 'pipe',
  });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  }
  const finished = (once(child, 'close') as Promise<[number | null]>).then(([code]) => ({ code, ...output }));
  return { child, stdout: () => output.stdout, stderr: () => output.stderr, finished };
}

/** Runs a command to its end. */
export async function arrivals(
  args: readonly string[],
  { input = '', ...options }: LaunchOptions & { readonly input?: string | Buffer } = {},
): Promise<Finished> {
  const { child, finished } = launch(args, options);
  child.stdin.end(input);
  return finished;
}

export function alertsIn(stdout: string): readonly Alert[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => readAlertJson(JSON.parse(line)));
}

export interface StartOptions {
  readonly nodeArgs?: readonly string[];
  /** No file it writes grows beyond: stands for a full disk, as writes fail in the same way. */
  readonly fileKibMax?: number | undefined;
}

/** SIGXFSZ must be ignored for a write beyond the limit to fail with an error. */
function limited(fileKibMax: number | undefined): readonly string[] {
  return fileKibMax === undefined
    ? []
    : ['bash', '-c', `trap "" XFSZ; ulimit -f ${String(fileKibMax)}; exec "$0" "$@"`];
}

/** `arrivals up`, or another service, on a free port. */
export class RunningArrivals {
  readonly child: ChildProcess;
  readonly url: string;
  readonly #output: { text: string };

  private constructor(child: ChildProcess, url: string, output: { text: string }) {
    this.child = child;
    this.url = url;
    this.#output = output;
  }

  /** Resolves when it says where it is. */
  static async start(
    dataDir: string,
    settings: Readonly<Record<string, string>> = {},
    command: readonly string[] = [process.execPath, BIN, 'up'],
    cwd: string = REPOSITORY,
  ): Promise<RunningArrivals> {
    const [first = '', ...rest] = command;
    // Who interrupts or kills the run ends its services too.
    const [program, args] = tied(first, rest);
    const env = environment({ ARRIVALS_DATA_DIR: dataDir, ARRIVALS_LISTEN_PORT: '0', ...settings });
    // In a process group of its own, as under a terminal's job control.
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    const output = { text: '' };
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output.text += chunk.toString();
      });
    }
    const url = await eventually(
      'the webhook’s address',
      () => {
        if (child.exitCode !== null)
          throw new Error(`it ended with ${String(child.exitCode)}: ${output.text}`);
        return /(?:POST|health at) (https?:\/\/[^/\s]+)\//.exec(output.text)?.[1];
      },
      // As long as it waits for Kafka by default.
      60_000,
    );
    return new RunningArrivals(child, url, output);
  }

  /** Starts one of our programs under the limits and with the arguments for Node that are given. */
  static startWith(
    dataDir: string,
    settings: Readonly<Record<string, string>>,
    program: string,
    args: readonly string[],
    { nodeArgs = [], fileKibMax }: StartOptions,
  ): Promise<RunningArrivals> {
    return RunningArrivals.start(dataDir, settings, [
      ...limited(fileKibMax),
      process.execPath,
      ...nodeArgs,
      path.join(REPOSITORY, program),
      ...args,
    ]);
  }

  /** All it has printed. */
  get output(): string {
    return this.#output.text;
  }

  async post(
    body: string | Buffer,
    {
      cluster = 'default',
      headers = { 'Content-Type': 'application/json' },
    }: { readonly cluster?: string; readonly headers?: Record<string, string> } = {},
  ): Promise<Response> {
    return fetch(`${this.url}/v1/clusters/${cluster}/audit`, { method: 'POST', headers, body });
  }

  async json<T>(pathname: string): Promise<T> {
    return (await (await fetch(`${this.url}${pathname}`)).json()) as T;
  }

  ledger(): Promise<LedgerReport> {
    return this.json<LedgerReport>('/v1/ledger');
  }

  /** Resolves when every event that this process knows of has its outcome. */
  async settled(): Promise<LedgerReport> {
    return eventually('an empty pipeline', async () => {
      const ledger = await this.ledger();
      return ledger.inFlight === 0 ? ledger : undefined;
    });
  }

  /** All alerts it has published, page by page. */
  async alerts(): Promise<readonly Alert[]> {
    const all: Alert[] = [];
    for (let from = '0'; ;) {
      const { alerts, next } = await this.json<{
        readonly alerts: readonly unknown[];
        readonly next: string;
      }>(`/v1/alerts?from=${from}`);
      if (alerts.length === 0) return all;
      all.push(...alerts.map(readAlertJson));
      from = next;
    }
  }

  /**
   * What Ctrl-C does in a terminal: the signal goes to every process of the group. Resolves with the exit
   * code.
   */
  async interrupt(): Promise<number | null> {
    const exited = once(this.child, 'exit');
    process.kill(-(this.child.pid ?? 0), 'SIGINT');
    await exited;
    return this.child.exitCode;
  }

  /** Ends it and resolves with the exit code. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const exited = once(this.child, 'exit');
      this.child.kill(signal);
      await exited;
    }
    return this.child.exitCode;
  }
}
