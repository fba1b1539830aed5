/** Events of what Arrivals rests on: Kafka, Redis, the embedded store. */
import type { EventRows } from './event-row.ts';

export interface BusEvents {
  /** Records were deleted from a topic before the group had read them: events are lost. Never intentional. */
  readonly records_lost: {
    readonly topic: string;
    readonly partition: number;
    readonly fromOffset: number;
    readonly records: number;
  };
  /** The bus acknowledged part of what it was given, and the rest was sent again. */
  readonly publish_completed: { readonly missing: number; readonly attempt: number };
  /** The consumer group was rebalanced; this member has `partitions` of the topic now. */
  readonly partitions_assigned: {
    readonly group: string;
    readonly topic: string;
    readonly partitions: readonly number[];
  };
  /** Bus or state works, but not as safely as it should, or only after trying again. */
  readonly dependency_warning: {
    readonly of: 'kafka' | 'redis' | 'store';
    readonly what: DependencyWarning;
    readonly detail: string;
  };
}

export type DependencyWarning =
  /** The connection failed or was lost; it is tried again. */
  | 'unreachable'
  | 'reconnected'
  /** Redis may evict or lose claims: then creations are alerted twice. */
  | 'may_evict'
  | 'not_persistent'
  /** It does not let us ask how it is set up. */
  | 'settings_hidden'
  /**
   * Redis held claims that this version cannot read, and they were made again: their creations may be alerted
   * twice.
   */
  | 'claim_unreadable'
  /**
   * Records came together in a form that cannot be read: damaged, or compressed in a way that is not known. A
   * consumer gets their bytes.
   */
  | 'batch_unreadable'
  /**
   * Something in the embedded store is not what was written; sent once for each record. Nothing new is taken
   * in from then on.
   */
  | 'damaged'
  /** A topic is not set up as it should be; see `arrivals topics check`. */
  | 'topic_differs';

export const BUS_EVENTS: EventRows<BusEvents> = {
  records_lost: {
    metrics: [
      {
        name: 'arrivals_records_lost_total',
        type: 'counter',
        help: 'Records of the audit topic that were deleted before they were read: events are lost. Raise its retention.',
        labels: ['topic'],
        value: ({ records }) => records,
      },
    ],
    log: [{ level: 'error', message: 'records were deleted before they were read: events are lost' }],
  },
  publish_completed: {
    metrics: [
      {
        name: 'arrivals_publishes_completed_total',
        type: 'counter',
        help: 'Records that the bus had left out of an acknowledgement, and that were sent again.',
        value: ({ missing }) => missing,
      },
    ],
    log: [
      {
        level: 'warn',
        message: 'the bus had left records out of its acknowledgement; they were sent again',
      },
    ],
  },
  partitions_assigned: {
    metrics: [
      {
        name: 'arrivals_partitions_assigned',
        type: 'gauge',
        help: 'Partitions of the audit topic that this process reads.',
        value: ({ partitions }) => partitions.length,
      },
    ],
    log: [{ level: 'info', message: 'partitions assigned' }],
  },
  dependency_warning: {
    metrics: [
      {
        name: 'arrivals_dependency_warnings_total',
        type: 'counter',
        help: 'Warnings about Kafka, Redis and the embedded store, by what they are about.',
        labels: ['of', 'what'],
      },
    ],
    log: [
      { level: 'info', message: 'reconnected', when: ({ what }) => what === 'reconnected' },
      { level: 'error', message: 'the store is damaged', when: ({ what }) => what === 'damaged' },
      { level: 'warn', message: 'dependency' },
    ],
  },
};
