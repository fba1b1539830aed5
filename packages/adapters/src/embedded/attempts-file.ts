/**
 * Notes of attempts in a small file of the data folder: the contract of ports/attempts.ts for the one process
 * that owns the folder.
 *
 * Invariant: a note is written in one call before `begin` or `note` resolve, and the operating system keeps
 * it when the process is killed; there is no fsync, as losing it with the machine costs nothing. A note found
 * at the start is of a process that has ended. A file that cannot be read is no note.
 */
import {
  ArrivalsError,
  asObject,
  type Attempt,
  type Attempts,
  type FoundAttempt,
  messageOf,
  type PartitionName,
} from '@arrivals/core';
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { attemptText, readAttempt } from '../attempts/attempt-text.ts';

const FILE = 'attempts';
/** Its blocks are allocated from the start: a full disk does not matter later. */
const FILE_BYTES = 16_384;
const END = '\n';

export class AttemptsFile implements Attempts {
  readonly #file: string;
  #descriptor: number | undefined;
  #isRead = false;
  /** What processes before this one have left. */
  #found = new Map<string, Attempt>();
  readonly #own = new Map<string, string>();

  constructor(folder: string) {
    this.#file = path.join(folder, FILE);
  }

  begin(of: PartitionName, attempt: Attempt): Promise<FoundAttempt | undefined> {
    return this.#do(() => {
      const found = this.#found.get(nameOf(of));
      if (found !== undefined && found.to > attempt.from && found.from < attempt.to)
        return { attempt: found, isOver: true };
      this.#note(of, attempt);
      return undefined;
    });
  }

  note(of: PartitionName, attempt: Attempt): Promise<void> {
    return this.#do(() => {
      this.#note(of, attempt);
    });
  }

  release(of: PartitionName): Promise<void> {
    return this.#do(() => {
      if (this.#own.delete(nameOf(of))) this.#write();
    });
  }

  close(): Promise<void> {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
    return Promise.resolve();
  }

  #note(of: PartitionName, attempt: Attempt): void {
    this.#found.delete(nameOf(of));
    this.#own.set(nameOf(of), attemptText(attempt));
    this.#write();
  }

  #do<T>(work: () => T): Promise<T> {
    try {
      this.#read();
      return Promise.resolve(work());
    } catch (error) {
      return Promise.reject(
        new ArrivalsError('state_unavailable', `${this.#file}: ${messageOf(error)}`, { cause: error }),
      );
    }
  }

  #read(): void {
    if (this.#isRead) return;
    this.#isRead = true;
    try {
      const text = readFileSync(this.#file, 'utf8');
      const value: unknown = JSON.parse(text.slice(0, text.indexOf(END)));
      for (const [name, entry] of Object.entries(asObject(value) ?? {})) {
        const attempt = typeof entry === 'string' ? readAttempt(entry) : undefined;
        if (attempt !== undefined) this.#found.set(name, attempt);
      }
    } catch {
      // None, or one that was cut off by a crash of the machine.
      this.#found = new Map();
    }
  }

  #write(): void {
    const left = [...this.#found].map(([name, attempt]) => [name, attemptText(attempt)] as const);
    const text = `${JSON.stringify(Object.fromEntries([...left, ...this.#own]))}${END}`;
    if (this.#descriptor === undefined) {
      // Without truncating it: if anything fails from here on, the old note stays.
      this.#descriptor = openSync(this.#file, 'a', 0o600);
      closeSync(this.#descriptor);
      this.#descriptor = openSync(this.#file, 'r+');
      writeSync(this.#descriptor, text.padEnd(FILE_BYTES), 0);
      return;
    }
    writeSync(this.#descriptor, text, 0);
  }
}

function nameOf({ topic, partition }: PartitionName): string {
  return `${topic}/${String(partition)}`;
}
