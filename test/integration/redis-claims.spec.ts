/**
 * What the state on Redis promises of its claims beyond the contract: their keys, their end, and what is
 * found there.
 */
import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.ts';
import { STARTING_MS } from '../support/infrastructure/ready.ts';
import { startRedisCluster } from '../support/infrastructure/redis-cluster.ts';
import { redis } from '../support/infrastructure/redis.ts';
import {
  at,
  CLAIM_TTL_MS,
  closeOpened,
  lookInto,
  openState,
  request,
  requests,
  type StateOnRedis,
} from '../support/redis-state.ts';

const CLAIMED = { outcome: 'claimed' } as const;

/** Behind the prefix: a hash tag of four characters and sixteen bytes. */
const isClaim =
  (keyPrefix: string) =>
  (key: Buffer): boolean =>
    key.length === keyPrefix.length + 20;

describe('claims in Redis', () => {
  let url: string;

  before(async function () {
    this.timeout(STARTING_MS);
    ({ url } = await redis());
  });
  afterEach(closeOpened);

  /** Of the claims; epochs and marks are shorter. */
  const keysOf = async ({ keyPrefix }: StateOnRedis): Promise<Buffer[]> =>
    (await lookInto(url).keysBuffer(`${keyPrefix}*`)).filter(isClaim(keyPrefix));

  async function onlyKeyOf(on: StateOnRedis): Promise<Buffer> {
    const [key, ...others] = await keysOf(on);
    assert.ok(key);
    assert.deepEqual(others, []);
    return key;
  }

  it('end claimTtlMs after the first one was made, however often it is made again', async () => {
    const on = openState([url]);
    await on.state.claim([request('a', at(1))], 0);
    const key = await onlyKeyOf(on);
    const client = lookInto(url);
    const first = await client.pttl(key);
    assert.ok(first > CLAIM_TTL_MS - 5000 && first <= CLAIM_TTL_MS, `${String(first)} ms`);
    await client.pexpire(key, 10_000);
    await on.state.claim([request('a', at(1)), request('a', at(2))], CLAIM_TTL_MS);
    assert.ok((await client.pttl(key)) <= 10_000);
  });

  it('can be made by others when they have ended', async () => {
    const { state } = openState([url], { claimTtlMs: 200 });
    await state.claim([request('a', at(1))], 0);
    assert.deepEqual(await state.claim([request('a', at(2))], 0), [{ outcome: 'duplicate', of: at(1) }]);
    await eventually(
      'the end',
      async () => (await state.claim([request('a', at(2))], 0))[0]?.outcome === 'claimed' || undefined,
    );
  });

  it('stand under short binary keys: the prefix, a hash tag, half an identity', async () => {
    const on = openState([url], { keyPrefix: `k${String(process.hrtime.bigint())}:` });
    const { identity } = request('a', at(1));
    await on.state.claim([{ identity, by: at(1) }], 0);
    const key = await onlyKeyOf(on);
    assert.match(key.toString('latin1').slice(on.keyPrefix.length, -16), /^\{[0-9a-z]{2}\}$/);
    assert.deepEqual(key.subarray(-16), identity.subarray(0, 16));
  });

  it('are seen in order over more requests than one call takes, each identity once more at the end', async () => {
    const { state } = openState([url]);
    const first = requests(1700, 1);
    const again = requests(1700, 2);
    const results = await state.claim([...first, ...again], 0);
    assert.deepEqual(results, [
      ...first.map(() => CLAIMED),
      ...first.map(({ by }) => ({ outcome: 'duplicate', of: by })),
    ]);
    assert.deepEqual(
      await state.claim(first, 0),
      first.map(() => CLAIMED),
    );
  });

  it('work on when Redis forgets the script', async () => {
    const { state } = openState([url]);
    await state.claim([request('a', at(1))], 0);
    await lookInto(url).script('FLUSH');
    assert.deepEqual(await state.claim([request('a', at(2)), request('b', at(2, 1))], 0), [
      { outcome: 'duplicate', of: at(1) },
      CLAIMED,
    ]);
  });

  it('know topics and numbers as they are', async () => {
    const { state } = openState([url]);
    const by = {
      topic: 'a.topic-with_all of it',
      partition: 2_147_483_647,
      offset: Number.MAX_SAFE_INTEGER,
      index: 99_999,
    };
    await state.claim([request('a', by)], 0);
    assert.deepEqual(await state.claim([request('a', at(1))], 0), [{ outcome: 'duplicate', of: by }]);
  });

  describe('over values that cannot be read', () => {
    const unreadable: Readonly<
      Record<string, (client: ReturnType<typeof lookInto>, key: Buffer) => Promise<unknown>>
    > = {
      'a newer version’s': (client, key) => client.set(key, '2 something new'),
      'nobody’s': (client, key) => client.set(key, Buffer.from([0xff, 0x00, 0x0a])),
      'an empty one': (client, key) => client.set(key, ''),
      'ours but cut off': (client, key) => client.set(key, '1 3 17'),
      'one of another type': (client, key) => client.rpush(key, 'a', 'b'),
    };

    for (const [what, put] of Object.entries(unreadable)) {
      it(`are made once, as ones that may be repeats and with a warning: ${what}`, async () => {
        const on = openState([url]);
        await on.state.claim([request('a', at(1))], 0);
        const client = lookInto(url);
        const key = await onlyKeyOf(on);
        await client.del(key);
        await put(client, key);
        assert.deepEqual(
          await on.state.claim([request('a', at(2)), request('b', at(2, 1)), request('a', at(2, 2))], 0),
          [{ outcome: 'claimed', afterLoss: true }, CLAIMED, { outcome: 'duplicate', of: at(2) }],
        );
        assert.deepEqual(await on.state.claim([request('a', at(3))], 0), [
          { outcome: 'duplicate', of: at(2) },
        ]);
        assert.ok((await client.pttl(key)) > 0);
        assert.deepEqual(
          on.warnings.map((warning) => warning.what),
          ['claim_unreadable'],
        );
      });
    }
  });
});

describe('claims in a Redis Cluster', () => {
  let cluster: Awaited<ReturnType<typeof startRedisCluster>>;

  before(async function () {
    this.timeout(STARTING_MS);
    cluster = await startRedisCluster();
  });
  after(() => cluster.stop());
  afterEach(closeOpened);

  it('are spread evenly, where the cluster looks for them', async () => {
    const on = openState(cluster.urls, { mode: 'cluster' });
    assert.deepEqual(await on.state.claim(requests(3000), 0), Array(3000).fill(CLAIMED));
    const counts = await Promise.all(
      cluster.urls.map(
        async (url) =>
          (await lookInto(url).keysBuffer(`${on.keyPrefix}*`)).filter(isClaim(on.keyPrefix)).length,
      ),
    );
    assert.equal(
      counts.reduce((sum, count) => sum + count),
      3000,
    );
    // 16 tags for 3 masters: 5, 5 and 6 of them.
    for (const count of counts) assert.ok(count > 750 && count < 1350, counts.join(', '));
  });

  it('are made while the cluster moves them from one server to another', async () => {
    const { state } = openState(cluster.urls, { mode: 'cluster' });
    const slot = await lookInto(cluster.urls[0] ?? '').cluster('KEYSLOT', '{18}');
    const [from, to] = cluster.urls.map(lookInto);
    assert.ok(from && to);
    const [fromId, toId] = (await Promise.all([
      from.cluster('MYID'),
      to.cluster('MYID'),
    ])) as readonly string[];
    const events = (offset: number) => requests(200, offset);
    await state.claim(events(1).slice(0, 100), 0);

    await to.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', String(fromId));
    await from.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', String(toId));
    const results = await state.claim(events(2), 0);
    assert.deepEqual(results, [
      ...events(1)
        .slice(0, 100)
        .map(({ by }) => ({ outcome: 'duplicate', of: by })),
      ...Array<unknown>(100).fill(CLAIMED),
    ]);

    const keys = (await from.callBuffer('CLUSTER', 'GETKEYSINSLOT', slot, 1000)) as readonly Buffer[];
    assert.ok(keys.length > 0);
    await from.call(
      'MIGRATE',
      '127.0.0.1',
      Number(new URL(cluster.urls[1] ?? '').port),
      '',
      0,
      5000,
      'KEYS',
      ...keys,
    );
    assert.deepEqual(await state.claim(events(2), 0), results);
    await Promise.all([to, from].map((node) => node.call('CLUSTER', 'SETSLOT', slot, 'NODE', String(toId))));
    assert.deepEqual(await state.claim(events(2), 0), results);
  });
});
