/** The state on Redis keeps its contract, on one server, on a cluster and behind sentinels. */
import type { RedisStateOptions } from '@arrivals/adapters/redis';
import type { State } from '@arrivals/core';
import assert from 'node:assert/strict';
import { STARTING_MS } from '../support/infrastructure/ready.ts';
import { startRedisCluster } from '../support/infrastructure/redis-cluster.ts';
import { startRedisSentinel } from '../support/infrastructure/redis-sentinel.ts';
import { redis } from '../support/infrastructure/redis.ts';
import { lookInto, openState } from '../support/redis-state.ts';
import { contextContract } from './context.contract.ts';
import { CLAIM_TTL_MS, type StateUnderTest, stateContract } from './state.contract.ts';
import type { ContextUnderTest } from './context-under-test.ts';

type Options = Partial<RedisStateOptions> & Pick<RedisStateOptions, 'urls'>;

function underTest({ urls, ...options }: Options): StateUnderTest {
  const { state, keyPrefix } = openState(urls, { claimTtlMs: CLAIM_TTL_MS, ...options });
  let current = state;
  return {
    state,
    reopen: async () => {
      await current.close();
      current = openState(urls, { claimTtlMs: CLAIM_TTL_MS, ...options, keyPrefix }).state;
      return current;
    },
    dispose: () => current.close(),
  };
}

/** `urls` of every server that has keys. Its keys end as much sooner as time is to pass. */
function contextUnderTest({ urls, ...options }: Options, servers: readonly string[]): ContextUnderTest {
  const { state, keyPrefix, forgotten } = openState(urls, options);
  const opened = [state];
  const open = (): State => {
    const another = openState(urls, { ...options, keyPrefix }).state;
    opened.push(another);
    return another;
  };
  return {
    state,
    another: open,
    reopen: async () => {
      await opened[0]?.close();
      return open();
    },
    pass: async (ms) => {
      for (const client of servers.map(lookInto)) {
        // The epochs of claims, which revisions look at, stay.
        for (const key of await client.keysBuffer(`${keyPrefix}{c:*`)) {
          const leftMs = await client.pttl(key);
          assert.ok(leftMs > 0, 'every key ends one day');
          await client.pexpire(key, leftMs - ms);
        }
        client.disconnect();
      }
    },
    forgotten: () => forgotten.reduce((sum, count) => sum + count, 0),
    dispose: async () => {
      await Promise.all(opened.map((each) => each.close()));
    },
  };
}

describe('Redis, one server', () => {
  let url: string;

  before(async function () {
    this.timeout(STARTING_MS);
    ({ url } = await redis());
  });

  stateContract('a Redis server', () => Promise.resolve(underTest({ urls: [url] })));
  stateContract('a database of a Redis server, with a long prefix', () =>
    Promise.resolve(
      underTest({ urls: [`${url}/1`], keyPrefix: `${String(process.hrtime.bigint()).padEnd(39, '!')}:` }),
    ),
  );
  contextContract('a Redis server', (settings) =>
    Promise.resolve(contextUnderTest({ urls: [url], ...settings }, [url])),
  );
});

describe('Redis Cluster', () => {
  let cluster: Awaited<ReturnType<typeof startRedisCluster>>;

  before(async function () {
    this.timeout(STARTING_MS);
    cluster = await startRedisCluster();
  });
  after(() => cluster.stop());

  stateContract('a Redis Cluster', () => Promise.resolve(underTest({ urls: cluster.urls, mode: 'cluster' })));
  contextContract('a Redis Cluster', (settings) =>
    Promise.resolve(contextUnderTest({ urls: cluster.urls, mode: 'cluster', ...settings }, cluster.urls)),
  );
});

describe('Redis behind sentinels', () => {
  let sentinel: Awaited<ReturnType<typeof startRedisSentinel>>;

  before(async function () {
    this.timeout(STARTING_MS);
    sentinel = await startRedisSentinel();
  });
  after(() => sentinel.stop());

  stateContract('a Redis server that sentinels name', () =>
    Promise.resolve(
      underTest({
        urls: sentinel.sentinels.map((address) => `redis://${address}`),
        mode: 'sentinel',
        sentinelName: sentinel.name,
      }),
    ),
  );
});
