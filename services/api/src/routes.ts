/**
 * GET /v1/alerts and GET /v1/dead-letters: published records, in the order of the bus's timestamps.
 *
 *   ?from=NEXT     from this cursor on: the `next` of an answer; 0 for the beginning, or
 *   ?last=N        the last N (default 100)
 *   ?waitMs=MS     if there is none, wait this long for one (at most 25,000)
 *
 *   ?raw=true      dead letters with their unchanged bytes: otherwise secrets in them are masked
 *
 * Answers {"alerts":[…],"next":"NEXT"}, or "deadLetters": `next` is the `from` of the next request, one
 * offset for each partition (positions.ts). At most PAGE_MAX an answer.
 *
 * GET /v1/alerts/{alertId}: the newest revision of an alert, by its ID or a prefix of at least 8 characters.
 *
 *   ?before=BEFORE   continue backwards from here (default: from the newest)
 *
 * Answers {"alerts":[…],"before":"BEFORE"|null}: it reads at most 10,000 records, and `before` is the cursor
 * of the next request; null when the search is complete.
 *
 * A record without a readable alert is in "unreadable" of either answer, with its position and the reason. If
 * the store is damaged, answers with alerts also have "damage", a description: alerts may then be missing.
 *
 * Alerts reveal much of a cluster, and readers are not authenticated: they are served only to the same
 * machine, unless the operator has allowed all clients.
 */
import type { TopicNames } from '@arrivals/core';
import { alertDocument, ArrivalsError, maskText } from '@arrivals/core/light';
import {
  checkLocalReader,
  checkReaderHost,
  json,
  parseHosts,
  type Request,
  type Route,
} from '@arrivals/host';
import { alertIdFrom } from './alert-id.ts';
import { letterJson } from './dead-letter-json.ts';
import { letterOf } from './dead-letter-record.ts';
import { lookUpAlerts, type PartitionOf } from './look-up.ts';
import { parsePositions, type Positions, positionsText } from './positions.ts';
import { alertsOf, type UnreadableRecord } from './stored-alert.ts';
import { type ReadableBus, type TopicPage, TopicReader } from './topic-reader.ts';

const PAGE_MAX = 500;
/** A dead letter can have 900 KB. */
const DEAD_LETTERS_PAGE_MAX = 20;
const WAIT_MAX_MS = 25_000;
/** Defaults for a bus with gaps in offsets, and for one without. */
const LAST_MAX = 10_000;
const LAST_MAX_GAPLESS = 1_000_000;

interface ReaderRules {
  readonly readersLocal: boolean;
  /** The setting: allowed Host names. */
  readonly hosts: string;
  /** A description of damage in the store. */
  readonly damage?: () => string | undefined;
  /** Whether the bus has one partition a topic, whose offsets have no gaps. */
  readonly gapless?: boolean;
  readonly partitionOf?: PartitionOf;
}

/** @param rules who may read, and properties of the bus */
export function publishedRoutes(bus: ReadableBus, topics: TopicNames, rules: ReaderRules): readonly Route[] {
  const { gapless = false, partitionOf, damage = (): undefined => undefined } = rules;
  const alerts = new TopicReader(bus, topics.alerts, { gapless });
  const deadLetters = new TopicReader(bus, topics.deadLetters, { gapless });
  const beside = (unreadable: readonly UnreadableRecord[]): Readonly<Record<string, unknown>> => {
    const words = damage();
    return {
      ...(unreadable.length === 0
        ? {}
        : { unreadable: unreadable.map(({ why, ...position }) => ({ ...position, why: maskText(why) })) }),
      ...(words === undefined ? {} : { damage: words }),
    };
  };
  const routes: readonly Route[] = [
    {
      method: 'GET',
      path: '/v1/alerts',
      handle: async (request) => {
        const { records, next } = await readPage(alerts, PAGE_MAX, request);
        const read = alertsOf(records);
        return json({
          alerts: read.alerts.map(alertDocument),
          next: positionsText(next),
          ...beside(read.unreadable),
        });
      },
    },
    {
      method: 'GET',
      path: '/v1/alerts/{alertId}',
      handle: async ({ parameters, query, patience }) => {
        const id = alertIdFrom(parameters['alertId'] ?? '');
        const lookUp = { id, before: query.get('before') ?? undefined, patience, partitionOf };
        const { alerts: found, unreadable, before } = await lookUpAlerts(alerts, lookUp);
        return json({ alerts: found.map(alertDocument), before, ...beside(unreadable) });
      },
    },
    {
      method: 'GET',
      path: '/v1/dead-letters',
      handle: async (request) => {
        const { records, next } = await readPage(deadLetters, DEAD_LETTERS_PAGE_MAX, request);
        const raw = request.query.get('raw') === 'true';
        return json({
          deadLetters: records.map((record) => letterJson(letterOf(record), raw)),
          next: positionsText(next),
        });
      },
    },
  ];
  const listed = parseHosts(rules.hosts);
  return routes.map((route) =>
    checkedFirst(route, (message) => {
      if (rules.readersLocal) checkLocalReader(message);
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
  reader: TopicReader,
  recordsMax: number,
  { query, patience }: Request,
): Promise<TopicPage> {
  const last = integer(query, 'last', 100, reader.gapless ? LAST_MAX_GAPLESS : LAST_MAX);
  const waitMs = integer(query, 'waitMs', 0, WAIT_MAX_MS);
  const from = query.has('from')
    ? positionsIn(query.get('from') ?? '')
    : await reader.startOfLast(last, patience);
  return reader.page({ from, recordsMax, waitMs, signal: patience });
}

/** @throws ArrivalsError query_invalid */
function positionsIn(text: string): Positions {
  const positions = parsePositions(text);
  if (positions !== undefined) return positions;
  throw new ArrivalsError(
    'query_invalid',
    `from: expected the offsets of an earlier answer, found ${JSON.stringify(text.slice(0, 40))}`,
  );
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
