/**
 * One input partition while this process has it: what writes its outputs, and its position.
 *
 * Invariant: a session begins with the committed position, and never commits an earlier one. How outputs and
 * position belong together is decided by the kind: transactional-session.ts as one, plain-session.ts one
 * after the other.
 */
import type { OutgoingRecord } from '@arrivals/core';
import type { UseAdmin } from './clients.ts';
import type { Kafka, Producer } from './kafkajs.ts';
import type { PartitionChooser } from './partitions.ts';

export interface PartitionSession {
  /**
   * Resolves with the committed position; undefined when there is none. @throws ArrivalsError bus_unavailable
   */
  begin(): Promise<number | undefined>;

  /**
   * Writes outputs and position. `position` is the committed one as the caller knows it; `commit` commits one
   * alone, with the group's generation. Resolves with the committed position afterwards: `nextOffset`, or
   * another one when others had committed in between, and nothing was written then.
   * @throws ArrivalsError bus_unavailable: calling again finds out what has happened
   */
  transact(
    outputs: readonly OutgoingRecord[],
    position: number,
    nextOffset: number,
    commit: (offset: number) => Promise<void>,
  ): Promise<number>;

  close(): Promise<void>;
}

export interface PartitionOfGroup {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
}

export interface SessionOptions extends PartitionOfGroup {
  /** For the producers of the session itself. */
  readonly kafka: Kafka;
  /** The shared producer without transactions. */
  readonly producer: () => Promise<Producer>;
  readonly useAdmin: UseAdmin;
  readonly partitions: PartitionChooser;
  readonly onMissing: (records: number, attempt: number) => void;
}
