/** What comes in is bad, comes in often, or meets a broker that does not answer. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventList, podRead } from '../../support/audit-events.ts';
import { eventually } from '../../support/eventually.ts';
import { tried } from '../../support/faults/scenarios.ts';
import {
  BURST_ALERTS,
  HALF_OPEN_MS,
  POISON_RECORDS,
  RATE,
  SCENARIO_MS,
  SPOOL_DISK_KIB,
} from '../../support/faults/times.ts';
import { type KafkaCluster, startKafka } from '../../support/infrastructure/kafka.ts';
import { kcat } from '../../support/infrastructure/kcat.ts';
import { STARTING_MS } from '../../support/infrastructure/ready.ts';
import { redis } from '../../support/infrastructure/redis.ts';

/** An Avro header of a schema that is ours, and nothing behind it; an empty record; no Avro at all. */
const POISON: readonly string[] = [
  'not an audit batch',
  '\u00c3\u0001',
  '{"kind":"EventList"}',
  'x'.repeat(100_000),
];
const TIMES_AT_ONCE = 5;
const REFUSALS = 5;
/**
 * Five times what an API server sends at most, of about 4,000 events a second: five of them, of four requests
 * at once.
 */
const STORM_CLIENTS = 20;
const STORM_PAUSE_MS = 40;

/**
 * Posts bodies of 1 MB without creations, again at once whatever the answer. Resolves with the number of
 * refusals.
 */
async function storm(url: string, forMs: number): Promise<number> {
  const body = eventList(Array.from({ length: 800 }, () => ({ ...podRead(), padding: 'x'.repeat(700) })));
  const endMs = performance.now() + forMs;
  let refused = 0;
  const client = async (): Promise<void> => {
    while (performance.now() < endMs) {
      const response = await fetch(`${url}/v1/clusters/default/audit`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body,
      });
      await response.arrayBuffer();
      if (response.status === 503) refused++;
      await sleep(STORM_PAUSE_MS);
    }
  };
  await Promise.all(Array.from({ length: STORM_CLIENTS }, client));
  return refused;
}

describe('input under load', () => {
  let cluster: KafkaCluster;
  let redisUrl: string;

  before(async function () {
    this.timeout(STARTING_MS);
    [cluster, { url: redisUrl }] = await Promise.all([startKafka(), redis()]);
  });
  after(async function () {
    this.timeout(60_000);
    await cluster.stop();
  });

  it('g1: the broker is down and the disk of the spool is full', () =>
    tried({
      id: 'g1',
      title: `broker away and the spool’s disk (${String(SPOOL_DISK_KIB / 1024)} MiB) full`,
      servers: { brokers: cluster.brokers, redisUrl },
      spool: { diskKib: SPOOL_DISK_KIB },
      inflict: async (run) => {
        const [node] = cluster.nodes;
        const refused = (): number => run.load.answers.get(503) ?? 0;
        const before = refused();
        await node?.kill();
        await eventually(
          'the webhook to answer 503',
          () => refused() > before + REFUSALS || undefined,
          60_000,
        );
        run.over();
        await node?.restart();
      },
    })).timeout(SCENARIO_MS);

  it('g2: unreadable records on the audit topic', () =>
    tried({
      id: 'g2',
      title: `${String(POISON_RECORDS)} unreadable records on the raw topic`,
      servers: { brokers: cluster.brokers, redisUrl },
      inflict: async (run) => {
        const { ARRIVALS_AUDIT_TOPIC: topic = '' } = run.distributed.settings;
        const lines = Array.from({ length: POISON_RECORDS }, (_unused, i) => POISON[i % POISON.length]);
        await kcat(['-P', '-b', cluster.brokers.join(','), '-t', topic], `${lines.join('\n')}\n`);
        run.over();
        const letters = await eventually(
          'the dead letters',
          async () => {
            const found = await run.distributed.read('DEAD_LETTERS');
            return found.length >= POISON_RECORDS ? found : undefined;
          },
          30_000,
        );
        assert.equal(letters.length, POISON_RECORDS);
      },
    })).timeout(SCENARIO_MS);

  it('g3: the only broker holds its connections and answers nothing', () =>
    tried({
      id: 'g3',
      title: `the only broker half-open (SIGSTOP) for ${String((2 * HALF_OPEN_MS) / 1000)} s`,
      servers: { brokers: cluster.brokers, redisUrl },
      inflict: async (run) => {
        const [node] = cluster.nodes;
        node?.pause();
        await sleep(2 * HALF_OPEN_MS);
        node?.resume();
        run.over();
        await run.flow();
        const refused = run.load.answers.get(503) ?? 0;
        assert.ok(refused > 0, `webhooks answered ${JSON.stringify([...run.load.answers])}, expected 503`);
      },
    })).timeout(SCENARIO_MS);

  it('g4: the same, and clients that send far more than it can hold and do not wait', () =>
    tried({
      id: 'g4',
      title: `the same for ${String(HALF_OPEN_MS / 1000)} s, and ${String(STORM_CLIENTS)} clients sending 1 MB bodies all the time`,
      servers: { brokers: cluster.brokers, redisUrl },
      inflict: async (run) => {
        const [node] = cluster.nodes;
        node?.pause();
        const refused = await storm(run.fleet.targets[0] ?? '', HALF_OPEN_MS);
        node?.resume();
        run.over();
        assert.ok(refused > STORM_CLIENTS * 5, `${String(refused)} posts were refused`);
      },
    })).timeout(SCENARIO_MS);

  it('h: every batch comes five times at once, to two webhooks', () =>
    tried({
      id: 'h',
      title: 'every batch five times at once through two webhooks',
      servers: { brokers: cluster.brokers, redisUrl },
      webhooks: 2,
      timesAtOnce: TIMES_AT_ONCE,
      eventsPerSecond: RATE / TIMES_AT_ONCE,
      inflict: async (run) => {
        await run.flow(BURST_ALERTS);
        run.over();
      },
    })).timeout(SCENARIO_MS);
});
