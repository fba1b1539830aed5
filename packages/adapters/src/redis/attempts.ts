/**
 * Notes of attempts in Redis, which all processors of a group share: the contract of ports/attempts.ts.
 *
 * Invariant: one script call a note, under the partition's key, and nobody replaces another process's note
 * without having seen it. A process says that it lives under a key of its own that ends by itself, before
 * Kafka would give its partitions to others: so a note whose process lost its partition differs from one
 * whose process ended or hung. A crash of Redis may take the last notes.
 */
import type { Attempt, Attempts, FoundAttempt, PartitionName } from '@arrivals/core';
import { randomUUID } from 'node:crypto';
import { attemptText, readAttempt } from '../attempts/attempt-text.ts';
import { type Client, openClient } from './client.ts';
import { Connection } from './connection.ts';
import { luaScript } from './lua.ts';
import { assessOptions, type RedisStateOptions } from './options.ts';

/** Kafka gives partitions away when a member was silent for 10 s. */
const ALIVE_MS = 6000;
const ALIVE_AGAIN_MS = 1500;
/** No record is read later. */
const NOTE_MS = 8 * 86_400_000;

const BEGIN_SCRIPT = luaScript(['begin-attempt'], {});
const RELEASE_SCRIPT = luaScript(['release-attempt'], {});

export interface RedisAttemptsOptions extends RedisStateOptions {
  /** Consumer group. */
  readonly group: string;
}

/** Connects in the background, as the state does. @throws ArrivalsError config_invalid */
export function openRedisAttempts(options: RedisAttemptsOptions): Attempts {
  const target = assessOptions(options);
  const connection = new Connection(openClient(target), target.commandTimeoutMs, [
    target.password,
    target.sentinelPassword,
  ]);
  return new RedisAttempts(connection, options.keyPrefix, options.group);
}

class RedisAttempts implements Attempts {
  readonly #connection: Connection;
  readonly #keyPrefix: string;
  readonly #group: string;
  readonly #owner: string = randomUUID();
  readonly #living: NodeJS.Timeout;
  #said: Promise<unknown> | undefined;

  constructor(connection: Connection, keyPrefix: string, group: string) {
    this.#connection = connection;
    this.#keyPrefix = keyPrefix;
    this.#group = group;
    connection.client.defineCommand('arrivalsBegin', { lua: BEGIN_SCRIPT, numberOfKeys: 1 });
    connection.client.defineCommand('arrivalsRelease', { lua: RELEASE_SCRIPT, numberOfKeys: 1 });
    // What fails is said by the calls that somebody waits for.
    connection.on('lost', () => undefined);
    this.#living = setInterval(() => {
      this.#sayAlive().catch(() => undefined);
    }, ALIVE_AGAIN_MS).unref();
  }

  async begin(of: PartitionName, attempt: Attempt): Promise<FoundAttempt | undefined> {
    await this.#alive();
    const range = [String(attempt.from), String(attempt.to)];
    const present = await this.#call((client) =>
      client.arrivalsBegin(this.#key(of), this.#owner, ...range, this.#text(attempt), String(NOTE_MS)),
    );
    const found = present === null ? undefined : readNote(present);
    if (found === undefined) {
      if (present !== null) await this.note(of, attempt);
      return undefined;
    }
    const alive = await this.#connection.call((client) => client.get(this.#aliveKey(found.owner)));
    return { attempt: found.attempt, isOver: alive === null };
  }

  async note(of: PartitionName, attempt: Attempt): Promise<void> {
    await this.#alive();
    await this.#connection.call((client) => client.set(this.#key(of), this.#text(attempt), 'PX', NOTE_MS));
  }

  async release(of: PartitionName): Promise<void> {
    await this.#call((client) => client.arrivalsRelease(this.#key(of), this.#owner));
  }

  async close(): Promise<void> {
    clearInterval(this.#living);
    await this.#connection.close();
  }

  /** Before its first note: others must not take that for one of a process that has ended. */
  #alive(): Promise<unknown> {
    this.#said ??= this.#sayAlive().catch((error: unknown) => {
      this.#said = undefined;
      throw error;
    });
    return this.#said;
  }

  async #sayAlive(): Promise<void> {
    await this.#connection.call((client) => client.set(this.#aliveKey(this.#owner), '1', 'PX', ALIVE_MS));
  }

  #call<T>(work: (client: Scripted) => Promise<T>): Promise<T> {
    return this.#connection.call((client) => work(client as Client & Scripted));
  }

  #key({ topic, partition }: PartitionName): string {
    return `${this.#keyPrefix}attempt:${this.#group}:${topic}:${String(partition)}`;
  }

  #aliveKey(owner: string): string {
    return `${this.#keyPrefix}alive:${owner}`;
  }

  #text(attempt: Attempt): string {
    return `${this.#owner} ${String(attempt.from)} ${String(attempt.to)} ${attemptText(attempt)}`;
  }
}

/** With the number of keys given once. */
interface Scripted {
  arrivalsBegin(...keyAndArguments: readonly string[]): Promise<string | null>;
  arrivalsRelease(...keyAndArguments: readonly string[]): Promise<null>;
}

function readNote(text: string): { readonly owner: string; readonly attempt: Attempt } | undefined {
  const [, owner, json] = /^(\S+) \d+ \d+ (.+)$/s.exec(text) ?? [];
  const attempt = json === undefined ? undefined : readAttempt(json);
  return owner === undefined || attempt === undefined ? undefined : { owner, attempt };
}
