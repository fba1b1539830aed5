/** Events of the processor's steps: what was processed, what failed, what was set aside for it. */
import type { ErrorCode } from '../base/errors.ts';
import type { EventRows } from './event-row.ts';

export interface ProcessingEvents {
  /** The processor committed a batch of records. One log line a batch. */
  readonly records_processed: {
    readonly records: number;
    readonly events: number;
    readonly alerts: number;
    readonly duplicates: number;
    readonly deadLetters: number;
    readonly seconds: number;
  };
  /** A step failed and is tried again. */
  readonly step_retried: {
    readonly step: 'process' | 'drain';
    readonly code: ErrorCode;
    readonly detail: string;
    readonly waitMs: number;
  };
  /** A step fails however often it is tried: what makes it fail is found out and set aside. */
  readonly step_isolated: {
    readonly step: 'process';
    readonly code: ErrorCode;
    readonly detail: string;
    readonly records: number;
  };
  /**
   * A process before this one ended, or hung, in the middle of these records: they are processed event by
   * event. Never intentional.
   */
  readonly attempt_ended: {
    readonly topic: string;
    readonly partition: number;
    readonly from: number;
    readonly to: number;
    readonly detail: string;
  };
  /** The note of what is processed could not be written: an event that ends the process now is not found. */
  readonly attempts_unnoted: { readonly detail: string };
  /** An event took longer than its share of time, to be read or to become an alert. */
  readonly event_slow: {
    readonly step: 'read' | 'build';
    readonly position: string;
    readonly ms: number;
  };
  /** A redriven record does not name its dead letter: it counts as a new one. */
  readonly redrive_unreadable: { readonly cluster: string; readonly detail: string };
}

export const PROCESSING_EVENTS: EventRows<ProcessingEvents> = {
  records_processed: {
    metrics: [
      {
        name: 'arrivals_process_seconds',
        type: 'histogram',
        help: 'Time to process and commit a batch of records.',
        value: ({ seconds }) => seconds,
      },
    ],
    log: [
      {
        level: 'warn',
        message: 'records processed, some events set aside',
        when: ({ deadLetters }) => deadLetters > 0,
      },
      { level: 'info', message: 'records processed', when: ({ alerts }) => alerts > 0 },
      { level: 'debug', message: 'records processed' },
    ],
  },
  step_retried: {
    metrics: [
      {
        name: 'arrivals_steps_retried_total',
        type: 'counter',
        help: 'Steps that failed and were tried again.',
        labels: ['step', 'code'],
      },
    ],
    log: [{ level: 'warn', message: 'step failed, trying again' }],
  },
  step_isolated: {
    metrics: [
      {
        name: 'arrivals_steps_isolated_total',
        type: 'counter',
        help: 'Steps that failed for good, so that the events that made them fail were set aside.',
        labels: ['step', 'code'],
      },
    ],
    log: [{ level: 'error', message: 'step fails for good, what makes it fail is set aside' }],
  },
  attempt_ended: {
    metrics: [
      {
        name: 'arrivals_attempts_ended_total',
        type: 'counter',
        help: 'Times that a process was found to have ended, or hung, in the middle of records; those are processed event by event, and an event that does it twice more is set aside (reason process_ended). Not intended.',
      },
    ],
    log: [
      {
        level: 'error',
        message: 'a process ended or hung in the middle of records, which are processed event by event now',
      },
    ],
  },
  attempts_unnoted: {
    metrics: [
      {
        name: 'arrivals_attempts_unnoted_total',
        type: 'counter',
        help: 'Times that records were processed without a note of it, as it could not be written: an event that ends the process is then not found. Not intended.',
      },
    ],
    log: [{ level: 'warn', message: 'what is processed cannot be noted' }],
  },
  event_slow: {
    metrics: [
      {
        name: 'arrivals_events_slow_total',
        type: 'counter',
        help: 'Events that took longer than two seconds to be read, or to become an alert. Not intended.',
        labels: ['step'],
      },
    ],
    log: [{ level: 'warn', message: 'an event took longer than two seconds' }],
  },
  redrive_unreadable: {
    metrics: [
      {
        name: 'arrivals_redrives_unreadable_total',
        type: 'counter',
        help: 'Redriven records that do not name their dead letter.',
        labels: ['cluster'],
      },
    ],
    log: [{ level: 'warn', message: 'a redriven record does not name its dead letter' }],
  },
};
