/**
 * One owner for a data directory: the process that wrote itself into it and still lives.
 *
 * Invariant: taking ownership happens inside an LMDB write transaction, which LMDB serialises between
 * processes, so two that start at once cannot both have it. An owner that was killed is recognised by pid and
 * start time and replaced. Whether a process on another host lives is unknown: that is refused, with the
 * remedy, unless the operator has set that the folder's volume is attached to one process at a time. Then a
 * process that can open it is the only one.
 */
import { ArrivalsError } from '@arrivals/core';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

export interface Owner {
  readonly host: string;
  readonly pid: number;
  /** When the process started, as the system reports it; null where that is unknown. */
  readonly started: string | null;
}

export function thisProcess(): Owner {
  return { host: hostname(), pid: process.pid, started: startOf(process.pid) };
}

/** @throws ArrivalsError store_locked when `present` is another living process, or may be. */
export function assertReplaceable(present: Owner | undefined, folder: string, exclusive: boolean): void {
  if (present === undefined) return;
  if (present.host !== hostname()) {
    if (exclusive) return;
    throw new ArrivalsError(
      'store_locked',
      `${folder} was last owned by process ${String(present.pid)} on host ${present.host}, this is host ${hostname()}, and whether the other still runs cannot be seen from here. ` +
        'Where the volume is attached to one container or machine at a time, as a volume of Docker or a ReadWriteOncePod claim is, set ARRIVALS_STORE_EXCLUSIVE=on: ' +
        `then an owner on another host counts as gone. An empty file ${folder}/OWNER-GONE does the same once`,
    );
  }
  if (isAlive(present))
    throw new ArrivalsError('store_locked', `${folder} is in use by process ${String(present.pid)}`);
}

function isAlive(owner: Owner): boolean {
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    // EPERM: it lives, but belongs to another user.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const started = startOf(owner.pid);
  return owner.started === null || started === null || started === owner.started;
}

function startOf(pid: number): string | null {
  try {
    if (process.platform === 'linux') {
      // Field 22 of proc(5) stat; field 2, the command in parentheses, may hold spaces.
      const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
      return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
    }
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || null;
  } catch {
    return null;
  }
}
