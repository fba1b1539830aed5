/** Metrics and log lines of connections, and of the senders and TLS files. */
import type { TelemetryEvent } from '@arrivals/core';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { Log } from '../telemetry/log.ts';
import type { RefusalLog } from '../telemetry/refusal-log.ts';

export type ConnectionEvent = Extract<
  TelemetryEvent,
  { readonly type: 'connection_dropped' | 'files_reloaded' }
>;

export function isOfConnections(event: TelemetryEvent): event is ConnectionEvent {
  return event.type === 'connection_dropped' || event.type === 'files_reloaded';
}

export function writeOfConnections(log: Log, refusals: RefusalLog, event: ConnectionEvent): void {
  if (event.type === 'connection_dropped')
    refusals.take({ from: event.from, what: event.reason }, 'connection ended', event);
  else if (event.outcome === 'used') log.info('files have changed and were reloaded', event);
  else log.error('files have changed and cannot be used: the previous content stays in use', event);
}

export class ConnectionMetrics {
  readonly #dropped: Counter<'reason'>;
  readonly #reloads: Counter<'of' | 'outcome'>;
  readonly #unusable: Gauge<'of'>;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#dropped = new Counter({
      name: 'arrivals_connections_dropped_total',
      help: 'Connections that were closed, by reason: the client took too long, or was evicted for others. Intended.',
      labelNames: ['reason'],
      registers,
    });
    this.#reloads = new Counter({
      name: 'arrivals_files_reloaded_total',
      help: 'Changes of the senders file or the TLS files, by whether they could be used.',
      labelNames: ['of', 'outcome'],
      registers,
    });
    this.#unusable = new Gauge({
      name: 'arrivals_files_unusable',
      help: '1 while the senders file or the TLS files cannot be used and their previous content stays in use. Not intended: the log has the reason.',
      labelNames: ['of'],
      registers,
    });
  }

  count(event: ConnectionEvent): void {
    if (event.type === 'connection_dropped') {
      this.#dropped.inc({ reason: event.reason });
      return;
    }
    this.#reloads.inc({ of: event.of, outcome: event.outcome });
    this.#unusable.set({ of: event.of }, event.outcome === 'used' ? 0 : 1);
  }
}
