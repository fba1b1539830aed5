/**
 * Bodies that are made to be dear: whatever they hold, others are answered meanwhile, and what is good in
 * them is alerted.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { RunningArrivals } from '../support/arrivals.ts';
import { eventList, podCreation } from '../support/audit-events.ts';
import { boundMs } from '../support/pace.ts';
import { removeFolder, temporaryFolder } from '../support/temporary.ts';

const MIB = 1024 * 1024;
const JSON_TYPE = { 'Content-Type': 'application/json' };
const GZIP = { ...JSON_TYPE, 'Content-Encoding': 'gzip' };

const list = (items: string): string =>
  `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":${items}}`;
const listOf = (count: number, item: string): string => list(`[${`${item},`.repeat(count - 1)}${item}]`);
const creation = (): string => JSON.stringify(podCreation());
const event = (rest: Readonly<Record<string, unknown>>, deep = ''): string =>
  JSON.stringify({ ...podCreation(), verb: 'patch', responseObject: undefined, ...rest }).replace(
    '"@deep"',
    () => deep,
  );
const nested = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;
const cloudWatch = (messages: string): string =>
  JSON.stringify({
    awslogs: {
      data: gzipSync(`{"messageType":"DATA_MESSAGE","logEvents":[${messages}]}`).toString('base64'),
    },
  });

/** What is sent, and which answers are right. */
const BODIES: readonly (readonly [
  what: string,
  body: () => string | Buffer,
  statuses: readonly number[],
  headers?: Record<string, string>,
])[] = [
  ...[
    '0',
    '""',
    'null',
    '{}',
    '[]',
    '[[[]]]',
    '{"stage":"Panic","verb":"v","requestURI":"/"}',
    '{"a":1,"a":2,"a":{}}',
  ].flatMap((item) => [
    [`15,000 items ${item}`, () => listOf(15_000, item), [200]] as const,
    [`a million items ${item}`, () => listOf(item.length > 10 ? 300_000 : 1_000_000, item), [413]] as const,
  ]),
  ...['0', '{}', '[[]]'].map(
    (item) =>
      [`millions of items ${item}, gzipped`, () => gzipSync(listOf(3_000_000, item)), [413], GZIP] as const,
  ),
  ['a message of CloudWatch with millions of entries', () => cloudWatch('0,'.repeat(7_000_000) + '0'), [413]],
  [
    'a message of CloudWatch with millions of values',
    () => cloudWatch(`]}${' 0'.repeat(7_000_000)}`),
    [200, 400],
  ],
  ['a string of 15 MB', () => list(`[${creation()},${JSON.stringify('x'.repeat(15_000_000))}]`), [200]],
  [
    'an event with a string of 15 MB',
    () => list(`[${event({ requestObject: { a: '\u0001'.repeat(2_500_000) } })}]`),
    [200],
  ],
  [
    'an event with 700,000 labels',
    () =>
      list(
        `[${event({ requestObject: { metadata: { labels: Object.fromEntries(Array.from({ length: 700_000 }, (_, i) => [`k${String(i)}`, 'v'])) } } })}]`,
      ),
    [200],
  ],
  [
    'labels nested 9,000 levels deep in an event that has to be cut',
    () =>
      list(
        `[${event({ requestObject: { metadata: { labels: '@deep' }, pad: 'x'.repeat(950_000) } }, nested(9_000))}]`,
      ),
    [200],
  ],
  [
    'an event nested a million levels deep',
    () => list(`[${event({ requestObject: '@deep' }, nested(1_000_000))}]`),
    [200],
  ],
  ['nothing but depth', () => nested(7_000_000), [400]],
  [
    'items that are an object',
    () => list(`{${Array.from({ length: 500_000 }, (_, i) => `"${String(i)}":{}`).join(',')}}`),
    [400],
  ],
  [
    'an object of a million keys',
    () => `{${Array.from({ length: 1_000_000 }, (_, i) => `"${String(i)}":{}`).join(',')}}`,
    [400],
  ],
];

describe('bodies that are made to be dear', function () {
  this.timeout(180_000);
  let folder: string;
  let running: RunningArrivals;

  before(async () => {
    folder = await temporaryFolder();
    running = await RunningArrivals.start(folder);
  });
  after(async () => {
    await running.stop();
    await removeFolder(folder);
  });

  const residentMib = (): number =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${String(running.child.pid)}/status`, 'utf8'))?.[1]) /
    1024;

  /** Asks /healthz again and again until `over`; the longest it took. */
  async function longestAnswerMs(over: AbortSignal): Promise<number> {
    let longest = 0;
    while (!over.aborted) {
      const start = performance.now();
      await (await fetch(`${running.url}/healthz`)).text();
      longest = Math.max(longest, performance.now() - start);
      await pause(10);
    }
    return longest;
  }

  it('keep no other waiting, take no memory for good, and harm only themselves', async () => {
    const uids: string[] = [];
    let largestMib = 0;
    for (const [what, make, statuses, headers = JSON_TYPE] of BODIES) {
      const body = make();
      const over = new AbortController();
      const longest = longestAnswerMs(over.signal);
      const [hostile, good] = await Promise.all([
        running.post(body, { headers }),
        (async () => {
          const uid = randomUUID();
          uids.push(uid);
          return running.post(eventList([podCreation({ uid })]));
        })(),
      ]);
      await hostile.text();
      over.abort();
      assert.ok(statuses.includes(hostile.status), `${what}: ${String(hostile.status)}`);
      assert.equal(good.status, 200, what);
      assert.ok((await longest) < boundMs(1_000), `${what}: /healthz took ${String(await longest)} ms`);
      largestMib = Math.max(largestMib, residentMib());
    }
    await running.settled();
    const alerted = new Set((await running.alerts()).map(({ object }) => object.uid));
    assert.deepEqual(
      uids.filter((uid) => !alerted.has(uid)),
      [],
      'each good body is alerted',
    );
    assert.ok((await running.ledger()).balanced, 'the ledger is balanced');
    assert.ok(largestMib < 900, `${String(largestMib)} MiB of bodies of 16 MiB`);
  });

  it('are taken four at a time, from one cluster, without keeping others', async () => {
    const body = list(
      `[${Array.from({ length: 4 }, () => event({ requestObject: { a: Array.from({ length: 300_000 }, () => ({ b: 1 })) } })).join(',')}]`,
    );
    assert.ok(body.length > 8 * MIB);
    const over = new AbortController();
    const longest = longestAnswerMs(over.signal);
    const large = Promise.all(Array.from({ length: 4 }, () => running.post(body)));
    const uid = randomUUID();
    assert.equal((await running.post(eventList([podCreation({ uid })]))).status, 200);
    assert.deepEqual(
      (await large).map(({ status }) => status),
      [200, 200, 200, 200],
    );
    over.abort();
    assert.ok((await longest) < boundMs(1_000), `/healthz took ${String(await longest)} ms`);
    await running.settled();
    assert.ok((await running.alerts()).some(({ object }) => object.uid === uid));
  });
});
