/** A position on the bus. Positions only: no meaning, no behaviour. */

export interface RecordPosition {
  readonly topic: string;
  readonly partition: number;
  /** From 0, rising by at least 1 from record to record within a partition. */
  readonly offset: number;
}

/** One event inside a record: index is its position there, from 0. */
export interface EventPosition extends RecordPosition {
  readonly index: number;
}

export function samePosition(a: EventPosition, b: EventPosition): boolean {
  return a.topic === b.topic && a.partition === b.partition && a.offset === b.offset && a.index === b.index;
}
