/** Progress of a rebuild, and why it waits, when that changes. */
import type { RebuildProgress } from '@arrivals/processor';
import { plural } from '../replay/plural.ts';
import { StatusLine } from '../status-line.ts';

export class ProgressLine {
  readonly #stream: NodeJS.WriteStream;
  readonly #line: StatusLine;
  readonly #startedMs = performance.now();
  #note = '';

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    this.#line = new StatusLine(stream);
  }

  show({ part, records, facts }: RebuildProgress): void {
    this.#line.show(() => {
      const rate = (records * 1000) / Math.max(1, performance.now() - this.#startedMs);
      return `${percent(part)}, ${plural(records, 'record')}, ${rate.toFixed(0)} records/s, ${plural(facts, 'fact')}`;
    });
  }

  note(text: string): void {
    if (text === this.#note) return;
    this.#note = text;
    this.end();
    this.#stream.write(`${text}\n`);
  }

  end(): void {
    this.#line.end();
  }
}

/** Never 100% before the end. */
export function percent(part: number): string {
  return `${String(Math.floor(part * 100))}%`;
}
