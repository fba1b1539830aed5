/**
 * Progress of a long read: a line that is rewritten on a terminal, nothing elsewhere; notes always, up to a
 * bound.
 */

const INTERVAL_MS = 200;
const NOTES_MAX = 20;

export class Progress {
  readonly #stream: NodeJS.WriteStream;
  #events = 0;
  #notes = 0;
  #shownMs = 0;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  step(file: string, platforms: readonly string[]): void {
    this.#events++;
    if (!this.#stream.isTTY || performance.now() - this.#shownMs < INTERVAL_MS) return;
    this.#shownMs = performance.now();
    this.#stream.write(`\r\u001b[K${String(this.#events)} events … ${[file, ...platforms].join(', ')}`);
  }

  note(text: string): void {
    this.#notes++;
    if (this.#notes > NOTES_MAX) return;
    this.#clear();
    this.#stream.write(
      `${text}\n${this.#notes === NOTES_MAX ? 'further notes of this kind are left out\n' : ''}`,
    );
  }

  end(): void {
    this.#clear();
  }

  #clear(): void {
    if (this.#stream.isTTY) this.#stream.write('\r\u001b[K');
  }
}
