/**
 * Brokers killed and stopped under load: one of three at a time, and all of them for longer than a client
 * waits.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../support/eventually.ts';
import type { Run } from '../../support/faults/run.ts';
import { allTried, tried } from '../../support/faults/scenarios.ts';
import { ALL_BROKERS_AWAY_MS, RATE, SCENARIO_MS } from '../../support/faults/times.ts';
import { type KafkaCluster, startKafka } from '../../support/infrastructure/kafka.ts';
import { STARTING_MS } from '../../support/infrastructure/ready.ts';
import { redis } from '../../support/infrastructure/redis.ts';

/** More than what was on its way when the broker fell silent. */
const TAKEN_OVER_ALERTS = 500;
const OUTAGE_BEGINS_MS = 120_000;
const SPOOLED_CREATIONS = 50;

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
      servers: { brokers: cluster.brokers, redisUrl },
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

  it('e2: one holds its connections and answers nothing: the others take over', () =>
    tried({
      id: 'e2',
      title: 'one of three brokers half-open (SIGSTOP)',
      servers: { brokers: cluster.brokers, redisUrl },
      inflict: async (run) => {
        // The first one is where a client begins that does not know better.
        const [node] = cluster.nodes;
        node?.pause();
        run.over();
        try {
          await run.flow(TAKEN_OVER_ALERTS);
        } finally {
          node?.resume();
        }
      },
    })).timeout(SCENARIO_MS);

  for (const [i, awayMs] of ALL_BROKERS_AWAY_MS.entries())
    it(`e${String(2 * i + 3)} and e${String(2 * i + 4)}: all are down for ${seconds(awayMs)}, and the client retries like an API server`, () => {
      const outage = new Outage(cluster, awayMs);
      const common = {
        servers: { brokers: cluster.brokers, redisUrl },
        retry: 'api-server',
        eventsPerSecond: RATE / 2,
      } as const;
      return allTried([
        {
          ...common,
          id: `e${String(2 * i + 3)}`,
          title: `all brokers away for ${seconds(awayMs)}`,
          inflict: (run) => outage.strikes(run, () => Promise.resolve()),
        },
        {
          ...common,
          id: `e${String(2 * i + 4)}`,
          title: 'the same, webhook with a spool, killed meanwhile',
          spool: {},
          inflict: (run) => outage.strikes(run, () => whileSpooling(run)),
        },
      ]);
    }).timeout(SCENARIO_MS);
});

/** The webhook is killed when its spool holds something, and comes back while there is no broker. */
async function whileSpooling({ fleet, load }: Run): Promise<void> {
  const from = load.acknowledged.length;
  await eventually(
    'batches in the spool',
    () => load.acknowledged.length > from + SPOOLED_CREATIONS || undefined,
    OUTAGE_BEGINS_MS,
  );
  const [webhook] = fleet.webhooks;
  if (webhook === undefined) throw new Error('there is no webhook');
  await fleet.kill(webhook);
  await fleet.startWebhook({ url: webhook.process.url });
}

/** One outage for two runs: it begins when both are under way. */
class Outage {
  readonly #cluster: KafkaCluster;
  readonly #awayMs: number;
  #arrived = 0;
  #away: Promise<unknown> | undefined;
  #over: Promise<void> | undefined;
  #back: Promise<unknown> | undefined;

  constructor(cluster: KafkaCluster, awayMs: number) {
    this.#cluster = cluster;
    this.#awayMs = awayMs;
  }

  async strikes(run: Run, meanwhile: () => Promise<void>): Promise<void> {
    const { nodes } = this.#cluster;
    this.#arrived++;
    await eventually('both runs to be under way', () => this.#arrived === 2 || undefined, OUTAGE_BEGINS_MS);
    await (this.#away ??= Promise.all(nodes.map((node) => node.kill())));
    this.#over ??= sleep(this.#awayMs);
    await Promise.all([this.#over, meanwhile()]);
    run.over();
    await (this.#back ??= Promise.all(nodes.map((node) => node.restart())));
  }
}
