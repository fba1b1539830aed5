/**
 * How the processor’s steps are counted and logged: what failed, what was set aside for it, what ended a
 * process. A part of telemetry.ts.
 */
import type { TelemetryEvent } from '@arrivals/core';
import type { Counter } from 'prom-client';
import type { Log } from './log.ts';

const TYPES = [
  'step_retried',
  'step_isolated',
  'put_back_unreadable',
  'attempt_ended',
  'attempts_unnoted',
  'event_slow',
] as const;

export type StepEvent = Extract<TelemetryEvent, { readonly type: (typeof TYPES)[number] }>;

export function isOfSteps(event: TelemetryEvent): event is StepEvent {
  return (TYPES as readonly string[]).includes(event.type);
}

type MakeCounter = (name: string, help: string, labelNames: readonly string[]) => Counter;

export type StepMetrics = Readonly<
  Record<'isolated' | 'ended' | 'unnoted' | 'slow' | 'unreadable' | 'retried', Counter>
>;

export function createStepMetrics(counter: MakeCounter): StepMetrics {
  return {
    isolated: counter(
      'arrivals_steps_isolated_total',
      'Steps that failed for good, so that the events that made them fail were set aside.',
      ['step', 'code'],
    ),
    ended: counter(
      'arrivals_attempts_ended_total',
      'Times that a process was found to have ended, or hung, in the middle of records; those are processed event by event, and an event that does it twice more is set aside (reason process_ended). Not intended.',
      [],
    ),
    unnoted: counter(
      'arrivals_attempts_unnoted_total',
      'Times that records were processed without a note of it, as there was nowhere to put it: an event that ends the process is then not told apart. Not intended.',
      [],
    ),
    slow: counter(
      'arrivals_events_slow_total',
      'Events that took longer than two seconds to be read, or to become an alert. Not intended.',
      ['step'],
    ),
    unreadable: counter(
      'arrivals_put_backs_unreadable_total',
      'Records that were put back without saying which dead letter they were.',
      ['cluster'],
    ),
    retried: counter('arrivals_steps_retried_total', 'Steps that failed and were tried again.', [
      'step',
      'code',
    ]),
  };
}

export function countOfSteps(metrics: StepMetrics, event: StepEvent): void {
  switch (event.type) {
    case 'step_retried':
      metrics.retried.inc({ step: event.step, code: event.code });
      return;
    case 'step_isolated':
      metrics.isolated.inc({ step: event.step, code: event.code });
      return;
    case 'attempt_ended':
      metrics.ended.inc();
      return;
    case 'attempts_unnoted':
      metrics.unnoted.inc();
      return;
    case 'event_slow':
      metrics.slow.inc({ step: event.step });
      return;
    case 'put_back_unreadable':
      metrics.unreadable.inc({ cluster: event.cluster });
      return;
  }
}

export function writeOfSteps(log: Log, event: StepEvent): void {
  switch (event.type) {
    case 'step_retried':
      log.warn('step failed, trying again', event);
      return;
    case 'step_isolated':
      log.error('step fails for good, what makes it fail is set aside', event);
      return;
    case 'attempt_ended':
      log.error(
        'a process ended or hung in the middle of records, which are processed event by event now',
        event,
      );
      return;
    case 'attempts_unnoted':
      log.warn('what is processed cannot be noted', event);
      return;
    case 'event_slow':
      log.warn('an event took its time', event);
      return;
    case 'put_back_unreadable':
      log.warn('a record that was put back does not tell which dead letter it was', event);
      return;
  }
}
