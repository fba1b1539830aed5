/**
 * Reads and writes the input and output files of commands.
 *
 * Invariant: only `replace` overwrites, a file has its mode from the moment it exists, and an error names the
 * file.
 */
import { ArrivalsError, messageOf } from '@arrivals/core/light';
import { parseSenders } from '@arrivals/host/command';
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** For files with keys and senders: readable by the owner only. */
const OWNER_ONLY = 0o600;

const SENDERS_HEAD = '# Who may send for which cluster. Arrivals reloads this file automatically.\n';

/** @throws ArrivalsError input_unreadable */
export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ArrivalsError('input_unreadable', `${file}: ${messageOf(error)}`, { cause: error });
  }
}

/** @throws ArrivalsError output_exists, input_unreadable */
export function writeNew(file: string, text: string, mode: number): void {
  writing(file, () => {
    writeFileSync(file, text, { mode, flag: 'wx' });
  });
}

/** Replaces a file atomically: a reader has the old or the new one. @throws ArrivalsError input_unreadable */
export function replace(file: string, text: string, mode: number): void {
  const next = `${file}.${String(process.pid)}.new`;
  writing(file, () => {
    writeFileSync(next, text, { mode });
    renameSync(next, file);
  });
}

/** Creates a folder; an existing one stays unchanged. @throws ArrivalsError input_unreadable */
export function makeFolder(folder: string, mode: number): void {
  writing(folder, () => {
    mkdirSync(folder, { recursive: true, mode });
  });
}

/**
 * Appends a line to a senders file unless it has it; creates the file if needed. @throws ArrivalsError
 * input_unreadable
 */
export function appendSender(file: string, cluster: string, sender: string): void {
  const text = existsSync(file) ? readText(file) : '';
  if (parseSenders(text, []).get(sender)?.has(cluster) === true) return;
  const before = text === '' ? SENDERS_HEAD : text.endsWith('\n') ? '' : '\n';
  writing(file, () => {
    appendFileSync(file, `${before}${cluster} ${sender}\n`, { mode: OWNER_ONLY });
  });
}

/** Makes Git ignore a folder, unless it has a .gitignore already. @throws ArrivalsError input_unreadable */
export function ignoreAll(folder: string): void {
  const file = path.join(folder, '.gitignore');
  if (existsSync(file)) return;
  writing(file, () => {
    writeFileSync(file, '# Keys and tokens: never to be committed.\n*\n', { mode: OWNER_ONLY });
  });
}

/**
 * Writes a secret to a file in an existing folder, or in a new one that Git ignores. @throws ArrivalsError
 * output_exists, input_unreadable
 */
export function writeSecret(file: string, text: string): void {
  const folder = path.dirname(path.resolve(file));
  const isOurs = !existsSync(folder);
  if (isOurs) makeFolder(folder, 0o700);
  writeNew(file, text, OWNER_ONLY);
  if (isOurs) ignoreAll(folder);
  else if (isInGit(folder)) ignoreOne(folder, path.basename(file));
}

function isInGit(folder: string): boolean {
  for (let at = folder; ; at = path.dirname(at)) {
    if (existsSync(path.join(at, '.git'))) return true;
    if (at === path.dirname(at)) return false;
  }
}

function ignoreOne(folder: string, name: string): void {
  const file = path.join(folder, '.gitignore');
  const text = existsSync(file) ? readText(file) : '';
  const lines = text.split(/\r?\n/);
  if (lines.includes('*') || lines.includes(`/${name}`)) return;
  writing(file, () => {
    appendFileSync(file, `${text === '' || text.endsWith('\n') ? '' : '\n'}/${name}\n`);
  });
}

function writing(file: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST')
      throw new ArrivalsError('output_exists', `${file} exists`, { cause: error });
    throw new ArrivalsError('input_unreadable', `${file} cannot be written: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
