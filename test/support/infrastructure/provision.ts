/**
 * What the machine has to have, and its installation where that is ours to do: as root, in CI or in a
 * container. Invariant: on a person's machine nothing is ever installed. Who asks says in one sentence what
 * is missing.
 */
import { accessSync, constants, existsSync } from 'node:fs';
import path from 'node:path';
import { run, say, wordsOf } from './run.ts';

const APT_UPDATE_MS = 180_000;
const APT_INSTALL_MS = 600_000;
const APT_OPTIONS = [
  '-y',
  '-qq',
  '-o',
  'Acquire::Retries=3',
  '-o',
  'Acquire::http::Timeout=30',
  '-o',
  'DPkg::Lock::Timeout=300',
];
// RUNLEVEL: a package that brings a service must not start it.
const APT_ENV = { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };

let updated: Promise<unknown> | undefined;
let queue: Promise<unknown> = Promise.resolve();

export function onPath(command: string): boolean {
  return (process.env['PATH'] ?? '')
    .split(path.delimiter)
    .some((folder) => folder !== '' && isExecutable(path.join(folder, command)));
}

/** Whether it is there, if need be after an installation of the first of these packages that can be had. */
export async function provided(
  isThere: () => boolean | Promise<boolean>,
  packages: readonly string[],
): Promise<boolean> {
  if (await isThere()) return true;
  if (!mayInstall()) return false;
  // One after another: the package manager has one lock.
  const installed = queue.then(() => installFirst(packages));
  queue = installed;
  await installed;
  return isThere();
}

function mayInstall(): boolean {
  const isRoot = process.getuid?.() === 0;
  const isContainer =
    existsSync('/.dockerenv') || existsSync('/run/.containerenv') || process.env['container'] !== undefined;
  return isRoot && (isContainer || (process.env['CI'] ?? '') !== '') && onPath('apt-get');
}

async function installFirst(packages: readonly string[]): Promise<void> {
  // A list that could not be renewed may still do.
  await (updated ??= apt(['update'], 'Reading the lists of packages', APT_UPDATE_MS));
  for (const name of packages) {
    const installed = await apt(
      ['install', '--no-install-recommends', name],
      `Installing ${name}`,
      APT_INSTALL_MS,
    );
    if (installed.code === 0) return;
    say(`apt-get install ${name} failed: ${wordsOf(installed).split('\n').at(-1) ?? ''}`);
  }
}

function apt(args: readonly string[], doing: string, timeoutMs: number): ReturnType<typeof run> {
  return run('apt-get', [...APT_OPTIONS, ...args], { doing, timeoutMs, env: APT_ENV, mayOutlive: true });
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
