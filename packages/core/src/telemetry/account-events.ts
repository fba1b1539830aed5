/** Events that the account of audit events is made of, and what becomes of dead letters. */
import type { DeadLetterReason } from '../audit/validity.ts';
import type { CreatedKind, FilterReason } from '../creation/select.ts';
import type { EventRows } from './event-row.ts';

export interface AccountEvents {
  /**
   * Events entered this process's part of the path: the webhook took them, or found them in its spool when it
   * started, the processor found them on the bus, or they were redriven.
   */
  readonly events_entered: {
    readonly cluster: string;
    readonly events: number;
    readonly from: 'webhook' | 'spool' | 'bus' | 'dead-letters';
  };
  /** Events left it, each with its outcome; sent when that outcome is durable. */
  readonly events_left: { readonly cluster: string; readonly events: number };
  /** Events are durable on the bus, and another process decides what becomes of them. */
  readonly events_passed_on: { readonly cluster: string; readonly events: number };
  /** Events that had entered from the bus are left there, as another process has their partition now. */
  readonly events_given_back: { readonly cluster: string; readonly events: number };
  readonly events_dead_lettered: {
    readonly cluster: string;
    readonly reason: DeadLetterReason;
    readonly events: number;
  };
  readonly events_filtered: {
    readonly cluster: string;
    readonly reason: FilterReason;
    readonly events: number;
  };
  readonly event_duplicate: { readonly cluster: string };
  readonly alert_published: { readonly cluster: string; readonly kind: CreatedKind };
  /** Dead letters were deleted because somebody asked for it. Intended. */
  readonly dead_letters_dropped: {
    readonly letters: readonly { readonly id: string; readonly sha256: string | null }[];
    readonly by: string;
  };
}

const eventsOf = ({ events }: { readonly events: number }): number => events;

export const ACCOUNT_EVENTS: EventRows<AccountEvents> = {
  events_entered: {
    account: { column: 'accepted', events: eventsOf },
    metrics: [
      {
        name: 'arrivals_events_accepted_total',
        type: 'counter',
        help: 'Events that entered: taken by the webhook, found on the bus or in the spool from before the start, or redriven from the dead letters.',
        labels: ['cluster', 'from'],
        value: eventsOf,
      },
    ],
  },
  events_left: { account: { column: 'left', events: eventsOf } },
  events_passed_on: {
    account: { column: 'passedOn', events: eventsOf },
    metrics: [
      {
        name: 'arrivals_events_passed_on_total',
        type: 'counter',
        help: 'Events that are durable on the bus for another process to decide on. Intended.',
        labels: ['cluster'],
        value: eventsOf,
      },
    ],
  },
  events_given_back: {
    account: { column: 'accepted', events: ({ events }) => -events },
    metrics: [
      {
        name: 'arrivals_events_given_back_total',
        type: 'counter',
        help: 'Events that were taken from the bus and left there, as another process has them now. Intended.',
        labels: ['cluster'],
        value: eventsOf,
      },
    ],
  },
  events_dead_lettered: {
    account: { column: 'deadLettered', events: eventsOf, by: 'reason' },
    metrics: [
      {
        name: 'arrivals_events_dead_lettered_total',
        type: 'counter',
        help: 'Events that were set aside, by reason. Not intended: look at the dead-letter topic.',
        labels: ['cluster', 'reason'],
        value: eventsOf,
      },
    ],
  },
  events_filtered: {
    account: { column: 'filtered', events: eventsOf, by: 'reason' },
    metrics: [
      {
        name: 'arrivals_events_filtered_total',
        type: 'counter',
        help: 'Events that are no creation, by reason. Intended.',
        labels: ['cluster', 'reason'],
        value: eventsOf,
      },
    ],
  },
  event_duplicate: {
    account: { column: 'duplicate' },
    metrics: [
      {
        name: 'arrivals_events_duplicate_total',
        type: 'counter',
        help: 'Events of creations that are alerted already. Intended.',
        labels: ['cluster'],
      },
    ],
  },
  alert_published: {
    account: { column: 'alerted' },
    metrics: [
      {
        name: 'arrivals_alerts_total',
        type: 'counter',
        help: 'Alerts that were published.',
        labels: ['cluster', 'kind'],
      },
    ],
  },
  dead_letters_dropped: {
    metrics: [
      {
        name: 'arrivals_dead_letters_dropped_total',
        type: 'counter',
        help: 'Dead letters that were deleted because somebody asked for it; the log says which, and who. Intended.',
        value: ({ letters }) => letters.length,
      },
    ],
    log: [{ level: 'warn', message: 'dead letters were dropped' }],
  },
};
