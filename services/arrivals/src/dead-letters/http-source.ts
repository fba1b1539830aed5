/** Dead letters of a running process, over its HTTP API: the process itself redrives and drops them. */
import type { DropResult, LetterRecord, Positions, RedriveResult } from '@arrivals/api';
import { idOf, parsePositions, positionsText, readLetterJson } from '@arrivals/api/light';
import { ArrivalsError, asArray, at, TOPICS } from '@arrivals/core/light';
import type { Credentials } from '../api-client/credentials.ts';
import { causeOf, HttpClient } from '../api-client/http-client.ts';
import { askPublished } from '../api-client/pages.ts';
import type { DeadLetterSource } from './source.ts';

const DROPPED_AT_ONCE_MAX = 500;

export function httpSource(base: URL, credentials: Credentials, signal: AbortSignal): DeadLetterSource {
  const client = new HttpClient(credentials);
  const path = new URL(`${base.pathname.replace(/\/$/, '')}/v1/dead-letters`, base).href;
  const page = async (query: string): Promise<LetterPage> => {
    const { entries, next } = await askPublished(client, new URL(`${path}?${query}&raw=true`), signal);
    return { records: entries.map((entry) => readEntry(entry, base)), next: positionsOf(next, base) };
  };
  return {
    read: (last) => readPages(page, last),
    at: async ({ partition, offset }) => {
      const { next: end } = await page('last=0');
      if (!end.has(partition)) return undefined;
      const { records } = await page(`from=${positionsText(new Map([...end, [partition, offset]]))}`);
      return records.find(({ position }) => position.partition === partition && position.offset === offset);
    },
    redrive: async (letters, dryRun) =>
      (await change(
        client,
        `${path}/replay`,
        { ids: letters.map(({ position }) => idOf(position)), dryRun },
        signal,
      )) as readonly RedriveResult[],
    drop: async (letters, dryRun, by) => {
      if (dryRun)
        return letters.map(
          ({ position, ...about }) =>
            ({ id: idOf(position), ...about, outcome: 'dropped', why: null }) as const,
        );
      const results: DropResult[] = [];
      for (let i = 0; i < letters.length; i += DROPPED_AT_ONCE_MAX) {
        const ids = letters.slice(i, i + DROPPED_AT_ONCE_MAX).map(({ position }) => idOf(position));
        results.push(
          ...((await change(client, `${path}/drop`, { ids, by }, signal)) as readonly DropResult[]),
        );
      }
      return results;
    },
    close: () => Promise.resolve(),
  };
}

interface LetterPage {
  readonly records: readonly LetterRecord[];
  readonly next: Positions;
}

async function* readPages(
  page: (query: string) => Promise<LetterPage>,
  last: number | undefined,
): AsyncGenerator<LetterRecord> {
  const { next: end } = await page('last=0');
  for (let query = last === undefined ? 'from=0' : `last=${String(last)}`; ;) {
    const { records, next } = await page(query);
    for (const record of records)
      if (record.position.offset < (end.get(record.position.partition) ?? 0)) yield record;
    if (records.length === 0 || [...end].every(([partition, offset]) => (next.get(partition) ?? 0) >= offset))
      return;
    query = `from=${positionsText(next)}`;
  }
}

/** @throws ArrivalsError server_unreachable: another version may answer otherwise */
function positionsOf(next: string, base: URL): Positions {
  const positions = parsePositions(next);
  if (positions === undefined)
    throw new ArrivalsError(
      'server_unreachable',
      `${base.origin} answered without a position to go on from: is it of this version?`,
    );
  return positions;
}

/** @throws ArrivalsError server_unreachable: another version may answer otherwise */
function readEntry(entry: unknown, base: URL): LetterRecord {
  const record = readLetterJson(entry, TOPICS.deadLetters);
  if (record === undefined)
    throw new ArrivalsError(
      'server_unreachable',
      `${base.origin} answered with something that is no dead letter: is it of this version?`,
    );
  return record;
}

/** Requests a redrive or drop, and returns the results. @throws ArrivalsError server_unreachable */
async function change(
  client: HttpClient,
  url: string,
  request: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): Promise<readonly unknown[]> {
  let why: string;
  try {
    const { status, text } = await client.post(url, Buffer.from(JSON.stringify(request)), signal);
    if (status === 200) return asArray(at(JSON.parse(text), 'results'));
    why = `${String(status)} ${text.trim().slice(0, 300)}`;
  } catch (error) {
    why = causeOf(error);
  }
  throw new ArrivalsError('server_unreachable', `${new URL(url).origin} did not do it: ${why}`);
}
