/** Selects a command's dead letters: by ID, or by reason and cluster. */
import type { LetterRecord, StoredLetter } from '@arrivals/api';
import { idOf } from '@arrivals/api/light';
import type { DeadLetterReason, RecordPosition } from '@arrivals/core';
import { ArrivalsError } from '@arrivals/core/light';
import { visible } from '../terminal-text.ts';
import type { DeadLetterSource } from './source.ts';

type LetterId = Pick<RecordPosition, 'partition' | 'offset'> | { readonly sha256Prefix: string };

const NAMED_MAX = 10;

/** @throws ArrivalsError usage */
export function parseId(text: string): LetterId {
  const [, partition, offset] = /^(\d{1,10}):(\d{1,15})$/.exec(text) ?? [];
  if (partition !== undefined) return { partition: Number(partition), offset: Number(offset) };
  if (/^[0-9a-f]{4,64}$/i.test(text)) return { sha256Prefix: text.toLowerCase() };
  throw new ArrivalsError(
    'usage',
    `expected an ID, PARTITION:OFFSET or 4 to 64 hexadecimal digits, found ${JSON.stringify(text.slice(0, 80))}`,
  );
}

/** Each of them, or an error. @throws ArrivalsError dead_letter_unknown, dead_letter_ambiguous */
export async function lettersOf(
  ids: readonly string[],
  source: DeadLetterSource,
): Promise<readonly StoredLetter[]> {
  const parsed = ids.map((text) => ({ text, id: parseId(text), found: [] as StoredLetter[] }));
  for (const { id, found } of parsed) {
    const record = 'partition' in id ? await source.at(id) : undefined;
    if (record !== undefined && 'letter' in record) found.push(record);
  }
  const prefixes = parsed.flatMap(({ id, found }) =>
    'sha256Prefix' in id ? [{ prefix: id.sha256Prefix, found }] : [],
  );
  if (prefixes.length > 0)
    for await (const record of source.read())
      if ('letter' in record)
        for (const { prefix, found } of prefixes)
          if (record.letter.sha256.startsWith(prefix) && found.length <= NAMED_MAX) found.push(record);
  const letters = parsed.map(({ text, found }) => theOne(text, found));
  // The same one may be named in two ways.
  return [...new Map(letters.map((stored) => [idOf(stored.position), stored])).values()];
}

function theOne(text: string, found: readonly StoredLetter[]): StoredLetter {
  const [letter, other] = found;
  if (letter === undefined) throw new ArrivalsError('dead_letter_unknown', `there is no dead letter ${text}`);
  if (other === undefined) return letter;
  const names = found
    .slice(0, NAMED_MAX)
    .map(({ position, letter: { sha256 } }) => `${idOf(position)} (${visible(sha256.slice(0, 12))})`);
  throw new ArrivalsError(
    'dead_letter_ambiguous',
    `${text} is the beginning of ${names.join(', ')}${found.length > NAMED_MAX ? ', …' : ''}`,
  );
}

export interface LetterFilter {
  readonly reason?: DeadLetterReason | undefined;
  readonly cluster?: string | undefined;
}

/** A record that is no dead letter passes, so that it is reported. */
export function takes({ reason, cluster }: LetterFilter, record: LetterRecord): boolean {
  if ('foreign' in record) return true;
  return (
    (reason === undefined || record.letter.reason === reason) &&
    (cluster === undefined || record.letter.cluster === cluster)
  );
}
