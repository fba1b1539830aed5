/** The routes that every service has: alive, ready or not and why, metrics, ledger. */
import { createTelemetry, healthRoutes, type HealthOptions } from '@arrivals/host';
import assert from 'node:assert/strict';
import { withServer } from '../http.ts';

const silent = {
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
};
const well = { check: () => Promise.resolve() };
const unwell = (reason: string) => ({ check: () => Promise.reject(new Error(reason)) });

const routesWith = (options: Partial<HealthOptions> = {}) =>
  healthRoutes({
    telemetry: createTelemetry(silent),
    bus: well,
    state: well,
    problems: () => [],
    ...options,
  });

describe('the health routes', () => {
  it('say that the process serves, whatever else is wrong', async () => {
    await withServer(
      { routes: routesWith({ bus: unwell('x'), state: unwell('y'), problems: () => ['z'] }) },
      async ({ ask }) => {
        const { status, body } = await ask('/healthz');
        assert.deepEqual([status, JSON.parse(body)], [200, { status: 'ok' }]);
      },
    );
  });

  it('say ready when bus and state answer', async () => {
    await withServer({ routes: routesWith() }, async ({ ask }) => {
      const { status, body } = await ask('/readyz');
      assert.deepEqual([status, JSON.parse(body)], [200, { status: 'ready' }]);
    });
  });

  it('say not ready, with every reason', async () => {
    const options = {
      bus: unwell('no broker'),
      state: unwell('no answer'),
      problems: () => ['processor: trying again'],
    };
    await withServer({ routes: routesWith(options) }, async ({ ask }) => {
      const { status, body } = await ask('/readyz');
      assert.deepEqual(
        [status, JSON.parse(body)],
        [
          503,
          {
            status: 'not ready',
            problems: ['bus: no broker', 'state: no answer', 'processor: trying again'],
          },
        ],
      );
    });
  });

  for (const problem of ['bus', 'state'] as const) {
    it(`say not ready when the ${problem} alone does not answer`, async () => {
      await withServer({ routes: routesWith({ [problem]: unwell('away') }) }, async ({ ask }) => {
        const { status, body } = await ask('/readyz');
        assert.deepEqual(
          [status, JSON.parse(body)],
          [503, { status: 'not ready', problems: [`${problem}: away`] }],
        );
      });
    });
  }

  it('say ready with what is worth knowing', async () => {
    await withServer(
      { routes: routesWith({ notes: () => ['bus: away; 2 batches wait'] }) },
      async ({ ask }) => {
        const { status, body } = await ask('/readyz');
        assert.deepEqual(
          [status, JSON.parse(body)],
          [200, { status: 'ready', notes: ['bus: away; 2 batches wait'] }],
        );
      },
    );
  });

  it('give a check a signal that ends it', async () => {
    const signals: AbortSignal[] = [];
    const check = (signal: AbortSignal): Promise<void> => {
      signals.push(signal);
      return Promise.resolve();
    };
    await withServer({ routes: routesWith({ bus: { check }, state: { check } }) }, async ({ ask }) => {
      await ask('/readyz');
      assert.equal(signals.length, 2);
      for (const signal of signals) assert.equal(signal.aborted, false);
    });
  });

  it('show the metrics in the form that Prometheus reads', async () => {
    await withServer({ routes: routesWith() }, async ({ ask }) => {
      const { status, headers, body } = await ask('/metrics');
      assert.equal(status, 200);
      assert.match(String(headers['content-type']), /^text\/plain; version=0\.0\.4/);
      assert.match(body, /^# TYPE arrivals_events_in_flight gauge$/m);
    });
  });

  it('show the ledger', async () => {
    const telemetry = createTelemetry(silent);
    telemetry.emit({ type: 'events_entered', cluster: 'prod', events: 2, from: 'bus' });
    await withServer({ routes: routesWith({ telemetry }) }, async ({ ask }) => {
      const ledger = JSON.parse((await ask('/v1/ledger')).body) as unknown;
      assert.deepEqual(ledger, {
        accepted: 2,
        alerted: 0,
        filtered: {},
        duplicate: 0,
        passedOn: 0,
        deadLettered: {},
        inFlight: 2,
        balanced: true,
      });
    });
  });
});
