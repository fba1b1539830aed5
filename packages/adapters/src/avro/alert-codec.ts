/**
 * Alerts as records: Avro for the bus, with the field names of the JSON form. Times are strings here,
 * microseconds there.
 */
import type { Alert } from '@arrivals/core';
import { ALERT_BYTES_MAX, ArrivalsError, formatMicros, parseMicros } from '@arrivals/core/light';
import avro from 'avsc';
import type { Buffer } from 'node:buffer';
import { singleObjectCodec } from './single-object.ts';

/** timestamp-micros as RFC 3339 text. */
class TimestampMicros extends avro.types.LogicalType {
  protected override _fromValue(value: number): string {
    return formatMicros(value);
  }
  protected override _toValue(value: unknown): number | undefined {
    return typeof value === 'string' ? parseMicros(value) : undefined;
  }
  /** What another version's reader gives is text already where it knows the type to be a time. */
  protected override _resolve(type: avro.Type): ((value: number | string) => string) | undefined {
    if (type.typeName !== 'long' && type.typeName !== 'logical:timestamp-micros') return undefined;
    return (value) => (typeof value === 'string' ? value : formatMicros(value));
  }
}

const codec = singleObjectCodec('alert', { logicalTypes: { 'timestamp-micros': TimestampMicros } });

export const ALERT_SCHEMA_FINGERPRINT: string = codec.fingerprint;

/** The $id of schemas/alert.schema.json, which alerts in JSON keep to. */
export const ALERT_JSON_SCHEMA = 'urn:arrivals:alert:3';

export function encodeAlert(alert: Alert): Buffer {
  return codec.encode(alert);
}

/** @throws ArrivalsError record_undecodable */
export function decodeAlert(bytes: Buffer): Alert {
  const value = codec.decode(bytes);
  if (typeof value !== 'object' || value === null)
    throw new ArrivalsError('record_undecodable', 'expected an alert');
  return value as Alert;
}

/**
 * An alert in JSON, also of an earlier version, as it would come from the bus: what it lacks has its default,
 * what this version does not know is left out.
 * @throws ArrivalsError input_not_alert
 */
export function readAlertJson(json: unknown): Alert {
  const misfit = codec.misfit(json);
  if (misfit !== undefined) {
    const found = misfit === '' ? 'another JSON value' : `one whose ${misfit} is missing or of another type`;
    throw new ArrivalsError('input_not_alert', `expected an alert, found ${found}`);
  }
  const bytes = codec.encode(json);
  if (bytes.length > ALERT_BYTES_MAX)
    throw new ArrivalsError(
      'input_not_alert',
      `expected an alert of at most ${String(ALERT_BYTES_MAX)} bytes, found ${String(bytes.length)}`,
    );
  return decodeAlert(bytes);
}
