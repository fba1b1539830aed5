/**
 * Posts events to a webhook like an API server: EventLists of at most 400 events and 10 MB, a few at a time,
 * with retries.
 *
 * Figures of kube-apiserver 1.35 (k8s.io/apiserver plugin/pkg/audit/webhook; measured): five tries, first
 * wait 10 s, each 1.5 times the one before, 20 % jitter; on 503 and 429 with Retry-After each try is a group
 * of up to ten more. Unlike an API server it does not retry final refusals (400, 401, 403, 404, 405, 415,
 * 421), and splits batches that are too large (413).
 */
import { ArrivalsError } from '@arrivals/core/light';
import { setTimeout as sleep } from 'node:timers/promises';
import { causeOf, type HttpClient } from '../api-client/http-client.ts';

export const BATCH_EVENTS_MAX = 400;
export const BATCH_BYTES_MAX: number = 10 * 1024 * 1024;
export const FIRST_BACKOFF_MS = 10_000;

const CONCURRENT_BATCHES = 4;
/** How long an event waits for others, if the input is a running program. */
const BATCH_WAIT_MAX_MS = 1000;
export const TRIES = 5;
const BACKOFF_FACTOR = 1.5;
const JITTER = 0.2;
const TRIES_PER_RETRY_AFTER = 10;
const RETRY_AFTER_MAX_MS = 30_000;
const ANSWER_TIMEOUT_MS = 30_000;

const LIST_HEAD = Buffer.from('{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[');
const LIST_TAIL = Buffer.from(']}\n');

export interface SenderOptions {
  /** Where to post: …/v1/clusters/NAME/audit */
  readonly url: string;
  readonly client: HttpClient;
  readonly batchEventsMax: number;
  readonly tries: number;
  readonly firstBackoffMs: number;
  /** Whether to keep retrying while nothing has responded yet. */
  readonly waits: boolean;
  /** How long to wait for a response; infinity if the receiver is part of this process. */
  readonly answerTimeoutMs?: number;
  readonly signal: AbortSignal;
  readonly onRetry: (why: string, waitMs: number) => void;
  readonly onTooLarge: (bytes: number, why: string) => void;
}

export interface Sent {
  events: number;
  batches: number;
  retries: number;
  /** As counted in the webhook's responses. */
  deadLettered: number;
  /** Single events that are larger than the receiver accepts. */
  tooLarge: number;
}

type Tried =
  | { readonly delivered: true; readonly deadLettered: number }
  | { readonly delivered: false; readonly why: string; readonly tooLarge?: true };

export class Sender {
  readonly sent: Sent = { events: 0, batches: 0, retries: 0, deadLettered: 0, tooLarge: 0 };
  readonly #options: SenderOptions;
  #items: Buffer[] = [];
  #bytes = 0;
  readonly #running = new Set<Promise<void>>();
  #waiting: NodeJS.Timeout | undefined;
  #failure: unknown;
  #answered = false;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** Resolves when the event is in a batch; waits while enough batches are pending. @throws as flush does */
  async add(event: Buffer): Promise<void> {
    if (
      this.#items.length >= this.#options.batchEventsMax ||
      (this.#items.length > 0 && this.#bytes + event.length > BATCH_BYTES_MAX)
    )
      await this.#dispatch();
    this.#items.push(event);
    this.#bytes += event.length + 1;
    this.#waiting ??= setTimeout(() => {
      this.#dispatch().catch((error: unknown) => {
        this.#failure ??= error;
      });
    }, BATCH_WAIT_MAX_MS).unref();
  }

  /**
   * Sends the remaining events and waits for all responses. @throws ArrivalsError delivery_failed,
   * server_unreachable
   */
  async flush(): Promise<void> {
    if (this.#items.length > 0) await this.#dispatch();
    await Promise.all(this.#running);
    this.#throwFailure();
  }

  async #dispatch(): Promise<void> {
    while (this.#running.size >= CONCURRENT_BATCHES) await Promise.race(this.#running);
    clearTimeout(this.#waiting);
    this.#waiting = undefined;
    this.#throwFailure();
    // Another call may have sent them meanwhile.
    if (this.#items.length === 0) return;
    const items = this.#items;
    this.#items = [];
    this.#bytes = 0;
    const running = this.#deliver(items)
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure as Error;
  }

  async #deliver(items: readonly Buffer[]): Promise<void> {
    const body = Buffer.concat([
      LIST_HEAD,
      ...items.flatMap((item, i) => (i === 0 ? [item] : [Buffer.from(','), item])),
      LIST_TAIL,
    ]);
    let backoffMs = this.#options.firstBackoffMs;
    for (let attempt = 1; ; attempt++) {
      const result = await this.#try(body);
      if (result.delivered) {
        this.sent.events += items.length;
        this.sent.batches++;
        this.sent.deadLettered += result.deadLettered;
        return;
      }
      if (result.tooLarge === true) return this.#deliverHalves(items, result.why);
      if (attempt >= this.#options.tries) {
        throw new ArrivalsError(
          'delivery_failed',
          `${String(items.length)} events were not delivered to ${this.#options.url} in ${String(attempt)} tries; last: ${result.why}`,
        );
      }
      await this.#wait(result.why, backoffMs * (1 + JITTER * Math.random()));
      backoffMs *= BACKOFF_FACTOR;
    }
  }

  /** One event that is too large must not fail the others. */
  async #deliverHalves(items: readonly Buffer[], why: string): Promise<void> {
    const [only] = items;
    if (items.length === 1 && only !== undefined) {
      this.sent.tooLarge++;
      this.#options.onTooLarge(only.length, why);
      return;
    }
    const middle = items.length >> 1;
    await this.#deliver(items.slice(0, middle));
    await this.#deliver(items.slice(middle));
  }

  /** One try; with Retry-After, a group of tries. */
  async #try(body: Buffer): Promise<Tried> {
    for (let attempt = 0; ; attempt++) {
      try {
        const { status, headers, text } = await this.#options.client.post(
          this.#options.url,
          body,
          this.#patience(),
        );
        this.#answered = true;
        if (status >= 200 && status < 300) return { delivered: true, deadLettered: deadLetteredOf(text) };
        const why = `${String(status)} ${text.trim().slice(0, 300)}`;
        if (status === 413) return { delivered: false, why, tooLarge: true };
        if ([400, 401, 403, 404, 405, 415, 421].includes(status))
          throw new ArrivalsError('delivery_failed', `${this.#options.url} refused a batch: ${why}`);
        const retryAfterMs = Number(headers['retry-after'] ?? Number.NaN) * 1000;
        if (!(retryAfterMs >= 0) || attempt >= TRIES_PER_RETRY_AFTER) return { delivered: false, why };
        await this.#wait(why, Math.min(retryAfterMs, RETRY_AFTER_MAX_MS, this.#options.firstBackoffMs));
      } catch (error) {
        if (error instanceof ArrivalsError) throw error;
        this.#options.signal.throwIfAborted();
        if (!this.#answered && !this.#options.waits && isNobodyThere(error))
          throw nobodyAt(this.#options.url, error);
        return { delivered: false, why: causeOf(error) };
      }
    }
  }

  #patience(): AbortSignal {
    const { signal, answerTimeoutMs = ANSWER_TIMEOUT_MS } = this.#options;
    return answerTimeoutMs === Number.POSITIVE_INFINITY
      ? signal
      : AbortSignal.any([signal, AbortSignal.timeout(answerTimeoutMs)]);
  }

  async #wait(why: string, waitMs: number): Promise<void> {
    this.sent.retries++;
    this.#options.onRetry(why, waitMs);
    await sleep(waitMs, undefined, { signal: this.#options.signal });
  }
}

/** The other machine, the network or the name service has refused: waiting alone does not help. */
const NOBODY = ['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL'];

function isNobodyThere(error: unknown): boolean {
  if (error instanceof AggregateError) return (error.errors as readonly unknown[]).every(isNobodyThere);
  return NOBODY.includes((error as NodeJS.ErrnoException).code ?? '');
}

function nobodyAt(url: string, error: unknown): ArrivalsError {
  const { origin } = new URL(url);
  return new ArrivalsError(
    'server_unreachable',
    `nobody listens at ${origin} (${causeOf(error)}); nothing was sent. With --wait it is retried until somebody does`,
    {
      cause: error,
    },
  );
}

/** A receiver that is not Arrivals may send any response. */
function deadLetteredOf(text: string): number {
  try {
    const { deadLettered } = JSON.parse(text) as { readonly deadLettered?: unknown };
    return typeof deadLettered === 'number' ? deadLettered : 0;
  } catch {
    return 0;
  }
}
