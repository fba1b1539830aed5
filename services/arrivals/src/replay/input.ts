/**
 * Reads audit events from files: audit logs (an event a line), EventList documents, the logs of platforms in their shapes,
 * several JSON documents one after the other, each plain or gzipped.
 *
 * Invariant: every line, item and element comes out once, but for entries of other logs, which are told to `found` alone. What is no
 * JSON comes out as a JSON string of its text, so that it travels with the rest and ends as a dead letter. Memory is bounded
 * by one line, or by a document of DOCUMENT_BYTES_MAX.
 */
import { ArrivalsError, JsonScanner, JsonSyntaxError, messageOf, type Part, scanEvent, sliceEventList, unwrap } from '@arrivals/core';
import { inflateWithin } from '@arrivals/host';
import { createReadStream } from 'node:fs';
import { addAbortSignal, pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

const DOCUMENT_BYTES_MAX = 256 * 1024 * 1024;
/** Of a text that is no JSON: enough to see what it was. */
const BAD_TEXT_MAX = 100_000;
const NEWLINE = 0x0a;
/** A file that was compressed before it was compressed for delivery, as CloudWatch's data in S3 may be. */
const GZIP_LAYERS_MAX = 2;
/** How the base64 of gzip begins. */
const GZIP_BASE64 = 'H4sI';
const OPEN_OBJECT = 0x7b;

export interface Item {
  /** JSON: an audit event, or whatever else stood there. */
  readonly bytes: Buffer;
  /** Where it stood, when it was no JSON and has been made a string. */
  readonly bad?: string;
}

/** Told of each element of a platform's log. */
export type OnFound = (part: Part) => void;

/** @param name a path, or "-" for standard input. @throws ArrivalsError input_unreadable */
export async function* readItems(name: string, signal: AbortSignal, found: OnFound): AsyncGenerator<Item> {
  const lines = splitLines(openInput(name, signal));
  try {
    const first = await nextContent(lines);
    if (first === undefined) return;
    if (beginsDocument(first.bytes)) {
      yield* documentItems(name, first, lines, found);
    } else {
      yield* lineItem(name, first, found);
      yield* lineItems(name, lines, found);
    }
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ArrivalsError) throw error;
    throw new ArrivalsError('input_unreadable', `${name}: ${messageOf(error)}`, { cause: error });
  }
}

interface Line {
  readonly bytes: Buffer;
  readonly number: number;
}

async function* lineItems(name: string, lines: AsyncIterable<Line>, found: OnFound): AsyncGenerator<Item> {
  for await (const line of lines) if (!isBlank(line.bytes)) yield* lineItem(name, line, found);
}

function* lineItem(name: string, { bytes, number }: Line, found: OnFound): Generator<Item> {
  const values = lineValues(bytes);
  if (values === undefined) yield { bytes: Buffer.from(JSON.stringify(bytes.toString('utf8', 0, BAD_TEXT_MAX))), bad: `${name}:${String(number)}` };
  else for (const value of values) yield* itemsOf(value, found);
}

/** A line's JSON: one value, or objects that follow one another, as Firehose writes them; or base64, made JSON. Undefined for anything else. */
function lineValues(bytes: Buffer): readonly Buffer[] | undefined {
  const values = splitValues(bytes);
  if (values !== undefined) return values.length === 1 || values.every((value) => value[0] === OPEN_OBJECT) ? values : undefined;
  if (bytes.toString('latin1', 0, GZIP_BASE64.length) !== GZIP_BASE64) return undefined;
  return [Buffer.from(JSON.stringify(bytes.toString('utf8').trim()))];
}

/** JSON over several lines; when the whole is no JSON either, its lines one by one. */
async function* documentItems(name: string, first: Line, rest: AsyncIterable<Line>, found: OnFound): AsyncGenerator<Item> {
  const lines = [first];
  let length = first.bytes.length;
  for await (const line of rest) {
    lines.push(line);
    length += line.bytes.length + 1;
    if (length > DOCUMENT_BYTES_MAX)
      throw new ArrivalsError('input_unreadable', `${name}: expected one event a line, or documents of at most ${String(DOCUMENT_BYTES_MAX)} bytes`);
  }
  const values = splitValues(Buffer.concat(lines.flatMap((line) => [line.bytes, Buffer.from('\n')])));
  if (values !== undefined) {
    for (const value of values) yield* itemsOf(value, found);
    return;
  }
  for (const line of lines) if (!isBlank(line.bytes)) yield* lineItem(name, line, found);
}

function splitValues(bytes: Buffer): readonly Buffer[] | undefined {
  const scanner = new JsonScanner(bytes);
  const values: Buffer[] = [];
  try {
    for (;;) {
      scanner.skipWhitespace();
      if (scanner.atEnd()) return values;
      const { start, end } = scanner.value();
      values.push(bytes.subarray(start, end));
    }
  } catch (error) {
    if (error instanceof JsonSyntaxError) return undefined;
    throw error;
  }
}

/** An EventList's items, what a platform's log holds, or the value itself. A list that is not of the audit API stays whole, to be named as what it is. */
function* itemsOf(value: Buffer, found: OnFound): Generator<Item> {
  if (scanEvent(value).facts?.kind === 'EventList') {
    try {
      for (const { start, end } of sliceEventList(value)) yield { bytes: value.subarray(start, end) };
      return;
    } catch (error) {
      if (!(error instanceof ArrivalsError)) throw error;
    }
  }
  const parts = unwrap(value, inflateWithin(DOCUMENT_BYTES_MAX));
  if (parts === undefined) yield { bytes: value };
  else
    for (const part of parts) {
      found(part);
      // What was refused is named, and set aside, by the webhook.
      if (part.kind !== 'other') yield { bytes: part.bytes };
    }
}

/** A line that is the beginning of JSON, and goes on in the next. */
function beginsDocument(bytes: Buffer): boolean {
  try {
    scanEvent(bytes);
    return false;
  } catch (error) {
    return error instanceof JsonSyntaxError && error.atEnd;
  }
}

function isBlank(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}

async function nextContent(lines: AsyncGenerator<Line>): Promise<Line | undefined> {
  for (;;) {
    const next = await lines.next();
    if (next.done === true) return undefined;
    if (!isBlank(next.value.bytes)) return next.value;
  }
}

async function* splitLines(input: AsyncIterable<Buffer>): AsyncGenerator<Line> {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let number = 0;
  for await (const chunk of input) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      const line = Buffer.concat([...pending, chunk.subarray(start, end)]);
      yield { bytes: number === 0 ? withoutByteOrderMark(line) : line, number: ++number };
      pending = [];
      pendingBytes = 0;
      start = end + 1;
    }
    if (start < chunk.length) {
      pending.push(chunk.subarray(start));
      pendingBytes += chunk.length - start;
    }
    if (pendingBytes > DOCUMENT_BYTES_MAX)
      throw new ArrivalsError('input_unreadable', `line ${String(number + 1)} is longer than ${String(DOCUMENT_BYTES_MAX)} bytes`);
  }
  if (pendingBytes > 0) yield { bytes: number === 0 ? withoutByteOrderMark(Buffer.concat(pending)) : Buffer.concat(pending), number: number + 1 };
}

function openInput(name: string, signal: AbortSignal): AsyncGenerator<Buffer> {
  return inflated(addAbortSignal(signal, name === '-' ? process.stdin : createReadStream(name)) as AsyncIterable<Buffer>, GZIP_LAYERS_MAX);
}

/** Gzip is told by its first two bytes, not by the name. */
async function* inflated(input: AsyncIterable<Buffer>, layersMax: number): AsyncGenerator<Buffer> {
  const chunks = input[Symbol.asyncIterator]();
  const first = await chunks.next();
  if (first.done === true) return;
  const whole = prepend(first.value, chunks);
  if (layersMax > 0 && first.value[0] === 0x1f && first.value[1] === 0x8b) yield* inflated(gunzip(whole), layersMax - 1);
  else yield* whole;
}

/** Some tools put one before the first line. */
function withoutByteOrderMark(bytes: Buffer): Buffer {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

async function* prepend(first: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}

async function* gunzip(compressed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const output = createGunzip();
  pipeline(Readable.from(compressed), output, () => undefined);
  yield* output as AsyncIterable<Buffer>;
}
