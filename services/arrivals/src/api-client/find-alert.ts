/**
 * Finds an alert of a running process by its ID, over its HTTP API (published-api.ts).
 *
 * Invariant: a whole ID is looked for from the newest record back until it is there; a beginning to the very
 * end, as only then it is known to be the only one.
 */
import { readAlertJson } from '@arrivals/adapters/avro';
import type { Alert } from '@arrivals/core';
import { ArrivalsError, asArray, asInteger, at, textAt } from '@arrivals/core/base';
import type { Credentials } from './credentials.ts';
import { causeOf, HttpClient } from './http-client.ts';
import { isWhole } from '../alerts/alert-id.ts';

const NAMED_MAX = 10;

export interface Published {
  /** Where the process runs. */
  readonly base: URL;
  readonly credentials: Credentials;
  readonly signal: AbortSignal;
}

/**
 * @param id as parseAlertId gives it.
 * @throws ArrivalsError alert_unknown, alert_ambiguous, server_unreachable
 */
export async function findPublished(id: string, { base, credentials, signal }: Published): Promise<Alert> {
  const client = new HttpClient(credentials);
  const path = `${base.pathname.replace(/\/$/, '')}/v1/alerts/${id}`;
  const found = new Map<string, Alert>();
  let damaged: string | undefined;
  for (let last = Number.POSITIVE_INFINITY, query = ''; ;) {
    const { alerts, before, damage } = await askOnce(client, new URL(`${path}${query}`, base), signal);
    damaged ??= damage;
    // An older record of the same alert is an older revision.
    for (const alert of alerts) if (!found.has(alert.alertId)) found.set(alert.alertId, alert);
    // A server that does not go backwards would never end.
    if (before === undefined || before >= last || found.size > NAMED_MAX || (isWhole(id) && found.size > 0))
      break;
    last = before;
    query = `?before=${String(before)}`;
  }
  const [alert, other] = found.values();
  if (alert === undefined)
    throw new ArrivalsError(
      'alert_unknown',
      `${base.origin} has no alert ${id}${damaged === undefined ? '' : `, but ${damaged}`}`,
    );
  if (other === undefined) return alert;
  const names = [...found.keys()].slice(0, NAMED_MAX).join(', ');
  throw new ArrivalsError(
    'alert_ambiguous',
    `${id} is the beginning of ${names}${found.size > NAMED_MAX ? ', …' : ''}`,
  );
}

interface Page {
  readonly alerts: readonly Alert[];
  readonly before: number | undefined;
  /** What is damaged where it runs. */
  readonly damage: string | undefined;
}

async function askOnce(client: HttpClient, url: URL, signal: AbortSignal): Promise<Page> {
  let why: string;
  try {
    const { status, text } = await client.get(url.href, signal);
    if (status === 200) {
      const answer = JSON.parse(text) as unknown;
      const alerts = asArray(at(answer, 'alerts')).map(readAlertJson);
      return { alerts, before: asInteger(at(answer, 'before')), damage: textAt(answer, 'damage') };
    }
    why = `${String(status)} ${text.trim().slice(0, 300)}`;
  } catch (error) {
    signal.throwIfAborted();
    why = causeOf(error);
  }
  throw new ArrivalsError('server_unreachable', `${url.origin} did not answer: ${why}`);
}
