/**
 * What a program's entrance does: turns signals into an AbortSignal, errors into words and exit codes, and
 * ends the process.
 *
 * Invariant: the only place that reads the environment and ends the process. Exit codes: 0 done, 1 failed, 2
 * done but some events were set aside, 64 the command line cannot be understood, 65 the input is no audit
 * log, 130 interrupted. Stack traces appear only when ARRIVALS_LOG_LEVEL is debug.
 */
import { ArrivalsError } from '@arrivals/core/light';

export const EXIT = { ok: 0, failed: 1, setAside: 2, usage: 64, inputUnknown: 65, interrupted: 130 } as const;

/** For --help and the README. */
export const EXIT_WORDS: readonly (readonly [code: number, meaning: string])[] = [
  [EXIT.ok, 'done'],
  [EXIT.failed, 'failed; stderr says why'],
  [EXIT.setAside, 'done, but some events were set aside as dead letters, or were left'],
  [EXIT.usage, 'the command line cannot be understood'],
  [EXIT.inputUnknown, 'the input is no audit log; nothing of it was sent'],
  [EXIT.interrupted, 'interrupted'],
];

export interface ProcessEnvironment {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** Aborts at the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
}

/** A second signal later than this means: at once. */
const SAME_SIGNAL_MS = 1000;

/**
 * Ends the process with the exit code that `run` resolves with. `words`: what becomes of an error's text
 * before it is written.
 */
export async function runProcess(
  run: (environment: ProcessEnvironment) => Promise<number>,
  words: (text: string) => string = (text) => text,
): Promise<void> {
  const stop = new AbortController();
  let firstMs = 0;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      // Ctrl-C comes twice at once under npm: from the terminal, and passed on by npm.
      if (stop.signal.aborted && performance.now() - firstMs > SAME_SIGNAL_MS) process.exit(EXIT.interrupted);
      if (stop.signal.aborted) return;
      firstMs = performance.now();
      stop.abort(new Error(`stopped by ${signal}`));
    });
  }
  // A reader that has had enough, such as head, is no failure.
  const reader = { gone: false };
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    reader.gone = error.code === 'EPIPE';
    stop.abort(error);
  });
  try {
    const { env, stdout, stderr } = process;
    process.exitCode = await run({ args: process.argv.slice(2), env, stdout, stderr, signal: stop.signal });
  } catch (error) {
    process.exitCode = reader.gone ? EXIT.ok : exitCodeOf(error, stop.signal);
    if (!reader.gone && process.exitCode !== EXIT.interrupted)
      process.stderr.write(words(explain(error, process.env['ARRIVALS_LOG_LEVEL'] === 'debug')));
  }
  // Open keep-alive sockets must not hold the process.
  if (reader.gone) process.exit();
  process.stdout.write('', () => process.exit());
}

function explain(error: unknown, debug: boolean): string {
  if (!(error instanceof ArrivalsError))
    return `arrivals: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`;
  const trace = debug ? `\n${error.stack ?? ''}` : '';
  return `arrivals: ${error.message}\n  ${error.code}: ${error.entry.meaning}\n  ${error.entry.remedy}${trace}\n`;
}

/** Of what was thrown. */
export function exitCodeOf(error: unknown, signal: AbortSignal): number {
  if (error instanceof ArrivalsError)
    return error.code === 'usage'
      ? EXIT.usage
      : error.code === 'input_not_audit_log'
        ? EXIT.inputUnknown
        : EXIT.failed;
  return signal.aborted ? EXIT.interrupted : EXIT.failed;
}
