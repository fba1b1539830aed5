/** Dead letters as records: the key is the digest of what was set aside, so that copies have one key. */
import type { DeadLetter, OutgoingRecord } from '@arrivals/core';
import type { Buffer } from 'node:buffer';
import { singleObjectCodec } from './single-object.ts';

type AvroDeadLetter = Omit<DeadLetter, 'receivedAtMicros'> & { readonly receivedAt: number };

const codec = singleObjectCodec('dead-letter');

export function encodeDeadLetter({ receivedAtMicros, ...rest }: DeadLetter): Buffer {
  const value: AvroDeadLetter = { ...rest, receivedAt: receivedAtMicros };
  return codec.encode(value);
}

export function deadLetterRecord(letter: DeadLetter, topic: string): OutgoingRecord {
  return { topic, key: letter.sha256, value: encodeDeadLetter(letter), headers: {} };
}

/** @throws ArrivalsError record_undecodable */
export function decodeDeadLetter(bytes: Buffer): DeadLetter {
  const { receivedAt, ...rest } = codec.decode(bytes) as AvroDeadLetter;
  return { ...rest, receivedAtMicros: receivedAt };
}
