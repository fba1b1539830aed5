/**
 * The text of the metrics, written once for all who wait for it.
 *
 * Invariant: what is answered was written after it was asked for. It is written at most once in PAUSE_MS: who
 * asks sooner waits for the next, so that many who ask cost as much as one. The bytes are shared by the
 * connections they go out on.
 */
import { setTimeout as sleep } from 'node:timers/promises';

const PAUSE_MS = 100;

export class MetricsText {
  readonly #write: () => Promise<string>;
  #next: Promise<Buffer> | undefined;
  #pause: Promise<void> = Promise.resolve();

  constructor(write: () => Promise<string>) {
    this.#write = write;
  }

  read(): Promise<Buffer> {
    this.#next ??= this.#writeNext();
    return this.#next;
  }

  async #writeNext(): Promise<Buffer> {
    await this.#pause;
    // Who asks from here on may have to see what comes after.
    this.#next = undefined;
    this.#pause = sleep(PAUSE_MS, undefined, { ref: false });
    return Buffer.from(await this.#write(), 'utf8');
  }
}
