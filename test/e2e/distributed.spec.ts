/**
 * The whole path as separate processes on a real Kafka and a real Redis: two webhooks, two processors; kcat
 * reads the results.
 */
import { type Alert, alertDocument } from '@arrivals/core';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { arrivals, REPOSITORY, type RunningArrivals } from '../support/arrivals.ts';
import { eventList, podCreation, podRead } from '../support/audit-events.ts';
import { Distributed } from '../support/distributed.ts';
import { eventually } from '../support/eventually.ts';
import { CONTROL_PLANE_LOG, controlPlaneTruth, formFile, formsTruth } from '../support/expected.ts';
import { avroToolsValues } from '../support/infrastructure/avro-tools.ts';
import { kafka } from '../support/infrastructure/kafka.ts';
import { STARTING_MS } from '../support/infrastructure/ready.ts';
import { redis } from '../support/infrastructure/redis.ts';

const uidsOf = (alerts: readonly Alert[], kind: 'newPod' | 'newNamespace'): readonly string[] =>
  alerts
    .flatMap((alert) =>
      alert.kind === kind ? [alert.object.uid ?? `by name: ${alert.object.name ?? ''}`] : [],
    )
    .sort();

const CONTROL_PLANE_EVENTS = 1191;

/** Two webhooks and two processors that share the partitions. */
interface Running {
  readonly distributed: Distributed;
  readonly webhooks: readonly [RunningArrivals, RunningArrivals];
  readonly processors: readonly [RunningArrivals, RunningArrivals];
}

async function startAll(): Promise<Running> {
  const distributed = await Distributed.create();
  const webhook = (): Promise<RunningArrivals> => distributed.start('webhook', { ARRIVALS_LISTEN_PORT: '0' });
  const processor = (): Promise<RunningArrivals> => distributed.start('processor');
  const webhooks = await Promise.all([webhook(), webhook()]);
  const processors = await Promise.all([processor(), processor()]);
  await eventually(
    'both processors to have partitions',
    () => processors.every(({ output }) => /"partitions":\[\d,\d\]/.test(output)) || undefined,
    30_000,
  );
  return { distributed, webhooks, processors };
}

async function replay(to: RunningArrivals, ...files: readonly string[]): Promise<void> {
  const { code, stderr } = await arrivals(['replay', '--to', to.url, '--batch-events', '40', ...files]);
  assert.ok(code === 0 || code === 2, stderr);
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

describe('two webhooks and two processors on Kafka and Redis', () => {
  let running: Running | undefined;

  before(async function () {
    this.timeout(STARTING_MS);
    await Promise.all([kafka(), redis()]);
  });

  const start = async (): Promise<Running> => (running = await startAll());
  const stop = async (): Promise<void> => {
    await running?.distributed.stop();
    running = undefined;
  };

  describe('after all that a real API server sent was sent to both webhooks', () => {
    let all: Running;
    let alerts: readonly Alert[];

    before(async function () {
      this.timeout(120_000);
      all = await start();
      await Promise.all(all.webhooks.map((webhook) => replay(webhook, CONTROL_PLANE_LOG)));
      await all.distributed.settled(all.processors, 2 * CONTROL_PLANE_EVENTS);
      alerts = await all.distributed.alerts();
    });
    after(stop);

    it('have alerted each pod and namespace that it created, once, and nothing else', () => {
      const truth = controlPlaneTruth();
      // What became known of an owner late is told in a later revision.
      const first = alerts.filter(({ revision }) => revision === 1);
      assert.deepEqual(uidsOf(first, 'newPod'), truth.pods.map(({ uid }) => uid).sort());
      assert.deepEqual(uidsOf(first, 'newNamespace'), truth.namespaces.map(({ uid }) => uid).sort());
      assert.equal(new Set(alerts.map(({ alertId }) => alertId)).size, 59);
      assert.equal(
        new Set(alerts.map(({ alertId, revision }) => `${alertId} ${String(revision)}`)).size,
        alerts.length,
      );
      for (const { uid, user, impersonatedUser } of [...truth.pods, ...truth.namespaces]) {
        const alert = alerts.find(({ object }) => object.uid === uid);
        assert.deepEqual(
          [alert?.actor.username, alert?.actor.impersonatedUsername],
          [user, impersonatedUser],
          uid,
        );
      }
    });

    it('have shared the work, with every event accounted for in each process', async () => {
      const ledgers = await Promise.all(all.processors.map((processor) => processor.ledger()));
      assert.ok(
        ledgers.every(({ accepted, balanced, inFlight }) => accepted > 0 && balanced && inFlight === 0),
      );
      assert.deepEqual(
        [sum(ledgers.map(({ alerted }) => alerted)), sum(ledgers.map(({ duplicate }) => duplicate))],
        [59, 59],
      );
      for (const webhook of all.webhooks) {
        const { accepted, passedOn, inFlight, balanced } = await webhook.ledger();
        assert.deepEqual(
          [accepted, passedOn, inFlight, balanced],
          [CONTROL_PLANE_EVENTS, CONTROL_PLANE_EVENTS, 0, true],
        );
      }
    });

    it('have published JSON beside Avro: the same alerts, valid by the published schema, under the same key, with headers that tell', async () => {
      const schema = JSON.parse(readFileSync(path.join(REPOSITORY, 'schemas/alert.schema.json'), 'utf8')) as {
        readonly $id: string;
      };
      const ajv = new Ajv2020({ allErrors: true, strict: false });
      addFormats.default(ajv);
      const validate = ajv.compile(schema);
      const records = await all.distributed.read('ALERTS_JSON');
      assert.equal(records.length, alerts.length);
      const published = records.map(({ key, value, headers }) => {
        const alert = JSON.parse(value.toString('utf8')) as Alert;
        assert.ok(validate(alert), JSON.stringify(validate.errors));
        assert.equal(key?.toString(), alert.alertId);
        assert.deepEqual(headers, {
          alert_id: alert.alertId,
          revision: String(alert.revision),
          schema: schema.$id,
          'content-type': 'application/json',
        });
        return alert;
      });
      const byId = (a: Alert, b: Alert): number =>
        a.alertId.localeCompare(b.alertId) || a.revision - b.revision;
      assert.deepEqual([...published].sort(byId), [...alerts].sort(byId).map(alertDocument));
    });

    it('have published Avro that another implementation reads', async () => {
      const records = await all.distributed.read('ALERTS');
      const theirs = await avroToolsValues(
        path.join(REPOSITORY, 'schemas/alert.avsc'),
        records.map(({ value }) => value),
      );
      assert.deepEqual(
        theirs.map((value) => (value as { readonly alertId: string }).alertId),
        alerts.map(({ alertId }) => alertId),
      );
      for (const { key, headers } of records)
        assert.deepEqual([headers['alert_id'], headers['content-type']], [key?.toString(), 'avro/binary']);
    }).timeout(STARTING_MS);

    it('give all that was published out over HTTP, each processor alike', async () => {
      const revisions = (some: readonly Alert[]): readonly string[] =>
        some.map(({ alertId, revision }) => `${alertId} ${String(revision)}`).sort();
      for (const processor of all.processors) {
        const { alerts: served } = await processor.json<{ readonly alerts: readonly Alert[] }>(
          '/v1/alerts?from=0',
        );
        assert.deepEqual(revisions(served), revisions(alerts));
      }
    });

    it('are ready while Kafka and Redis answer', async () => {
      for (const { url } of [...all.webhooks, ...all.processors]) {
        const response = await fetch(`${url}/readyz`);
        assert.equal(response.status, 200, await response.text());
      }
    });
  });

  describe('begun anew', () => {
    let all: Running;

    beforeEach(async function () {
      this.timeout(60_000);
      all = await start();
    });
    afterEach(async function () {
      this.timeout(30_000);
      await stop();
    });

    it('alert what was really created of logs in many forms, each once, and set aside what holds no event', async () => {
      const { distributed, webhooks, processors } = all;
      const files = Object.entries(formsTruth()).filter(([file]) =>
        /^(old-v1|rows|aks|gke|v1beta1)/.test(file),
      );
      const half = (odd: boolean): readonly string[] =>
        files.filter((_unused, i) => (i % 2 === 1) === odd).map(([file]) => formFile(file));
      await Promise.all([replay(webhooks[0], ...half(false)), replay(webhooks[1], ...half(true))]);
      // The same creation stands in several of the files. Where a record does not show the uid, it is told by
      // the record.
      const wanted = new Set(
        files.flatMap(([name, { alert }]) =>
          alert.map(({ uid, index }) => uid ?? `${name} ${String(index)}`),
        ),
      ).size;
      const ledgers = await Promise.all(webhooks.map((webhook) => webhook.ledger()));
      const deadAtWebhooks = sum(ledgers.flatMap(({ deadLettered }) => Object.values(deadLettered)));
      await distributed.settled(processors, sum(ledgers.map(({ passedOn }) => passedOn)));
      assert.equal((await distributed.alerts()).filter(({ revision }) => revision === 1).length, wanted);
      assert.equal((await distributed.read('DEAD_LETTERS')).length, deadAtWebhooks);
      assert.ok(
        wanted > 0 && deadAtWebhooks > 0,
        `${String(wanted)} alerts, ${String(deadAtWebhooks)} dead letters`,
      );
    }).timeout(120_000);

    it('tell an event sent to both webhooks at once, five times each, once', async () => {
      const { distributed, webhooks, processors } = all;
      const body = eventList([podRead(), podCreation(), podCreation()]);
      const statuses = await Promise.all(
        Array.from(
          { length: 10 },
          async (_unused, i) => (await webhooks[i % 2 === 0 ? 0 : 1].post(body)).status,
        ),
      );
      assert.deepEqual(new Set(statuses), new Set([200]));
      await distributed.settled(processors, 30);
      assert.equal((await distributed.alerts()).length, 2);
    }).timeout(60_000);

    it('go on when one processor ends: the other takes its partitions, and nothing is missing', async () => {
      const {
        distributed,
        webhooks: [webhook],
        processors: [first],
      } = all;
      const post = (count: number): Promise<unknown> =>
        Promise.all(Array.from({ length: count }, () => webhook.post(eventList([podCreation()]))));
      await post(20);
      assert.equal(await first.stop(), 0);
      await post(20);
      await eventually(
        'all alerts',
        async () => (await distributed.alerts()).length >= 40 || undefined,
        30_000,
      );
      assert.equal((await distributed.alerts()).length, 40);
    }).timeout(60_000);
  });
});
