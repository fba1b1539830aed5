/**
 * The metrics of the table of events, and how an event moves those of its row.
 *
 * Invariant: every metric is registered at once, so that one without labels begins with 0.
 */
import {
  type MetricRow,
  SECONDS_BUCKETS,
  TELEMETRY_EVENTS,
  type TelemetryEvent,
  type TelemetryFields,
  type TelemetryType,
} from '@arrivals/core';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

type Labels = Readonly<Record<string, string>>;
type Move = (labels: Labels, value: number) => void;

export class EventMetrics {
  readonly #moves = new Map<string, Move>();

  constructor(registry: Registry) {
    for (const { metrics = [] } of Object.values(TELEMETRY_EVENTS))
      for (const { name, type, help, labels = [] } of metrics)
        this.#moves.set(name, register[type]({ name, help, labelNames: labels, registers: [registry] }));
  }

  count<Type extends TelemetryType>(event: TelemetryEvent<Type>): void {
    const metrics: readonly MetricRow<TelemetryFields[Type]>[] = TELEMETRY_EVENTS[event.type].metrics ?? [];
    for (const { name, labels = [], value } of metrics)
      this.#moves.get(name)?.(
        Object.fromEntries(labels.map((label) => [label, String(event[label])])),
        value?.(event) ?? 1,
      );
  }
}

interface Registered {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
  readonly registers: Registry[];
}

const register: Readonly<Record<MetricRow<unknown>['type'], (made: Registered) => Move>> = {
  counter: (made) => {
    const counter = new Counter(made);
    return (labels, value) => {
      if (value !== 0) counter.inc(labels, value);
    };
  },
  gauge: (made) => {
    const gauge = new Gauge(made);
    return (labels, value) => {
      gauge.set(labels, value);
    };
  },
  histogram: (made) => {
    const histogram = new Histogram({ ...made, buckets: [...SECONDS_BUCKETS] });
    return (labels, value) => {
      histogram.observe(labels, value);
    };
  },
};
