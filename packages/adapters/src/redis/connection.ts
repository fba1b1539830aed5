/**
 * Calls to Redis that end: each within a bound, whatever state the connection is in, and with
 * state_unavailable when Redis is away.
 *
 * Invariant: there is no queue; who calls while Redis is away waits here, within the bound, and a call that
 * gave up is never sent. Nothing of ioredis' gets out: not its errors, which hold the arguments of the
 * command, passwords included, nor its 'error' events, which would end the process.
 */
import { ArrivalsError, messageOf } from '@arrivals/core';
import { EventEmitter } from 'node:events';
import type { Client } from './client.ts';

/** Longer than ioredis waits before it destroys a socket whose peer does not answer. */
const CLOSE_WAIT_MS = 1000;
const LOST = /^MaxRetriesPerRequestError|enableOfflineQueue|^Error Connection is closed/;

interface ConnectionEvents {
  /** Redis did not answer, or the connection failed, and why. Comes often. */
  lost: [words: string];
  /** There is a connection, or another one. */
  ready: [];
}

export class Connection extends EventEmitter<ConnectionEvents> {
  readonly client: Client;
  readonly #secrets: readonly string[];
  readonly #timeoutMs: number;
  /** How each call that runs or waits is ended. */
  readonly #calls = new Set<(words: string) => void>();
  /** Why there is no connection, or none to a node of a cluster. */
  #trouble: string | undefined;
  #closing: Promise<void> | undefined;

  /** `secrets` are what no message may hold. */
  constructor(client: Client, timeoutMs: number, secrets: readonly string[]) {
    super();
    this.client = client;
    this.#timeoutMs = timeoutMs;
    this.#secrets = secrets.filter((secret) => secret !== '');
    client.setMaxListeners(0);
    client.on('error', (error: unknown) => {
      this.#trouble = this.#words(error);
      this.#lost(this.#trouble);
    });
    client.on('close', () => {
      this.#trouble ??= 'the connection was closed';
      this.#lost(this.#trouble);
    });
    // Whether that of one node matters is seen by the calls.
    client.on('node error', (error: unknown) => {
      this.#trouble = this.#words(error);
    });
    client.on('ready', () => {
      this.#trouble = undefined;
      this.emit('ready');
    });
  }

  /**
   * Does `work` as soon as there is a connection.
   * @throws ArrivalsError state_unavailable
   */
  call<T>(work: (client: Client) => Promise<T>, signal?: AbortSignal): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const { client } = this;
      const end = (): void => {
        clearTimeout(timer);
        client.off('ready', start);
        signal?.removeEventListener('abort', aborted);
        this.#calls.delete(refuse);
      };
      const refuse = (words: string): void => {
        end();
        reject(new ArrivalsError('state_unavailable', `Redis: ${words}`));
      };
      const start = (): void => {
        client.off('ready', start);
        work(client)
          .finally(end)
          .then(
            (value) => {
              this.#trouble = undefined;
              resolve(value);
            },
            (error: unknown) => {
              refuse(this.#failed(error));
            },
          );
      };
      const aborted = (): void => {
        refuse(this.#silence('in time'));
      };
      const timer = setTimeout(() => {
        const words = this.#silence(`within ${String(this.#timeoutMs)} ms`);
        refuse(words);
        this.#lost(words);
      }, this.#timeoutMs);
      this.#calls.add(refuse);
      signal?.addEventListener('abort', aborted);
      if (this.#closing !== undefined) refuse('the state is closed');
      else if (signal?.aborted === true) aborted();
      else if (client.status === 'ready') start();
      else client.on('ready', start);
    });
  }

  /** Ends running calls with state_unavailable. May be called again. */
  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      const { client } = this;
      // Between two attempts to connect there is nothing to end, and no 'end' comes.
      const waitMs = ['reconnecting', 'close', 'end'].includes(client.status) ? 0 : CLOSE_WAIT_MS;
      const timer = setTimeout(resolve, waitMs);
      client.once('end', () => {
        clearTimeout(timer);
        resolve();
      });
      client.disconnect();
    });
    for (const refuse of this.#calls) refuse('the state is closed');
    return this.#closing;
  }

  #silence(bound: string): string {
    return `no answer ${bound}${this.#trouble === undefined ? '' : `: ${this.#trouble}`}`;
  }

  /** What a command's failure says. An answer of Redis' own is no lost connection, though it refuses. */
  #failed(error: unknown): string {
    const words = this.#words(error);
    if (!isReply(error)) this.#lost(words);
    return words;
  }

  #lost(words: string): void {
    if (this.#closing === undefined) this.emit('lost', words);
  }

  /** For messages. Redis repeats the arguments of a command that it does not know, and AUTH may be one. */
  #words(error: unknown): string {
    return this.#secrets.reduce((words, secret) => words.replaceAll(secret, '[redacted]'), wordsOf(error));
  }
}

export function isReply(error: unknown): boolean {
  return error instanceof Error && error.name === 'ReplyError';
}

function wordsOf(error: unknown): string {
  // ioredis' own words for it are about its settings.
  if (error instanceof Error && LOST.test(`${error.name} ${error.message}`)) return 'the connection was lost';
  // A name with several addresses of which none answers: the message is empty.
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join('; ');
  const ofNode: unknown =
    error instanceof Error && 'lastNodeError' in error ? error.lastNodeError : undefined;
  return ofNode instanceof Error ? `${messageOf(error)} ${wordsOf(ofNode)}` : messageOf(error);
}
