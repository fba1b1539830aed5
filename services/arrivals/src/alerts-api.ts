/**
 * GET /v1/alerts: the alerts of a running process, in the order they were published.
 *
 *   ?from=OFFSET   from this position on, or
 *   ?last=N        the last N (default 100)
 *   ?waitMs=MS     when there is none, wait this long for one (at most 25,000)
 *
 * Answers {"alerts":[…],"next":OFFSET}: `next` is the `from` to go on with. At most ALERTS_MAX alerts an answer.
 */
import { decodeAlert } from '@arrivals/adapters/avro';
import { ArrivalsError, type Bus } from '@arrivals/core';
import { json, type Route } from '@arrivals/host';

const ALERTS_MAX = 500;
const WAIT_MAX_MS = 25_000;
/** The embedded bus has this one. */
const PARTITION = 0;

export function alertsRoute(bus: Pick<Bus, 'read' | 'offsets'>, topic: string): Route {
  return {
    method: 'GET',
    path: '/v1/alerts',
    handle: async ({ query, patience }) => {
      const { earliest = 0, next = 0 } = (await bus.offsets(topic)).find(({ partition }) => partition === PARTITION) ?? {};
      const last = integer(query, 'last', 100, 1_000_000);
      const from = integer(query, 'from', Math.max(earliest, next - last), Number.MAX_SAFE_INTEGER);
      const waitMs = integer(query, 'waitMs', 0, WAIT_MAX_MS);
      const records = await bus
        .read({ topic, partition: PARTITION, offset: from, recordsMax: ALERTS_MAX, waitMs, signal: patience })
        .catch((error: unknown) => {
          if (patience.aborted) return [];
          throw error;
        });
      // A follower that is ahead, as of a store that was begun anew, goes on from where this one is.
      const end = records.at(-1)?.offset ?? Math.min(from, next) - 1;
      return json({ alerts: records.map((record) => decodeAlert(record.value)), next: end + 1 });
    },
  };
}

function integer(query: URLSearchParams, name: string, otherwise: number, max: number): number {
  const text = query.get(name);
  if (text === null) return otherwise;
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= max))
    throw new ArrivalsError('query_invalid', `${name}: expected a whole number up to ${String(max)}, found ${JSON.stringify(text.slice(0, 40))}`);
  return value;
}
