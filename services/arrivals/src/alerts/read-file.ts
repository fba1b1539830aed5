/**
 * Reads alerts from a file or standard input: JSON as printed by `arrivals alerts`, returned by the API or
 * published on k8s.alerts.json; or one record of k8s.alerts, in Avro. Plain or gzipped.
 *
 * Invariant: every returned alert is valid in every field; an invalid one ends the read with an error that
 * names its position. An alert of JSON lines is returned as soon as its line was read.
 */
import { decodeAlert, readAlertJson } from '@arrivals/adapters/avro';
import type { Alert } from '@arrivals/core';
import { ALERT_BYTES_MAX, ArrivalsError, asArray, at } from '@arrivals/core/light';
import { openInput, type Piece, prepend, readPieces } from '../json-input.ts';
import { visible } from '../terminal-text.ts';

/** The first byte of Avro's single-object encoding, with which no JSON begins. */
const AVRO_MARK = 0xc3;

/** @param name a path, or "-" for standard input. @throws ArrivalsError input_unreadable, input_not_alert */
export async function* readAlerts(name: string, signal: AbortSignal): AsyncGenerator<Alert> {
  const chunks = openInput(name, signal);
  const first = await chunks.next();
  const whole = first.done === true ? chunks : prepend(first.value, chunks);
  if (first.done !== true && first.value[0] === AVRO_MARK) {
    yield await readRecord(name, whole);
    return;
  }
  let isEmpty = true;
  for await (const piece of readPieces(name, whole))
    for (const alert of alertsOf(piece)) {
      isEmpty = false;
      yield alert;
    }
  if (isEmpty) throw notAlert(name, 'expected an alert, found nothing');
}

async function readRecord(name: string, chunks: AsyncIterable<Buffer>): Promise<Alert> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    length += chunk.length;
    if (length > ALERT_BYTES_MAX)
      throw notAlert(name, `expected one record of ${String(ALERT_BYTES_MAX)} bytes at most, found more`);
  }
  return named(name, () => decodeAlert(Buffer.concat(parts)));
}

function* alertsOf({ place, values, bytes }: Piece): Generator<Alert> {
  if (values === undefined)
    throw notAlert(place, `expected JSON, found ${JSON.stringify(bytes.toString('utf8', 0, 40))}`);
  for (const value of values)
    for (const json of listed(JSON.parse(value.toString('utf8'))))
      yield named(place, () => readAlertJson(json));
}

/** Splits an answer of `GET /v1/alerts`, or a list, into alerts. */
function listed(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return asArray(value);
  const alerts = at(value, 'alerts');
  return Array.isArray(alerts) ? asArray(alerts) : [value];
}

function named(position: string, read: () => Alert): Alert {
  try {
    return read();
  } catch (error) {
    if (error instanceof ArrivalsError) throw notAlert(position, error.message, error);
    throw error;
  }
}

function notAlert(position: string, why: string, cause?: ArrivalsError): ArrivalsError {
  return new ArrivalsError('input_not_alert', visible(`${position}: ${why}`), { cause });
}
