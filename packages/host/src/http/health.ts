/**
 * Routes of every service: /healthz (the server answers), /readyz (bus and state respond too), /metrics,
 * /v1/ledger.
 */
import type { Bus, State } from '@arrivals/core';
import { messageOf } from '@arrivals/core/light';
import { json } from './http-answer.ts';
import type { Route } from './http-routes.ts';
import { MetricsText } from '../telemetry/metrics-text.ts';
import type { HostTelemetry } from '../telemetry/telemetry.ts';

const CHECK_TIMEOUT_MS = 2000;

export interface HealthOptions {
  readonly telemetry: HostTelemetry;
  readonly bus: Pick<Bus, 'check'>;
  /** Absent if a service has none. */
  readonly state?: Pick<State, 'check'>;
  /** Further reasons not to be ready, for example a processor that is retrying. */
  readonly problems: () => readonly string[];
  /** Notes although the service is ready, for example that the bus is unavailable and batches are spooled. */
  readonly notes?: () => readonly string[];
}

export function healthRoutes({
  telemetry,
  bus,
  state,
  problems,
  notes = () => [],
}: HealthOptions): readonly Route[] {
  const metrics = new MetricsText(() => telemetry.registry.metrics());
  return [
    { method: 'GET', path: '/healthz', anyHost: true, handle: () => Promise.resolve(json({ status: 'ok' })) },
    {
      method: 'GET',
      path: '/readyz',
      anyHost: true,
      handle: async ({ patience }) => {
        const signal = AbortSignal.timeout(CHECK_TIMEOUT_MS);
        // A load balancer checks this, and sends no more requests.
        const leaving = patience.aborted ? ['this process is ending'] : [];
        // In parallel: one that does not respond must not use up the other's time.
        const checks = [
          failureOf('bus', bus.check(signal), signal),
          ...(state === undefined ? [] : [failureOf('state', state.check(signal), signal)]),
        ];
        const failures = [...leaving, ...(await Promise.all(checks)).flat(), ...problems()];
        if (failures.length > 0) return json({ status: 'not ready', problems: failures }, 503);
        const noted = notes();
        return json({ status: 'ready', ...(noted.length === 0 ? {} : { notes: noted }) });
      },
    },
    {
      method: 'GET',
      path: '/metrics',
      handle: async () => ({
        status: 200,
        body: await metrics.read(),
        contentType: telemetry.registry.contentType,
      }),
    },
    { method: 'GET', path: '/v1/ledger', handle: () => Promise.resolve(json(telemetry.ledger.report())) },
  ];
}

async function failureOf(
  name: string,
  check: Promise<void>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  try {
    await check;
    return [];
  } catch (error) {
    return [
      `${name}: ${error === signal.reason ? `no answer within ${String(CHECK_TIMEOUT_MS)} ms` : messageOf(error)}`,
    ];
  }
}
