/**
 * A dead letter with its position in the dead-letter topic, and its JSON form, which the API serves and
 * commands print.
 *
 * Invariant: the raw JSON form is complete: the bytes in base64, and as text for reading. Otherwise it is
 * masked like an alert, and holds no bytes: a dead letter may be an event with secrets.
 */
import type { DeadLetter, DeadLetterReason, RecordPosition } from '@arrivals/core';
import { asInteger, asText, at, formatMicros, MASK, maskText, parseMicros } from '@arrivals/core/light';
import { isIP } from 'node:net';

export interface StoredLetter {
  readonly position: RecordPosition;
  readonly letter: DeadLetter;
}

/** A record of the topic that is no dead letter. */
export interface ForeignRecord {
  readonly position: RecordPosition;
  readonly foreign: string;
}

export type LetterRecord = StoredLetter | ForeignRecord;

/** PARTITION:OFFSET, its ID for commands. */
export function idOf({ partition, offset }: RecordPosition): string {
  return `${String(partition)}:${String(offset)}`;
}

export function letterJson(record: LetterRecord, raw: boolean): Readonly<Record<string, unknown>> {
  const { topic: _topic, ...place } = record.position;
  if ('foreign' in record) return { ...place, foreign: raw ? record.foreign : maskText(record.foreign) };
  const { bytes, receivedAtMicros, detail, ...rest } = record.letter;
  const common = { ...place, receivedAt: formatMicros(receivedAtMicros), ...rest };
  return raw
    ? { ...common, detail, text: bytes.toString('utf8'), base64: bytes.toString('base64') }
    : { ...common, detail: maskText(detail), text: maskedBytes(bytes), base64: null };
}

const MASKED_BYTES_MAX = 65_536;

/** X-Forwarded-For may contain anything, also a secret: only addresses of the list are kept. */
function withoutClaims(text: string): string {
  return text.replaceAll(
    /("sourceIPs"\s{0,64}:\s{0,64}\[)((?:[\s,]|"(?:[^"\\]|\\.)*"?)*)/gs,
    (_all, head: string, list: string) => {
      const shown = list.replaceAll(/"((?:[^"\\]|\\.)*)"?/gs, (entry, address: string) =>
        isIP(address) === 0 ? JSON.stringify(MASK) : entry,
      );
      return `${head}${shown}`;
    },
  );
}

/** The beginning, which is enough to recognise it. Bytes that are no text are masked as the closest text. */
export function maskedBytes(bytes: Buffer): string {
  const masked = maskText(withoutClaims(bytes.subarray(0, MASKED_BYTES_MAX).toString('utf8')));
  return bytes.length > MASKED_BYTES_MAX
    ? `${masked}… (of ${String(bytes.length)} bytes the first ${String(MASKED_BYTES_MAX)}; all with --raw)`
    : masked;
}

/** Reads the output of letterJson() of a running process. Undefined without a position or bytes. */
export function readLetterJson(json: unknown, topic: string): LetterRecord | undefined {
  const [partition, offset] = [asInteger(at(json, 'partition')), asInteger(at(json, 'offset'))];
  if (partition === undefined || offset === undefined) return undefined;
  const position = { topic, partition, offset };
  const foreign = asText(at(json, 'foreign'));
  if (foreign !== undefined) return { position, foreign };
  const base64 = at(json, 'base64');
  if (typeof base64 !== 'string') return undefined;
  const {
    receivedAt,
    text: _text,
    base64: _base64,
    partition: _partition,
    offset: _offset,
    ...rest
  } = json as Readonly<Record<string, unknown>>;
  const letter = {
    ...rest,
    receivedAtMicros: parseMicros(asText(receivedAt) ?? '') ?? 0,
    bytes: Buffer.from(base64, 'base64'),
  };
  return { position, letter: letter as unknown as DeadLetter };
}

export interface RedriveResult {
  /** PARTITION:OFFSET */
  readonly id: string;
  /** Null if there is no dead letter. */
  readonly sha256: string | null;
  readonly reason: DeadLetterReason | null;
  readonly cluster: string | null;
  readonly outcome: 'redriven' | 'left';
  /** Why it was left. */
  readonly why: string | null;
}
