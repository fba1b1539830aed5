/**
 * Redis goes away, hangs, is full, fails over: every call ends within its bound, and what was claimed stays
 * claimed.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, rm, rmdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { eventually } from '../support/eventually.ts';
import { STARTING_MS } from '../support/infrastructure/ready.ts';
import { startRedisCluster } from '../support/infrastructure/redis-cluster.ts';
import type { RedisServer } from '../support/infrastructure/redis-node.ts';
import { startRedisSentinel } from '../support/infrastructure/redis-sentinel.ts';
import { startRedis } from '../support/infrastructure/redis.ts';
import {
  at,
  BOUND_MS,
  closeOpened,
  duration,
  lookInto,
  openState,
  request,
  requests,
  unavailable,
} from '../support/redis-state.ts';

const CLAIMED = { outcome: 'claimed' } as const;
const never = new AbortController().signal;

describe('a Redis server that fails', () => {
  let server: RedisServer;

  before(async function () {
    this.timeout(STARTING_MS);
    server = await startRedis({ config: { appendfsync: 'always' } });
  });
  after(() => server.stop());
  afterEach(closeOpened);

  it('is waited for within the bound when it is killed, and has all claims when it is back', async () => {
    const { state, warnings, warned } = openState([server.url]);
    await state.claim(requests(100), 0);
    await server.kill();
    for (let i = 0; i < 3; i++) {
      const claim = state.claim([request('b', at(2))], 0);
      await assert.rejects(claim, unavailable());
      assert.ok((await duration(state.check(never))) < BOUND_MS);
    }
    await warned('unreachable');
    await server.restart();
    const results = await eventually('claims', () => state.claim(requests(100, 2), 0));
    assert.deepEqual(
      results,
      requests(100).map(({ by }) => ({ outcome: 'duplicate', of: by })),
    );
    await warned('reconnected');
    assert.deepEqual(
      warnings.map(({ what }) => what),
      ['unreachable', 'reconnected'],
    );
  });

  it('that is not there at the start is waited for, and works when it comes', async () => {
    await server.kill();
    const { state, warned } = openState([server.url]);
    await assert.rejects(state.claim([request('late', at(1))], 0), unavailable(/ECONNREFUSED/));
    assert.match((await warned('unreachable')).detail, /ECONNREFUSED/);
    await server.restart();
    assert.deepEqual(await eventually('claims', () => state.claim([request('late', at(1))], 0)), [CLAIMED]);
    await warned('reconnected');
  });

  it('that hangs costs a call its bound, not more, and continues when it resumes', async () => {
    const { state, warned } = openState([server.url]);
    await state.check(never);
    server.pause();
    try {
      const claims = Array.from({ length: 5 }, (_unused, i) => duration(state.claim(requests(2000, i), 0)));
      for (const ms of await Promise.all(claims)) assert.ok(ms < BOUND_MS, `${String(ms)} ms`);
      await assert.rejects(state.claim(requests(1), 0), unavailable());
      await warned('unreachable');
    } finally {
      server.resume();
    }
    await eventually('a check', () => state.check(never).then(() => true));
    await warned('reconnected');
  });

  it('that hangs is not waited for longer than a check may take', async () => {
    const { state } = openState([server.url]);
    await state.check(never);
    server.pause();
    try {
      assert.ok((await duration(state.check(AbortSignal.timeout(100)))) < 100 + BOUND_MS / 2);
      await assert.rejects(state.check(AbortSignal.timeout(50)), unavailable());
      await assert.rejects(state.check(AbortSignal.abort()), unavailable());
    } finally {
      server.resume();
    }
  });

  it('lets the state be closed, hanging or gone, and lets nothing through afterwards', async () => {
    const [hanging, gone, working] = [
      openState([server.url]).state,
      openState([server.url]).state,
      openState([server.url]).state,
    ];
    await Promise.all([hanging.check(never), gone.check(never), working.check(never)]);
    await working.close();
    await working.close();
    await assert.rejects(working.claim(requests(1), 0), unavailable(/closed/));
    await assert.rejects(working.check(never), unavailable(/closed/));
    server.pause();
    const claim = assert.rejects(hanging.claim(requests(1), 0), unavailable(/closed/));
    assert.ok((await duration(hanging.close())) < BOUND_MS);
    await claim;
    server.resume();
    await server.kill();
    const waiting = assert.rejects(gone.claim(requests(1), 0), unavailable());
    assert.ok((await duration(gone.close())) < BOUND_MS);
    await waiting;
    await server.restart();
  });

  it('that is full refuses in its own words, and accepts the same claims when there is memory', async () => {
    const { state, warnings } = openState([server.url]);
    const client = lookInto(server.url);
    await state.claim(requests(10), 0);
    await client.config('SET', 'maxmemory', '1');
    await assert.rejects(state.claim(requests(100, 2), 0), unavailable(/OOM command not allowed/));
    await state.check(never);
    await client.config('SET', 'maxmemory', '0');
    const results = await state.claim(requests(100, 2), 0);
    assert.deepEqual(results.slice(10), Array(90).fill(CLAIMED));
    assert.deepEqual(await state.claim(requests(100, 2), 0), results);
    assert.deepEqual(warnings, []);
  });

  it('that cannot save refuses in its own words, also to a health check, and continues when it can, although it lost its scripts', async () => {
    const { state } = openState([server.url]);
    const client = lookInto(server.url);
    await state.claim(requests(10), 0);
    const folder = path.join(((await client.config('GET', 'dir')) as readonly string[])[1] ?? '', 'dump.rdb');
    await rm(folder, { force: true });
    await mkdir(folder);
    try {
      await client.config('SET', 'stop-writes-on-bgsave-error', 'yes');
      await client.config('SET', 'save', '3600 1000000');
      await client.bgsave();
      await eventually(
        'a save that failed',
        async () => (await client.info('persistence')).includes('rdb_last_bgsave_status:err') || undefined,
      );
      await assert.rejects(state.claim(requests(10, 2), 0), unavailable(/MISCONF/));
      await assert.rejects(state.check(never), unavailable(/MISCONF/));
    } finally {
      await rmdir(folder);
      await client.config('SET', 'save', '');
    }
    await client.script('FLUSH');
    const results = await eventually('claims', () => state.claim(requests(20, 2), 0));
    assert.deepEqual(results.slice(10), Array(10).fill(CLAIMED));
    assert.deepEqual(
      results.slice(0, 10),
      requests(10).map(({ by }) => ({ outcome: 'duplicate', of: by })),
    );
    await state.check(never);
  });

  it('that became a replica is left for who is master now, in its own words', async () => {
    const { state, warned } = openState([server.url]);
    const client = lookInto(server.url);
    await state.check(never);
    await client.call('REPLICAOF', '127.0.0.1', '1');
    await assert.rejects(state.claim(requests(1), 0), unavailable(/READONLY/));
    await warned('unreachable');
    await client.call('REPLICAOF', 'NO', 'ONE');
    await eventually('claims', () => state.claim(requests(1), 0));
  });
});

describe('what is no Redis', () => {
  afterEach(closeOpened);

  it('is unavailable, whatever it answers', async () => {
    for (const answer of [
      'HTTP/1.1 400 Bad Request\r\n\r\n',
      '*1\r\n$1\r\nx\r\n',
      ':1\r\n'.repeat(100),
      '',
    ]) {
      const server = createServer((socket) =>
        socket.on('error', () => undefined).on('data', () => socket.write(answer)),
      ).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as { readonly port: number };
      const { state } = openState([`redis://127.0.0.1:${String(port)}`]);
      const claim = state.claim(requests(3), 0);
      assert.ok((await duration(claim)) < BOUND_MS);
      await assert.rejects(claim, unavailable());
      await state.close();
      server.close();
    }
  });
});

describe('Redis behind sentinels that fails over', () => {
  let sentinel: Awaited<ReturnType<typeof startRedisSentinel>>;

  before(async function () {
    this.timeout(STARTING_MS);
    sentinel = await startRedisSentinel();
  });
  after(() => sentinel.stop());
  afterEach(closeOpened);

  it('keeps the claims that were replicated', async function () {
    this.timeout(60_000);
    const { state, warned } = openState(
      sentinel.sentinels.map((address) => `redis://${address}`),
      { mode: 'sentinel', sentinelName: sentinel.name },
    );
    await state.claim(requests(100), 0);
    assert.equal(await lookInto(sentinel.master.url).wait(1, 5000), 1);
    await sentinel.master.kill();
    const results = await eventually('a new master', () => state.claim(requests(100, 2), 0), 30_000);
    assert.deepEqual(
      results,
      requests(100).map(({ by }) => ({ outcome: 'duplicate', of: by })),
    );
    await warned('unreachable');
    await warned('reconnected');
  });
});

describe('a Redis Cluster in trouble', () => {
  let cluster: Awaited<ReturnType<typeof startRedisCluster>>;

  before(async function () {
    this.timeout(STARTING_MS);
    cluster = await startRedisCluster();
  });
  after(() => cluster.stop());
  afterEach(closeOpened);

  it('costs a call its bound while a master hangs, and continues when it resumes', async () => {
    const [hanging] = cluster.nodes;
    assert.ok(hanging);
    const { state, warned } = openState(cluster.urls, { mode: 'cluster' });
    await state.claim(requests(300), 0);
    hanging.pause();
    try {
      for (let i = 0; i < 2; i++) {
        const claim = state.claim(requests(300), 0);
        assert.ok((await duration(claim)) < BOUND_MS);
        await assert.rejects(claim, unavailable());
      }
    } finally {
      hanging.resume();
    }
    await eventually('claims', () => state.claim(requests(300), 0));
    await warned('reconnected');
  });

  it('is one outage while a master is down, until it is back with its claims', async function () {
    this.timeout(60_000);
    const [, lost] = cluster.nodes;
    assert.ok(lost);
    const { state, warnings, warned } = openState(cluster.urls, { mode: 'cluster' });
    await state.claim(requests(300), 0);
    const client = lookInto(lost.url);
    await eventually(
      'claims in its file',
      async () => /^aof_buffer_length:0\r$/m.test(await client.info('persistence')) || undefined,
    );
    await lost.kill();
    for (let i = 0; i < 3; i++) {
      const claim = state.claim(requests(300, 2), 0);
      assert.ok((await duration(claim)) < BOUND_MS);
      await assert.rejects(claim, unavailable(/ECONNREFUSED|connection was/));
      await assert.rejects(state.check(never), unavailable());
    }
    await lost.restart();
    const results = await eventually('claims', () => state.claim(requests(300, 2), 0), 20_000);
    assert.deepEqual(
      results,
      requests(300).map(({ by }) => ({ outcome: 'duplicate', of: by })),
    );
    await warned('reconnected');
    assert.deepEqual(
      warnings.map(({ what }) => what),
      ['unreachable', 'reconnected'],
    );
  });
});
