/**
 * Reads JSON from files: a value a line, documents over several lines, several values one after the other,
 * plain, gzipped or in zstd.
 *
 * Invariant: every line is returned once, alone or within its document, in order, as soon as it was read.
 * Memory is bounded by one line, or by a document of DOCUMENT_BYTES_MAX. Nothing is parsed: a value is a
 * range of bytes.
 */
import { ArrivalsError, JsonScanner, JsonSyntaxError, messageOf, shellWord } from '@arrivals/core/light';
import { createReadStream } from 'node:fs';
import { addAbortSignal, pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { isGzip, isZstd, packingOf } from './packing.ts';
import { unzstd } from './unzstd.ts';

export const DOCUMENT_BYTES_MAX: number = 256 * 1024 * 1024;
/** Values in one line or document: each costs memory beside its bytes. */
const VALUES_MAX = 1_000_000;
const NEWLINE = 0x0a;
/** Nested compression: CloudWatch's data in S3 may be compressed twice. */
const LAYERS_MAX = 2;
const OPEN_OBJECT = 0x7b;

/** A line, or a document of several lines. */
export interface Piece {
  readonly bytes: Buffer;
  /** For example audit.log:17 */
  readonly place: string;
  /** The JSON values in it; undefined if it is no JSON. */
  readonly values: readonly Buffer[] | undefined;
}

interface Line {
  readonly bytes: Buffer;
  readonly number: number;
}

/** @param name the name of the input in messages. @throws ArrivalsError input_unreadable */
export async function* readPieces(name: string, chunks: AsyncIterable<Buffer>): AsyncGenerator<Piece> {
  const lines = splitLines(name, chunks);
  const first = await nextContent(lines);
  if (first === undefined) return;
  if (beginsDocument(first.bytes)) {
    yield* documentPieces(name, first, lines);
    return;
  }
  yield linePiece(name, first);
  for await (const line of lines) if (!isBlank(line.bytes)) yield linePiece(name, line);
}

/** A line's JSON is one value, or several objects, as Firehose writes them. */
function linePiece(name: string, { bytes, number }: Line): Piece {
  const values = splitValues(bytes);
  const isJson =
    values !== undefined && (values.length === 1 || values.every((value) => value[0] === OPEN_OBJECT));
  return { bytes, place: `${name}:${String(number)}`, values: isJson ? values : undefined };
}

/** JSON of several lines; if the whole is no JSON either, its lines one by one. */
async function* documentPieces(name: string, first: Line, rest: AsyncIterable<Line>): AsyncGenerator<Piece> {
  const lines = [first];
  let length = first.bytes.length;
  for await (const line of rest) {
    lines.push(line);
    length += line.bytes.length + 1;
    if (length > DOCUMENT_BYTES_MAX)
      throw new ArrivalsError(
        'input_unreadable',
        `${name}: expected a value a line, or documents of at most ${String(DOCUMENT_BYTES_MAX)} bytes`,
      );
  }
  const bytes = Buffer.concat(lines.flatMap((line) => [line.bytes, Buffer.from('\n')]));
  const values = splitValues(bytes);
  if (values !== undefined) yield { bytes, place: `${name}:${String(first.number)}`, values };
  else for (const line of lines) if (!isBlank(line.bytes)) yield linePiece(name, line);
}

function splitValues(bytes: Buffer): readonly Buffer[] | undefined {
  const scanner = new JsonScanner(bytes);
  const values: Buffer[] = [];
  try {
    for (;;) {
      scanner.skipWhitespace();
      if (scanner.atEnd()) return values;
      const { start, end } = scanner.value();
      if (values.length >= VALUES_MAX)
        throw new ArrivalsError(
          'input_unreadable',
          `expected at most ${String(VALUES_MAX)} values in one line or document`,
        );
      values.push(bytes.subarray(start, end));
    }
  } catch (error) {
    if (error instanceof JsonSyntaxError) return undefined;
    throw error;
  }
}

/** A line that begins JSON which continues in the next. */
function beginsDocument(bytes: Buffer): boolean {
  try {
    new JsonScanner(bytes).value();
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

async function* splitLines(name: string, input: AsyncIterable<Buffer>): AsyncGenerator<Line> {
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
      throw new ArrivalsError(
        'input_unreadable',
        `${name}:${String(number + 1)}: the line is longer than ${String(DOCUMENT_BYTES_MAX)} bytes`,
      );
  }
  if (pendingBytes > 0)
    yield {
      bytes: number === 0 ? withoutByteOrderMark(Buffer.concat(pending)) : Buffer.concat(pending),
      number: number + 1,
    };
}

/**
 * The bytes of a file, inflated. @param name a path, or "-" for standard input. @throws ArrivalsError
 * input_unreadable, input_not_audit_log
 */
export async function* openInput(name: string, signal: AbortSignal): AsyncGenerator<Buffer> {
  try {
    yield* inflated(
      name,
      addAbortSignal(signal, name === '-' ? process.stdin : createReadStream(name)) as AsyncIterable<Buffer>,
      LAYERS_MAX,
    );
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ArrivalsError) throw error;
    throw new ArrivalsError('input_unreadable', `${name}: ${messageOf(error)}`, { cause: error });
  }
}

/** Recognised by its first bytes, not by the name. */
async function* inflated(
  name: string,
  input: AsyncIterable<Buffer>,
  layersMax: number,
): AsyncGenerator<Buffer> {
  const chunks = input[Symbol.asyncIterator]();
  const first = await chunks.next();
  if (first.done === true) return;
  const whole = prepend(first.value, chunks);
  if (layersMax > 0 && isGzip(first.value)) yield* inflated(name, gunzip(whole), layersMax - 1);
  else if (layersMax > 0 && isZstd(first.value)) yield* inflated(name, unzstd(whole), layersMax - 1);
  else {
    assertReadable(name, first.value, layersMax < LAYERS_MAX);
    yield* whole;
  }
}

function assertReadable(name: string, head: Buffer, isInner: boolean): void {
  const packing = packingOf(head);
  if (packing === undefined) return;
  const file = name === '-' ? undefined : name;
  // tar decompresses the archive itself.
  const fromGzip = isInner && !packing.what.includes('tar');
  const inner = packing.unpack?.(fromGzip ? undefined : file);
  const command =
    fromGzip && inner !== undefined
      ? `gzip -dc${file === undefined ? '' : ` ${shellWord(file)}`} | ${inner}`
      : inner;
  const inside = isInner ? ' inside the compression' : '';
  const remedy =
    command === undefined ? 'Give a text file' : `Unpack it first: \`${command} | arrivals replay -\``;
  throw new ArrivalsError(
    'input_not_audit_log',
    `${name}: expected JSON as text, plain or compressed with gzip or zstd, found ${packing.what}${inside}. ${remedy}.`,
  );
}

/** Some tools put one before the first line. */
function withoutByteOrderMark(bytes: Buffer): Buffer {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

export async function* prepend(first: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}

async function* gunzip(compressed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const output = createGunzip();
  pipeline(Readable.from(compressed), output, () => undefined);
  yield* output as AsyncIterable<Buffer>;
}
