/**
 * An LMDB environment in a folder: its format version, its owner, and transactions that are on disk when they
 * resolve.
 *
 * Invariant: `commit` resolves only when the transaction is on disk (fsync); transactions become durable in
 * the order they were made. One process owns the folder. LMDB's file does not shrink, it reuses its space.
 * Its users define the tables (store.ts, spool/lmdb-spool.ts).
 */
import { ArrivalsError, type ErrorCode, messageOf } from '@arrivals/core';
import { type Database, open, type RootDatabase } from 'lmdb';
import { existsSync, readFileSync, rmSync, statfsSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertReplaceable, type Owner, thisProcess } from './owner.ts';
import { makePrivateFiles, makePrivateFolder } from './private-files.ts';
import { damageError, type Room, StoreFailures } from './store-failures.ts';
import { damageOf } from './store-file.ts';

const FREE_BYTES_MIN = 32 * 1024 * 1024;
/** As lmdb names it in a folder of the environment's name. */
const DATA_FILE = 'data.mdb';
/**
 * After a commit that failed, lmdb 3.5 may leave another unsettled for ever: it then counts as failed, and
 * the caller tries again.
 */
const COMMIT_MS = 15_000;
/** For lmdb to report why a commit failed. */
const COMMIT_ERROR_WAIT_MS = 1000;
const CLOSE_DAMAGED_MS = 1000;
/** Enough to check a million pages. */
const LOOK_MS = 5000;

export interface EnvironmentOptions {
  readonly folder: string;
  /** The file's name in the folder. */
  readonly file: string;
  /** What the folder is called in an error. */
  readonly what: string;
  /** Raised with every change that an older version could misread. */
  readonly format: number;
  /** Whether the folder is attached to one process at a time, so that an owner on another host is gone. */
  readonly exclusive: boolean;
  /** Called once for each damage that is found while it is open. */
  readonly onDamage?: (error: ArrivalsError) => void;
}

export interface Environment {
  openTable: RootDatabase['openDB'];
  /**
   * Runs `write` in one transaction and resolves when it is on disk. `write` must not throw: nothing would be
   * undone.
   */
  commit<T>(write: () => T, failure: ErrorCode): Promise<T>;
  assertOpen(failure: ErrorCode): void;
  /** What was found to be damaged first. */
  damage(): ArrivalsError | undefined;
  /**
   * Runs what reads tables: LMDB's error for a damaged page becomes store_damaged, which check() throws from
   * then on.
   */
  reading<T>(read: () => T): T;
  /** Something that was read is not what was written: check() throws it from now on. */
  noteDamage(words: string): ArrivalsError;
  /**
   * Bytes of the file now, and how many it may still grow by: the disk's free space, or the process's limit
   * on file size.
   */
  room(): Room;
  /** Rejects when nothing can be written. */
  check(failure: ErrorCode, signal: AbortSignal): Promise<void>;
  /** Gives up ownership. May be called again. */
  close(): Promise<void>;
}

/** @throws ArrivalsError store_locked, store_format_unknown, store_unusable, store_damaged */
export function openEnvironment(options: EnvironmentOptions): Environment {
  guardCommitEchoes();
  assertUndamaged(options);
  const root = openRoot(options);
  const fileBytesMax = limitOnFiles();
  const room = (): Room => roomOf(options, fileBytesMax);
  const name = {
    where: path.resolve(options.folder),
    what: options.what,
    file: path.join(options.file, DATA_FILE),
  };
  const failures = new StoreFailures(name, room, (error) => options.onDamage?.(error));
  let meta: Database<unknown, string>;
  try {
    meta = root.openDB<unknown, string>('meta', { encoding: 'json' });
    takeOwnership(root, meta, options);
  } catch (error) {
    root.close().catch(() => undefined);
    throw error instanceof ArrivalsError ? error : failures.ofCommit(error, 'store_unusable');
  }
  let closed = false;
  let closing: Promise<void> | undefined;
  const assertOpen = (failure: ErrorCode): void => {
    if (closed) throw new ArrivalsError(failure, 'the store is closed');
  };
  const commit: Environment['commit'] = async (write, failure) => {
    assertOpen(failure);
    try {
      return await settledInTime(root.transaction(write).then((result) => root.flushed.then(() => result)));
    } catch (error) {
      throw failures.ofCommit(await causeOfCommit(error), failure);
    }
  };
  return {
    openTable: ((...table: Parameters<typeof root.openDB>) =>
      failures.reading(() => root.openDB(...table))) as typeof root.openDB,
    commit,
    damage: () => failures.damage,
    reading: (read) => failures.reading(read),
    noteDamage: (words) => failures.noteDamage(words),
    check: async (failure, signal) => {
      failures.assertNone();
      const written = commit(() => {
        meta.putSync('checked', Date.now());
      }, failure);
      await Promise.race([written, aborted(signal, failure)]);
    },
    assertOpen,
    room,
    close: () => {
      closing ??= (async () => {
        // A store that cannot be written keeps its owner, a process that is then found dead; in a damaged one
        // lmdb may wait for ever.
        if (failures.damage === undefined)
          await commit(() => {
            meta.removeSync('owner');
          }, 'store_unusable').catch(() => undefined);
        closed = true;
        await (failures.damage === undefined
          ? root.close()
          : Promise.race([root.close(), sleep(CLOSE_DAMAGED_MS, undefined, { ref: false })]));
      })();
      return closing;
    },
  };
}

async function settledInTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`a transaction was not committed within ${String(COMMIT_MS)} ms`));
    }, COMMIT_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    work.catch(() => undefined);
  }
}

/**
 * lmdb puts the reason into a promise of its own, which would be an unhandled rejection if nobody handled it.
 */
async function causeOfCommit(error: unknown): Promise<unknown> {
  const cause = (error as { readonly commitError?: unknown }).commitError;
  if (!(cause instanceof Promise)) return error;
  return Promise.race([
    cause.then(() => error).catch((reason: unknown) => reason),
    sleep(COMMIT_ERROR_WAIT_MS, error),
  ]);
}

let guarded = false;

/**
 * When a commit fails lmdb 3.5 rejects, beside the caller's promise, one of its own that nobody handles.
 * Without this a full disk would end the process. Everything else that is unhandled still does.
 */
function guardCommitEchoes(): void {
  if (guarded) return;
  guarded = true;
  process.on('unhandledRejection', (reason) => {
    const cause = (reason as { readonly commitError?: unknown } | undefined)?.commitError;
    if (!(cause instanceof Promise)) throw reason;
    cause.catch(() => undefined);
  });
}

function aborted(signal: AbortSignal, failure: ErrorCode): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      reject(new ArrivalsError(failure, 'the store did not answer in time'));
    });
  });
}

function openRoot({ folder, file, what }: EnvironmentOptions): RootDatabase {
  try {
    makePrivateFolder(folder);
    makePrivateFolder(path.join(folder, file));
    const { bavail, bsize } = statfsSync(folder);
    // LMDB maps its files: where they cannot grow at all the process would be killed by a signal.
    if (bavail * bsize < FREE_BYTES_MIN)
      throw new Error(
        `disk full: ${String(bavail * bsize)} bytes free on ${folder}, at least ${String(FREE_BYTES_MIN)} are wanted`,
      );
    const root = open({ path: path.join(folder, file), encoding: 'binary', maxDbs: 16 });
    makePrivateFiles(path.join(folder, file));
    return root;
  } catch (error) {
    throw new ArrivalsError('store_unusable', `cannot open the ${what} ${folder}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** @throws ArrivalsError store_damaged, store_unusable */
function assertUndamaged(options: EnvironmentOptions): void {
  let words: string | undefined;
  try {
    words = damageOf(path.join(options.folder, options.file, DATA_FILE), LOOK_MS);
  } catch (error) {
    throw new ArrivalsError(
      'store_unusable',
      `cannot read the ${options.what} ${options.folder}: ${messageOf(error)}`,
      { cause: error },
    );
  }
  if (words !== undefined)
    throw damageError(
      { where: path.resolve(options.folder), what: options.what, file: path.join(options.file, DATA_FILE) },
      words,
    );
}

function roomOf({ folder, file }: EnvironmentOptions, fileBytesMax: number): Room {
  const { bavail, bsize } = statfsSync(folder);
  const [fileBytes, freeBytes] = [statSync(path.join(folder, file, DATA_FILE)).size, bavail * bsize];
  return {
    fileBytes,
    freeBytes,
    fileBytesMax,
    growthBytes: Math.max(0, Math.min(freeBytes, fileBytesMax - fileBytes)),
  };
}

/** RLIMIT_FSIZE, which Linux reports; elsewhere, and where there is none, infinity. */
function limitOnFiles(): number {
  try {
    return Number(
      /^Max file size\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ??
        Number.POSITIVE_INFINITY,
    );
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

function takeOwnership(
  root: RootDatabase,
  meta: Database<unknown, string>,
  { folder, format, exclusive }: EnvironmentOptions,
): void {
  const gone = path.join(folder, 'OWNER-GONE');
  root.transactionSync(() => {
    const found = meta.get('format');
    if (found !== undefined && found !== format) {
      throw new ArrivalsError(
        'store_format_unknown',
        `${folder} has format ${JSON.stringify(found)}, this version reads and writes ${String(format)}`,
      );
    }
    if (!existsSync(gone)) assertReplaceable(meta.get('owner') as Owner | undefined, folder, exclusive);
    if (found === undefined) meta.putSync('format', format);
    meta.putSync('owner', thisProcess());
  });
  rmSync(gone, { force: true });
}
