/** A command of an image as a process of this machine: its entrypoint, its folder, its environment. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tied } from '../infrastructure/programs.ts';
import { type Image, inRoot } from './dockerfile.ts';

export class Container {
  readonly child: ChildProcessWithoutNullStreams;
  /** Resolves with the exit code. */
  readonly ended: Promise<number | null>;
  #output = '';

  constructor(image: Image, command: readonly string[], environment: Readonly<Record<string, string>>) {
    const [program = '', ...args] = command;
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('ARRIVALS_'));
    const env = { ...Object.fromEntries(inherited), ...image.env, ...environment };
    const [tiedProgram, tiedArgs] = tied(program === 'node' ? process.execPath : program, args);
    this.child = spawn(tiedProgram, tiedArgs, { cwd: inRoot(image, '.'), env, stdio: 'pipe' });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
      });
    }
    this.ended = (once(this.child, 'close') as Promise<[number | null]>).then(([code]) => code);
  }

  /** `docker run IMAGE ARGS…` */
  static run(
    image: Image,
    args: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ): Container {
    const entrypoint = image.entrypoint.map((word) => (word.startsWith('/') ? inRoot(image, word) : word));
    return new Container(image, [...entrypoint, ...args], environment);
  }

  /** All it has printed. */
  get output(): string {
    return this.#output;
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** `docker stop`: resolves with the exit code. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.child.kill(signal);
    return this.ended;
  }
}
