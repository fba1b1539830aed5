/** Reads what a running process has published, page by page, over its HTTP API (published-api.ts). */
import { ArrivalsError } from '@arrivals/core/base';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Credentials } from './credentials.ts';
import { causeOf, HttpClient } from './http-client.ts';

const WAIT_MS = 20_000;
const RETRY_FIRST_MS = 500;
const RETRY_MAX_MS = 10_000;

export interface PublishedOptions {
  /** Where the process runs. */
  readonly base: URL;
  readonly credentials: Credentials;
  readonly what: 'alerts' | 'dead-letters';
  /** How many of those that are there to begin with. */
  readonly last: number;
  /** Goes on with new ones, also over a restart of the process, until the signal aborts. */
  readonly follow: boolean;
  readonly signal: AbortSignal;
  readonly onRetry: (why: string) => void;
  /** What is damaged where it runs; called once. */
  readonly onDamage: (words: string) => void;
}

/** As published-api.ts writes it. */
interface PublishedAnswer {
  readonly alerts?: readonly unknown[];
  readonly deadLetters?: readonly unknown[];
  readonly next: number;
  readonly damage?: string;
}

export interface PublishedPage {
  readonly entries: readonly unknown[];
  readonly next: number;
  /** In words, where there is some. */
  readonly damage: string | undefined;
}

/**
 * Yields at least one page, which may be empty.
 * @throws ArrivalsError server_unreachable: at the first request, and at any when it does not follow
 */
export async function* publishedPages({
  base,
  credentials,
  what,
  last,
  follow,
  signal,
  onRetry,
  onDamage,
}: PublishedOptions): AsyncGenerator<readonly unknown[]> {
  const path = `${base.pathname.replace(/\/$/, '')}/v1/${what}`;
  const client = new HttpClient(credentials);
  let query = `last=${String(last)}`;
  let isReported = false;
  for (let waitMs = RETRY_FIRST_MS, first = true; ;) {
    try {
      const { entries, next, damage } = await askPublished(client, new URL(`${path}?${query}`, base), signal);
      if (damage !== undefined && !isReported) onDamage(damage);
      isReported ||= damage !== undefined;
      yield entries;
      if (entries.length === 0 && !follow) return;
      query = `from=${String(next)}&waitMs=${follow ? String(WAIT_MS) : '0'}`;
      waitMs = RETRY_FIRST_MS;
      first = false;
    } catch (error) {
      if (signal.aborted) return;
      if (first || !follow || !(error instanceof ArrivalsError)) throw error;
      onRetry(error.message);
      await sleep(waitMs, undefined, { signal }).catch(() => undefined);
      waitMs = Math.min(2 * waitMs, RETRY_MAX_MS);
    }
    if (signal.aborted) return;
  }
}

/** One page. @throws ArrivalsError server_unreachable */
export async function askPublished(
  client: HttpClient,
  url: URL,
  signal: AbortSignal,
): Promise<PublishedPage> {
  let why: string;
  try {
    const { status, text } = await client.get(url.href, signal);
    if (status === 200) {
      const { alerts, deadLetters, next, damage } = JSON.parse(text) as PublishedAnswer;
      return { entries: alerts ?? deadLetters ?? [], next, damage };
    }
    why = `${String(status)} ${text.trim().slice(0, 300)}`;
  } catch (error) {
    why = causeOf(error);
  }
  throw new ArrivalsError('server_unreachable', `${url.origin} did not answer: ${why}`);
}
