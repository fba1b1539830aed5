/**
 * The thread that processes large bodies (ingest-threads.ts sends it one at a time).
 *
 * Invariant: each job has one result or one error; transferred memory belongs to one thread at a time. It
 * does not handle requests.
 */
import {
  ArrivalsError,
  type ErrorCode,
  messageOf,
  type OutgoingRecord,
  type TopicNames,
} from '@arrivals/core';
import { inflateWithin } from '@arrivals/host/command';
import { parentPort } from 'node:worker_threads';
import { type Ingestion, takeIn } from './ingest.ts';
import type { LetterContext } from './dead-letters.ts';

export interface IngestJob extends LetterContext {
  readonly body: Uint8Array;
  readonly itemsMax: number;
  readonly topics: TopicNames;
  readonly inflatedBytesMax: number;
  /** For inflated and copied bytes together. */
  readonly extraBytesMax: number;
}

export type IngestResult =
  | { readonly ingest: Ingestion; readonly extraBytes: number }
  /** Code null: a bug of ours. */
  | { readonly code: ErrorCode | null; readonly message: string };

parentPort?.on('message', (job: IngestJob) => {
  const result = resultOf(job);
  parentPort?.postMessage(
    result,
    'ingest' in result ? result.ingest.records.map(({ value }) => value.buffer as ArrayBuffer) : [],
  );
});

function resultOf({ body, inflatedBytesMax, extraBytesMax, ...context }: IngestJob): IngestResult {
  let extraBytes = 0;
  const onCopied = (bytes: number): void => {
    extraBytes += bytes;
    if (extraBytes > extraBytesMax)
      throw new ArrivalsError(
        'overloaded',
        `what is packed into one body takes more than ${String(extraBytesMax)} bytes`,
      );
  };
  try {
    const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    const ingest = takeIn(bytes, {
      ...context,
      inflate: inflateWithin(inflatedBytesMax, onCopied),
      onCopied,
    });
    return { ingest: { ...ingest, records: ingest.records.map(withOwnMemory) }, extraBytes };
  } catch (error) {
    return { code: error instanceof ArrivalsError ? error.code : null, message: messageOf(error) };
  }
}

/** Small buffers share memory with others, which must not be transferred. */
function withOwnMemory(record: OutgoingRecord): OutgoingRecord {
  const { value } = record;
  if (value.buffer.byteLength === value.length) return record;
  return { ...record, value: Buffer.from(new Uint8Array(value).buffer) };
}
