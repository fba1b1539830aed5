/** Looks up an alert of a running process by its ID, over its HTTP API (services/api). */
import { readAlertJson } from '@arrivals/adapters/avro';
import type { UnreadableRecord } from '@arrivals/api';
import { ArrivalsError, asArray, at, asText, textAt } from '@arrivals/core/light';
import type { LookUpAnswer } from '../alerts/find.ts';
import { causeOf, type HttpClient } from './http-client.ts';

export interface LookUpPage extends LookUpAnswer {
  /** Called with a description of the damage of its store. */
  readonly damage: string | undefined;
}

/** @throws ArrivalsError server_unreachable */
export async function askLookUp(client: HttpClient, url: URL, signal: AbortSignal): Promise<LookUpPage> {
  let why: string;
  try {
    const { status, text } = await client.get(url.href, signal);
    if (status === 200) return readAnswer(JSON.parse(text) as unknown);
    why = `${String(status)} ${text.trim().slice(0, 300)}`;
  } catch (error) {
    signal.throwIfAborted();
    why = causeOf(error);
  }
  throw new ArrivalsError('server_unreachable', `${url.origin} did not answer: ${why}`);
}

function readAnswer(answer: unknown): LookUpPage {
  return {
    alerts: asArray(at(answer, 'alerts')).map(readAlertJson),
    unreadable: asArray(at(answer, 'unreadable')) as readonly UnreadableRecord[],
    before: asText(at(answer, 'before')) ?? null,
    damage: textAt(answer, 'damage'),
  };
}
