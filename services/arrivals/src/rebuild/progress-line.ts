/**
 * How far a rebuild is: a line that rewrites itself on a terminal, one every ten seconds elsewhere; why it
 * waits, when that changes.
 */
import type { RebuildProgress } from '@arrivals/processor';
import { plural } from '../replay/plural.ts';

const TERMINAL_MS = 200;
const ELSEWHERE_MS = 10_000;

export class ProgressLine {
  readonly #stream: NodeJS.WriteStream;
  readonly #startedMs = performance.now();
  #shownMs: number;
  #note = '';

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    this.#shownMs = stream.isTTY ? 0 : this.#startedMs;
  }

  show({ part, records, facts }: RebuildProgress): void {
    const nowMs = performance.now();
    if (nowMs - this.#shownMs < (this.#stream.isTTY ? TERMINAL_MS : ELSEWHERE_MS)) return;
    this.#shownMs = nowMs;
    const rate = (records * 1000) / Math.max(1, nowMs - this.#startedMs);
    const text = `${percent(part)}, ${plural(records, 'record')}, ${rate.toFixed(0)} records/s, ${plural(facts, 'fact')}`;
    this.#stream.write(this.#stream.isTTY ? `\r\u001b[K${text}` : `${text}\n`);
  }

  note(text: string): void {
    if (text === this.#note) return;
    this.#note = text;
    this.end();
    this.#stream.write(`${text}\n`);
  }

  end(): void {
    if (this.#stream.isTTY) this.#stream.write('\r\u001b[K');
  }
}

/** Never 100% before the end. */
export function percent(part: number): string {
  return `${String(Math.floor(part * 100))}%`;
}
