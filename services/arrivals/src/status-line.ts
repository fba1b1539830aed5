/** Progress of a long task: a line that is rewritten on a terminal, a line every ten seconds elsewhere. */
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

  /** @param text computes the line when it is shown */
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
