/**
 * Which dead letters can be dropped on Kafka, which deletes only from the beginning of a partition.
 *
 * Invariant: a record that was not selected stays, and with it all later ones of its partition.
 */
import type { DropResult, LetterRecord } from '@arrivals/api';
import { idOf } from '@arrivals/api/light';
import type { NamedLetter } from './source.ts';

export interface DropPlan {
  /** By partition: the first offset that stays. */
  readonly before: ReadonlyMap<number, number>;
  readonly results: readonly DropResult[];
}

/** @param records all of the topic, in rising order of offset in each partition. */
export async function planDrop(
  letters: readonly NamedLetter[],
  records: AsyncIterable<LetterRecord>,
): Promise<DropPlan> {
  const wanted = new Map(letters.map((letter) => [idOf(letter.position), letter]));
  const last = new Map<number, number>();
  for (const { position } of letters)
    last.set(position.partition, Math.max(last.get(position.partition) ?? 0, position.offset));
  const before = new Map<number, number>();
  const stays = new Map<number, string>();
  const results: DropResult[] = [];
  for await (const { position } of records) {
    const { partition, offset } = position;
    if (offset > (last.get(partition) ?? -1)) continue;
    const letter = wanted.get(idOf(position));
    const blocker = stays.get(partition);
    if (letter === undefined) {
      if (blocker === undefined) stays.set(partition, idOf(position));
      continue;
    }
    const { sha256, reason, cluster } = letter;
    const why =
      blocker === undefined
        ? null
        : `Kafka deletes from the beginning of a partition alone, and ${blocker} before it stays`;
    results.push({
      id: idOf(position),
      sha256,
      reason,
      cluster,
      outcome: why === null ? 'dropped' : 'left',
      why,
    });
    if (why === null) before.set(partition, offset + 1);
  }
  return { before, results };
}
