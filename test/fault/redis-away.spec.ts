/**
 * Redis away, emptied and full under running processors on a real Kafka: nothing is lost, nothing comes twice
 * unless it says that it may, and nothing passes unchecked without saying so. kcat reads the results.
 */
import type { Alert } from '@arrivals/core';
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { RunningArrivals } from '../support/arrivals.ts';
import { eventList, podCreation, podRead } from '../support/audit-events.ts';
import { Distributed } from '../support/distributed.ts';
import { eventually } from '../support/eventually.ts';
import { kafka } from '../support/infrastructure/kafka.ts';
import { STARTING_MS } from '../support/infrastructure/ready.ts';
import type { RedisServer } from '../support/infrastructure/redis-node.ts';
import { startRedis } from '../support/infrastructure/redis.ts';
import { closeOpened, lookInto } from '../support/redis-state.ts';

const UNCHECKED = ['notDeduplicated', 'notEnriched'];
const AFTER_LOSS = ['afterStateLoss'];

const flagsOf = (alerts: readonly Alert[]): readonly string[] =>
  [...new Set(alerts.map(({ flags }) => flags.join()))].sort();
const uidsOf = (alerts: readonly Alert[]): readonly string[] =>
  alerts.map(({ object }) => object.uid ?? '').sort();
const revisionsOf = (alerts: readonly Alert[]): readonly string[] =>
  alerts.map(({ alertId, revision }) => `${alertId} ${String(revision)}`).sort();

describe('processors whose Redis fails', function () {
  this.timeout(90_000);

  let redis: RedisServer;
  let distributed: Distributed;
  let webhook: RunningArrivals;
  let processor: RunningArrivals;
  let uids: string[];

  before(async function () {
    this.timeout(STARTING_MS);
    await kafka();
  });

  const start = async (settings: Readonly<Record<string, string>>): Promise<void> => {
    uids = [];
    redis = await startRedis({ config: { appendfsync: 'always' } });
    distributed = await Distributed.create(
      { ARRIVALS_LOG_LEVEL: 'debug', ...settings },
      undefined,
      redis.url,
    );
    webhook = await distributed.start('webhook', { ARRIVALS_LISTEN_PORT: '0' });
    processor = await distributed.start('processor');
    await post(1);
    await alerted(1);
  };
  afterEach(async () => {
    await distributed.stop();
    await closeOpened();
    await redis.stop();
  });

  /** Sends so many creations, one event that is none beside each, and answers with what was sent. */
  const post = async (count: number): Promise<string> => {
    const fresh = Array.from({ length: count }, () => randomUUID() as string);
    uids.push(...fresh);
    const body = eventList(fresh.flatMap((uid) => [podCreation({ uid }), podRead()]));
    assert.equal((await webhook.post(body)).status, 200);
    return body;
  };
  const alerted = (count: number): Promise<readonly Alert[]> =>
    eventually(
      `${String(count)} alerts`,
      async () => {
        const alerts = await distributed.alerts();
        return alerts.length >= count ? alerts : undefined;
      },
      40_000,
    );
  const problems = async (): Promise<string> => (await fetch(`${processor.url}/readyz`)).text();
  const ready = (): Promise<unknown> =>
    eventually('readiness', async () => (await fetch(`${processor.url}/readyz`)).status === 200, 20_000);
  const metric = async (name: string): Promise<number> =>
    Number(
      new RegExp(`^${name}(?:{[^}]*})? (\\d+)$`, 'm').exec(
        await (await fetch(`${processor.url}/metrics`)).text(),
      )?.[1] ?? 0,
    );
  /** Every event of every post is accounted for. */
  const balanced = async (events: number): Promise<void> => {
    const ledgers = await distributed.settled([processor], events);
    assert.ok(ledgers.every((ledger) => ledger.balanced));
  };

  it('wait when it is killed and back within the wait: no flags, none missing, none twice', async () => {
    await start({ ARRIVALS_STATE_WAIT_MS: '30000' });
    await redis.kill();
    for (let i = 0; i < 5; i++) await post(4);
    await eventually(
      'the problem to be named',
      async () => (await problems()).includes('state_unavailable'),
      20_000,
    );
    await redis.restart();
    const alerts = await alerted(21);
    await balanced(42);
    await ready();
    assert.deepEqual([uidsOf(alerts), flagsOf(alerts)], [[...uids].sort(), ['']]);
    assert.equal(await metric('arrivals_alerts_unchecked_total'), 0);
  });

  it('publish flagged alerts when it is down for longer, and recover by themselves', async () => {
    await start({ ARRIVALS_STATE_WAIT_MS: '1500' });
    await redis.kill();
    const sent = await post(10);
    const first = await alerted(11);
    assert.match(await problems(), /alerts are published unchecked/);
    assert.equal((await webhook.post(sent)).status, 200);
    await post(5);
    await alerted(16);
    await redis.restart();
    await ready();
    assert.equal((await webhook.post(sent)).status, 200);
    await post(3);
    const alerts = await alerted(19);
    await balanced(78);
    assert.deepEqual([uidsOf(alerts), uidsOf(first).length], [[...uids].sort(), 11]);
    const flagged = alerts.filter(({ flags }) => flags.length > 0);
    assert.deepEqual([flagged.length, flagsOf(flagged)], [15, [UNCHECKED.join()]]);
    assert.equal(await metric('arrivals_alerts_unchecked_total'), 15);
    assert.equal(await metric('arrivals_state_losses_total'), 0);
    assert.match(processor.output, /the state is back/);
  });

  it('wait without limit when configured to pause', async () => {
    await start({ ARRIVALS_ON_STATE_LOSS: 'pause', ARRIVALS_STATE_WAIT_MS: '0' });
    await redis.kill();
    await post(10);
    const retries = () => processor.output.split('step failed, trying again').length;
    await eventually('some tries', () => retries() > 5, 40_000);
    assert.equal((await distributed.alerts()).length, 1);
    await redis.restart();
    const alerts = await alerted(11);
    await balanced(22);
    assert.deepEqual([uidsOf(alerts), flagsOf(alerts)], [[...uids].sort(), ['']]);
  });

  it('alert again what is sent again after FLUSHALL, with the same alert ids and flagged, and report lost claims', async () => {
    await start({});
    const sent = await post(10);
    const before = (await alerted(11)).slice();
    await lookInto(redis.url).flushall();
    assert.equal((await webhook.post(sent)).status, 200);
    const after = await alerted(21);
    await balanced(42);
    const repeats = after.filter(({ flags }) => flags.length > 0);
    assert.deepEqual([repeats.length, flagsOf(repeats)], [10, [AFTER_LOSS.join()]]);
    const again = new Set(revisionsOf(repeats));
    assert.deepEqual(
      revisionsOf(repeats),
      revisionsOf(before).filter((revision) => again.has(revision)),
    );
    assert.equal(await metric('arrivals_state_losses_total'), 1);
    assert.equal((await webhook.post(sent)).status, 200);
    await balanced(62);
    assert.equal((await distributed.alerts()).length, 21);
  });

  it('detect after a restart that claims were lost meanwhile', async () => {
    await start({});
    const sent = await post(10);
    await alerted(11);
    await processor.stop();
    await lookInto(redis.url).flushall();
    processor = await distributed.start('processor');
    assert.equal((await webhook.post(sent)).status, 200);
    const after = await alerted(21);
    const repeats = after.filter(({ flags }) => flags.length > 0);
    assert.deepEqual(
      [repeats.length, flagsOf(repeats), new Set(revisionsOf(after)).size],
      [10, [AFTER_LOSS.join()], 11],
    );
  });

  it('publish flagged alerts while it is full, and recover when there is memory', async () => {
    await start({ ARRIVALS_STATE_WAIT_MS: '1000' });
    const client = lookInto(redis.url);
    await client.config('SET', 'maxmemory', '1');
    const sent = await post(10);
    const passed = (await alerted(11)).filter(({ flags }) => flags.length > 0);
    assert.deepEqual([passed.length, flagsOf(passed)], [10, [UNCHECKED.join()]]);
    assert.match(await problems(), /OOM command not allowed/);
    await client.config('SET', 'maxmemory', '0');
    await ready();
    assert.equal((await webhook.post(sent)).status, 200);
    await post(2);
    const alerts = await alerted(13);
    await balanced(46);
    assert.deepEqual(uidsOf(alerts), [...uids].sort());
    assert.equal(alerts.filter(({ flags }) => flags.length === 0).length, 3);
  });
});
