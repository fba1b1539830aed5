/**
 * `arrivals alerts` and `arrivals explain` on a real Kafka, and the same over HTTP of who reads it: kcat
 * tells what is there.
 */
import { decodeAlert, encodeAlert } from '@arrivals/adapters/avro';
import { openKafkaBus, partitionOfKey } from '@arrivals/adapters/kafka';
import { publishedRoutes } from '@arrivals/api';
import { type Alert, TOPICS } from '@arrivals/core';
import assert from 'node:assert/strict';
import { Kafka, logLevel, type Producer } from 'kafkajs';
import { alertsIn, arrivals, type Finished, launch } from '../support/arrivals.ts';
import { eventually } from '../support/eventually.ts';
import { kafka } from '../support/infrastructure/kafka.ts';
import { readTopic } from '../support/infrastructure/kcat.ts';
import { STARTING_MS } from '../support/infrastructure/ready.ts';
import { silent } from '../support/telemetry.ts';
import { createTopics, type TestTopics } from '../support/topics.ts';
import { alertOf, podCreated } from '../unit/core/alert/creations.ts';
import { withServer } from '../unit/host/http.ts';

const PARTITIONS = 4;
const ALERTS = 30;
const MINUTE_MS = 60_000;
const ALERT = alertOf(podCreated());
const idOf = (i: number): string => `${String(i).padStart(8, '0')}-0000-8000-8000-000000000000`;
const alertNumber = (i: number, revision = 1): Alert => ({
  ...ALERT,
  alertId: idOf(i),
  revision,
  object: { ...ALERT.object, name: `pod-${String(i)}` },
});
const idsOf = (alerts: readonly Alert[]): readonly string[] =>
  alerts.map(({ alertId, revision }) => `${alertId} ${String(revision)}`);

describe('alerts on Kafka', function () {
  this.timeout(60_000);
  let brokers: readonly string[];
  let topics: TestTopics;
  let producer: Producer;
  let settings: Readonly<Record<string, string>>;
  const startedMs = Date.now() - 2 * ALERTS * MINUTE_MS;
  let left: { readonly partition: number; readonly offset: string };

  /** One transaction each, so that offsets have gaps. */
  const publish = async (
    alert: Alert,
    timestampMs: number,
    { value = encodeAlert(alert), aborted = false } = {},
  ) => {
    const transaction = await producer.transaction();
    const messages = [{ key: alert.alertId, value, timestamp: String(timestampMs) }];
    const [written] = await transaction.send({ topic: topics.name('alerts'), messages });
    await (aborted ? transaction.abort() : transaction.commit());
    return { partition: written?.partition ?? 0, offset: written?.baseOffset ?? '' };
  };
  const command = (...args: readonly string[]): Promise<Finished> => arrivals(args, { settings });
  /** What another client reads, in the order of time. */
  const published = async (): Promise<readonly Alert[]> =>
    [...(await readTopic({ brokers, topic: topics.name('alerts'), isolation: 'read_committed' }))]
      .sort((a, b) => a.timestampMs - b.timestampMs)
      .filter(({ value }) => value.length > 100 && value[2] !== 0xab)
      .map(({ value }) => decodeAlert(value));

  before(async function () {
    this.timeout(STARTING_MS);
    ({ brokers } = await kafka());
    topics = await createTopics(brokers, ['alerts'], PARTITIONS);
    settings = { ARRIVALS_KAFKA_BROKERS: brokers.join(','), ARRIVALS_ALERTS_TOPIC: topics.name('alerts') };
    producer = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).producer({
      ...{ transactionalId: topics.name('producer'), idempotent: true, maxInFlightRequests: 1 },
    });
    await producer.connect();
    for (let i = 0; i < ALERTS; i++)
      await publish(alertNumber(i), startedMs + i * MINUTE_MS, { aborted: i % 10 === 9 });
    await publish(alertNumber(3, 2), startedMs + ALERTS * MINUTE_MS);
    const ofAnotherVersion = Buffer.from(encodeAlert(ALERT));
    ofAnotherVersion.fill(0xab, 2, 10);
    left = await publish(alertNumber(77), startedMs + (ALERTS + 1) * MINUTE_MS, { value: ofAnotherVersion });
  });
  after(async () => {
    await producer.disconnect();
    await topics.remove();
  });

  const leftOut = (): string =>
    `left out: ${topics.name('alerts')} ${String(left.partition)}:${left.offset}: expected a schema of alert, found the unknown`;

  it('are printed oldest first over all partitions, and what is no alert is named', async () => {
    const { code, stdout, stderr } = await command('alerts');
    assert.deepEqual([code, stderr.startsWith(leftOut())], [0, true], stderr);
    const expected = await published();
    assert.equal(expected.length, ALERTS - 3 + 1);
    assert.deepEqual(idsOf(alertsIn(stdout)), idsOf(expected));
    // The last of all records is the one that is left out.
    assert.deepEqual(
      idsOf(alertsIn((await command('alerts', '--kafka', '--last', '4')).stdout)),
      idsOf(expected.slice(-3)),
    );
  });

  it('are explained by ID and by the beginning of one, in the newest revision', async () => {
    for (const name of [idOf(3), idOf(3).slice(0, 8)]) {
      const { code, stdout, stderr } = await command('explain', name);
      assert.deepEqual([code, stderr], [0, '']);
      assert.match(stdout, /pod-3”?[^\d]/);
      assert.match(stdout, /, revision 2$/m);
    }
  });

  it('are searched within bounds, and a missing one is reported with the searched range', async () => {
    const missing = await command('explain', idOf(9));
    assert.equal(missing.code, 1);
    assert.match(
      missing.stderr,
      new RegExp(
        `${topics.name('alerts')} on Kafka has no alert ${idOf(9)}: looked at 29 records, back to 20.*Z, which is all of it\n  alert_unknown`,
      ),
    );
    const recent = await command('explain', '--since', '35m', idOf(2));
    assert.match(
      recent.stderr,
      /looked at \d+ records, back to 20.*Z, which is all since 20.*Z; without --since, or with a longer one, it looks further back/,
    );
    const unread = await command('explain', idOf(77));
    assert.match(unread.stderr, new RegExp(`^${leftOut()}.*\n.*has no alert ${idOf(77)}`));
    assert.match(
      (await command('explain', '--url', 'http://127.0.0.1:1', '--since', '2h', idOf(2))).stderr,
      /usage/,
    );
  });

  it('have the partition that their key decides', async () => {
    for (const { key, partition } of await readTopic({
      brokers,
      topic: topics.name('alerts'),
      isolation: 'read_committed',
    }))
      assert.equal(partition, partitionOfKey(key?.toString() ?? '', PARTITIONS));
  });

  it('are followed as they come, in any partition', async () => {
    const following = launch(['alerts', '--follow', '--last', '1'], { settings });
    following.child.stdin.end();
    await eventually(
      'it to have read the last one',
      () => following.stderr().includes(leftOut()) || undefined,
      30_000,
    );
    const later = Array.from({ length: 6 }, (_unused, i) => alertNumber(100 + i));
    for (const [i, alert] of later.entries()) await publish(alert, Date.now() + i);
    await eventually(
      'all that came',
      () => alertsIn(following.stdout()).length >= later.length || undefined,
      30_000,
    );
    assert.deepEqual(idsOf(alertsIn(following.stdout())).slice(-6), idsOf(later));
    following.child.kill('SIGINT');
    await following.finished;
  });

  it('are the same over HTTP, of a process that reads Kafka', async () => {
    const bus = openKafkaBus({ connection: { brokers }, telemetry: silent });
    const names = { ...TOPICS, alerts: topics.name('alerts') };
    try {
      await withServer(
        {
          routes: publishedRoutes(bus, names, { readersLocal: true, hosts: '', partitionOf: partitionOfKey }),
        },
        async ({ server }) => {
          const { stdout } = await command('alerts', '--url', server.url);
          assert.deepEqual(idsOf(alertsIn(stdout)), idsOf(await published()));
          assert.match((await command('explain', '--url', server.url, idOf(3))).stdout, /, revision 2$/m);
          assert.match((await command('explain', '--url', server.url, idOf(9))).stderr, /has no alert/);
        },
      );
    } finally {
      await bus.close();
    }
  });
});
