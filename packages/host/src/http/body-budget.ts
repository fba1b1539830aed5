/**
 * Shares the memory for bodies among senders, and drops uploads when it is short.
 *
 * Invariant: the memory held never exceeds the budget. Free memory is available to every sender. When there
 * is none, an upload is dropped: first one that is slow or stalled, then one of the sender that holds most,
 * if that is more than the requester holds. A complete body is never dropped. So neither stalled uploads nor
 * one sender can block others.
 */
import { ArrivalsError } from '@arrivals/core/light';

export interface BudgetLimits {
  readonly bodiesBytesMax: number;
  /** Bodies of one sender at a time. */
  readonly requestsPerSenderMax: number;
}

/** An upload without progress for this long is stalled; one that takes longer than SLOW_MS in all is slow. */
const STILL_MS = 1000;
const SLOW_MS = 5000;

export class BodyBudget {
  readonly #limits: BudgetLimits;
  readonly #nowMs: () => number;
  readonly #shares = new Map<string, Share>();
  /** Uploads that are arriving, oldest first. */
  readonly #arriving = new Set<HeldBody>();
  #held = 0;

  /** @param nowMs of a clock that only goes forward */
  constructor(limits: BudgetLimits, nowMs: () => number) {
    this.#limits = limits;
    this.#nowMs = nowMs;
  }

  /** Registers a body that begins to arrive. @throws ArrivalsError overloaded */
  open(sender: string): HeldBody {
    const share = this.#shares.get(sender) ?? { sender, bytes: 0, bodies: 0 };
    const { requestsPerSenderMax } = this.#limits;
    if (share.bodies >= requestsPerSenderMax)
      throw new ArrivalsError(
        'overloaded',
        `expected at most ${String(requestsPerSenderMax)} bodies of a sender under way (ARRIVALS_REQUESTS_PER_SENDER_MAX)`,
      );
    share.bodies++;
    this.#shares.set(sender, share);
    const body: HeldBody = new HeldBody(share, this.#nowMs(), {
      hold: (bytes) => {
        this.#hold(body, bytes);
      },
      free: (bytes) => {
        this.#free(share, bytes);
      },
      arrived: () => this.#arriving.delete(body),
    });
    this.#arriving.add(body);
    return body;
  }

  #hold(body: HeldBody, bytes: number): void {
    const { bodiesBytesMax } = this.#limits;
    const nowMs = this.#nowMs();
    body.progressAtMs = nowMs;
    while (this.#held + bytes > bodiesBytesMax) {
      const other = this.#next(body, bytes, nowMs);
      if (other === undefined)
        throw new ArrivalsError(
          'overloaded',
          `request bodies hold ${String(this.#held)} of ${String(bodiesBytesMax)} bytes`,
        );
      other.giveWay();
    }
    body.bytes += bytes;
    body.share.bytes += bytes;
    this.#held += bytes;
  }

  #free(share: Share, bytes: number): void {
    share.bytes -= bytes;
    this.#held -= bytes;
    if (share.bodies === 0 && share.bytes === 0) this.#shares.delete(share.sender);
  }

  /** The upload to drop for this one. */
  #next(asking: HeldBody, bytes: number, nowMs: number): HeldBody | undefined {
    let largest: HeldBody | undefined;
    for (const body of this.#arriving) {
      if (body === asking || body.bytes === 0) continue;
      if (nowMs - body.progressAtMs >= STILL_MS || nowMs - body.openedAtMs >= SLOW_MS) return body;
      if (body.share === asking.share || body.share.bytes <= asking.share.bytes + bytes) continue;
      if (largest === undefined || body.share.bytes > largest.share.bytes) largest = body;
    }
    return largest;
  }
}

interface Share {
  readonly sender: string;
  bytes: number;
  bodies: number;
}

interface Account {
  readonly hold: (bytes: number) => void;
  readonly free: (bytes: number) => void;
  readonly arrived: () => void;
}

export class HeldBody {
  readonly share: Share;
  readonly openedAtMs: number;
  progressAtMs: number;
  bytes = 0;
  readonly #account: Account;
  readonly #gaveWay = new AbortController();
  #open = true;

  constructor(share: Share, nowMs: number, account: Account) {
    this.share = share;
    this.openedAtMs = nowMs;
    this.progressAtMs = nowMs;
    this.#account = account;
  }

  /** Aborts with an ArrivalsError, overloaded, when it was dropped: its memory no longer counts. */
  get signal(): AbortSignal {
    return this.#gaveWay.signal;
  }

  /**
   * Memory counts as it fills, so that connections which send nothing take none. @throws ArrivalsError
   * overloaded
   */
  hold(bytes: number): void {
    this.signal.throwIfAborted();
    this.#account.hold(bytes);
  }

  /** It is complete: from now on it is never dropped. */
  arrived(): void {
    this.#account.arrived();
  }

  giveWay(): void {
    this.#account.arrived();
    this.#account.free(this.bytes);
    this.bytes = 0;
    this.#gaveWay.abort(
      new ArrivalsError(
        'overloaded',
        'memory for bodies is short, and this one came slowly or is of the sender that holds most',
      ),
    );
  }

  /**
   * Ends the request. What it holds, `bytesMin` at least, is freed when `until` has settled; absent: at once.
   */
  close(bytesMin: number, until?: Promise<unknown>): void {
    if (!this.#open) return;
    this.#open = false;
    this.#account.arrived();
    this.share.bodies--;
    const { bytes } = this;
    this.bytes = 0;
    if (until === undefined) {
      this.#account.free(bytes);
      return;
    }
    const kept = Math.max(bytes, bytesMin);
    this.#account.free(bytes - kept);
    void until.then(() => {
      this.#account.free(kept);
    });
  }
}
