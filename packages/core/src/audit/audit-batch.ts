/**
 * The record of the audit topic: the events of one POST, as the bytes they came in, preceded by an index of
 * them.
 *
 * Invariant: index[i] describes the i-th event, whose bytes follow those of the event before it without a
 * gap; a record encodes to at most RECORD_BYTES_MAX. The index repeats facts of the events so that most need
 * no parsing. The schema defines the encoding (schemas/audit-batch.avsc).
 */
import { Buffer } from 'node:buffer';
import type { Micros } from '../base/time.ts';
import { cutEvent } from './truncate.ts';
import { type EventSlice, scanEvent } from './event-list.ts';
import { withoutForeignMarkers } from './markers.ts';
import type { Stage } from './validity.ts';

/** Under Kafka's default of 1 MiB for max.message.bytes, which leaves room for framing. */
export const RECORD_BYTES_MAX = 900_000;

/** The index's bytes beside its texts, and the record's beside index and events, rounded up. */
const ENTRY_BYTES = 32;
const FRAME_BYTES = 512;
/** A longer text is no name of this API (DNS names end at 253): what is left of it still matches nothing. */
const INDEX_TEXT_MAX = 253;

export interface IndexEntry {
  /** Bytes of the event. */
  readonly length: number;
  readonly stage: Stage;
  readonly verb: string;
  /** "" where the event has none, likewise below; such a "" stays inside the record. */
  readonly apiGroup: string;
  readonly resource: string;
  readonly subresource: string;
  /** responseStatus.code, 0 where there is none. */
  readonly code: number;
}

export interface AuditBatch {
  readonly cluster: string;
  /** When the webhook had the whole POST. */
  readonly receivedAtMicros: Micros;
  readonly index: readonly IndexEntry[];
  readonly events: Buffer;
}

/** One event's bytes and what the scanner read from them; the stage is already known to be a valid one. */
export interface ValidEvent {
  readonly bytes: Buffer;
  readonly slice: EventSlice;
}

export interface Packing<E extends ValidEvent = ValidEvent> {
  readonly batches: readonly AuditBatch[];
  /** Events whose bodies had to be cut to fit. */
  readonly cutEvents: number;
  /** Events of which nothing that fits is left; they are in no batch. */
  readonly uncut: readonly E[];
}

/**
 * As few records as the limit allows, events in the order given. Each event is in one of the records, or in
 * `uncut`.
 */
export function packBatches<E extends ValidEvent>(
  cluster: string,
  receivedAtMicros: Micros,
  events: readonly E[],
  recordBytesMax: number = RECORD_BYTES_MAX,
): Packing<E> {
  const batches: AuditBatch[] = [];
  let index: IndexEntry[] = [];
  let parts: Buffer[] = [];
  let size = FRAME_BYTES;
  let cutEvents = 0;
  const uncut: E[] = [];
  const close = (): void => {
    if (index.length > 0) batches.push({ cluster, receivedAtMicros, index, events: Buffer.concat(parts) });
    index = [];
    parts = [];
    size = FRAME_BYTES;
  };
  for (const event of events) {
    let { bytes, slice } = unmarked(event);
    let entry = indexEntry(bytes, slice);
    let cost = bytes.length + entryBytes(entry);
    if (cost + FRAME_BYTES > recordBytesMax) {
      const cut = cutWithin(bytes, recordBytesMax - FRAME_BYTES - ENTRY_BYTES - 4 * INDEX_TEXT_MAX * 3);
      if (cut === undefined) {
        uncut.push(event);
        continue;
      }
      bytes = cut;
      slice = scanEvent(bytes);
      entry = indexEntry(bytes, slice);
      cost = bytes.length + entryBytes(entry);
      cutEvents++;
    }
    if (size + cost > recordBytesMax) close();
    index.push(entry);
    parts.push(bytes);
    size += cost;
  }
  close();
  return { batches, cutEvents, uncut };
}

/** Undefined for an event of which nothing that fits is left: it harms only itself. */
function cutWithin(bytes: Buffer, bytesMax: number): Buffer | undefined {
  try {
    return cutEvent(bytes, bytesMax);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function unmarked(event: ValidEvent): ValidEvent {
  const bytes = withoutForeignMarkers(event.bytes);
  return bytes === event.bytes ? event : { bytes, slice: scanEvent(bytes) };
}

/** The events of a record with their index entries, each as a view of the record's bytes. */
export function* eventsOf(
  batch: AuditBatch,
): Generator<{ readonly entry: IndexEntry; readonly bytes: Buffer; readonly position: number }> {
  let offset = 0;
  for (const [position, entry] of batch.index.entries()) {
    yield { entry, bytes: batch.events.subarray(offset, offset + entry.length), position };
    offset += entry.length;
  }
}

function indexEntry(bytes: Buffer, { facts }: EventSlice): IndexEntry {
  return {
    length: bytes.length,
    stage: (facts?.stage ?? 'Panic') as Stage,
    verb: indexText(facts?.verb),
    apiGroup: indexText(facts?.apiGroup),
    resource: indexText(facts?.resource),
    subresource: indexText(facts?.subresource),
    code: indexCode(facts?.code),
  };
}

function indexText(text: string | undefined): string {
  return (text ?? '').slice(0, INDEX_TEXT_MAX);
}

function indexCode(code: number | undefined): number {
  return code !== undefined && Number.isInteger(code) && code > 0 && code < 1000 ? code : 0;
}

function entryBytes(entry: IndexEntry): number {
  return (
    ENTRY_BYTES +
    Buffer.byteLength(entry.verb) +
    Buffer.byteLength(entry.apiGroup) +
    Buffer.byteLength(entry.resource) +
    Buffer.byteLength(entry.subresource)
  );
}
