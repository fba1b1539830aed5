/**
 * Events that end the process, or hang it, whenever they are read, among 10,000 good ones: with a supervisor
 * that starts it anew, all others are told once and the one is set aside with its bytes. On the embedded
 * store, and on Kafka and Redis.
 */
import { decodeDeadLetter, readAlertJson } from '@arrivals/adapters/avro';
import type { Alert } from '@arrivals/core';
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { REPOSITORY } from '../support/arrivals.ts';
import { eventList, podCreation, podRead } from '../support/audit-events.ts';
import { Distributed } from '../support/distributed.ts';
import { eventually } from '../support/eventually.ts';
import { type Supervised, supervised } from '../support/faults/supervised.ts';
import { kafka } from '../support/infrastructure/kafka.ts';
import { STARTING_MS } from '../support/infrastructure/ready.ts';
import { redis } from '../support/infrastructure/redis.ts';
import { steadyPorts } from '../support/ports.ts';
import { removeFolder, temporaryFolder } from '../support/temporary.ts';

const PRELOAD = pathToFileURL(path.join(REPOSITORY, 'test/support/faults/fault-at.mjs')).href;
const FAULTS = ['hang', 'exit', 'heap'] as const;
type Fault = (typeof FAULTS)[number];

const POSTS = 20;
const EVENTS_A_POST = 500;
const CREATIONS_A_POST = 6;
/** Of each process: the first ends in the records, two more in the event alone. */
const ENDS = 3;
const HANG = { ARRIVALS_HANG_TIMEOUT_MS: '2000' };

interface Sent {
  readonly bodies: readonly string[];
  readonly uids: readonly string[];
  readonly poison: string;
  /** The body that has it. */
  readonly poisoned: string;
  readonly mark: string;
}

/** As the API lists dead letters. */
interface Listed {
  readonly reason: string;
  readonly base64: string;
}

function eventsWithPoison(): Sent {
  const mark = `mark-${randomUUID()}`;
  const poison = { ...podCreation(), annotations: { mark } };
  const uids: string[] = [];
  const bodies = Array.from({ length: POSTS }, (_, post) => {
    const items: unknown[] = Array.from({ length: EVENTS_A_POST }, (_unused, i) => {
      if (i % Math.ceil(EVENTS_A_POST / CREATIONS_A_POST) !== 0) return podRead();
      const uid = randomUUID();
      uids.push(uid);
      return podCreation({ uid });
    });
    if (post === POSTS / 2) items.splice(EVENTS_A_POST / 2, 0, poison);
    return eventList(items);
  });
  return { bodies, uids, poison: JSON.stringify(poison), poisoned: bodies[POSTS / 2] ?? '', mark };
}

/**
 * As an API server does: until it is taken; but `once` for the one of which there is to be one copy, whatever
 * becomes of it.
 */
async function posted(url: string, bodies: readonly string[], once?: string): Promise<void> {
  for (const body of bodies) {
    if (body === once) await postedOnce(url, body);
    else await eventually('a POST to be taken', async () => (await postOf(url, body)) || undefined, 60_000);
  }
}

/**
 * The process may end before it has answered: then nobody knows whether it was taken, and this client leaves
 * it at that.
 */
async function postedOnce(url: string, body: string): Promise<void> {
  await postOf(url, body).catch(() => undefined);
}

async function postOf(url: string, body: string): Promise<boolean> {
  const response = await fetch(`${url}/v1/clusters/default/audit`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body,
    // As long as an API server waits; a process that ends closes the connection at once.
    signal: AbortSignal.timeout(30_000),
  });
  await response.arrayBuffer();
  return response.status === 200;
}

const nodeArgsOf = (fault: Fault, mark: string): readonly string[] => [
  ...(fault === 'heap' ? ['--max-old-space-size=96'] : []),
  '--import',
  `${PRELOAD}?fault=${fault}&mark=${mark}`,
];

function assertTold(alerts: readonly Alert[], { uids }: Sent): void {
  assert.deepEqual(
    alerts.map(({ object }) => object.uid).sort(),
    [...uids].sort(),
    'every good creation is told once',
  );
}

function assertEnds({ ends, output }: Supervised, fault: Fault): void {
  // While memory runs out the event loop stands still: the watchdog may be first.
  const how: Readonly<Record<Fault, readonly string[]>> = {
    hang: ['SIGKILL'],
    exit: ['1'],
    heap: ['SIGABRT', 'SIGKILL'],
  };
  assert.equal(ends.length, ENDS);
  for (const end of ends) assert.ok(how[fault].includes(end), end);
  if (fault === 'hang')
    assert.match(
      output(),
      /hangs: its event loop has not turned for \d+(?:\.\d+)? s, at \S+, offset \d+, event 250; it ends now/,
    );
}

describe('an event in which the process ends', function () {
  this.timeout(180_000);
  const services: Supervised[] = [];
  const start = (options: Parameters<typeof supervised>[0]): Supervised => {
    const service = supervised(options);
    services.push(service);
    return service;
  };
  afterEach(() => Promise.all(services.splice(0).map((service) => service.stop())));

  describe('on the embedded store', () => {
    for (const fault of FAULTS) {
      it(`${fault}: is set aside with its bytes, and all others are told once`, async () => {
        const folder = await temporaryFolder();
        const [port = 0] = await steadyPorts(1);
        const url = `http://127.0.0.1:${String(port)}`;
        const sent = eventsWithPoison();
        const settings = { ARRIVALS_DATA_DIR: folder, ARRIVALS_LISTEN_PORT: String(port), ...HANG };
        const service = start({
          program: 'services/arrivals/bin/arrivals.js',
          args: ['up'],
          nodeArgs: nodeArgsOf(fault, sent.mark),
          settings,
        });
        await posted(url, sent.bodies, sent.poisoned);
        const get = async (name: string): Promise<unknown> =>
          (await fetch(`${url}${name}`, { signal: AbortSignal.timeout(5000) })).json();
        const allAlerts = async (): Promise<readonly Alert[]> => {
          const alerts: Alert[] = [];
          for (let from = '0'; ;) {
            const page = (await get(`/v1/alerts?from=${from}`)) as {
              readonly alerts: readonly unknown[];
              readonly next: string;
            };
            if (page.alerts.length === 0) return alerts;
            alerts.push(...page.alerts.map(readAlertJson));
            from = page.next;
          }
        };
        const alerts = await eventually(
          'all creations to be told',
          async () => {
            const found = await allAlerts();
            return found.length >= sent.uids.length ? found : undefined;
          },
          60_000,
        );
        assertTold(alerts, sent);
        const { deadLetters } = (await get('/v1/dead-letters?from=0&raw=true')) as {
          readonly deadLetters: readonly Listed[];
        };
        assert.deepEqual(
          deadLetters.map(({ reason, base64 }) => [reason, Buffer.from(base64, 'base64').toString()]),
          [['process_ended', sent.poison]],
        );
        assertEnds(service, fault);
        await service.stop();
        await removeFolder(folder);
      });
    }
  });

  describe('on Kafka and Redis', () => {
    before(async function () {
      this.timeout(STARTING_MS);
      await Promise.all([kafka(), redis()]);
    });

    // Side by side: each end costs the time that Kafka waits for a member.
    it('is set aside with its bytes, and all others are told once, however it ends', async () => {
      await Promise.all(FAULTS.map((fault) => onKafka(fault, start)));
    });
  });
});

async function onKafka(
  fault: Fault,
  start: (options: Parameters<typeof supervised>[0]) => Supervised,
): Promise<void> {
  const sent = eventsWithPoison();
  const distributed = await Distributed.create({ ARRIVALS_TOPIC_PARTITIONS: '1', ...HANG });
  try {
    const webhook = await distributed.start('webhook', { ARRIVALS_LISTEN_PORT: '0' });
    await posted(webhook.url, sent.bodies);
    const service = start({
      program: 'services/processor/dist/main.js',
      nodeArgs: nodeArgsOf(fault, sent.mark),
      settings: distributed.settings,
    });
    await eventually(
      `the processor that ends by ${fault} to be through`,
      async () => {
        await sleep(500);
        return service.ends.length >= ENDS && (await distributed.alerts()).length >= sent.uids.length
          ? true
          : undefined;
      },
      120_000,
    );
    const letters = (await distributed.read('DEAD_LETTERS')).map(({ value }) => decodeDeadLetter(value));
    assert.deepEqual(
      letters.map(({ reason, bytes }) => [reason, bytes.toString()]),
      [['process_ended', sent.poison]],
    );
    assertTold(await distributed.alerts(), sent);
    assertEnds(service, fault);
    await service.stop();
  } finally {
    await distributed.stop();
  }
}
