/**
 * Puts dead letters back on the raw topic, where the processor takes them up again.
 *
 * Invariant: one event a record, with the coordinates it first had; a whole record as it was. What would be
 * set aside again for the same reason, or is not whole, is left and said. Nothing is taken from the
 * dead-letter topic.
 */
import { decodeAuditBatch, encodeAuditBatch } from '@arrivals/adapters/avro';
import {
  type Bus,
  invalidity,
  messageOf,
  type OutgoingRecord,
  packBatches,
  redriveHeaders,
  scanEvent,
  type TopicNames,
  UNKNOWN_CLUSTER,
} from '@arrivals/core';
import { idOf, type RedriveResult, type StoredLetter } from './dead-letter-json.ts';

/** Published at once. */
const PUBLISH_BYTES_MAX = 4_000_000;

/** What goes back: `events` as the processor will count them. */
interface Return {
  readonly record: OutgoingRecord;
  readonly cluster: string;
  readonly events: number;
}

export type RedrivePlan = Return | { readonly why: string };

export function planRedrive(
  { letter, position }: StoredLetter,
  { audit }: Pick<TopicNames, 'audit'>,
): RedrivePlan {
  const { bytes, length, cluster, receivedAtMicros, reason } = letter;
  if (bytes.length < length)
    return { why: `only ${String(bytes.length)} of its ${String(length)} bytes were kept` };
  if (reason === 'record_undecodable')
    return {
      record: { topic: audit, key: null, value: bytes, headers: redriveHeaders(null, position) },
      ...countOf(bytes),
    };
  try {
    const slice = scanEvent(bytes);
    const invalid = invalidity(slice, bytes);
    if (invalid !== undefined) return { why: `${invalid.reason}: ${invalid.detail}` };
    const [batch] = packBatches(cluster, receivedAtMicros, [{ bytes, slice }]).batches;
    if (batch === undefined) return { why: 'it is larger than a record and cannot be cut' };
    return {
      record: {
        topic: audit,
        key: null,
        value: encodeAuditBatch(batch),
        headers: redriveHeaders(letter.record, position),
      },
      cluster,
      events: 1,
    };
  } catch (error) {
    return { why: `no event can be made of it: ${messageOf(error)}` };
  }
}

function countOf(record: Buffer): Pick<Return, 'cluster' | 'events'> {
  try {
    const { cluster, index } = decodeAuditBatch(record);
    return { cluster, events: index.length };
  } catch {
    return { cluster: UNKNOWN_CLUSTER, events: 1 };
  }
}

export interface RedriveOptions {
  readonly bus: Pick<Bus, 'publish'>;
  readonly topics: Pick<TopicNames, 'audit'>;
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  /** Told when they are durable. */
  readonly onRedrive?: (cluster: string, events: number) => void;
}

/**
 * @throws ArrivalsError as Bus.publish does: what came before is back already, and may be put back again
 * without harm
 */
export async function redrive(
  letters: Iterable<StoredLetter> | AsyncIterable<StoredLetter>,
  options: RedriveOptions,
): Promise<readonly RedriveResult[]> {
  const results: RedriveResult[] = [];
  let pending: Return[] = [];
  let bytes = 0;
  const flush = async (): Promise<void> => {
    if (pending.length > 0 && !options.dryRun) {
      await options.bus.publish(
        pending.map(({ record }) => record),
        options.signal,
      );
      for (const { cluster, events } of pending) options.onRedrive?.(cluster, events);
    }
    pending = [];
    bytes = 0;
  };
  for await (const stored of letters) {
    const plan = planRedrive(stored, options.topics);
    const { sha256, reason, cluster } = stored.letter;
    const left = 'why' in plan;
    results.push({
      id: idOf(stored.position),
      sha256,
      reason,
      cluster,
      outcome: left ? 'left' : 'redriven',
      why: left ? plan.why : null,
    });
    if (left) continue;
    if (bytes + plan.record.value.length > PUBLISH_BYTES_MAX) await flush();
    pending.push(plan);
    bytes += plan.record.value.length;
  }
  await flush();
  return results;
}
