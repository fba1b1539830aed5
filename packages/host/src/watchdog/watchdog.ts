/**
 * Ends a process that hangs, so that whoever runs it starts it anew.
 *
 * Invariant: a thread of its own sees whether the event loop turns. When it has not for `timeoutMs`, counted
 * in the thread's own ticks, so that a process that was stopped or a machine that slept does not count, it
 * says in one line on stderr what was being done and kills the process, which cannot end by itself any more.
 * What was being processed is told apart by the next process, by its notes (core/ports/attempts.ts).
 */
import { Worker } from 'node:worker_threads';

/** Where in the shared memory things stand: two cells of 32 bits, then the text. */
export const BEATS = 0;
export const TEXT_LENGTH = 1;
export const TEXT_AT = 8;
const TEXT_BYTES_MAX = 512;
const TICK_MS_MAX = 500;
const TICKS_MIN = 6;

export interface WatchdogTask {
  readonly shared: SharedArrayBuffer;
  readonly service: string;
  readonly tickMs: number;
  readonly ticksMax: number;
}

export interface Watchdog {
  /** What the process is at, in words, for the line. */
  readonly doing: (words: string) => void;
  stop(): Promise<void>;
}

/** @param timeoutMs 0 is for ever: nobody watches. */
export function startWatchdog(service: string, timeoutMs: number): Watchdog {
  if (timeoutMs === 0) return { doing: () => undefined, stop: () => Promise.resolve() };
  const shared = new SharedArrayBuffer(TEXT_AT + TEXT_BYTES_MAX);
  const cells = new Int32Array(shared, 0, 2);
  const text = Buffer.from(shared, TEXT_AT, TEXT_BYTES_MAX);
  const tickMs = Math.min(TICK_MS_MAX, Math.ceil(timeoutMs / TICKS_MIN));
  const task: WatchdogTask = { shared, service, tickMs, ticksMax: Math.ceil(timeoutMs / tickMs) };
  // Without what was loaded before the program: it is about the main thread.
  const thread = new Worker(new URL('./thread.js', import.meta.url), {
    workerData: task,
    execArgv: [],
    stdout: false,
    stderr: false,
  });
  thread.unref();
  // Without it the service is as it was before there was one.
  thread.on('error', () => undefined);
  const beating = setInterval(() => Atomics.add(cells, BEATS, 1), tickMs / 2).unref();
  return {
    doing: (words) => {
      Atomics.store(cells, TEXT_LENGTH, text.write(words));
    },
    stop: async () => {
      clearInterval(beating);
      await thread.terminate();
    },
  };
}
