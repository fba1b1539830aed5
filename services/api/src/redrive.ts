/**
 * Redrives dead letters: publishes them to the audit topic, where the processor reads them again.
 *
 * Invariant: one event a record, with its original position; a whole record unchanged. A letter that would be
 * set aside again for the same reason, or is incomplete, is left and reported. Nothing is deleted from the
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

/** The record to publish: `events` as the processor will count them. */
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
    if (batch === undefined) return { why: 'it is larger than a record and cannot be truncated' };
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
  /** Called when they are durable. */
  readonly onRedrive?: (cluster: string, events: number) => void;
}

/**
 * @throws ArrivalsError as Bus.publish does: earlier ones are redriven already, and redriving them again is
 * harmless
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
