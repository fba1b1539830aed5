/**
 * Processors on a Kafka as if it had no transactions: one that dies between what it wrote and its position
 * leaves repeats, with the same alert id and revision, and nothing is missing. kcat reads the results.
 */
import type { Alert } from '@arrivals/core';
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import path from 'node:path';
import { REPOSITORY, type RunningArrivals } from '../support/arrivals.ts';
import { eventList, podCreation, podRead } from '../support/audit-events.ts';
import { Distributed } from '../support/distributed.ts';
import { eventually } from '../support/eventually.ts';
import { kafka } from '../support/infrastructure/kafka.ts';
import { STARTING_MS } from '../support/infrastructure/ready.ts';
import { redis } from '../support/infrastructure/redis.ts';

const revisionOf = ({ alertId, revision }: Alert): string => `${alertId} ${String(revision)}`;

/** Dies when it has written, before it commits. */
const CRASHING = {
  NODE_OPTIONS: `--require ${path.join(REPOSITORY, 'test/support/crash-before-commit.cjs')}`,
};

describe('processors at least once', function () {
  this.timeout(120_000);

  let distributed: Distributed;
  let webhook: RunningArrivals;
  let uids: string[];

  before(async function () {
    this.timeout(STARTING_MS);
    await Promise.all([kafka(), redis()]);
  });
  beforeEach(async () => {
    uids = [];
    distributed = await Distributed.create({
      ARRIVALS_DELIVERY: 'at-least-once',
      ARRIVALS_TOPIC_PARTITIONS: '1',
    });
    webhook = await distributed.start('webhook', { ARRIVALS_LISTEN_PORT: '0' });
  });
  afterEach(() => distributed.stop());

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
  const uidsOf = (alerts: readonly Alert[]): readonly string[] =>
    [...new Set(alerts.map(({ object }) => object.uid ?? ''))].sort();

  it('make each alert once while nothing fails, without transactions', async () => {
    const processor = await distributed.start('processor');
    for (let i = 0; i < 5; i++) await post(10);
    await distributed.settled([processor], 100);
    const alerts = await distributed.alerts();
    assert.deepEqual([uidsOf(alerts), alerts.length], [[...uids].sort(), 50]);
    // A transaction would leave a marker behind: an offset that no record has.
    const offsets = (await distributed.read('ALERTS', 'read_uncommitted')).map(({ offset }) => offset);
    assert.deepEqual(offsets, [...offsets.keys()]);
  });

  it('that are killed between what they wrote and the position repeat it, with the same alert ids and revisions, and lose nothing', async () => {
    await post(10);
    for (let kill = 0; kill < 2; kill++) {
      const crashing = await distributed.start('processor', CRASHING);
      if (crashing.child.signalCode === null) await once(crashing.child, 'exit');
      assert.equal(crashing.child.signalCode, 'SIGKILL');
      await alerted(10 * (kill + 1));
    }
    await post(5);
    const processor = await distributed.start('processor');
    const alerts = await alerted(35);
    await distributed.settled([processor], 30);
    assert.equal((await distributed.alerts()).length, 35);
    assert.deepEqual([uidsOf(alerts), new Set(alerts.map(revisionOf)).size], [[...uids].sort(), 15]);
    const times = (uid: string): number => alerts.filter(({ object }) => object.uid === uid).length;
    assert.deepEqual(uids.map(times), [...Array<number>(10).fill(3), ...Array<number>(5).fill(1)]);
    const json = await distributed.read('ALERTS_JSON');
    assert.equal(
      new Set(json.map(({ headers }) => `${headers['alert_id'] ?? ''} ${headers['revision'] ?? ''}`)).size,
      15,
    );
  });
});
