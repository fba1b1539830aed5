/**
 * A service under a supervisor, which starts it anew whenever it ends, as systemd, Docker and a kubelet do.
 *
 * Invariant: it is one process at a time, and none is left when `stop` resolves.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { REPOSITORY } from '../arrivals.ts';
import { tied } from '../infrastructure/programs.ts';

export interface Supervised {
  /** How each process so far has ended: its exit code or its signal. */
  readonly ends: readonly string[];
  /** All that they have printed. */
  readonly output: () => string;
  readonly stop: () => Promise<void>;
}

export interface SupervisedOptions {
  readonly program: string;
  readonly args?: readonly string[];
  readonly nodeArgs: readonly string[];
  readonly settings: Readonly<Record<string, string>>;
}

export function supervised({ program, args = [], nodeArgs, settings }: SupervisedOptions): Supervised {
  const ends: string[] = [];
  let output = '';
  let isStopping = false;
  let child: ChildProcess;
  const env = {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ARRIVALS_'))),
    ...settings,
  };
  const start = (): void => {
    const [command, all] = tied(process.execPath, [...nodeArgs, path.join(REPOSITORY, program), ...args]);
    child = spawn(command, all, { cwd: REPOSITORY, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        output += chunk.toString();
      });
    child.on('exit', (code, signal) => {
      ends.push(signal ?? String(code));
      if (!isStopping) start();
    });
  };
  start();
  return {
    ends,
    output: () => output,
    stop: async () => {
      isStopping = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}
