/**
 * Runs a command to its end, within a time, and says on stderr that it still works when that takes long.
 * It never throws: a command that cannot be started has the exit code 127, one that took too long 124.
 */
import { spawn } from 'node:child_process';
import { tied } from './programs.ts';

const REMIND_MS = 20_000;

export interface Run {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface RunOptions {
  readonly timeoutMs: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Buffer;
  /** What it does, for who waits. */
  readonly doing?: string;
  /** Whether it may go on when this process is killed: for what must not end half-way. */
  readonly mayOutlive?: boolean;
}

export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** All that a command said, for an error. */
export const wordsOf = ({ stdout, stderr }: Run): string => `${stdout.toString()}${stderr}`.trim();

export async function run(command: string, args: readonly string[], options: RunOptions): Promise<Run> {
  const { doing } = options;
  if (doing === undefined) return toItsEnd(command, args, options);
  say(`${doing} …`);
  const beganMs = performance.now();
  const reminder = setInterval(() => {
    say(`${doing} … ${((performance.now() - beganMs) / 1000).toFixed(0)} s`);
  }, REMIND_MS);
  try {
    return await toItsEnd(command, args, options);
  } finally {
    clearInterval(reminder);
  }
}

function toItsEnd(
  command: string,
  args: readonly string[],
  { timeoutMs, env = {}, input = '', mayOutlive = false }: RunOptions,
): Promise<Run> {
  const [program, programArgs] = mayOutlive ? [command, args] : tied(command, args);
  return new Promise((resolve) => {
    const child = spawn(program, programArgs, {
      env: { ...process.env, ...env },
      stdio: 'pipe',
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    });
    const stdout: Buffer[] = [];
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.once('error', (error) => {
      resolve({ code: 127, stdout: Buffer.alloc(0), stderr: error.message });
    });
    child.once('close', (code) => {
      resolve({ code: code ?? 124, stdout: Buffer.concat(stdout), stderr });
    });
    // A command that has ended does not read on; its exit code says why.
    child.stdin.on('error', () => undefined).end(input);
  });
}
