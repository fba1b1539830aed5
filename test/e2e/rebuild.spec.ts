/**
 * arrivals rebuild: a capture of a real API server is processed, the context is taken away, and pods come
 * again as new ones. What their alerts say of their authors is held to what the scenarios' own commands say.
 */
import { type Alert, asObject } from '@arrivals/core';
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { arrivals, type Finished, RunningArrivals } from '../support/arrivals.ts';
import { contextPosts, contextTruth, type TruePod } from '../support/context-captures.ts';
import { authorMisses } from '../support/context-truth.ts';
import { Distributed } from '../support/distributed.ts';
import { eventually } from '../support/eventually.ts';
import { eventList } from '../support/audit-events.ts';
import { STARTING_MS } from '../support/infrastructure/ready.ts';
import { withLmdb } from '../support/lmdb.ts';
import { lookInto } from '../support/redis-state.ts';
import { removeFolder, temporaryFolder } from '../support/temporary.ts';

const CAPTURE = 'context-our-policy';
const WIPED =
  "for (const name of ['things', 'thing-uses', 'things-by-use']) root.openDB(name, { encoding: 'binary' }).clearSync();";

interface Copy {
  readonly pod: TruePod;
  readonly uid: string;
  readonly event: unknown;
}

const bodies = (): readonly Buffer[] => contextPosts(CAPTURE).map(({ body }) => body);

/** The creations of controllers' pods, each as another pod of the same controller. */
function copies(): readonly Copy[] {
  const items = bodies().flatMap(
    (body) => (JSON.parse(body.toString('utf8')) as { readonly items: readonly unknown[] }).items,
  );
  const creations = items.filter((item) => {
    const event = asObject(item);
    return event?.['verb'] === 'create' && asObject(event['objectRef'])?.['resource'] === 'pods';
  });
  const pods = contextTruth(CAPTURE).pods.filter(
    ({ chain, candidates, uidInEvent }) => chain.length > 0 && uidInEvent && (candidates ?? []).length < 2,
  );
  return pods.flatMap((pod) => {
    const texts = creations
      .map((event) => JSON.stringify(event))
      .filter((text) => text.includes(`"uid":"${pod.uid}"`));
    return texts.slice(0, 1).map((text) => {
      const uid = randomUUID();
      return {
        pod,
        uid,
        event: { ...(JSON.parse(text.replaceAll(pod.uid, uid)) as object), auditID: randomUUID() },
      };
    });
  });
}

async function post(running: RunningArrivals, posted: readonly (Buffer | string)[]): Promise<void> {
  for (const body of posted) assert.equal((await running.post(body)).status, 200);
}

/** What the last revision of each copy's alert has otherwise than the truth. */
function misses(made: readonly Copy[], alerts: readonly Alert[]): readonly string[] {
  return made.flatMap(({ pod, uid }) => {
    const own = alerts.filter(({ object }) => object.uid === uid).sort((a, b) => b.revision - a.revision);
    return own[0] === undefined ? [`${pod.name}: no alert`] : authorMisses(pod, own[0]);
  });
}

function holdReport({ code, stdout, stderr }: Finished, records: number): void {
  assert.equal(code, 0, stderr);
  const report = JSON.parse(stdout) as Record<string, number>;
  assert.equal(report['records'], records);
  assert.ok((report['facts'] ?? 0) > 0);
  assert.deepEqual([report['unreadableRecords'], report['unreadableEvents']], [0, 0]);
}

describe('arrivals rebuild, on the store of `arrivals up`', function () {
  this.timeout(180_000);
  let folder: string;

  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(async () => {
    await removeFolder(folder);
  });

  const whileUp = async <T>(work: (running: RunningArrivals) => Promise<T>): Promise<T> => {
    const running = await RunningArrivals.start(folder);
    try {
      return await work(running);
    } finally {
      await running.stop();
    }
  };

  it('gives pods their authors again', async () => {
    const made = copies();
    assert.ok(made.length > 10);
    const inOne = eventList(made.map(({ event }) => event));
    const before = await whileUp(async (running) => {
      await post(running, bodies());
      await running.settled();
      return (await running.alerts()).length;
    });
    withLmdb(folder, WIPED);
    holdReport(await arrivals(['rebuild', '--data-dir', folder, '--json']), bodies().length);
    await whileUp(async (running) => {
      assert.equal((await running.alerts()).length, before, 'alerts that a rebuild published');
      await post(running, [inOne]);
      await running.settled();
      assert.deepEqual(misses(made, await running.alerts()), []);
    });
  });

  it('is needed: without it their authors are not known', async () => {
    const made = copies();
    await whileUp(async (running) => {
      await post(running, bodies());
      await running.settled();
    });
    withLmdb(folder, WIPED);
    await whileUp(async (running) => {
      await post(running, [eventList(made.map(({ event }) => event))]);
      await running.settled();
      assert.ok(misses(made, await running.alerts()).length >= made.length);
    });
  });

  it('names the remedy while `arrivals up` runs', async () => {
    await whileUp(async () => {
      const { code, stderr } = await arrivals(['rebuild'], { settings: { ARRIVALS_DATA_DIR: folder } });
      assert.equal(code, 1);
      assert.match(stderr, /stop `\S*arrivals up`, rebuild, and start it again/);
      assert.match(stderr, /store_locked/);
    });
  });

  it('makes no store where there is none', async () => {
    const { code, stderr } = await arrivals(['rebuild', '--data-dir', `${folder}/misspelt`]);
    assert.equal(code, 1);
    assert.match(stderr, /there is no such data directory/);
  });

  it('refuses what only Kafka has, and what contradicts itself', async () => {
    for (const args of [
      ['--group', 'g'],
      ['--restart'],
      ['--kafka', '--data-dir', folder],
      ['--kafka', '--group', 'arrivals-processor'],
      ['more'],
    ])
      assert.equal(
        (await arrivals(['rebuild', ...args], { settings: { ARRIVALS_DATA_DIR: folder } })).code,
        64,
        args.join(' '),
      );
  });
});

describe('arrivals rebuild, on Kafka and Redis', function () {
  this.timeout(STARTING_MS + 240_000);

  it('gives pods their authors again, publishes nothing, and starts from the beginning each time', async () => {
    const distributed = await Distributed.create();
    try {
      const webhook = await distributed.start('webhook');
      const first = await distributed.start('processor');
      await post(webhook, bodies());
      await distributed.settled([first], bodies().length, 120_000);
      await first.stop();
      const published = async (): Promise<readonly number[]> =>
        Promise.all(
          (['AUDIT', 'ALERTS', 'ALERTS_JSON', 'DEAD_LETTERS'] as const).map(
            async (topic) => (await distributed.read(topic)).length,
          ),
        );
      const before = await published();
      await wipe(
        distributed.settings['ARRIVALS_REDIS_URL'] ?? '',
        distributed.settings['ARRIVALS_REDIS_KEY_PREFIX'] ?? '',
      );
      for (const more of [[], [], ['--restart', '--group', `other-${randomUUID()}`]])
        holdReport(
          await arrivals(['rebuild', '--json', ...more], { settings: distributed.settings }),
          before[0] ?? 0,
        );
      assert.deepEqual(await published(), before);
      const made = copies();
      await distributed.start('processor');
      await post(webhook, [eventList(made.map(({ event }) => event))]);
      const uids = new Set(made.map(({ uid }) => uid));
      await eventually('alerts of all copies', async () => {
        const alerts = await distributed.alerts();
        return (
          new Set(alerts.flatMap(({ object: { uid } }) => (uid !== null && uids.has(uid) ? [uid] : [])))
            .size === uids.size || undefined
        );
      });
      assert.deepEqual(misses(made, await distributed.alerts()), []);
    } finally {
      await distributed.stop();
    }
  });
});

/** Takes away what is kept under the prefix, and nothing else. */
async function wipe(url: string, prefix: string): Promise<void> {
  const redis = lookInto(url);
  const keys = await redis.keys(`${prefix}*`);
  assert.ok(keys.length > 0);
  await redis.del(...keys);
  redis.disconnect();
}
