/**
 * Webhooks as real processes while Kafka is away: paused (half-open: it holds its connections and answers
 * nothing) or killed. With a spool every batch is answered 200 in time, whoever is killed in between, and is
 * on Kafka in the end, by kcat's account, and alerted once. Without one the answer is 503 in time. Memory
 * stays bounded either way.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import kafkajs from 'kafkajs';
import { arrivals, REPOSITORY, RunningArrivals } from '../support/arrivals.ts';
import { eventList, podCreation, podRead } from '../support/audit-events.ts';
import { Distributed } from '../support/distributed.ts';
import { eventually } from '../support/eventually.ts';
import { type KafkaBroker, type KafkaCluster, startKafka } from '../support/infrastructure/kafka.ts';
import { STARTING_MS } from '../support/infrastructure/ready.ts';
import { redis } from '../support/infrastructure/redis.ts';
import { boundMs } from '../support/pace.ts';
import { removeFolder, temporaryFolder } from '../support/temporary.ts';

const { Kafka, logLevel } = kafkajs;

const IN_TIME_MS = 3000;
const LOAD_MS = 8000;
const LOAD_POSTS_MAX = 800;
const WEBHOOK = path.join(REPOSITORY, 'services/webhook/dist/main.js');

interface Posted {
  readonly status: number;
  readonly tookMs: number;
  readonly uid: string;
  readonly retryAfter: string | null;
}

interface Spooled {
  readonly batches: number;
  readonly bytes: number;
}

async function post(webhook: RunningArrivals, more: readonly unknown[] = [podRead()]): Promise<Posted> {
  const uid = randomUUID();
  const startedMs = performance.now();
  const response = await webhook.post(eventList([podCreation({ uid }), ...more]));
  await response.arrayBuffer();
  return {
    status: response.status,
    tookMs: performance.now() - startedMs,
    uid,
    retryAfter: response.headers.get('Retry-After'),
  };
}

/** Posts from several senders at once, each one after the other, until stopped. */
function load(
  webhook: () => RunningArrivals,
  senders: number,
): { readonly posted: Posted[]; readonly stop: () => Promise<void> } {
  const posted: Posted[] = [];
  let running = true;
  const send = async (): Promise<void> => {
    while (running) posted.push(await post(webhook()));
  };
  const all = Promise.all(Array.from({ length: senders }, send));
  return {
    posted,
    stop: async () => {
      running = false;
      await all;
    },
  };
}

async function spooled(webhook: RunningArrivals): Promise<Spooled> {
  const text = await (await fetch(`${webhook.url}/metrics`)).text();
  const gauge = (name: string): number =>
    Number(new RegExp(`^arrivals_spool_${name} (\\d+)`, 'm').exec(text)?.[1] ?? Number.NaN);
  return { batches: gauge('batches'), bytes: gauge('bytes') };
}

const emptied = (webhook: RunningArrivals): Promise<unknown> =>
  eventually(
    'an empty spool',
    async () => {
      const [{ batches }, { inFlight, balanced }] = [await spooled(webhook), await webhook.ledger()];
      assert.ok(balanced);
      return (batches === 0 && inFlight === 0) || undefined;
    },
    90_000,
  );

const readiness = async (
  webhook: RunningArrivals,
): Promise<{ readonly status: number; readonly text: string }> => {
  const response = await fetch(`${webhook.url}/readyz`);
  return { status: response.status, text: await response.text() };
};

const longest = (posted: readonly Posted[]): number =>
  Math.round(Math.max(...posted.map(({ tookMs }) => tookMs)));

/** Peak memory of a process so far: all of it, and what is no page of a file. */
function memoryOf({ child }: RunningArrivals): { readonly peakMib: number; readonly anonymousMib: number } {
  const status = readFileSync(`/proc/${String(child.pid)}/status`, 'utf8');
  const mib = (name: string): number =>
    Math.round(Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024);
  return { peakMib: mib('VmHWM'), anonymousMib: mib('RssAnon') };
}

describe('while Kafka is down', () => {
  let cluster: KafkaCluster;
  let broker: KafkaBroker;
  let distributed: Distributed;
  let folder: string;

  before(async function () {
    this.timeout(STARTING_MS);
    [cluster] = await Promise.all([startKafka(), redis()]);
    [broker] = cluster.nodes as [KafkaBroker];
  });
  after(async function () {
    this.timeout(30_000);
    await cluster.stop();
  });
  beforeEach(async () => {
    folder = await temporaryFolder();
    distributed = await Distributed.create({ ARRIVALS_LISTEN_PORT: '0' }, cluster.brokers);
  });
  afterEach(async function () {
    this.timeout(60_000);
    broker.resume();
    await distributed.stop();
    await removeFolder(folder);
  });

  const start = (more: Readonly<Record<string, string>> = {}): Promise<RunningArrivals> =>
    distributed.start('webhook', { ARRIVALS_SPOOL_DIR: path.join(folder, 'spool'), ...more });

  const ways = {
    paused: {
      away: () => {
        broker.pause();
        return Promise.resolve();
      },
      back: () => {
        broker.resume();
        return Promise.resolve();
      },
    },
    killed: { away: () => broker.kill(), back: () => broker.restart() },
  } as const;

  for (const [way, { away, back }] of Object.entries(ways)) {
    describe(`(${way})`, () => {
      it('a webhook with a spool answers 200 in time, also after kill -9, and all of it is on Kafka in the end and alerted once', async () => {
        let webhook = await start();
        await eventually(
          'Kafka to be connected',
          async () => !(await readiness(webhook)).text.includes('not reached') || undefined,
          30_000,
        );
        const before = load(() => webhook, 4);
        await eventually('batches on Kafka', () => before.posted.length > 20 || undefined);
        await away();
        const spooling = before.posted.length;
        await eventually(
          'batches in the spool',
          () => before.posted.length > spooling + 200 || undefined,
          30_000,
        );
        await before.stop();
        const { batches } = await spooled(webhook);
        const ready = await readiness(webhook);
        const ledger = await webhook.ledger();
        assert.deepEqual([ready.status, ledger.balanced], [200, true]);
        assert.match(ready.text, /"status":"ready","notes":\["bus: .*wait in the spool/);
        assert.ok(
          batches > 100 && ledger.inFlight === 2 * batches,
          `${String(batches)} batches, ${JSON.stringify(ledger)}`,
        );

        await webhook.stop('SIGKILL');
        webhook = await start();
        assert.deepEqual(
          [(await webhook.ledger()).accepted, (await spooled(webhook)).batches],
          [2 * batches, batches],
        );
        const after = load(() => webhook, 4);
        await eventually('batches in the spool again', () => after.posted.length > 100 || undefined, 30_000);
        await back();
        await eventually(
          'batches on Kafka again',
          async () => (await readiness(webhook)).text.includes('are being sent') || undefined,
          60_000,
        );
        await after.stop();
        // Killed once more, while it drains.
        await webhook.stop('SIGKILL');
        webhook = await start();
        await emptied(webhook);

        const posted = [...before.posted, ...after.posted];
        assert.deepEqual(new Set(posted.map(({ status }) => status)), new Set([200]));
        assert.ok(
          longest(posted) < boundMs(IN_TIME_MS),
          `the slowest answer took ${String(longest(posted))} ms`,
        );
        const raw = Buffer.concat((await distributed.read('AUDIT')).map(({ value }) => value)).toString(
          'latin1',
        );
        const missing = posted.filter(({ uid }) => !raw.includes(uid)).length;
        assert.equal(missing, 0);

        const processor = await distributed.start('processor');
        const alerted = async (): Promise<readonly string[]> =>
          (await distributed.alerts()).map(({ object }) => object.uid ?? '');
        await eventually(
          'all alerts',
          async () => new Set(await alerted()).size >= posted.length || undefined,
          60_000,
        );
        await distributed.settled([processor], 0);
        const uids = await alerted();
        assert.deepEqual([...uids].sort(), posted.map(({ uid }) => uid).sort());
        const copies = (await processor.ledger()).duplicate;
        console.log(
          `        ${String(posted.length)} answered, the slowest in ${String(longest(posted))} ms; ${String(batches)} spooled when killed; ${String(copies)} copies, told as such`,
        );
      }).timeout(240_000);

      it('a webhook with a spool starts, is ready, and makes the topics when Kafka comes', async () => {
        await away();
        const webhook = await start();
        const first = await post(webhook);
        assert.ok(first.status === 200 && first.tookMs < boundMs(IN_TIME_MS), JSON.stringify(first));
        assert.equal((await readiness(webhook)).status, 200);
        await back();
        await emptied(webhook);
        assert.equal((await distributed.read('AUDIT')).length, 1);
        assert.equal((await readiness(webhook)).text, '{"status":"ready"}\n');
        assert.equal(await webhook.stop(), 0);
      }).timeout(180_000);

      it('a webhook without a spool answers 503 with Retry-After: 3 within two seconds, and 200 when Kafka is back', async () => {
        const webhook = await distributed.start('webhook');
        assert.equal((await post(webhook)).status, 200);
        await away();
        const all = await Promise.all(Array.from({ length: 20 }, () => post(webhook)));
        assert.deepEqual(
          new Set(all.map(({ status, retryAfter }) => `${String(status)} ${String(retryAfter)}`)),
          new Set(['503 3']),
        );
        assert.ok(longest(all) < boundMs(2000), `the slowest answer took ${String(longest(all))} ms`);
        await back();
        await eventually('200 again', async () => (await post(webhook)).status === 200 || undefined, 60_000);
      }).timeout(180_000);

      for (const withSpool of [true, false]) {
        it(`a webhook ${withSpool ? 'with' : 'without'} a spool stays within its memory under load`, async () => {
          const webhook = withSpool ? await start() : await distributed.start('webhook');
          await eventually(
            'Kafka to be connected',
            async () => !(await readiness(webhook)).text.includes('not reached') || undefined,
            30_000,
          );
          const body = eventList(Array.from({ length: 400 }, () => podRead()));
          await away();
          const beganMs = performance.now();
          let [sent, answers200, slowestMs, anonymousMib] = [0, 0, 0, 0];
          const send = async (): Promise<void> => {
            while (performance.now() - beganMs < LOAD_MS && sent < LOAD_POSTS_MAX) {
              sent++;
              const startedMs = performance.now();
              const response = await webhook.post(body);
              await response.arrayBuffer();
              slowestMs = Math.max(slowestMs, performance.now() - startedMs);
              if (response.status === 200) answers200++;
              else assert.equal(response.status, 503);
              anonymousMib = Math.max(anonymousMib, memoryOf(webhook).anonymousMib);
            }
          };
          await Promise.all(Array.from({ length: 32 }, send));
          const seconds = (performance.now() - beganMs) / 1000;
          const { peakMib } = memoryOf(webhook);
          const held = withSpool ? (await spooled(webhook)).bytes : 0;
          console.log(
            `        ${String(sent)} posts of 400 events (${String(Math.round((sent * body.length) / seconds / 1e6))} MB/s), ${String(answers200)} answered 200, the slowest in ${String(Math.round(slowestMs))} ms; ` +
              `peak RSS ${String(peakMib)} MiB, without file pages ${String(anonymousMib)} MiB; ${String(Math.round(held / 1e6))} MB in the spool`,
          );
          assert.ok(anonymousMib < 500, `${String(anonymousMib)} MiB`);
          if (withSpool) assert.ok(answers200 === sent, `${String(answers200)} of ${String(sent)}`);
          else assert.equal(answers200, 0);
          await webhook.stop('SIGKILL');
          await back();
        }).timeout(180_000);
      }
    });
  }

  it('a webhook with a spool ends with topics_differ when Kafka comes with a topic that would break a promise', async () => {
    const admin = new Kafka({ brokers: [...cluster.brokers], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    const topic = distributed.settings['ARRIVALS_AUDIT_TOPIC'] ?? '';
    await admin.createTopics({
      topics: [{ topic, numPartitions: 4, configEntries: [{ name: 'cleanup.policy', value: 'compact' }] }],
      waitForLeaders: true,
    });
    await admin.disconnect();
    broker.pause();
    const webhook = await start();
    assert.equal((await post(webhook)).status, 200);
    const exited = once(webhook.child, 'exit') as Promise<[number | null]>;
    broker.resume();
    const [code] = await exited;
    assert.equal(code, 1, webhook.output);
    assert.match(webhook.output, /"code":"topics_differ"[^]*cleanup\.policy: expected delete, found compact/);
  }).timeout(120_000);

  it('a full spool answers 503 with Retry-After: 3, is not ready, and loses nothing', async () => {
    broker.pause();
    const webhook = await start({ ARRIVALS_SPOOL_BYTES_MAX: '1048576' });
    const padding = { ...podRead(), padding: 'x'.repeat(90_000) };
    const posted: Posted[] = [];
    while (posted.at(-1)?.status !== 503 && posted.length < 20) posted.push(await post(webhook, [padding]));
    const refused = posted.pop();
    assert.deepEqual([refused?.status, refused?.retryAfter], [503, '3']);
    assert.ok(posted.length >= 9, String(posted.length));
    const ready = await readiness(webhook);
    assert.equal(ready.status, 503);
    assert.match(ready.text, /the spool holds \d+ of 1048576 bytes/);
    broker.resume();
    await emptied(webhook);
    const raw = Buffer.concat((await distributed.read('AUDIT')).map(({ value }) => value)).toString('latin1');
    for (const { uid } of posted) assert.ok(raw.includes(uid), uid);
    assert.equal((await post(webhook)).status, 200);
  }).timeout(180_000);

  it('a disk that is full answers 503, the webhook lives on, and what was acknowledged is on Kafka in the end', async () => {
    const spool = { ARRIVALS_SPOOL_DIR: path.join(folder, 'spool') };
    broker.pause();
    // A limit on file size stands for the full disk, as it needs no rights. SIGXFSZ must be ignored for a
    // write to fail with an error.
    const limited = ['bash', '-c', `trap "" XFSZ; ulimit -f 8192; exec '${process.execPath}' '${WEBHOOK}'`];
    const webhook = await RunningArrivals.start('', { ...distributed.settings, ...spool }, limited);
    const padding = { ...podRead(), padding: 'x'.repeat(500_000) };
    const posted: Posted[] = [];
    while (posted.filter(({ status }) => status === 503).length < 5 && posted.length < 60)
      posted.push(await post(webhook, [padding]));
    const acknowledged = posted.filter(({ status }) => status === 200);
    const refused = posted.filter(({ status }) => status !== 200);
    assert.deepEqual(
      new Set(refused.map(({ status, retryAfter }) => `${String(status)} ${String(retryAfter)}`)),
      new Set(['503 3']),
    );
    assert.ok(
      refused.length === 5 && acknowledged.length > 5,
      `${String(refused.length)} ${String(acknowledged.length)}`,
    );
    assert.equal((await fetch(`${webhook.url}/healthz`)).status, 200);
    assert.match((await readiness(webhook)).text, /not ready/);
    await webhook.stop('SIGKILL');

    const again = await start();
    broker.resume();
    await emptied(again);
    const raw = Buffer.concat((await distributed.read('AUDIT')).map(({ value }) => value)).toString('latin1');
    for (const { uid } of acknowledged) assert.ok(raw.includes(uid), uid);
  }).timeout(180_000);
});

describe('a spool that cannot be opened', () => {
  const settings = (spool: string): Readonly<Record<string, string>> => ({
    ARRIVALS_KAFKA_BROKERS: '127.0.0.1:1',
    ARRIVALS_LISTEN_PORT: '0',
    ARRIVALS_SPOOL_DIR: spool,
  });

  it('is refused at start while another webhook has it, and where it cannot be made', async () => {
    const folder = await temporaryFolder();
    const spool = path.join(folder, 'spool');
    const run = (): Promise<RunningArrivals> =>
      RunningArrivals.start('', settings(spool), [process.execPath, WEBHOOK]);
    const refusal = async (at: string): Promise<string> => {
      const { code, stderr } = await arrivals(['webhook'], { settings: settings(at) });
      assert.equal(code, 1);
      return stderr;
    };
    const first = await run();
    assert.match(
      await refusal(spool),
      /"code":"store_locked"[^]*in use by process \d+[^]*ARRIVALS_SPOOL_DIR/,
    );
    assert.match(await refusal('/dev/null/spool'), /"code":"store_unusable"[^]*cannot read the spool/);
    assert.equal(await first.stop(), 0);
    const next = await run();
    await next.stop();
    await removeFolder(folder);
  }).timeout(60_000);
});
