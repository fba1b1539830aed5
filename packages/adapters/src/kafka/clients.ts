/**
 * Clients of kafkajs that connect at first use, and the only way to use its admin client.
 *
 * Invariant: calls of one admin client never overlap. kafkajs 2.2.4 keeps the metadata of an admin client in
 * one place, and a call that refreshes it replaces it during another call: then fetchTopicOffsets fails with
 * a TypeError.
 */
import type { Admin } from './kafkajs.ts';
import { type StartRetry, patiently } from './start-retry.ts';

interface Client {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
}

export class Connected<T extends Client> {
  readonly #client: T;
  #connecting: Promise<T> | undefined;

  constructor(client: T) {
    this.#client = client;
  }

  async get(): Promise<T> {
    this.#connecting ??= this.#client.connect().then(() => this.#client);
    try {
      return await this.#connecting;
    } catch (error) {
      this.#connecting = undefined;
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#client.disconnect().catch(() => undefined);
  }
}

/** Runs `work` with an admin client that is not shared meanwhile. */
export type UseAdmin = <T>(work: (admin: Admin) => Promise<T>) => Promise<T>;

export class AdminQueue {
  readonly #admin: Connected<Admin>;
  readonly #startRetry: StartRetry;
  #last: Promise<unknown> = Promise.resolve();

  /** Retries failures that may pass, as long as `startRetry` allows. */
  constructor(admin: Admin, startRetry: StartRetry) {
    this.#admin = new Connected(admin);
    this.#startRetry = startRetry;
  }

  /** Other calls run between two tries. */
  readonly use: UseAdmin = (work) => patiently(() => this.#inTurn(work), this.#startRetry);

  readonly #inTurn: UseAdmin = (work) => {
    const run = this.#last.then(async () => work(await this.#admin.get()));
    this.#last = run.catch(() => undefined);
    return run;
  };

  close(): Promise<void> {
    return this.#admin.close();
  }
}

/** One call at a time, shared by all callers meanwhile. */
export function shared(call: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => {
    running ??= call().finally(() => {
      running = undefined;
    });
    return running;
  };
}
