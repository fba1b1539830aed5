/**
 * Where in a topic to go on: an offset for each partition. As text, the offsets in the order of the
 * partitions: `250`, or `12,30,7`.
 *
 * Invariant: who asks again with the text of an answer goes on where that answer ended. A partition that it
 * does not name, as one that was added since, is read whole.
 */
import type { PartitionOffsets } from '@arrivals/core';

export type Positions = ReadonlyMap<number, number>;

/** Of a topic with as many partitions as Kafka brokers are set up for; a request's head holds no more. */
const PARTITIONS_MAX = 1000;
const OFFSETS = /^\d{1,16}(?:,\d{1,16})*$/;

/** Undefined for what is none. */
export function parsePositions(text: string): Positions | undefined {
  const offsets = OFFSETS.test(text) ? text.split(',').map(Number) : [];
  if (offsets.length === 0 || offsets.length > PARTITIONS_MAX || !offsets.every(Number.isSafeInteger))
    return undefined;
  return new Map(offsets.entries());
}

/** Of all partitions: Kafka numbers them from 0 on without a gap. */
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

/**
 * Within the bounds: retention may have deleted what stood there, and a store that was begun anew ends before
 * it.
 */
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
