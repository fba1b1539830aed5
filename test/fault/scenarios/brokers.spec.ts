/** Brokers killed and stopped under load: one of three at a time, and all of them for longer than a client waits. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Run } from '../../support/faults/run.ts';
import { tried } from '../../support/faults/scenarios.ts';
import { ALL_BROKERS_AWAY_MS, HALF_OPEN_MS, SCENARIO_MS } from '../../support/faults/times.ts';
import { type KafkaCluster, startKafka } from '../../support/infrastructure/kafka.ts';
import { STARTING_MS } from '../../support/infrastructure/ready.ts';
import { redis } from '../../support/infrastructure/redis.ts';

const seconds = (ms: number): string => `${String(ms / 1000)} s`;

describe('three brokers under load', () => {
  let cluster: KafkaCluster;
  let redisUrl: string;

  before(async function () {
    this.timeout(STARTING_MS);
    [cluster, { url: redisUrl }] = await Promise.all([startKafka({ nodes: 3 }), redis()]);
  });
  after(async function () {
    this.timeout(60_000);
    await cluster.stop();
  });

  it('e1: each is killed in turn and comes back', () =>
    tried({
      id: 'e1',
      title: 'each of three brokers kill -9 in turn',
      brokers: cluster.brokers,
      redisUrl,
      inflict: async (run) => {
        for (const node of cluster.nodes) {
          await node.kill();
          // With two of three the work goes on: what follows the kill is recovery already.
          run.over();
          await run.flow();
          await node.restart();
          await run.flow();
        }
      },
    })).timeout(SCENARIO_MS);

  it('e2: one holds its connections and answers nothing', () =>
    tried({
      id: 'e2',
      title: `one of three brokers half-open (SIGSTOP) for ${seconds(HALF_OPEN_MS)}`,
      brokers: cluster.brokers,
      redisUrl,
      inflict: async (run) => {
        const [node] = cluster.nodes;
        node?.pause();
        await sleep(HALF_OPEN_MS);
        node?.resume();
        run.over();
      },
    })).timeout(SCENARIO_MS);

  for (const [i, awayMs] of ALL_BROKERS_AWAY_MS.entries())
    it(`e${String(i + 3)}: all are away for ${seconds(awayMs)}, and the client tries again as an API server does`, () =>
      tried({
        id: `e${String(i + 3)}`,
        title: `all brokers away for ${seconds(awayMs)}`,
        brokers: cluster.brokers,
        redisUrl,
        retry: 'api-server',
        inflict: (run) => awayFor(run, awayMs),
      })).timeout(SCENARIO_MS);

  async function awayFor(run: Run, awayMs: number): Promise<void> {
    await Promise.all(cluster.nodes.map((node) => node.kill()));
    await sleep(awayMs);
    run.over();
    await Promise.all(cluster.nodes.map((node) => node.restart()));
  }
});
