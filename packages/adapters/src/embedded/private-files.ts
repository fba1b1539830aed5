/**
 * Folders and files that only the account of this process may read: they hold audit data.
 *
 * Invariant: whatever the umask, a folder of ours has mode 0700 before anything is in it, and a file 0600;
 * wider ones that are there are tightened. A folder that holds other files too, or belongs to another
 * account, stays as it is: the environment's own folder in it is private, and where that cannot be, nothing
 * is opened. Windows has no such modes.
 */
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';

const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
const OTHERS = 0o077;
/** What a folder of ours holds. */
const OURS: ReadonlySet<string> = new Set(['store', 'spool', 'OWNER-GONE', 'data.mdb', 'lock.mdb']);

/** @throws Error with the reason, where others may read it and that cannot be changed */
export function makePrivateFolder(folder: string): void {
  const made = !existsSync(folder);
  if (made) mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
  if (process.platform === 'win32') return;
  const { uid, mode } = statSync(folder);
  if ((mode & OTHERS) === 0) return;
  const isOurs = made || readdirSync(folder).every((name) => OURS.has(name));
  const isEnvironment = existsSync(path.join(folder, 'data.mdb'));
  if (isOurs && uid === process.getuid?.()) chmodSync(folder, FOLDER_MODE);
  else if (isEnvironment)
    throw new Error(
      `${folder} can be read by other accounts (mode ${octal(mode)}) and belongs to user ${String(uid)}; run chmod 700 on it, or as that user`,
    );
}

/** Of a folder that is private already, so that nobody opened one before its mode was set. */
export function makePrivateFiles(folder: string): void {
  if (process.platform === 'win32') return;
  for (const name of readdirSync(folder)) {
    const file = path.join(folder, name);
    const { mode, uid } = statSync(file);
    if ((mode & OTHERS) !== 0 && uid === process.getuid?.()) chmodSync(file, FILE_MODE);
  }
}

function octal(mode: number): string {
  return `0${(mode & 0o777).toString(8)}`;
}
