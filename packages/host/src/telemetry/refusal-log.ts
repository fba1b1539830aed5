/**
 * Log lines of refusals, of which each sender gets few: the first of a kind in a minute, then one line that
 * counts the rest.
 *
 * Invariant: however many are refused, no more than LINES_MAX single lines and SUMS_MAX + 1 lines of sums are
 * written a minute, and no more than KEYS_MAX senders are kept apart. Metrics count each one; this does not.
 */

export interface Refusal {
  /** Who was refused, and what for: refusals of one kind are summed up. */
  readonly from: string;
  readonly what: string;
}

export interface RefusalLogOptions {
  readonly write: (message: string, fields: Readonly<Record<string, unknown>>) => void;
  readonly minuteMs?: number;
}

const MINUTE_MS = 60_000;
/** Of one kind and sender. */
const FIRST_LINES = 3;
const LINES_MAX = 120;
const SUMS_MAX = 20;
const KEYS_MAX = 1000;

interface Counted extends Refusal {
  lines: number;
  held: number;
}

export class RefusalLog {
  readonly #options: RefusalLogOptions;
  readonly #counted = new Map<string, Counted>();
  #others = 0;
  #lines = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: RefusalLogOptions) {
    this.#options = options;
  }

  take(refusal: Refusal, message: string, fields: Readonly<Record<string, unknown>>): void {
    this.#timer ??= setTimeout(() => {
      this.flush();
    }, this.#options.minuteMs ?? MINUTE_MS).unref();
    const counted = this.#countedOf(refusal);
    if (counted === undefined) this.#others++;
    else if (counted.lines === FIRST_LINES || this.#lines === LINES_MAX) counted.held++;
    else {
      counted.lines++;
      this.#lines++;
      this.#options.write(message, fields);
    }
  }

  /** Writes what was held back, and starts over. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const held = [...this.#counted.values()]
      .filter((counted) => counted.held > 0)
      .sort((a, b) => b.held - a.held);
    for (const { from, what, held: count } of held.slice(0, SUMS_MAX)) this.#sum({ from, what, count });
    const rest = held.slice(SUMS_MAX).reduce((sum, counted) => sum + counted.held, this.#others);
    if (rest > 0) this.#sum({ from: 'others', count: rest });
    this.#counted.clear();
    this.#others = 0;
    this.#lines = 0;
  }

  #countedOf({ from, what }: Refusal): Counted | undefined {
    const key = `${what} ${from}`;
    let counted = this.#counted.get(key);
    if (counted === undefined && this.#counted.size < KEYS_MAX) {
      counted = { from, what, lines: 0, held: 0 };
      this.#counted.set(key, counted);
    }
    return counted;
  }

  #sum(fields: Readonly<Record<string, unknown>>): void {
    this.#options.write('more were refused in the last minute than are logged one by one', {
      type: 'refusals_summed',
      ...fields,
    });
  }
}
