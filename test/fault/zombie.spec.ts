/**
 * A processor that sleeps between claim and commit until the group has given its partition to another, and
 * then wakes: what both hold is written once. Two real processes; kcat reads the results at read_committed.
 */
import type { Alert } from '@arrivals/core';
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { RunningArrivals } from '../support/arrivals.ts';
import { eventList, podCreation, podRead } from '../support/audit-events.ts';
import { Distributed } from '../support/distributed.ts';
import { eventually } from '../support/eventually.ts';
import { type KafkaCluster, startKafka } from '../support/infrastructure/kafka.ts';
import { STARTING_MS } from '../support/infrastructure/ready.ts';
import type { RedisServer } from '../support/infrastructure/redis-node.ts';
import { startRedis } from '../support/infrastructure/redis.ts';
import { closeOpened, lookInto } from '../support/redis-state.ts';

describe('a processor that sleeps beyond its session', () => {
  let kafka: KafkaCluster;
  let redis: RedisServer;

  before(async function () {
    this.timeout(STARTING_MS);
    [kafka, redis] = await Promise.all([startKafka(), startRedis()]);
  });
  after(async () => {
    await closeOpened();
    await Promise.all([kafka.stop(), redis.stop()]);
  });

  it('with claims made and nothing committed, and resumes when another has its partition: nothing missing, nothing twice', async () => {
    const distributed = await Distributed.create(
      { ARRIVALS_TOPIC_PARTITIONS: '1' },
      kafka.brokers,
      redis.url,
    );
    try {
      const webhook = await distributed.start('webhook', { ARRIVALS_LISTEN_PORT: '0' });
      const zombie = await distributed.start('processor');
      const uids: string[] = [];
      const post = async (count: number): Promise<void> => {
        const fresh = Array.from({ length: count }, () => randomUUID() as string);
        uids.push(...fresh);
        assert.equal(
          (await webhook.post(eventList(fresh.flatMap((uid) => [podCreation({ uid }), podRead()])))).status,
          200,
        );
      };
      const alerted = (count: number): Promise<readonly Alert[]> =>
        eventually(
          `${String(count)} alerts`,
          async () => {
            const alerts = await distributed.alerts();
            return alerts.length >= count ? alerts : undefined;
          },
          60_000,
        );
      await post(1);
      await alerted(1);

      // It has the events in hand, and can claim nothing; then it can claim, and commit nothing.
      const [broker] = kafka.nodes;
      assert.ok(broker);
      redis.pause();
      await post(10);
      await eventually(
        'a try to claim',
        () => zombie.output.includes('state_unavailable') || undefined,
        20_000,
      );
      broker.pause();
      redis.resume();
      const claims = async (): Promise<number> => {
        const keys = await lookInto(redis.url).keysBuffer(
          `${distributed.settings['ARRIVALS_REDIS_KEY_PREFIX'] ?? ''}*`,
        );
        return keys.filter(
          ({ length }) => length === (distributed.settings['ARRIVALS_REDIS_KEY_PREFIX'] ?? '').length + 20,
        ).length;
      };
      await eventually('its claims', async () => (await claims()) === 11 || undefined, 20_000);
      zombie.child.kill('SIGSTOP');
      broker.resume();

      const heir = await distributed.start('processor');
      assert.equal((await alerted(11)).length, 11);
      assert.equal((await heir.ledger()).duplicate, 0);
      zombie.child.kill('SIGCONT');
      await eventually(
        'the zombie to be a member again',
        () => zombie.output.split('"partitions assigned"').length > 2 || undefined,
        60_000,
      );
      for (let i = 0; i < 5; i++) await post(5);
      const alerts = await alerted(36);
      await settled([zombie, heir]);
      // What it held was given back, and nothing of it was written by it.
      const metrics = await (await fetch(`${zombie.url}/metrics`)).text();
      assert.equal(/^arrivals_events_given_back_total{cluster="default"} (\d+)$/m.exec(metrics)?.[1], '20');
      assert.deepEqual(
        (await distributed.alerts()).map(({ object }) => object.uid ?? '').sort(),
        [...uids].sort(),
      );
      assert.equal(new Set(alerts.map(({ alertId, revision }) => `${alertId} ${String(revision)}`)).size, 36);
      assert.deepEqual([zombie.child.exitCode, zombie.child.signalCode], [null, null]);
    } finally {
      redis.resume();
      await distributed.stop();
    }
  }).timeout(180_000);
});

/** Nobody holds anything, and every account is right. */
async function settled(processors: readonly RunningArrivals[]): Promise<void> {
  for (const processor of processors) assert.equal((await processor.settled()).balanced, true);
}
