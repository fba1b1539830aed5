/**
 * The load: EventLists as an API server posts them, at a bounded rate, with a known truth.
 *
 * Invariant: every creation has a uid of its own, and a batch is sent byte for byte again until it is
 * answered with 200 (or until this client gives up, where it does so as an API server does). Only what was
 * answered with 200 counts as acknowledged. No more events than an API server buffers are under way: then no
 * new ones are made. It reads no alerts.
 */
import { randomInt, randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventList, podCreation, podRead } from '../audit-events.ts';
import { deliver, type Retry } from './delivery.ts';

export interface LoadOptions {
  /** Where webhooks are at present; each try goes to the next one, as behind a Service. */
  readonly targets: () => readonly string[];
  readonly eventsPerSecond: number;
  readonly retry: Retry;
  /** How many times each batch is posted at once. */
  readonly timesAtOnce?: number;
}

interface Creation {
  readonly sentMs: number;
  acknowledgedMs: number | undefined;
}

const BATCH_EVENTS_MAX = 400;
/** One event of so many is a creation. */
const CREATION_EVERY = 10;
/** What an API server holds at most (--audit-webhook-batch-buffer-size). */
const BUFFER_EVENTS = 10_000;
/** One batch of so many is sent again although it was acknowledged, as after an answer that got lost. */
const COPY_EVERY = 5;
const COPY_LATER_MS_MAX = 3000;
/** Of so many acknowledged batches the bytes are kept. */
const RECENT_BATCHES = 10;
const POLL_MS = 20;

export class Load {
  readonly creations: Map<string, Creation> = new Map<string, Creation>();
  /** Answers by status, 0 for none. */
  readonly answers: Map<number, number> = new Map<number, number>();
  events = 0;
  /** Creations whose batch was given up. */
  givenUp = 0;
  readonly #options: LoadOptions;
  readonly #stopping = new AbortController();
  readonly #ending = new AbortController();
  readonly #deliveries = new Set<Promise<void>>();
  readonly #recent: Buffer[] = [];
  readonly #making: Promise<void>;
  #underWay = 0;
  #turn = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
    setMaxListeners(0, this.#ending.signal);
    this.#making = this.#make();
  }

  get acknowledged(): readonly string[] {
    return [...this.creations]
      .filter(([, { acknowledgedMs }]) => acknowledgedMs !== undefined)
      .map(([uid]) => uid);
  }

  /** No new batches; resolves when those under way are acknowledged or given up, which is told. */
  async stop(timeoutMs: number): Promise<{ readonly ended: boolean }> {
    this.#stopping.abort();
    await this.#making;
    const timer = setTimeout(() => {
      this.#ending.abort();
    }, timeoutMs);
    while (this.#deliveries.size > 0) await Promise.all(this.#deliveries);
    clearTimeout(timer);
    return { ended: !this.#ending.signal.aborted };
  }

  /** Sends the batches that were acknowledged last once more. */
  async again(): Promise<void> {
    await Promise.all(this.#recent.map((body) => this.#deliver(body, [])));
  }

  async #make(): Promise<void> {
    const { eventsPerSecond } = this.#options;
    for (let nextMs = performance.now(); !this.#stopping.signal.aborted;) {
      const nowMs = performance.now();
      if (nowMs < nextMs || this.#underWay >= BUFFER_EVENTS) {
        // What was not made in time is not made up for: the rate is a bound.
        if (nowMs >= nextMs) nextMs = nowMs + POLL_MS;
        await sleep(Math.min(POLL_MS, Math.max(1, nextMs - nowMs)));
        continue;
      }
      // Small ones are more frequent, as they are on a quiet API server.
      const size = randomInt(1, randomInt(2, BATCH_EVENTS_MAX + 2));
      nextMs = Math.max(nextMs, nowMs - POLL_MS) + (size / eventsPerSecond) * 1000;
      this.#track(this.#batch(size));
    }
  }

  async #batch(size: number): Promise<void> {
    const uids: string[] = [];
    const events = Array.from({ length: size }, () => {
      if (randomInt(CREATION_EVERY) !== 0) return podRead();
      const uid = randomUUID();
      uids.push(uid);
      return podCreation({ uid });
    });
    const sentMs = Date.now();
    for (const uid of uids) this.creations.set(uid, { sentMs, acknowledgedMs: undefined });
    this.events += size;
    this.#underWay += size;
    const body = Buffer.from(eventList(events));
    const copies = await Promise.all(
      Array.from({ length: this.#options.timesAtOnce ?? 1 }, () => this.#deliver(body, uids)),
    );
    this.#underWay -= size;
    if (copies.every((acknowledged) => !acknowledged)) this.givenUp += uids.length;
    else {
      this.#recent.push(body);
      if (this.#recent.length > RECENT_BATCHES) this.#recent.shift();
      if (randomInt(COPY_EVERY) === 0) this.#track(this.#copy(body));
    }
  }

  async #copy(body: Buffer): Promise<void> {
    await sleep(randomInt(COPY_LATER_MS_MAX), undefined, { signal: this.#ending.signal }).catch(
      () => undefined,
    );
    await this.#deliver(body, []);
  }

  /** Whether it was acknowledged. */
  async #deliver(body: Buffer, uids: readonly string[]): Promise<boolean> {
    const acknowledged = await deliver(body, {
      retry: this.#options.retry,
      target: () => this.#options.targets()[this.#turn++ % this.#options.targets().length],
      onAnswer: (status) => this.answers.set(status, (this.answers.get(status) ?? 0) + 1),
      signal: this.#ending.signal,
    });
    const acknowledgedMs = Date.now();
    for (const uid of uids) {
      const creation = this.creations.get(uid);
      if (acknowledged && creation !== undefined) creation.acknowledgedMs ??= acknowledgedMs;
    }
    return acknowledged;
  }

  #track(delivery: Promise<void>): void {
    this.#deliveries.add(delivery);
    void delivery.finally(() => this.#deliveries.delete(delivery));
  }
}
