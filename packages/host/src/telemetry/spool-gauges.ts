/** What the spool holds, as gauges: a service without one has none of them. */
import { Gauge, type Registry } from 'prom-client';

export interface SpoolContents {
  readonly batches: number;
  readonly bytes: number;
  /** When the oldest batch was written, in milliseconds since 1970; null while there is none. */
  readonly oldestAtMs: number | null;
}

export function gaugeSpool(registry: Registry, contents: () => SpoolContents, now: () => number): void {
  const gauge = (name: string, help: string, value: (found: SpoolContents) => number): Gauge =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(value(contents()));
      },
    });
  gauge(
    'arrivals_spool_bytes',
    'Bytes on disk of the batches that wait in the spool for the bus.',
    ({ bytes }) => bytes,
  );
  gauge('arrivals_spool_batches', 'Batches that wait in the spool for the bus.', ({ batches }) => batches);
  gauge(
    'arrivals_spool_oldest_seconds',
    'Age of the oldest batch in the spool; 0 while it is empty.',
    ({ oldestAtMs }) => (oldestAtMs === null ? 0 : Math.max(0, now() - oldestAtMs) / 1000),
  );
}
