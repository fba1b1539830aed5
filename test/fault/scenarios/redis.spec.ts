/** Redis killed, emptied and full under load. Where it lost what it knew, repeats are counted, not forbidden. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Scenario } from '../../support/faults/run.ts';
import { tried } from '../../support/faults/scenarios.ts';
import { REDIS_AWAY_MS, REDIS_FULL_MS, SCENARIO_MS } from '../../support/faults/times.ts';
import { kafka } from '../../support/infrastructure/kafka.ts';
import { STARTING_MS } from '../../support/infrastructure/ready.ts';
import { startRedis } from '../../support/infrastructure/redis.ts';
import { ask, type RedisServer } from '../../support/infrastructure/redis-node.ts';

const seconds = (ms: number): string => `${String(ms / 1000)} s`;

describe('Redis under load', () => {
  let brokers: readonly string[];
  let redis: RedisServer;

  before(async function () {
    this.timeout(STARTING_MS);
    [{ brokers }, redis] = await Promise.all([kafka(), startRedis()]);
  });
  after(async () => {
    await redis.stop();
  });

  const scenario = (more: Omit<Scenario, 'brokers' | 'redisUrl'>): Promise<void> => tried({ brokers, redisUrl: redis.url, ...more });

  for (const [i, awayMs] of REDIS_AWAY_MS.entries())
    it(`f${String(i + 1)}: it is killed and comes back after ${seconds(awayMs)}`, () =>
      scenario({
        id: `f${String(i + 1)}`,
        title: `Redis kill -9, away for ${seconds(awayMs)}`,
        inflict: async (run) => {
          await redis.kill();
          await sleep(awayMs);
          run.over();
          await redis.restart();
        },
      })).timeout(SCENARIO_MS);

  it('f3: it forgets everything', () =>
    scenario({
      id: 'f3',
      title: 'Redis FLUSHALL',
      inflict: async (run) => {
        await ask(redis.url, 'FLUSHALL');
        run.over();
        // What was told before comes once more.
        await run.load.again();
      },
    })).timeout(SCENARIO_MS);

  it('f4: it takes no more', () =>
    scenario({
      id: 'f4',
      title: `Redis out of memory for ${seconds(REDIS_FULL_MS)}`,
      inflict: async (run) => {
        await ask(redis.url, 'CONFIG', ['SET', 'maxmemory', '1']);
        await sleep(REDIS_FULL_MS);
        run.over();
        await ask(redis.url, 'CONFIG', ['SET', 'maxmemory', '0']);
      },
    })).timeout(SCENARIO_MS);
});
