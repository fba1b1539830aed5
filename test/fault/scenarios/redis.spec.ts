/**
 * Redis killed, emptied and full under load. Where it lost what it knew, repeats are counted, not forbidden.
 */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Measured, Run, Scenario } from '../../support/faults/run.ts';
import { tried } from '../../support/faults/scenarios.ts';
import {
  REDIS_AWAY_MS,
  REDIS_FULL_MS,
  REDIS_LONG_AWAY_MS,
  REDIS_WAITED_FOR_MS,
  SCENARIO_MS,
} from '../../support/faults/times.ts';
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

  const scenario = (more: Omit<Scenario, 'servers'>): Promise<Measured> =>
    tried({ servers: { brokers, redisUrl: redis.url }, ...more });

  const awayFor =
    (ms: number) =>
    async (run: Run): Promise<void> => {
      await redis.kill();
      await sleep(ms);
      run.over();
      await redis.restart();
    };

  it('f1: it is killed and comes back in time', () =>
    scenario({
      id: 'f1',
      title: `Redis kill -9, away for ${seconds(REDIS_AWAY_MS)}`,
      inflict: awayFor(REDIS_AWAY_MS),
    })).timeout(SCENARIO_MS);

  it('f2: it is down for longer than processors wait for it: alerts are published, flagged', async () => {
    const { committed } = await scenario({
      id: 'f2',
      title: `Redis kill -9, away for ${seconds(REDIS_LONG_AWAY_MS)}, waited for ${seconds(REDIS_WAITED_FOR_MS)}`,
      settings: { ARRIVALS_STATE_WAIT_MS: String(REDIS_WAITED_FOR_MS) },
      inflict: awayFor(REDIS_LONG_AWAY_MS),
    });
    assert.ok(committed.flagged > 0, 'nothing passed');
  }).timeout(SCENARIO_MS);

  it('f3: it loses everything: repeated events are alerted again, flagged', async () => {
    const { committed } = await scenario({
      id: 'f3',
      title: 'Redis FLUSHALL',
      inflict: async (run) => {
        await ask(redis.url, 'FLUSHALL');
        run.over();
        // What was told before comes once more.
        await run.load.again();
      },
    });
    assert.ok(committed.repeatedFlagged > 0, 'nothing came again');
  }).timeout(SCENARIO_MS);

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
