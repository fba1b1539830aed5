/** The state on Redis keeps its contract, on one server, on a cluster and behind sentinels. */
import type { RedisStateOptions } from '@arrivals/adapters/redis';
import { STARTING_MS } from '../support/infrastructure/ready.ts';
import { startRedisCluster } from '../support/infrastructure/redis-cluster.ts';
import { startRedisSentinel } from '../support/infrastructure/redis-sentinel.ts';
import { redis } from '../support/infrastructure/redis.ts';
import { openState } from '../support/redis-state.ts';
import { CLAIM_TTL_MS, type StateUnderTest, stateContract } from './state.contract.ts';

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

describe('Redis, one server', () => {
  let url: string;

  before(async function () {
    this.timeout(STARTING_MS);
    ({ url } = await redis());
  });

  stateContract('a Redis server', () => Promise.resolve(underTest({ urls: [url] })));
  stateContract('a database of a Redis server, with a long prefix', () =>
    Promise.resolve(underTest({ urls: [`${url}/1`], keyPrefix: `${String(process.hrtime.bigint()).padEnd(39, '!')}:` })),
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
});

describe('Redis behind sentinels', () => {
  let sentinel: Awaited<ReturnType<typeof startRedisSentinel>>;

  before(async function () {
    this.timeout(STARTING_MS);
    sentinel = await startRedisSentinel();
  });
  after(() => sentinel.stop());

  stateContract('a Redis server that sentinels name', () =>
    Promise.resolve(underTest({ urls: sentinel.sentinels.map((address) => `redis://${address}`), mode: 'sentinel', sentinelName: sentinel.name })),
  );
});
