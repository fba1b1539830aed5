/**
 * POST /v1/dead-letters/drop {"ids":["0:17",…],"by":"WHO"}: deletes dead letters permanently, at most IDS_MAX
 * at a time.
 *
 * Answers {"results":[…]}, one for each id: "dropped", or "left" with the reason. Like redrive it serves only
 * the same machine and accepts only application/json. The log has who dropped what; the caller's name is its
 * own claim.
 */
import type { Telemetry, TopicNames } from '@arrivals/core';
import { asText, at } from '@arrivals/core/light';
import { BodyReceiver, checkLocalReader, json, type Route } from '@arrivals/host';
import { type RedriveResult } from './dead-letter-json.ts';
import { letterOf } from './dead-letter-record.ts';
import { BODIES_BYTES_MAX, BODY_BYTES_MAX, readIds } from './redrive-route.ts';
import { type ReadableBus, TopicReader } from './topic-reader.ts';

const WHO_CHARACTERS_MAX = 200;

export type DropResult = Omit<RedriveResult, 'outcome'> & { readonly outcome: 'dropped' | 'left' };

/** Resolves with those that existed, once their deletion is durable. */
export type RemoveRecords = (topic: string, offsets: readonly number[]) => Promise<readonly number[]>;

export function dropRoute(
  bus: ReadableBus,
  remove: RemoveRecords,
  { deadLetters: topic }: TopicNames,
  telemetry: Telemetry,
): Route {
  const reader = new TopicReader(bus, topic);
  const bodies = new BodyReceiver({ bodyBytesMax: BODY_BYTES_MAX, bodiesBytesMax: BODIES_BYTES_MAX });
  return {
    method: 'POST',
    path: '/v1/dead-letters/drop',
    handle: ({ message, patience }) => {
      checkLocalReader(message);
      return bodies.receive(message, async (body) => {
        const { offsets, value } = readIds(body);
        const named = new Map<number, Pick<DropResult, 'sha256' | 'reason' | 'cluster'>>();
        for (const offset of offsets) {
          const record = await reader.at({ partition: 0, offset }, patience);
          if (record !== undefined) named.set(offset, described(record));
        }
        const gone = new Set(await remove(topic, [...named.keys()]));
        const results = offsets.map((offset): DropResult => {
          const about = named.get(offset) ?? { sha256: null, reason: null, cluster: null };
          const dropped = gone.has(offset);
          return {
            id: `0:${String(offset)}`,
            ...about,
            outcome: dropped ? 'dropped' : 'left',
            why: dropped ? null : 'there is no such dead letter',
          };
        });
        const dropped = results
          .filter(({ outcome }) => outcome === 'dropped')
          .map(({ id, sha256 }) => ({ id, sha256 }));
        const by = (asText(at(value, 'by')) ?? '').slice(0, WHO_CHARACTERS_MAX);
        if (dropped.length > 0) telemetry.emit({ type: 'dead_letters_dropped', letters: dropped, by });
        return json({ results });
      });
    },
  };
}

function described(
  record: Parameters<typeof letterOf>[0],
): Pick<DropResult, 'sha256' | 'reason' | 'cluster'> {
  const stored = letterOf(record);
  if ('foreign' in stored) return { sha256: null, reason: null, cluster: null };
  const { sha256, reason, cluster } = stored.letter;
  return { sha256, reason, cluster };
}
