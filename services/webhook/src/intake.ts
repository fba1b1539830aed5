/**
 * Turns the body of a POST into records: the valid events packed into AuditBatches, the others into dead letters.
 *
 * Invariant: every item of the body is in exactly one record, with the bytes it came in (an event too large for a record
 * has its bodies cut, and says so). Pure but for the arguments it is given.
 */
import { deadLetterRecord, encodeAuditBatch } from '@arrivals/adapters/avro';
import {
  type CountedEvents,
  type DeadLetter,
  deadLetter,
  invalidity,
  type Micros,
  type PostedBatch,
  packBatches,
  sliceEventList,
  type TopicNames,
  type ValidEvent,
} from '@arrivals/core';

export interface Intake extends PostedBatch {
  readonly cutEvents: number;
}

export interface IntakeContext {
  readonly cluster: string;
  readonly requestId: string;
  readonly receivedAtMicros: Micros;
  readonly topics: TopicNames;
}

/** @throws ArrivalsError body_not_json, body_not_event_list */
export function takeIn(body: Buffer, { cluster, requestId, receivedAtMicros, topics }: IntakeContext): Intake {
  const valid: ValidEvent[] = [];
  const dead: DeadLetter[] = [];
  const slices = sliceEventList(body);
  for (const [index, slice] of slices.entries()) {
    const bytes = body.subarray(slice.start, slice.end);
    const invalid = invalidity(slice.facts, () => JSON.parse(bytes.toString('utf8')));
    if (invalid === undefined) valid.push({ bytes, slice });
    else dead.push(deadLetter(bytes, { cluster, receivedAtMicros, ...invalid, request: { requestId, index, byteOffset: slice.start }, record: null }));
  }
  const { batches, cutEvents } = packBatches(cluster, receivedAtMicros, valid);
  return {
    cluster,
    records: [
      ...batches.map((batch) => ({ topic: topics.audit, key: null, value: encodeAuditBatch(batch), headers: {} })),
      ...dead.map((letter) => deadLetterRecord(letter, topics.deadLetters)),
    ],
    events: slices.length,
    deadLettered: countReasons(dead),
    cutEvents,
  };
}

function countReasons(letters: readonly DeadLetter[]): CountedEvents['deadLettered'] {
  const counts: Partial<Record<DeadLetter['reason'], number>> = {};
  for (const { reason } of letters) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}
