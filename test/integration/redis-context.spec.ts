/**
 * What the state on Redis promises of context beyond the contract: its keys, what is found there, memory, and
 * a Redis that is away.
 */
import assert from 'node:assert/strict';
import {
  about,
  CLUSTER,
  CONTEXT,
  fact,
  factsAbout,
  inShort,
  NOW_MS,
  revision,
  waiter,
  whoWaits,
} from '../support/context.ts';
import { eventually } from '../support/eventually.ts';
import { STARTING_MS } from '../support/infrastructure/ready.ts';
import { startRedisCluster } from '../support/infrastructure/redis-cluster.ts';
import type { RedisServer } from '../support/infrastructure/redis-node.ts';
import { startRedis } from '../support/infrastructure/redis.ts';
import {
  BOUND_MS,
  closeOpened,
  duration,
  lookInto,
  openState,
  requests,
  type StateOnRedis,
  unavailable,
} from '../support/redis-state.ts';

const never = new AbortController().signal;

/** One of each: a subject, somebody who waits, a revision. */
async function fill({ state }: StateOnRedis, cluster = CLUSTER): Promise<void> {
  await state.remember([fact('s', 'a', 1, { cluster })], NOW_MS);
  await state.watch([waiter('me', 's', { cluster })], NOW_MS);
  await state.revise([revision('me', 'x', ['q'], 1, { cluster })], NOW_MS);
}

/** Every call once, and each fails alike. */
async function assertAllFail({ state }: StateOnRedis, words = /./): Promise<void> {
  const calls = [
    () => state.remember([fact('s', 'a', 1)], NOW_MS),
    () => state.recall(about('s'), NOW_MS),
    () => state.watch([waiter('me', 's')], NOW_MS),
    () => state.revise([revision('me', 'y', ['r'])], NOW_MS),
  ];
  const failures = calls.map(async (call) => {
    const result = call();
    assert.ok((await duration(result)) < BOUND_MS);
    await assert.rejects(result, unavailable(words));
  });
  await Promise.all(failures);
}

describe('context in Redis', () => {
  let server: RedisServer;

  before(async function () {
    this.timeout(STARTING_MS);
    server = await startRedis();
  });
  after(() => server.stop());
  afterEach(closeOpened);

  it('stands under one hash tag for each cluster, and every key of it ends', async () => {
    const on = openState([server.url], { keyPrefix: 'keys:' });
    await fill(on);
    const client = lookInto(server.url);
    const keys = (await client.keysBuffer('keys:{c:*')).map((key) => key.toString('latin1')).sort();
    const base = 'keys:{c:prod}';
    assert.deepEqual(
      keys.map((key) =>
        key.startsWith(`${base}r`) ? `${base}r (${String(key.length - base.length - 1)} bytes)` : key,
      ),
      ['F', 'R', 'W', 'fs', 'r (16 bytes)', 'ws'].map((rest) => `${base}${rest}`),
    );
    for (const key of keys) {
      const leftMs = await client.pttl(Buffer.from(key, 'latin1'));
      const mostMs = /\}[wW]/.test(key) ? CONTEXT.awaitMs : CONTEXT.contextTtlMs;
      assert.ok(leftMs > mostMs - 5000 && leftMs <= mostMs * 1.002, `${key} ${String(leftMs)}`);
    }
    assert.equal(await client.hget(`${base}fs`, 'written a'), '1 1\n\n{"is":"a@1"}');
  });

  it('is not written again by reading what was read a moment ago', async () => {
    const { state } = openState([server.url]);
    await state.remember([fact('s', 'a', 1, { links: ['t'] }), fact('t', 'b', 1)], NOW_MS);
    const client = lookInto(server.url);
    const changes = async () =>
      /^rdb_changes_since_last_save:(\d+)/m.exec(await client.info('persistence'))?.[1];
    const before = await changes();
    await state.recall(about('s', 't'), NOW_MS + 1);
    assert.equal(await changes(), before);
    await state.recall(about('s', 't'), NOW_MS + 10_000);
    assert.notEqual(await changes(), before);
  });

  it('works on when Redis forgets the scripts', async () => {
    const on = openState([server.url]);
    await fill(on);
    await lookInto(server.url).script('FLUSH');
    await fill(on);
    assert.deepEqual(whoWaits(await on.state.remember([fact('s', 'b', 2)], NOW_MS)), ['me: s']);
  });

  it('needs no more permissions than are named', async () => {
    const commands =
      'get set eval evalsha ping info hset hdel hmget hgetall hkeys hlen zadd zmscore zcard zcount zpopmin pexpire unlink';
    await lookInto(server.url).acl(
      'SETUSER',
      'arrivals',
      'on',
      '>secret',
      '~acl:*',
      ...commands.split(' ').map((command) => `+${command}`),
    );
    const { warn } = console;
    // ioredis says there that it may not ask.
    console.warn = () => undefined;
    try {
      const on = openState([server.url], {
        keyPrefix: 'acl:',
        username: 'arrivals',
        password: 'secret',
        contextSubjectsMax: 2,
      });
      for (let i = 0; i < 70; i++) await on.state.watch([waiter(String(i), 's')], NOW_MS + i);
      await fill(on);
      const kind = { name: 'k', keep: 'newest', max: 1 } as const;
      for (const [i, name] of ['s', 's', 't', 'u', 'v'].entries())
        await on.state.remember([fact(name, String(i), i, { kind })], NOW_MS + 10_000 * i);
      assert.equal((await on.state.recall(about('s', 't', 'u', 'v'), NOW_MS)).get(CLUSTER)?.size, 2);
      // Nobody's, of the wrong type.
      await lookInto(server.url).set('acl:{c:prod}fw', 'x');
      assert.deepEqual(await factsAbout(on.state, 'w'), []);
    } finally {
      console.warn = warn;
    }
  });

  describe('that cannot be read', () => {
    const strange: readonly (Buffer | string)[] = [
      '2 1\n\n{}',
      '1 x\n\n{}',
      '1 5',
      '1 5\n\n',
      '1 5\n\n[]',
      '1 5\n{}',
      '',
      Buffer.from([0xff, 0, 10]),
    ];

    it('is skipped, and is the first to go when there is too much', async () => {
      const on = openState([server.url]);
      const { state, keyPrefix } = on;
      const kind = { name: 'k', keep: 'newest', max: 3 } as const;
      await state.remember([fact('s', 'a', 1, { kind })], NOW_MS);
      const client = lookInto(server.url);
      const key = `${keyPrefix}{c:prod}fs`;
      for (const [i, value] of strange.entries()) await client.hset(key, `k x${String(i)}`, value);
      await client.hset(key, 'nobody’s', '1 5\n\n{}', 'k', '1 5\n\n{}', 'K a', '1 5\n\n{}');
      assert.deepEqual(inShort(await factsAbout(state, 's')), ['k/a@1']);
      await state.remember([fact('s', 'x0', -1, { kind }), fact('s', 'b', -2, { kind })], NOW_MS);
      assert.deepEqual(inShort(await factsAbout(state, 's')), ['k/b@-2', 'k/x0@-1', 'k/a@1']);
      assert.equal((await client.hkeys(key)).filter((name) => name.startsWith('k ')).length, 3);
    });

    it('has links that nobody follows, where these cannot be read', async () => {
      const { state, keyPrefix } = openState([server.url]);
      await state.remember([fact('s', 'a', 1), fact('t', 'a', 1)], NOW_MS);
      const client = lookInto(server.url);
      for (const [i, links] of ['["t', '{"t":1}', '[1,{},["t"],null]', '"t"', '1'].entries()) {
        await client.hset(`${keyPrefix}{c:prod}fs`, `written x${String(i)}`, `1 5\n${links}\n{}`);
      }
      assert.deepEqual([...((await state.recall(about('s'), NOW_MS)).get(CLUSTER)?.keys() ?? [])], ['s']);
    });

    it('of who waits and of revisions is skipped too', async () => {
      const { state, keyPrefix } = openState([server.url]);
      const client = lookInto(server.url);
      await state.watch([waiter('me', 's')], NOW_MS);
      await state.revise([revision('me', 'x', ['q'])], NOW_MS);
      const [key = Buffer.alloc(0)] = await client.keysBuffer(`${keyPrefix}{c:prod}r*`);
      for (const [i, value] of strange.entries()) {
        await client.hset(`${keyPrefix}{c:prod}ws`, String(i), value);
        await client.hset(key, String(i), value);
      }
      assert.deepEqual(await state.remember([fact('s', 'a', 1)], NOW_MS), [waiter('me', 's')]);
      // Each counts for the numbers: its own version had given it one.
      assert.deepEqual(await state.revise([revision('me', 'y', ['r']), revision('me', '0', ['s'])], NOW_MS), [
        { outcome: 'revision', revision: strange.length + 3 },
        { outcome: 'revision', revision: strange.length + 3 },
      ]);
    });

    it('as it is gone, though its last use is noted, ends like any other when it comes again', async () => {
      const on = openState([server.url]);
      await fill(on);
      const client = lookInto(server.url);
      for (const key of await client.keysBuffer(`${on.keyPrefix}*`))
        if (/\}[fwr]/.test(key.toString('latin1'))) await client.del(key);
      await fill(on);
      // The epochs of claims, which revisions look at, are kept for ever.
      for (const key of await client.keysBuffer(`${on.keyPrefix}{c:*`))
        assert.ok((await client.pttl(key)) > 0, key.toString('latin1'));
    });

    it('of a full kind is written again', async () => {
      const { state, keyPrefix } = openState([server.url]);
      const client = lookInto(server.url);
      const kind = { name: 'k', keep: 'newest', max: 3 } as const;
      const noted = ['', '1 \x05', Buffer.from([0x31, 0x20, 0x93, 1]), Buffer.from([0x81, 1, 2]), 'x'];
      for (const [i, value] of noted.entries()) {
        await state.remember(
          [1, 2, 3].map((n) => fact('s', `${String(i)}-${String(n)}`, 10 * i + n, { kind })),
          NOW_MS,
        );
        await client.hset(`${keyPrefix}{c:prod}fs`, 'k', value);
      }
      await state.remember([fact('s', 'last', 1000, { kind })], NOW_MS);
      assert.deepEqual(inShort(await factsAbout(state, 's')), ['k/4-2@42', 'k/4-3@43', 'k/last@1000']);
      assert.equal((await client.hkeys(`${keyPrefix}{c:prod}fs`)).length, 4);
    });

    it('as a whole, being of another type, is ignored and deleted', async () => {
      const on = openState([server.url]);
      await fill(on);
      const client = lookInto(server.url);
      for (const key of await client.keysBuffer(`${on.keyPrefix}*`)) {
        await client.del(key);
        await client.rpush(key, 'x');
      }
      assert.deepEqual(await factsAbout(on.state, 's'), []);
      await fill(on);
      assert.deepEqual(inShort(await factsAbout(on.state, 's')), ['written/a@1']);
      assert.deepEqual(whoWaits(await on.state.remember([fact('s', 'a', 1)], NOW_MS)), ['me: s']);
    });
  });

  describe('where memory is short', () => {
    let client: ReturnType<typeof lookInto>;
    const memory = async (field: string) =>
      Number(new RegExp(`^${field}:(\\d+)`, 'm').exec(await client.info('memory'))?.[1]);

    beforeEach(() => {
      client = lookInto(server.url);
    });
    afterEach(async () => {
      await lookInto(server.url).config('SET', 'maxmemory', '0');
    });

    it('accepts nothing new with Redis’ error, but can be read, and accepts the same when there is memory', async () => {
      const on = openState([server.url]);
      const { state, warnings } = on;
      await fill(on);
      // What has nothing to give way with.
      const other = { cluster: 'empty' };
      await client.config('SET', 'maxmemory', '1');
      await assert.rejects(
        state.remember([fact('s', 'a', 1, other)], NOW_MS),
        unavailable(/OOM command not allowed/),
      );
      await assert.rejects(state.watch([waiter('you', 't')], NOW_MS), unavailable(/OOM command not allowed/));
      await assert.rejects(
        state.revise([revision('you', 'x', ['q'])], NOW_MS),
        unavailable(/OOM command not allowed/),
      );
      assert.deepEqual(inShort(await factsAbout(state, 's', NOW_MS + 100_000)), ['written/a@1']);
      assert.deepEqual(await state.revise([revision('me', 'x', ['q'])], NOW_MS + 100_000), [
        { outcome: 'revision', revision: 2 },
      ]);
      await client.config('SET', 'maxmemory', '0');
      await state.remember([fact('s', 'a', 1, other)], NOW_MS);
      assert.deepEqual(inShort(await factsAbout(state, 's', NOW_MS, 'empty')), ['written/a@1']);
      assert.deepEqual(warnings, []);
    });

    it('is evicted for claims: the last tenth of the memory is reserved for them', async function () {
      this.timeout(60_000);
      const { state, forgotten } = openState([server.url]);
      const value = { v: 'x'.repeat(1500) };
      const subjects = (from: number, count: number) =>
        Array.from({ length: count }, (_unused, i) => fact(`s${String(from + i)}`, 'a', 1, { value }));
      const limit = (await memory('used_memory')) + 8_000_000;
      await client.config('SET', 'maxmemory', String(limit));
      for (let from = 0; from < 8000; from += 100)
        await state.remember(subjects(from, 100), NOW_MS + from * 1000);
      assert.ok(forgotten.reduce((sum, count) => sum + count, 0) > 1000);
      assert.ok((await memory('used_memory')) < limit * 0.95);
      assert.ok((await state.claim(requests(2000), NOW_MS)).every(({ outcome }) => outcome === 'claimed'));
      const left = await state.recall(about('s0', 's7999'), NOW_MS);
      assert.deepEqual([...(left.get(CLUSTER)?.keys() ?? [])], ['s7999']);
    });
  });

  it('is unavailable while Redis is down or hangs, within the bound, and complete when it is back', async function () {
    this.timeout(60_000);
    const on = openState([server.url]);
    await fill(on);
    const client = lookInto(server.url);
    await client.config('SET', 'appendfsync', 'always');
    await fill(on);
    server.pause();
    try {
      await assertAllFail(on);
    } finally {
      server.resume();
    }
    await eventually('a check', () => on.state.check(never).then(() => true));
    await fill(on);
    await server.kill();
    await assertAllFail(on);
    await server.restart();
    await eventually('a check', () => on.state.check(never).then(() => true));
    assert.deepEqual(inShort(await factsAbout(on.state, 's')), ['written/a@1']);
    assert.deepEqual(whoWaits(await on.state.remember([fact('s', 'a', 1)], NOW_MS)), ['me: s']);
    assert.deepEqual(
      await on.state.revise([revision('me', 'x', ['q']), revision('me', 'z', ['q'])], NOW_MS),
      [{ outcome: 'revision', revision: 2 }, { outcome: 'answered' }],
    );
  });
});

describe('context in a Redis Cluster', () => {
  let cluster: Awaited<ReturnType<typeof startRedisCluster>>;

  before(async function () {
    this.timeout(STARTING_MS);
    cluster = await startRedisCluster();
  });
  after(() => cluster.stop());
  afterEach(closeOpened);

  it('of many clusters is spread over the servers, that of one stays together', async () => {
    const on = openState(cluster.urls, { mode: 'cluster' });
    const names = Array.from({ length: 300 }, (_unused, i) => `cluster-${String(i)}`);
    await on.state.remember(
      names.flatMap((name) => ['s', 't'].map((subject) => fact(subject, 'a', 1, { cluster: name }))),
      NOW_MS,
    );
    const found = await Promise.all(
      cluster.urls.map(async (url) =>
        (await lookInto(url).keys(`${on.keyPrefix}*`)).map((key) => /\{c:(.*?)\}/.exec(key)?.[1]),
      ),
    );
    const counts = found.map((clusters) => new Set(clusters).size);
    assert.equal(
      counts.reduce((sum, count) => sum + count),
      names.length,
    );
    for (const count of counts) assert.ok(count > 60, counts.join(', '));
  });

  it('is out of reach, not torn apart, while the cluster moves it from one server to another', async function () {
    this.timeout(60_000);
    const on = openState(cluster.urls, { mode: 'cluster' });
    const { state } = on;
    const base = `${on.keyPrefix}{c:prod}`;
    const slot = await lookInto(cluster.urls[0] ?? '').cluster('KEYSLOT', base);
    await fill(on);
    const counts = await Promise.all(
      cluster.urls.map(async (url) => (await lookInto(url).keys(`${on.keyPrefix}{c:*`)).length),
    );
    const at = counts.findIndex((count) => count > 0);
    const [from, to] = [cluster.urls[at] ?? '', cluster.urls[(at + 1) % cluster.urls.length] ?? ''];
    const [source, target] = [lookInto(from), lookInto(to)];
    const [fromId, toId] = [await source.cluster('MYID'), await target.cluster('MYID')];

    await target.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', fromId);
    await source.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', toId);
    await assertMoving(on);
    const keys = (await source.callBuffer('CLUSTER', 'GETKEYSINSLOT', slot, 1000)) as readonly Buffer[];
    const move = (some: readonly Buffer[]) =>
      source.call('MIGRATE', '127.0.0.1', Number(new URL(to).port), '', 0, 5000, 'KEYS', ...some);
    await move(keys.slice(0, 3));
    await assertMoving(on);
    await move(keys.slice(3));
    await assertMoving(on);
    assert.equal(
      ((await target.callBuffer('CLUSTER', 'GETKEYSINSLOT', slot, 1000)) as readonly Buffer[]).length,
      keys.length,
    );
    await Promise.all([target, source].map((node) => node.call('CLUSTER', 'SETSLOT', slot, 'NODE', toId)));

    assert.deepEqual(inShort(await eventually('the context', () => factsAbout(state, 's'))), ['written/a@1']);
    assert.deepEqual(whoWaits(await state.remember([fact('s', 'b', 2)], NOW_MS)), ['me: s']);
    assert.deepEqual(await state.revise([revision('me', 'y', ['q'])], NOW_MS), [{ outcome: 'answered' }]);
  });

  async function assertMoving({ state }: StateOnRedis): Promise<void> {
    const words = /TRYAGAIN|MOVED|ASK/;
    await assert.rejects(
      state.remember([fact('s', 'b', 2), fact('new', 'b', 2)], NOW_MS),
      unavailable(words),
    );
    await assert.rejects(state.recall(about('s'), NOW_MS), unavailable(words));
    await assert.rejects(state.watch([waiter('you', 's')], NOW_MS), unavailable(words));
    await assert.rejects(state.revise([revision('me', 'z', ['r'])], NOW_MS), unavailable(words));
  }
});
