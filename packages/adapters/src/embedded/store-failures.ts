/**
 * Failures of a store, as errors with a remedy: a full disk, a damaged file.
 *
 * Invariant: once damage was found every check of the store fails, until it is opened again; after a commit
 * that failed for a full disk checks fail for some seconds, as a small commit may pass where the next batch
 * does not.
 */
import { ArrivalsError, asArrivalsError, type ErrorCode, messageOf } from '@arrivals/core';

/** LMDB's errors for a damaged page. */
const DAMAGE =
  /MDB_CORRUPTED|MDB_BAD_TXN|MDB_PAGE_NOTFOUND|MDB_INVALID|wrong type|Requested page not found|not an LMDB file/i;
/**
 * A page’s number that is none leads to a place where no file may end. With a limit on files it is the limit.
 */
const NOWHERE = /(?:File too large|Invalid argument): Attempting to write page/i;
/** With less free space than that a commit fails for want of it, whatever the system's error. */
const FULL_BYTES = 1024 * 1024;
const FULL_MS = 10_000;
/** Different damages that are reported one by one. */
const REPORTED_MAX = 1000;

export interface Room {
  /** Of the file now. */
  readonly fileBytes: number;
  /** How much it may still grow by: the disk's free space, or the process's limit on file size. */
  readonly growthBytes: number;
  readonly freeBytes: number;
  readonly fileBytesMax: number;
}

export interface StoreName {
  /** The folder, absolute. */
  readonly where: string;
  /** What the folder is called in an error. */
  readonly what: string;
  /** The data file in it. */
  readonly file: string;
}

export function damageError({ where, what, file }: StoreName, words: string): ArrivalsError {
  return new ArrivalsError(
    'store_damaged',
    `the ${what} ${where} is damaged: ${file}: ${words}; to start empty: mv ${where} ${where}.damaged`,
  );
}

export class StoreFailures {
  readonly #name: StoreName;
  readonly #room: () => Room;
  readonly #onDamage: (error: ArrivalsError) => void;
  readonly #reported = new Set<string>();
  #damage: ArrivalsError | undefined;
  #full: { readonly error: ArrivalsError; readonly atMs: number } | undefined;

  /** @param onDamage called once for each that is found, however often that is */
  constructor(name: StoreName, room: () => Room, onDamage: (error: ArrivalsError) => void) {
    this.#name = name;
    this.#room = room;
    this.#onDamage = onDamage;
  }

  /** What was found first. */
  get damage(): ArrivalsError | undefined {
    return this.#damage;
  }

  noteDamage(words: string): ArrivalsError {
    const error = damageError(this.#name, words);
    this.#damage ??= error;
    if (this.#reported.size < REPORTED_MAX && !this.#reported.has(words)) {
      this.#reported.add(words);
      this.#onDamage(error);
    }
    return this.#damage;
  }

  /**
   * @throws ArrivalsError store_damaged for LMDB's errors about damaged pages, and what else `read` throws
   */
  reading<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw !(error instanceof ArrivalsError) && isDamage(error) ? this.noteDamage(messageOf(error)) : error;
    }
  }

  /** What a commit that failed fails with. */
  ofCommit(cause: unknown, failure: ErrorCode): ArrivalsError {
    if (isDamage(cause)) return this.noteDamage(messageOf(cause));
    const words = this.#wordsOfFull();
    if (words === undefined)
      return NOWHERE.test(messageOf(cause))
        ? this.noteDamage(messageOf(cause))
        : asArrivalsError(cause, failure);
    const error = new ArrivalsError(failure, `${words} (${messageOf(cause)})`, { cause });
    this.#full = { error, atMs: performance.now() };
    return error;
  }

  /** @throws ArrivalsError */
  assertNone(): void {
    if (this.#damage !== undefined) throw this.#damage;
    if (this.#full !== undefined && performance.now() - this.#full.atMs < FULL_MS) throw this.#full.error;
  }

  #wordsOfFull(): string | undefined {
    const { where } = this.#name;
    const { freeBytes, growthBytes, fileBytesMax } = this.#room();
    if (freeBytes < FULL_BYTES) return `disk full: ${String(freeBytes)} bytes free on ${where}`;
    if (growthBytes < FULL_BYTES)
      return `${where} has reached this process’s limit on the size of a file, ${String(fileBytesMax)} bytes (ulimit -f)`;
    return undefined;
  }
}

/** A value of a table that is no JSON any more is damage too: nothing else here reads any. */
function isDamage(error: unknown): boolean {
  return error instanceof SyntaxError || DAMAGE.test(messageOf(error));
}
