/**
 * Reads a record of the dead-letter topic. Separate from dead-letter-json.ts, as a command on a running
 * process decodes nothing.
 */
import { decodeDeadLetter } from '@arrivals/adapters/avro';
import type { StoredRecord } from '@arrivals/core';
import { ArrivalsError } from '@arrivals/core/light';
import type { LetterRecord } from './dead-letter-json.ts';

export function letterOf(record: StoredRecord): LetterRecord {
  const { topic, partition, offset } = record;
  const position = { topic, partition, offset };
  if (record.unreadable !== undefined) return { position, foreign: record.unreadable };
  try {
    return { position, letter: decodeDeadLetter(record.value) };
  } catch (error) {
    if (error instanceof ArrivalsError) return { position, foreign: error.message };
    throw error;
  }
}
