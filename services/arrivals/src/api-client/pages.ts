/** Reads published records of a running process, page by page, over its HTTP API (services/api). */
import type { UnreadableRecord } from '@arrivals/api';
import { ArrivalsError } from '@arrivals/core/light';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Credentials } from './credentials.ts';
import { causeOf, HttpClient } from './http-client.ts';

const WAIT_MS = 20_000;
const RETRY_FIRST_MS = 500;
const RETRY_MAX_MS = 10_000;

export interface PublishedOptions {
  /** The URL of the process. */
  readonly base: URL;
  readonly credentials: Credentials;
  readonly what: 'alerts' | 'dead-letters';
  /** How many existing records to begin with. */
  readonly last: number;
  /** Continues with new ones, also over a restart of the process, until the signal aborts. */
  readonly follow: boolean;
  readonly signal: AbortSignal;
  readonly onRetry: (why: string) => void;
  /** Called once with a description of the damage of its store. */
  readonly onDamage: (words: string) => void;
  readonly onUnreadable: (record: UnreadableRecord) => void;
}

/** The JSON of the routes. */
interface PublishedAnswer {
  readonly alerts?: readonly unknown[];
  readonly deadLetters?: readonly unknown[];
  readonly unreadable?: readonly UnreadableRecord[];
  readonly next: string;
  readonly damage?: string;
}

export interface PublishedPage {
  readonly entries: readonly unknown[];
  /** Records without such an entry. */
  readonly unreadable: readonly UnreadableRecord[];
  /** The value for `from`. */
  readonly next: string;
  /** A description, if there is damage. */
  readonly damage: string | undefined;
}

/**
 * Yields at least one page, which may be empty.
 * @throws ArrivalsError server_unreachable: at the first request, and at any request without `follow`
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
  onUnreadable,
}: PublishedOptions): AsyncGenerator<readonly unknown[]> {
  const path = `${base.pathname.replace(/\/$/, '')}/v1/${what}`;
  const client = new HttpClient(credentials);
  let query = `last=${String(last)}`;
  let isReported = false;
  for (let waitMs = RETRY_FIRST_MS, first = true; ;) {
    try {
      const { entries, unreadable, next, damage } = await askPublished(
        client,
        new URL(`${path}?${query}`, base),
        signal,
      );
      if (damage !== undefined && !isReported) onDamage(damage);
      isReported ||= damage !== undefined;
      unreadable.forEach(onUnreadable);
      yield entries;
      if (entries.length + unreadable.length === 0 && !follow) return;
      query = `from=${next}&waitMs=${follow ? String(WAIT_MS) : '0'}`;
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
      const { alerts, deadLetters, unreadable = [], next, damage } = JSON.parse(text) as PublishedAnswer;
      return { entries: alerts ?? deadLetters ?? [], unreadable, next, damage };
    }
    why = `${String(status)} ${text.trim().slice(0, 300)}`;
  } catch (error) {
    why = causeOf(error);
  }
  throw new ArrivalsError('server_unreachable', `${url.origin} did not answer: ${why}`);
}
