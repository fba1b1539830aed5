/**
 * Reads audit events from files: audit logs (an event a line), EventList documents, platforms' logs in their
 * shapes.
 *
 * Invariant: every line, item and element is returned once, except entries of other logs, which are only
 * reported to `found`. Input that is no JSON is returned as a JSON string of its text, so that it is sent
 * with the rest and becomes a dead letter.
 */
import { ArrivalsError, isJson, type Part, scanEvent, sliceEventList, Unwrapper } from '@arrivals/core';
import { inflateWithin } from '@arrivals/host/command';
import { statSync } from 'node:fs';
import { DOCUMENT_BYTES_MAX, openInput, type Piece, prepend, readPieces } from '../json-input.ts';
import { assertAuditLog } from './recognise.ts';

/** Of a text that is no JSON: enough to recognise it. */
const BAD_TEXT_MAX = 100_000;
/**
 * Items of one document: a local file may hold far more than a body, and each item costs memory beside its
 * bytes.
 */
const ITEMS_MAX = 1_000_000;
/** How the base64 of gzip begins. */
const GZIP_BASE64 = 'H4sI';

export interface Item {
  /** JSON: an audit event, or any other value found. */
  readonly bytes: Buffer;
  /** Its place in the file, if it was no JSON and was converted to a string. */
  readonly bad?: string;
}

/** Called for each element of a platform's log. */
export type OnFound = (part: Part) => void;

/** How much of a file is read to decide whether it is an audit log. */
const HEAD_BYTES_MAX = 64 * 1024;

/**
 * Checks the beginning of each file, so that one that is no audit log is reported before anything is sent.
 * Input that cannot be read twice, such as standard input, is checked when it is read.
 * @throws ArrivalsError input_unreadable, input_not_audit_log
 */
export async function checkInputs(names: readonly string[], signal: AbortSignal): Promise<void> {
  for (const name of names) {
    if (name === '-' || statSync(name, { throwIfNoEntry: false })?.isFile() === false) continue;
    const head: Buffer[] = [];
    let length = 0;
    let whole = true;
    for await (const chunk of openInput(name, signal)) {
      head.push(chunk);
      length += chunk.length;
      whole = length < HEAD_BYTES_MAX;
      if (!whole) break;
    }
    assertAuditLog(name, Buffer.concat(head), whole);
  }
}

/**
 * @param name a path, or "-" for standard input. @throws ArrivalsError input_unreadable, input_not_audit_log
 */
export async function* readItems(name: string, signal: AbortSignal, found: OnFound): AsyncGenerator<Item> {
  const unwrapper = new Unwrapper(inflateWithin(DOCUMENT_BYTES_MAX), ITEMS_MAX);
  const chunks = openInput(name, signal);
  const first = await chunks.next();
  if (first.done === true) return;
  // A pipe may deliver only a part of the first line: then lines that are no JSON are set aside one by one.
  assertAuditLog(name, first.value, false);
  for await (const piece of readPieces(name, prepend(first.value, chunks))) {
    const values = valuesOf(piece);
    const parts = values === undefined ? unwrapper.takeLine(piece.bytes) : undefined;
    if (values !== undefined) for (const value of values) yield* itemsOf(value, unwrapper, found);
    else if (parts !== undefined) yield* itemsOfParts(parts, found);
    else yield { bytes: textAsJson(piece.bytes), bad: piece.place };
  }
  yield* itemsOfParts(unwrapper.end(), found);
}

/** Converts base64 of gzip, CloudWatch's data alone on a line, to JSON. */
function valuesOf({ bytes, values }: Piece): readonly Buffer[] | undefined {
  if (values !== undefined || bytes.toString('latin1', 0, GZIP_BASE64.length) !== GZIP_BASE64) return values;
  return [Buffer.from(JSON.stringify(bytes.toString('utf8').trim()))];
}

/**
 * An EventList's items, the contents of a platform's log, or the value itself. A list of another API stays
 * whole, to be reported as such.
 */
function* itemsOf(value: Buffer, unwrapper: Unwrapper, found: OnFound): Generator<Item> {
  if (scanEvent(value).facts?.kind === 'EventList') {
    try {
      for (const { start, end } of sliceEventList(value, ITEMS_MAX))
        yield { bytes: value.subarray(start, end) };
      return;
    } catch (error) {
      if (!(error instanceof ArrivalsError)) throw error;
    }
  }
  const parts = unwrapper.take(value);
  if (parts === undefined) yield { bytes: value };
  else yield* itemsOfParts(parts, found);
}

/** A refused element is named and set aside by the webhook. */
function* itemsOfParts(parts: readonly Part[], found: OnFound): Generator<Item> {
  for (const part of parts) {
    found(part);
    if (part.kind !== 'other')
      yield { bytes: part.kind === 'refused' && !isJson(part.bytes) ? textAsJson(part.bytes) : part.bytes };
  }
}

/** A text is sent as a JSON string. */
function textAsJson(bytes: Buffer): Buffer {
  return Buffer.from(JSON.stringify(bytes.toString('utf8', 0, BAD_TEXT_MAX)));
}
