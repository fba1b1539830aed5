/** How far a long task is: a line that rewrites itself on a terminal, one every ten seconds elsewhere. */
const TERMINAL_MS = 200;
const ELSEWHERE_MS = 10_000;

export type StatusStream = Pick<NodeJS.WriteStream, 'isTTY'> & { write(text: string): unknown };

export class StatusLine {
  readonly #stream: StatusStream;
  #shownMs: number;

  constructor(stream: StatusStream) {
    this.#stream = stream;
    this.#shownMs = stream.isTTY ? 0 : performance.now();
  }

  /** @param text what to show, when it is time to */
  show(text: () => string): void {
    const nowMs = performance.now();
    if (nowMs - this.#shownMs < (this.#stream.isTTY ? TERMINAL_MS : ELSEWHERE_MS)) return;
    this.#shownMs = nowMs;
    this.#stream.write(this.#stream.isTTY ? `\r\u001b[K${text()}` : `${text()}\n`);
  }

  end(): void {
    if (this.#stream.isTTY) this.#stream.write('\r\u001b[K');
  }
}
