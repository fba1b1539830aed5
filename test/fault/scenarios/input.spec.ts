/** What comes in is bad, comes in often, or meets a broker that does not answer. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../support/eventually.ts';
import { tried } from '../../support/faults/scenarios.ts';
import { BURST_ALERTS, HALF_OPEN_MS, POISON_RECORDS, RATE, SCENARIO_MS, SPOOL_DISK_KIB } from '../../support/faults/times.ts';
import { type KafkaCluster, startKafka } from '../../support/infrastructure/kafka.ts';
import { kcat } from '../../support/infrastructure/kcat.ts';
import { STARTING_MS } from '../../support/infrastructure/ready.ts';
import { redis } from '../../support/infrastructure/redis.ts';

/** An Avro header of a schema that is ours, and nothing behind it; an empty record; no Avro at all. */
const POISON: readonly string[] = ['not an audit batch', '\u00c3\u0001', '{"kind":"EventList"}', 'x'.repeat(100_000)];
const TIMES_AT_ONCE = 5;
const REFUSALS = 5;

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

  it('g1: the broker is away and the disk of the spool is full', () =>
    tried({
      id: 'g1',
      title: `broker away and the spool’s disk (${String(SPOOL_DISK_KIB / 1024)} MiB) full`,
      brokers: cluster.brokers,
      redisUrl,
      spool: { diskKib: SPOOL_DISK_KIB },
      inflict: async (run) => {
        const [node] = cluster.nodes;
        const refused = (): number => run.load.answers.get(503) ?? 0;
        const before = refused();
        await node?.kill();
        await eventually('the webhook to answer 503', () => refused() > before + REFUSALS || undefined, 60_000);
        run.over();
        await node?.restart();
      },
    })).timeout(SCENARIO_MS);

  it('g2: records on the raw topic that nobody can read', () =>
    tried({
      id: 'g2',
      title: `${String(POISON_RECORDS)} unreadable records on the raw topic`,
      brokers: cluster.brokers,
      redisUrl,
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
      brokers: cluster.brokers,
      redisUrl,
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

  it('h: every batch comes five times at once, to two webhooks', () =>
    tried({
      id: 'h',
      title: 'every batch five times at once through two webhooks',
      brokers: cluster.brokers,
      redisUrl,
      webhooks: 2,
      timesAtOnce: TIMES_AT_ONCE,
      eventsPerSecond: RATE / TIMES_AT_ONCE,
      inflict: async (run) => {
        await run.flow(BURST_ALERTS);
        run.over();
      },
    })).timeout(SCENARIO_MS);
});
