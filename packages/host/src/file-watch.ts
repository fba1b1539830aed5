/**
 * Looks at files again and again, and hands on what has changed.
 *
 * Invariant: contents are handed on only when two looks one after the other find the same, so that nothing
 * half-written is used, and once: what cannot be used is told of once, and changes nothing. Files are told
 * apart by their bytes, so that a symbolic link that is swapped, as Kubernetes does with secrets, is a change
 * like any other.
 */
import type { ReloadedFiles } from '@arrivals/core';
import { ArrivalsError, messageOf } from '@arrivals/core/light';
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';

export interface WatchOptions {
  readonly everyMs: number;
  readonly onReload: (of: ReloadedFiles, outcome: 'used' | 'unusable', detail: string) => void;
}

export interface Watching {
  /** Looks no more. */
  close(): void;
}

export interface Watched {
  readonly of: ReloadedFiles;
  readonly files: readonly string[];
  /** What is in use already, in the files' order. */
  readonly inUse: readonly Buffer[];
  /** Uses what has changed, or throws and leaves everything as it is. */
  readonly use: (contents: readonly Buffer[]) => void;
}

const FILE_BYTES_MAX = 16 * 1024 * 1024;

/** A pipe can be read once, at start: there is nothing to look at again. */
export function canBeWatched(files: readonly string[]): boolean {
  return files.every((file) => statSync(file).isFile());
}

export function readAll(files: readonly string[]): readonly Buffer[] {
  return files.map((file) => readFileSync(file));
}

export function watchFiles(watched: Watched, { everyMs, onReload }: WatchOptions): Watching {
  const looks = new Looks(watched, onReload);
  let looking = false;
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    void looks.look().finally(() => {
      looking = false;
    });
  }, everyMs).unref();
  return {
    close: () => {
      looks.end();
      clearInterval(timer);
    },
  };
}

class Looks {
  readonly #watched: Watched;
  readonly #onReload: WatchOptions['onReload'];
  #inUse: string;
  #seen: string;
  /** What could not be used, and was told of. */
  #unusable: string | undefined;
  #ended = false;

  constructor(watched: Watched, onReload: WatchOptions['onReload']) {
    this.#watched = watched;
    this.#onReload = onReload;
    this.#inUse = digestOf(watched.inUse);
    this.#seen = this.#inUse;
  }

  end(): void {
    this.#ended = true;
  }

  async look(): Promise<void> {
    const found = await this.#read();
    if (this.#ended) return;
    const digest = found instanceof Error ? `unreadable ${messageOf(found)}` : digestOf(found);
    const still = digest === this.#seen;
    this.#seen = digest;
    if (!still || digest === this.#unusable) return;
    if (digest === this.#inUse) {
      if (this.#unusable !== undefined) this.#report('used', 'the files are again as they were before');
      this.#unusable = undefined;
      return;
    }
    try {
      if (found instanceof Error) throw found;
      this.#watched.use(found);
      this.#inUse = digest;
      this.#unusable = undefined;
      this.#report('used', this.#watched.files.join(', '));
    } catch (error) {
      this.#unusable = digest;
      this.#report('unusable', `${this.#watched.files.join(', ')}: ${messageOf(error)}`);
    }
  }

  async #read(): Promise<readonly Buffer[] | Error> {
    try {
      return await Promise.all(this.#watched.files.map(readBounded));
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  #report(outcome: 'used' | 'unusable', detail: string): void {
    this.#onReload(this.#watched.of, outcome, detail);
  }
}

async function readBounded(file: string): Promise<Buffer> {
  const { size } = await stat(file);
  if (size > FILE_BYTES_MAX)
    throw new ArrivalsError(
      'config_invalid',
      `${file}: expected at most ${String(FILE_BYTES_MAX)} bytes, found ${String(size)}`,
    );
  return readFile(file);
}

function digestOf(contents: readonly Buffer[]): string {
  const hash = createHash('sha256');
  for (const content of contents) hash.update(`${String(content.length)}\n`).update(content);
  return hash.digest('hex');
}
