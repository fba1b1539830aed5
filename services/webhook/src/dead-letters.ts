/**
 * The dead letters of one body.
 *
 * Invariant: every item that was set aside is in one dead letter, with its bytes, and counted once. There are
 * at most LETTERS_MAX letters of single items; all further items share letters by reason, as JSON lists of up
 * to DEAD_LETTER_BYTES_MAX.
 */
import {
  DEAD_LETTER_BYTES_MAX,
  type DeadLetter,
  deadLetter,
  type DeadLetterReason,
  type Invalid,
  type Micros,
  type RequestPosition,
} from '@arrivals/core';

/** Letters with a single item. */
const LETTERS_MAX = 100;
const [OPEN, COMMA, CLOSE] = [Buffer.from('['), Buffer.from(','), Buffer.from(']')];

export interface LetterContext {
  readonly cluster: string;
  readonly requestId: string;
  readonly receivedAtMicros: Micros;
}

/** The position of an item in the body. */
export type PositionInRequest = Omit<RequestPosition, 'requestId'>;

/** Items of one reason that share a dead letter. */
interface Run {
  readonly first: Invalid;
  readonly from: PositionInRequest;
  to: number;
  readonly items: Buffer[];
  /** As a JSON list. */
  bytes: number;
}

export class DeadLetters {
  readonly #context: LetterContext;
  readonly #letters: DeadLetter[] = [];
  readonly #runs = new Map<DeadLetterReason, Run>();
  readonly #counts: Partial<Record<DeadLetterReason, number>> = {};
  #items = 0;

  constructor(context: LetterContext) {
    this.#context = context;
  }

  /** Items, by reason. */
  get counts(): Readonly<Partial<Record<DeadLetterReason, number>>> {
    return this.#counts;
  }

  get items(): number {
    return this.#items;
  }

  add(bytes: Buffer, invalid: Invalid, position: PositionInRequest): void {
    this.#items++;
    this.#counts[invalid.reason] = (this.#counts[invalid.reason] ?? 0) + 1;
    if (this.#letters.length < LETTERS_MAX || bytes.length + 2 > DEAD_LETTER_BYTES_MAX)
      this.#letters.push(this.#letter(bytes, invalid, position));
    else this.#join(bytes, invalid, position);
  }

  /** All of them; nothing may be added afterwards. */
  all(): readonly DeadLetter[] {
    for (const run of this.#runs.values()) this.#end(run);
    this.#runs.clear();
    return this.#letters;
  }

  #join(bytes: Buffer, invalid: Invalid, position: PositionInRequest): void {
    let run = this.#runs.get(invalid.reason);
    if (run !== undefined && run.bytes + bytes.length + 1 > DEAD_LETTER_BYTES_MAX) {
      this.#end(run);
      run = undefined;
    }
    if (run === undefined) {
      run = { first: invalid, from: position, to: position.index, items: [], bytes: 1 };
      this.#runs.set(invalid.reason, run);
    }
    run.items.push(bytes);
    run.bytes += bytes.length + 1;
    run.to = position.index;
  }

  #end({ first, from, to, items }: Run): void {
    const list = items.flatMap((item, i) => [i === 0 ? OPEN : COMMA, item]);
    const detail = `${String(items.length)} items from position ${String(from.index)} to ${String(to)}, here as a list; of the first: ${first.detail}`;
    this.#letters.push(this.#letter(Buffer.concat([...list, CLOSE]), { ...first, detail }, from));
  }

  #letter(bytes: Buffer, { reason, detail, form }: Invalid, position: PositionInRequest): DeadLetter {
    const { cluster, receivedAtMicros, requestId } = this.#context;
    return deadLetter(bytes, {
      cluster,
      receivedAtMicros,
      reason,
      detail,
      form,
      request: { requestId, ...position },
      record: null,
    });
  }
}
