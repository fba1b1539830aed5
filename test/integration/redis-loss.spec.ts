/**
 * Redis loses claims: emptied, restarted or failed over without its last writes, made to evict. It is
 * noticed, told once, and known to all.
 */
import type { ClaimResult } from '@arrivals/core';
import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.ts';
import { STARTING_MS } from '../support/infrastructure/ready.ts';
import { startRedisCluster } from '../support/infrastructure/redis-cluster.ts';
import type { RedisServer } from '../support/infrastructure/redis-node.ts';
import { startRedisSentinel } from '../support/infrastructure/redis-sentinel.ts';
import { startRedis } from '../support/infrastructure/redis.ts';
import {
  CLAIM_TTL_MS,
  closeOpened,
  identity,
  lookInto,
  openState,
  requests,
  type StateOnRedis,
} from '../support/redis-state.ts';

const CLAIMED = { outcome: 'claimed' } as const;
const AFTER_LOSS = { outcome: 'claimed', afterLoss: true } as const;
const NOW_MS = 1_800_000_000_000;
const TAGS = 16;

const duplicatesOf = (count: number): readonly ClaimResult[] =>
  requests(count).map(({ by }) => ({ outcome: 'duplicate', of: by }));

describe('a Redis server that loses claims', () => {
  let server: RedisServer;

  beforeEach(async function () {
    this.timeout(STARTING_MS);
    server = await startRedis({ config: { appendonly: 'no' } });
  });
  afterEach(async () => {
    await closeOpened();
    await server.stop();
  });

  const open = async (keyPrefix = 'k:'): Promise<StateOnRedis> => {
    const on = openState([server.url], { keyPrefix });
    await on.state.begin(true, NOW_MS);
    return on;
  };

  it('by FLUSHALL grants them again, each as a possible repeat, and reports it once', async () => {
    const { state, losses } = await open();
    assert.deepEqual(await state.claim(requests(100), NOW_MS), Array(100).fill(CLAIMED));
    await lookInto(server.url).flushall();
    assert.deepEqual(await state.claim(requests(100, 2), NOW_MS), Array(100).fill(AFTER_LOSS));
    assert.deepEqual(
      await state.claim(requests(100), NOW_MS),
      requests(100, 2).map(({ by }) => ({ outcome: 'duplicate', of: by })),
    );
    assert.deepEqual(losses, [TAGS]);
  });

  it('by FLUSHALL is found out of a single claim, for all that follow', async () => {
    const { state, losses } = await open();
    await state.claim(requests(100), NOW_MS);
    await lookInto(server.url).flushall();
    await state.claim(requests(1, 2), NOW_MS);
    assert.deepEqual(losses, [TAGS]);
    assert.deepEqual(await state.claim(requests(100, 3).slice(1), NOW_MS), Array(99).fill(AFTER_LOSS));
    assert.deepEqual(losses, [TAGS]);
  });

  it('is known to others that share it, who do not call it another loss', async () => {
    const [one, other] = [await open(), await open()];
    await one.state.claim(requests(100), NOW_MS);
    await other.state.claim(requests(100), NOW_MS);
    await lookInto(server.url).flushall();
    await one.state.claim(requests(1, 2), NOW_MS);
    assert.deepEqual(await other.state.claim(requests(100, 3).slice(1), NOW_MS), Array(99).fill(AFTER_LOSS));
    const later = await open();
    assert.deepEqual(await later.state.claim(requests(100, 3).slice(1), NOW_MS), Array(99).fill(AFTER_LOSS));
    assert.deepEqual([one.losses, other.losses, later.losses], [[TAGS], [], []]);
  });

  it('calls claims repeats only until those that were lost would have ended', async () => {
    const { state } = await open();
    await state.claim(requests(10), NOW_MS);
    await lookInto(server.url).flushall();
    assert.deepEqual(await state.claim(requests(10), NOW_MS), Array(10).fill(AFTER_LOSS));
    assert.deepEqual(await state.claim(requests(10), NOW_MS + CLAIM_TTL_MS - 1), Array(10).fill(AFTER_LOSS));
    assert.deepEqual(await state.claim(requests(10), NOW_MS + CLAIM_TTL_MS), Array(10).fill(CLAIMED));
  });

  it('as it is older than what it had acknowledged, though not empty, is noticed by who had made those claims', async () => {
    const [writer, bystander] = [await open(), await open()];
    const client = lookInto(server.url);
    await writer.state.claim(requests(100), NOW_MS);
    await client.save();
    await writer.state.claim(requests(200, 2), NOW_MS);
    await server.restart();
    const results = await eventually('claims', () => writer.state.claim(requests(200, 3), NOW_MS));
    assert.deepEqual(results.slice(0, 100), duplicatesOf(100));
    assert.deepEqual(results.slice(100), Array(100).fill(AFTER_LOSS));
    assert.deepEqual(
      await eventually('claims', () => bystander.state.claim(requests(201, 3).slice(200), NOW_MS)),
      [AFTER_LOSS],
    );
    assert.deepEqual([writer.losses.length, bystander.losses], [1, []]);
  });

  it('is not suspected when it is restarted with all of them', async () => {
    const { state, losses } = await open();
    await state.claim(requests(100), NOW_MS);
    await lookInto(server.url).save();
    await server.restart();
    const results = await eventually('claims', () => state.claim(requests(200, 2), NOW_MS));
    assert.deepEqual(results, [...duplicatesOf(100), ...Array<ClaimResult>(100).fill(CLAIMED)]);
    assert.deepEqual(losses, []);
  });

  it('by eviction is noticed with the next claim', async () => {
    const { state, losses } = await open();
    const client = lookInto(server.url);
    await state.claim(requests(2000), NOW_MS);
    // What has no end is not evicted by this policy, the epochs among it.
    await client.config('SET', 'maxmemory-policy', 'volatile-ttl');
    const used = Number(/^used_memory:(\d+)/m.exec(await client.info('memory'))?.[1]);
    await client.config('SET', 'maxmemory', String(used - 100_000));
    await state.claim(requests(10, 2), NOW_MS);
    await client.config('SET', 'maxmemory', '0');
    assert.ok(Number(/^evicted_keys:(\d+)/m.exec(await client.info('stats'))?.[1]) > 0);
    assert.ok(losses.length > 0);
    const [result] = await state.claim(
      [{ identity: identity('new'), by: { topic: 't', partition: 0, offset: 0, index: 0 } }],
      NOW_MS,
    );
    assert.deepEqual(result, AFTER_LOSS);
    const { length } = losses;
    await state.claim(requests(2000, 3), NOW_MS);
    assert.equal(losses.length, length, 'no further key was evicted');
  });

  it('is detected also if Redis does not report evictions', async () => {
    await lookInto(server.url).acl(
      'SETUSER',
      'arrivals',
      'on',
      '>secret',
      '~k:*',
      '+get',
      '+set',
      '+eval',
      '+evalsha',
      '+ping',
    );
    const { warn } = console;
    // ioredis says there that it may not ask.
    console.warn = () => undefined;
    try {
      const { state, losses } = openState([server.url], {
        keyPrefix: 'k:',
        username: 'arrivals',
        password: 'secret',
      });
      await state.begin(true, NOW_MS);
      assert.deepEqual(await state.claim(requests(10), NOW_MS), Array(10).fill(CLAIMED));
      await lookInto(server.url).flushall();
      assert.deepEqual(await state.claim(requests(10, 2), NOW_MS), Array(10).fill(AFTER_LOSS));
      assert.deepEqual(losses, [TAGS]);
    } finally {
      console.warn = warn;
    }
  });

  it('takes epochs that it cannot read for lost ones', async () => {
    const { state } = await open();
    await state.claim(requests(50), NOW_MS);
    const client = lookInto(server.url);
    for (const key of (await client.keysBuffer('k:*')).filter(({ length }) => length === 6))
      await client.set(key, '2 of a newer version');
    assert.deepEqual(await state.claim(requests(50), NOW_MS), Array(50).fill(AFTER_LOSS));
  });

  for (const [what, value] of [
    ['digits without end', `1 ${'9'.repeat(40)} `],
    ['a loss in a far future', '1 9999999999999 '],
    ['evictions without end', `1 5 ${'9'.repeat(40)}`],
    ['nothing', ''],
    ['no text', '\u0000\uffff'],
  ] as const) {
    it(`takes an epoch of ${what} for a lost one, once, and writes it again`, async () => {
      const { state } = await open();
      await state.claim(requests(50), NOW_MS);
      const client = lookInto(server.url);
      const epochs = (await client.keysBuffer('k:*')).filter(({ length }) => length === 6);
      for (const key of epochs) await client.set(key, value);
      assert.deepEqual(await state.claim(requests(50), NOW_MS), Array(50).fill(AFTER_LOSS));
      for (const key of epochs) assert.match((await client.get(key)) ?? '', /^1 \d{13} \d*$/);
      const laterMs = NOW_MS + 2 * CLAIM_TTL_MS;
      const [later] = await state.claim(
        [{ identity: identity('new'), by: { topic: 't', partition: 0, offset: 0, index: 0 } }],
        laterMs,
      );
      assert.deepEqual(later, CLAIMED, 'and not for good');
    });
  }

  it('takes a claim with numbers that nobody wrote for none', async () => {
    const { state } = await open();
    await state.claim(requests(1), NOW_MS);
    const client = lookInto(server.url);
    for (const key of (await client.keysBuffer('k:*')).filter(({ length }) => length > 20))
      await client.set(key, `1 ${'9'.repeat(400)} 1 1 t`);
    assert.deepEqual(await state.claim(requests(1, 2), NOW_MS), [AFTER_LOSS]);
  });
});

describe('a Redis Cluster of which one master loses its claims', () => {
  let cluster: Awaited<ReturnType<typeof startRedisCluster>>;

  before(async function () {
    this.timeout(STARTING_MS);
    cluster = await startRedisCluster();
  });
  after(() => cluster.stop());
  afterEach(closeOpened);

  it('calls those claims repeats, and no others', async () => {
    const { state, losses } = openState(cluster.urls, { mode: 'cluster' });
    await state.begin(true, NOW_MS);
    await state.claim(requests(300), NOW_MS);
    await lookInto(cluster.urls[0] ?? '').flushall();
    const again = await state.claim(requests(300), NOW_MS);
    const repeats = again.filter(
      (result) => result.outcome === 'claimed' && result.afterLoss === true,
    ).length;
    assert.ok(repeats > 50 && repeats < 150, `${String(repeats)} of 300`);
    const [parts, ...others] = losses;
    assert.ok((parts === 5 || parts === 6) && others.length === 0, losses.join());
  });
});

describe('Redis behind sentinels that fails over to a replica that lacks the last claims', () => {
  let sentinel: Awaited<ReturnType<typeof startRedisSentinel>>;

  before(async function () {
    this.timeout(STARTING_MS);
    sentinel = await startRedisSentinel();
  });
  after(() => sentinel.stop());
  afterEach(closeOpened);

  it('grants these again as possible repeats', async function () {
    this.timeout(60_000);
    const { state, losses } = openState(
      sentinel.sentinels.map((address) => `redis://${address}`),
      { mode: 'sentinel', sentinelName: sentinel.name },
    );
    await state.begin(true, NOW_MS);
    await state.claim(requests(100), NOW_MS);
    const master = lookInto(sentinel.master.url);
    assert.equal(await master.wait(1, 5000), 1);
    sentinel.replica.pause();
    // Else what comes now would wait for it in the socket.
    await master.call('CLIENT', 'KILL', 'TYPE', 'replica');
    await state.claim(requests(200), NOW_MS);
    await sentinel.master.kill();
    sentinel.replica.resume();
    const results = await eventually('a new master', () => state.claim(requests(200, 2), NOW_MS), 40_000);
    assert.deepEqual(results, [...duplicatesOf(100), ...Array<ClaimResult>(100).fill(AFTER_LOSS)]);
    assert.equal(losses.length, 1);
  });
});
