/** How many connections a server has, by what they are at. */
import { Gauge, type Registry } from 'prom-client';
import type { HttpServer } from './http-server.ts';

export function gaugeConnections(registry: Registry, server: Pick<HttpServer, 'connections'>): void {
  new Gauge({
    name: 'arrivals_connections',
    help: 'Open connections by what they are at: handshaking, waiting for a request, its head or body arriving, working, answering, ending.',
    labelNames: ['phase'],
    registers: [registry],
    collect() {
      for (const [phase, count] of Object.entries(server.connections())) this.set({ phase }, count);
    },
  });
}
