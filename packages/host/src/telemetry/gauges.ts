/**
 * Gauges that are read when somebody asks for the metrics, and come from no event: the account's, the
 * spool's, the connections'. A service has those of what it has.
 */
import type { LedgerReport } from '@arrivals/core';
import { Gauge, type Registry } from 'prom-client';

export interface GaugeRow<Source> {
  readonly name: string;
  readonly help: string;
  /** A number, or one for each value of `label`. */
  readonly label?: string;
  readonly read: (source: Source) => number | Readonly<Record<string, number>>;
}

export function registerGauges<Source>(
  registry: Registry,
  rows: readonly GaugeRow<Source>[],
  source: () => Source,
): void {
  for (const { name, help, label, read } of rows)
    new Gauge({
      name,
      help,
      labelNames: label === undefined ? [] : [label],
      registers: [registry],
      collect() {
        const found = read(source());
        if (typeof found === 'number') this.set(found);
        else if (label !== undefined)
          for (const [value, count] of Object.entries(found)) this.set({ [label]: value }, count);
      },
    });
}

export const LEDGER_GAUGES: readonly GaugeRow<LedgerReport>[] = [
  {
    name: 'arrivals_events_in_flight',
    help: 'Events that entered and have no durable outcome yet.',
    read: ({ inFlight }) => inFlight,
  },
  {
    name: 'arrivals_ledger_balanced',
    help: '1 while accepted = alerted + filtered + duplicate + dead-lettered + passed on + in flight; 0 is a fault in Arrivals.',
    read: ({ balanced }) => (balanced ? 1 : 0),
  },
];

export interface SpoolContents {
  readonly batches: number;
  readonly bytes: number;
  /** When the oldest batch was written, in milliseconds since 1970; null while there is none. */
  readonly oldestAtMs: number | null;
}

const SPOOL_GAUGES: readonly GaugeRow<SpoolContents & { readonly nowMs: number }>[] = [
  {
    name: 'arrivals_spool_bytes',
    help: 'Bytes on disk of the batches that wait in the spool for the bus.',
    read: ({ bytes }) => bytes,
  },
  {
    name: 'arrivals_spool_batches',
    help: 'Batches that wait in the spool for the bus.',
    read: ({ batches }) => batches,
  },
  {
    name: 'arrivals_spool_oldest_seconds',
    help: 'Age of the oldest batch in the spool; 0 while it is empty.',
    read: ({ oldestAtMs, nowMs }) => (oldestAtMs === null ? 0 : Math.max(0, nowMs - oldestAtMs) / 1000),
  },
];

export function gaugeSpool(registry: Registry, contents: () => SpoolContents, now: () => number): void {
  registerGauges(registry, SPOOL_GAUGES, () => ({ ...contents(), nowMs: now() }));
}

const CONNECTION_GAUGES: readonly GaugeRow<Readonly<Record<string, number>>>[] = [
  {
    name: 'arrivals_connections',
    help: 'Open connections by what they are at: handshaking, waiting for a request, its head or body arriving, working, answering, ending.',
    label: 'phase',
    read: (connections) => connections,
  },
];

export function gaugeConnections(
  registry: Registry,
  server: { readonly connections: () => Readonly<Record<string, number>> },
): void {
  registerGauges(registry, CONNECTION_GAUGES, () => server.connections());
}

/** Those that docs/metrics.md lists beside the metrics of events. */
export const GAUGES: readonly Pick<GaugeRow<never>, 'name' | 'help' | 'label'>[] = [
  ...LEDGER_GAUGES,
  ...SPOOL_GAUGES,
  ...CONNECTION_GAUGES,
];
