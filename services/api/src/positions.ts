/**
 * A cursor of a topic: one offset for each partition. As text, the offsets in the order of the partitions:
 * `250`, or `12,30,7`.
 *
 * Invariant: a request with the cursor of an answer continues where that answer ended. A partition that it
 * does not name, such as one added since, is read from its beginning.
 */
import type { PartitionOffsets } from '@arrivals/core';

export type Positions = ReadonlyMap<number, number>;

/** Enough for topics with many partitions; a request's head holds no more. */
const PARTITIONS_MAX = 1000;
const OFFSETS = /^\d{1,16}(?:,\d{1,16})*$/;

/** Undefined if it is none. */
export function parsePositions(text: string): Positions | undefined {
  const offsets = OFFSETS.test(text) ? text.split(',').map(Number) : [];
  if (offsets.length === 0 || offsets.length > PARTITIONS_MAX || !offsets.every(Number.isSafeInteger))
    return undefined;
  return new Map(offsets.entries());
}

/** For all partitions: Kafka numbers them from 0 without gaps. */
export function positionsText(positions: Positions): string {
  return [...positions]
    .sort(([a], [b]) => a - b)
    .map(([, offset]) => String(offset))
    .join(',');
}

export function beginnings(bounds: readonly PartitionOffsets[]): Positions {
  return new Map(bounds.map(({ partition, earliest }) => [partition, earliest]));
}

export function ends(bounds: readonly PartitionOffsets[]): Positions {
  return new Map(bounds.map(({ partition, next }) => [partition, next]));
}

/** Clamped to the bounds: retention may have deleted that offset, and a new store ends before it. */
export function within(
  bounds: readonly PartitionOffsets[],
  positions: Positions,
  otherwise: 'earliest' | 'next',
): Positions {
  return new Map(
    bounds.map((bound) => {
      const { partition, earliest, next } = bound;
      const offset = positions.get(partition) ?? bound[otherwise];
      return [partition, Math.min(next, Math.max(earliest, offset))];
    }),
  );
}
