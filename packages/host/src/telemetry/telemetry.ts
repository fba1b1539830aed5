/**
 * Takes telemetry events to metrics, log lines and the ledger, as their rows in the table of events say.
 *
 * Invariant: labels come from closed sets and configured names only: a cluster that is none of those
 * configured, as anybody who may write to the audit topic can invent them, counts as OTHER_CLUSTERS, and is
 * named in the log alone. A metric's name and meaning are public: dashboards and alert rules rest on them.
 */
import {
  type EventRow,
  Ledger,
  type Telemetry,
  TELEMETRY_EVENTS,
  type TelemetryEvent,
  type TelemetryFields,
  type TelemetryType,
  UNKNOWN_CLUSTER,
} from '@arrivals/core';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { LEDGER_GAUGES, registerGauges } from './gauges.ts';
import type { Log } from './log.ts';
import { EventMetrics } from './event-metrics.ts';
import { RefusalLog } from './refusal-log.ts';

export interface HostTelemetry extends Telemetry {
  readonly registry: Registry;
  readonly ledger: Ledger;
  /** Writes what log lines were held back so far. */
  flush(): void;
}

/** No name of a cluster has brackets. */
export const OTHER_CLUSTERS = '(other)';

/** `clusters`: those that metrics name. Without it the caller sees to it that there are few. */
export function createTelemetry(log: Log, clusters?: ReadonlySet<string>): HostTelemetry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const ledger = new Ledger();
  registerGauges(registry, LEDGER_GAUGES, () => ledger.report());
  const metrics = new EventMetrics(registry);
  const refusals = new RefusalLog({ write: log.warn.bind(log) });
  return {
    registry,
    ledger,
    emit: (sent) => {
      ledger.emit(sent);
      const event = clusters === undefined ? sent : bounded(sent, clusters);
      metrics.count(event);
      write(log, refusals, event);
    },
    flush: () => {
      refusals.flush();
    },
  };
}

function bounded(event: TelemetryEvent, clusters: ReadonlySet<string>): TelemetryEvent {
  if (!('cluster' in event) || clusters.has(event.cluster) || event.cluster === UNKNOWN_CLUSTER) return event;
  return { ...event, cluster: OTHER_CLUSTERS };
}

function write<Type extends TelemetryType>(
  log: Log,
  refusals: RefusalLog,
  event: TelemetryEvent<Type>,
): void {
  const row: EventRow<TelemetryFields[Type]> = TELEMETRY_EVENTS[event.type];
  const line = row.log?.find(({ when }) => when?.(event) ?? true);
  if (line === undefined) return;
  if (line.limitedBy === undefined) log[line.level](line.message, event);
  else refusals.take(line.limitedBy(event), line.message, event);
}
