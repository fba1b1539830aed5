/** The number of connections of a server, by phase. */
import { Gauge, type Registry } from 'prom-client';
import type { HttpServer } from './http-server.ts';

export function gaugeConnections(registry: Registry, server: Pick<HttpServer, 'connections'>): void {
  new Gauge({
    name: 'arrivals_connections',
    help: 'Open connections by phase: handshaking, waiting for a request, receiving its head or body, working, answering, ending.',
    labelNames: ['phase'],
    registers: [registry],
    collect() {
      for (const [phase, count] of Object.entries(server.connections())) this.set({ phase }, count);
    },
  });
}
