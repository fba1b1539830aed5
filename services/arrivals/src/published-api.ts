/**
 * GET /v1/alerts and GET /v1/dead-letters: what a running process has published, in the order it did.
 *
 *   ?from=OFFSET   from this position on, or
 *   ?last=N        the last N (default 100)
 *   ?waitMs=MS     when there is none, wait this long for one (at most 25,000)
 *
 *   ?raw=true      dead letters with their bytes as they are: otherwise secrets in them are masked
 *
 * Answers {"alerts":[…],"next":OFFSET}, or "deadLetters": `next` is the `from` to go on with. At most
 * PAGE_MAX an answer.
 *
 * GET /v1/alerts/{alertId}: the newest revision of an alert, told by its ID or at least 8 characters of its
 * beginning.
 *
 *   ?before=OFFSET   go on from here backwards (default: from the newest)
 *
 * Answers {"alerts":[…],"before":OFFSET|null}: it looks at 10,000 records at most, and `before` is where to
 * go on; null at the end.
 *
 * Where the store is damaged, answers with alerts have "damage" too: in words what it is. There may be fewer
 * alerts then than there were.
 *
 * Alerts tell much of a cluster, and there is no authentication of readers: they are shown to this machine
 * alone, unless the operator has consented to serve everybody.
 */
import { decodeAlert } from '@arrivals/adapters/avro';
import { alertDocument, ArrivalsError, type Bus, type StoredRecord, type TopicNames } from '@arrivals/core';
import {
  checkLocalReader,
  checkReaderHost,
  json,
  parseHosts,
  type Request,
  type Route,
} from '@arrivals/host';
import { alertIdFrom } from './alerts/alert-id.ts';
import { lookUpAlerts } from './alerts/look-up.ts';
import { letterJson, letterOf } from './dead-letters/letter.ts';

const PAGE_MAX = 500;
/** A dead letter may have 900 KB. */
const DEAD_LETTERS_PAGE_MAX = 20;
const WAIT_MAX_MS = 25_000;
/** The embedded bus has this one. */
const PARTITION = 0;

interface ReaderRules {
  readonly readersLocal: boolean;
  /** The setting: names by which the server may be asked. */
  readonly hosts: string;
  /** What is damaged in the store, in words. */
  readonly damage: () => string | undefined;
}

type Readable = Pick<Bus, 'read' | 'offsets'>;

export function publishedRoutes(
  bus: Readable,
  topics: TopicNames,
  { readersLocal, hosts, damage }: ReaderRules,
): readonly Route[] {
  const andDamage = (): { readonly damage?: string } => {
    const words = damage();
    return words === undefined ? {} : { damage: words };
  };
  const routes: readonly Route[] = [
    {
      method: 'GET',
      path: '/v1/alerts',
      handle: async (request) => {
        const { records, next } = await readPage(bus, topics.alerts, PAGE_MAX, request);
        // What was damaged on disk is no alert any more; the answer and readiness tell of it, and the others
        // are whole.
        const alerts = records
          .filter(({ unreadable }) => unreadable === undefined)
          .map((record) => alertDocument(decodeAlert(record.value)));
        return json({ alerts, next, ...andDamage() });
      },
    },
    {
      method: 'GET',
      path: '/v1/alerts/{alertId}',
      handle: async ({ parameters, query, patience }) => {
        const id = alertIdFrom(parameters['alertId'] ?? '');
        const before = query.has('before') ? integer(query, 'before', 0, Number.MAX_SAFE_INTEGER) : undefined;
        const found = await lookUpAlerts(bus, topics, { id, before, patience });
        return json({ ...found, alerts: found.alerts.map(alertDocument), ...andDamage() });
      },
    },
    {
      method: 'GET',
      path: '/v1/dead-letters',
      handle: async (request) => {
        const { records, next } = await readPage(bus, topics.deadLetters, DEAD_LETTERS_PAGE_MAX, request);
        return json({
          deadLetters: records.map((record) =>
            letterJson(letterOf(record), request.query.get('raw') === 'true'),
          ),
          next,
        });
      },
    },
  ];
  const listed = parseHosts(hosts);
  return routes.map((route) =>
    checkedFirst(route, (message) => {
      if (readersLocal) checkLocalReader(message);
      else checkReaderHost(message, listed);
    }),
  );
}

function checkedFirst(route: Route, check: (message: Request['message']) => void): Route {
  return {
    ...route,
    handle: async (request) => {
      check(request.message);
      return route.handle(request);
    },
  };
}

async function readPage(
  bus: Readable,
  topic: string,
  recordsMax: number,
  { query, patience }: Request,
): Promise<{ readonly records: readonly StoredRecord[]; readonly next: number }> {
  const { earliest = 0, next = 0 } =
    (await bus.offsets(topic)).find(({ partition }) => partition === PARTITION) ?? {};
  const last = integer(query, 'last', 100, 1_000_000);
  const from = integer(query, 'from', Math.max(earliest, next - last), Number.MAX_SAFE_INTEGER);
  const waitMs = integer(query, 'waitMs', 0, WAIT_MAX_MS);
  const records = await bus
    .read({ topic, partition: PARTITION, offset: from, recordsMax, waitMs, signal: patience })
    .catch((error: unknown) => {
      if (patience.aborted) return [];
      throw error;
    });
  // A follower that is ahead, as of a store that was begun anew, goes on from where this one is.
  const end = records.at(-1)?.offset ?? Math.min(from, next) - 1;
  return { records, next: end + 1 };
}

function integer(query: URLSearchParams, name: string, otherwise: number, max: number): number {
  const text = query.get(name);
  if (text === null) return otherwise;
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= max))
    throw new ArrivalsError(
      'query_invalid',
      `${name}: expected a whole number up to ${String(max)}, found ${JSON.stringify(text.slice(0, 40))}`,
    );
  return value;
}
