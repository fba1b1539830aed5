/**
 * Runs a command to its end, within a time, and says on stderr that it still works when that takes long.
 * It never throws: a command that cannot be started has the exit code 127, one that took too long 124.
 */
import { spawn } from 'node:child_process';
import { tied } from './programs.ts';

const REMIND_MS = 20_000;

export interface Run {
  readonly code: number;
  /** stdout and stderr, as they came. */
  readonly output: string;
}

export interface RunOptions {
  readonly timeoutMs: number;
  readonly env?: Readonly<Record<string, string>>;
  /** What it does, for who waits. */
  readonly doing?: string;
  /** Whether it may go on when this process is killed: for what must not end half-way. */
  readonly mayOutlive?: boolean;
}

export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

export function run(command: string, args: readonly string[], { timeoutMs, env = {}, doing, mayOutlive = false }: RunOptions): Promise<Run> {
  if (doing !== undefined) say(`${doing} …`);
  const beganMs = performance.now();
  const reminder = setInterval(() => {
    if (doing !== undefined) say(`${doing} … ${((performance.now() - beganMs) / 1000).toFixed(0)} s`);
  }, REMIND_MS);
  const [program, programArgs] = mayOutlive ? [command, args] : tied(command, args);
  return new Promise<Run>((resolve) => {
    const child = spawn(program, programArgs, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'], timeout: timeoutMs });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    child.once('error', (error) => {
      resolve({ code: 127, output: error.message });
    });
    child.once('close', (code) => {
      resolve({ code: code ?? 124, output });
    });
  }).finally(() => {
    clearInterval(reminder);
  });
}
