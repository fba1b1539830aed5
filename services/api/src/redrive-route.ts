/**
 * POST /v1/dead-letters/replay {"ids":["0:17",…],"dryRun":false}: redrives dead letters, at most IDS_MAX at a
 * time.
 *
 * Answers {"results":[…]}, one for each id in order: "redriven", or "left" with the reason. As a write it
 * always serves only the same machine, and accepts only application/json: a web page's simple request has
 * another type.
 */
import type { Bus, Telemetry, TopicNames } from '@arrivals/core';
import { ArrivalsError, asArray, at } from '@arrivals/core/light';
import { BodyReceiver, checkLocalReader, json, type Route } from '@arrivals/host';
import { type RedriveResult, type StoredLetter } from './dead-letter-json.ts';
import { letterOf } from './dead-letter-record.ts';
import { redrive } from './redrive.ts';
import { TopicReader } from './topic-reader.ts';

const IDS_MAX = 500;
export const BODY_BYTES_MAX: number = 64 * 1024;
export const BODIES_BYTES_MAX: number = 4 * BODY_BYTES_MAX;

export function replayRoute(
  bus: Pick<Bus, 'read' | 'offsets' | 'publish'>,
  topics: TopicNames,
  telemetry: Telemetry,
): Route {
  const reader = new TopicReader(bus, topics.deadLetters);
  const bodies = new BodyReceiver({ bodyBytesMax: BODY_BYTES_MAX, bodiesBytesMax: BODIES_BYTES_MAX });
  return {
    method: 'POST',
    path: '/v1/dead-letters/replay',
    handle: ({ message, patience }) => {
      checkLocalReader(message);
      return bodies.receive(message, async (body) => {
        const { offsets, dryRun } = readBody(body);
        const missing = new Map<number, RedriveResult>();
        const results = await redrive(readLetters(reader, offsets, patience, missing), {
          bus,
          topics,
          dryRun,
          signal: patience,
          onRedrive: (cluster, events) => {
            telemetry.emit({ type: 'events_entered', cluster, events, from: 'dead-letters' });
          },
        });
        const found = results.values();
        return json({ results: offsets.map((offset) => missing.get(offset) ?? found.next().value) });
      });
    },
  };
}

/** Those that exist; `missing` gets the others. */
async function* readLetters(
  reader: TopicReader,
  offsets: readonly number[],
  signal: AbortSignal,
  missing: Map<number, RedriveResult>,
): AsyncGenerator<StoredLetter> {
  for (const offset of offsets) {
    const record = await reader.at({ partition: 0, offset }, signal);
    const letter = record === undefined ? undefined : letterOf(record);
    if (letter !== undefined && 'letter' in letter) yield letter;
    else
      missing.set(offset, {
        id: `0:${String(offset)}`,
        sha256: null,
        reason: null,
        cluster: null,
        outcome: 'left',
        why: 'there is no such dead letter',
      });
  }
}

/** @throws ArrivalsError body_not_json, body_invalid */
function readBody(body: Buffer): { readonly offsets: readonly number[]; readonly dryRun: boolean } {
  const { offsets, value } = readIds(body);
  const dryRun = at(value, 'dryRun') ?? false;
  if (typeof dryRun !== 'boolean') throw new ArrivalsError('body_invalid', 'dryRun: expected true or false');
  return { offsets, dryRun };
}

/** The requested offsets, and the whole body. @throws ArrivalsError body_not_json, body_invalid */
export function readIds(body: Buffer): { readonly offsets: readonly number[]; readonly value: unknown } {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new ArrivalsError('body_not_json', 'expected {"ids":["0:17",…]}', { cause: error });
  }
  const ids = asArray(at(value, 'ids'));
  const offsets = ids.map((id) =>
    typeof id === 'string' && /^0:\d{1,15}$/.test(id) ? Number(id.slice(2)) : Number.NaN,
  );
  if (ids.length === 0 || ids.length > IDS_MAX || offsets.some(Number.isNaN))
    throw new ArrivalsError('body_invalid', `expected {"ids":["0:17",…]} with 1 to ${String(IDS_MAX)} ids`);
  return { offsets: [...new Set(offsets)], value };
}
