/**
 * What the services report, as typed events: every drop, retry and refusal is one of these. One row an event
 * (event-row.ts) has its metrics, its log line and its part in the account; docs/metrics.md derives from it.
 *
 * Counting and logging are done by who receives the events, not by who sends them. Outside text only ever
 * goes to the log.
 */
import { ACCOUNT_EVENTS, type AccountEvents } from './account-events.ts';
import { BUS_EVENTS, type BusEvents } from './bus-events.ts';
import type { EventRows } from './event-row.ts';
import { PROCESSING_EVENTS, type ProcessingEvents } from './processing-events.ts';
import { REQUEST_EVENTS, type RequestEvents } from './request-events.ts';
import { STATE_EVENTS, type StateEvents } from './state-events.ts';

/** The fields of each event, by its type. */
export interface TelemetryFields
  extends RequestEvents, AccountEvents, ProcessingEvents, StateEvents, BusEvents {}

export type TelemetryType = keyof TelemetryFields;

export type TelemetryEvent<Type extends TelemetryType = TelemetryType> = {
  [T in Type]: { readonly type: T } & TelemetryFields[T];
}[Type];

export const TELEMETRY_EVENTS: EventRows<TelemetryFields> = {
  ...REQUEST_EVENTS,
  ...ACCOUNT_EVENTS,
  ...PROCESSING_EVENTS,
  ...STATE_EVENTS,
  ...BUS_EVENTS,
};

export interface Telemetry {
  emit(event: TelemetryEvent): void;
}
