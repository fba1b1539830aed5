/**
 * Waits until programs that were started do their work. One that ends meanwhile fails the start at once, with
 * the last lines of what it said; so does one that is not ready in time.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { steadyPorts } from '../ports.ts';
import type { Program } from './programs.ts';

const READY_MS = 120_000;
/** For what already runs elsewhere. */
export const GIVEN_READY_MS = 15_000;
const POLL_MS = 50;
const PORTS_TRIES = 3;

/** For hooks that start infrastructure: the first time it may have to be downloaded. */
export const STARTING_MS = 900_000;

class PortTaken extends Error {}

/** Resolves when the probe returns true; what it throws means "not yet". */
export async function untilReady(
  what: string,
  programs: readonly Program[],
  probe: () => Promise<boolean>,
  timeoutMs = READY_MS,
): Promise<void> {
  const endMs = performance.now() + timeoutMs;
  for (let last = ''; ;) {
    const ended = programs.find((program) => !program.isRunning);
    if (ended !== undefined) throw failure(`${what} ended at its start`, ended);
    try {
      if (await probe()) return;
    } catch (error) {
      last = `; last: ${error instanceof Error ? error.message : String(error)}`;
    }
    if (performance.now() > endMs)
      throw new Error(`${what} was not ready after ${String(timeoutMs)} ms${last}\n${said(programs)}`);
    await sleep(POLL_MS);
  }
}

/** Starts with free ports, and again with others when one was taken in between. */
export async function withPorts<T>(
  count: number,
  start: (ports: readonly number[]) => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await start(await steadyPorts(count));
    } catch (error) {
      if (!(error instanceof PortTaken) || tries === PORTS_TRIES) throw error;
    }
  }
}

/** Waits for all, also when one fails, so that nothing starts after it was cleaned up. */
export async function allOf(work: readonly Promise<unknown>[]): Promise<void> {
  await Promise.allSettled(work);
  await Promise.all(work);
}

function failure(message: string, program: Program): Error {
  const lines = program.lastLines();
  return new (/address already in use|bindexception/i.test(lines) ? PortTaken : Error)(
    `${message}:\n${lines}`,
  );
}

const said = (programs: readonly Program[]): string =>
  programs.map((program) => program.lastLines()).join('\n\n');
