/** Records for the tests of the codecs, and what every decoder must refuse. */
import { ArrivalsError, type AuditBatch, type DeadLetter } from '@arrivals/core';
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';

const EVENTS = ['{"stage":"ResponseComplete"}', '{"stage":"Panic","ü":"😀"}'];

export const BATCH: AuditBatch = {
  cluster: 'prod',
  receivedAtMicros: 1_795_529_359_123_456,
  index: [
    {
      length: Buffer.byteLength(EVENTS[0] ?? ''),
      stage: 'ResponseComplete',
      verb: 'create',
      apiGroup: '',
      resource: 'pods',
      subresource: '',
      code: 201,
    },
    {
      length: Buffer.byteLength(EVENTS[1] ?? ''),
      stage: 'Panic',
      verb: 'patch',
      apiGroup: 'apps',
      resource: 'deployments',
      subresource: 'scale',
      code: 0,
    },
  ],
  events: Buffer.from(EVENTS.join('')),
};

export const LETTER: DeadLetter = {
  cluster: 'prod',
  receivedAtMicros: 1_795_529_359_123_456,
  reason: 'stage_unknown',
  detail: 'expected a stage, found "x"',
  form: 'unknown',
  bytes: Buffer.from([0x00, 0xff, 0xc3, 0x28, 0x7b, 0x0a]),
  length: 2_000_000,
  sha256: 'ab'.repeat(32),
  request: { requestId: 'r-1', index: 399, byteOffset: 16_000_000 },
  record: null,
};

const isUndecodable = (error: unknown): boolean =>
  error instanceof ArrivalsError && error.code === 'record_undecodable' && !error.retryable;

export function assertUndecodable(decode: (bytes: Buffer) => unknown, bytes: Buffer, message?: RegExp): void {
  assert.throws(
    () => decode(bytes),
    (error) => isUndecodable(error) && (message === undefined || message.test((error as Error).message)),
    bytes.toString('hex', 0, 64),
  );
}

/** Bytes that are no record of the kind, made from one that is. */
export function spoiled(record: Buffer): Readonly<Record<string, Buffer>> {
  const change = (at: number, byte: number): Buffer => {
    const copy = Buffer.from(record);
    copy[at] = byte;
    return copy;
  };
  return {
    'no bytes': Buffer.alloc(0),
    'the mark alone': Buffer.from([0xc3, 0x01]),
    'the head alone': record.subarray(0, 10),
    'half a head': record.subarray(0, 7),
    'another first byte': change(0, 0x00),
    'another version of the encoding': change(1, 0x02),
    'an unknown fingerprint': change(5, (record[5] ?? 0) ^ 0xff),
    JSON: Buffer.from('{"kind":"Event","apiVersion":"audit.k8s.io/v1"}'),
    'a record without its last byte': record.subarray(0, -1),
    'a record with a byte more': Buffer.concat([record, Buffer.from([0])]),
    'two records': Buffer.concat([record, record]),
    zeros: Buffer.alloc(64),
    ones: Buffer.alloc(64, 0xff),
    'a head and ones': Buffer.concat([record.subarray(0, 10), Buffer.alloc(64, 0xff)]),
  };
}

/** Avro's long: zigzag, seven bits a byte, the lowest first. */
export function long(value: number): Buffer {
  let rest = value < 0 ? -value * 2 - 1 : value * 2;
  const bytes: number[] = [];
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? low + 128 : low);
  } while (rest > 0);
  return Buffer.from(bytes);
}

/** Avro's string. */
export function text(value: string): Buffer {
  return Buffer.concat([long(Buffer.byteLength(value)), Buffer.from(value)]);
}
