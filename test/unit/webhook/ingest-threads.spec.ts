/**
 * Intakes: the same becomes of a body at once and in the thread; the event loop turns meanwhile; clusters
 * take turns.
 */
import { decodeAuditBatch, decodeDeadLetter } from '@arrivals/adapters/avro';
import { eventsOf, TOPICS } from '@arrivals/core';
import { type IngestLimits, IngestThreads } from '@arrivals/webhook';
import assert from 'node:assert/strict';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { gzipBase64, logged, subscriptionData } from '../core/platform-logs.ts';
import { CREATION, eventList, eventWith } from '../core/samples.ts';

const MIB = 1024 * 1024;
const LIMITS: IngestLimits = { itemsMax: 20_000, bodyBytesMax: 32 * MIB, bodiesBytesMax: 128 * MIB };
const EVENT = logged(CREATION);
/** White space that makes a body large without making it other. */
const LARGE = ' '.repeat(300 * 1024);

const contextOf = (cluster: string) => ({ cluster, requestId: 'r', receivedAtMicros: 7 });

async function take(body: Buffer, ingestThreads = new IngestThreads(LIMITS, TOPICS)) {
  const { ingest, extraBytes } = await ingestThreads.take(body, contextOf('default'));
  const { records, ...counts } = ingest;
  return {
    counts,
    extraBytes,
    events: records
      .filter(({ topic }) => topic === TOPICS.audit)
      .flatMap(({ value }) => [...eventsOf(decodeAuditBatch(value))].map(({ bytes }) => bytes.toString())),
    letters: records
      .filter(({ topic }) => topic === TOPICS.deadLetters)
      .map(({ value }) => decodeDeadLetter(value)),
  };
}

describe('taking bodies apart', () => {
  for (const [what, body] of [
    ['an EventList with items of every kind', eventList([EVENT, '0', '{}', EVENT, 'null', '"x"']).toString()],
    ['subscription data', JSON.stringify(subscriptionData([EVENT, 'x', EVENT]))],
    [
      'what asks whether somebody is there',
      JSON.stringify(subscriptionData(['x'], { messageType: 'CONTROL_MESSAGE' })),
    ],
  ] as const) {
    it(`makes the same of ${what} at once and in the thread`, async () => {
      const { extraBytes: _atOnce, ...atOnce } = await take(Buffer.from(body));
      const { extraBytes: _inThread, ...inThread } = await take(Buffer.from(body + LARGE));
      assert.deepEqual(inThread, atOnce);
    });
  }

  it('refuses the same at once and in the thread', async () => {
    for (const body of [
      '{"records":[',
      '{}',
      '[]',
      eventList(Array.from({ length: 20_001 }, () => '0'))
        .toString()
        .trim(),
    ]) {
      const refusal = async (text: string) =>
        take(Buffer.from(text)).then(
          () => assert.fail('it takes it'),
          (error: unknown) => error as { code?: string; message: string },
        );
      const [atOnce, inThread] = [await refusal(body), await refusal(body + LARGE)];
      assert.ok(atOnce.code !== undefined);
      assert.equal(inThread.code, atOnce.code);
    }
  });

  it('inflates in the thread only, however small the body is', async () => {
    const { events, extraBytes } = await take(
      Buffer.from(JSON.stringify({ awslogs: { data: gzipBase64(subscriptionData([EVENT])) } })),
    );
    assert.deepEqual(events, [EVENT]);
    assert.ok(extraBytes > EVENT.length);
  });

  it('sets aside what is nested too deep, alone', async () => {
    const deep = EVENT.replace('{', () => `{"x":${'['.repeat(400_000)}${']'.repeat(400_000)},`);
    const { events, letters } = await take(eventList([EVENT, deep, EVENT]));
    assert.deepEqual([events.length, letters.map(({ reason }) => reason)], [2, ['nested_too_deep']]);
  });

  it('lets the event loop turn while bodies of 16 MB and 13 MB to cut are taken apart', async () => {
    const labels = Object.fromEntries(Array.from({ length: 600_000 }, (_, i) => [`k${String(i)}`, 'v']));
    const bodies = [
      eventList(
        Array.from({ length: 8_000 }, () =>
          JSON.stringify(eventWith({ requestObject: { pad: 'x'.repeat(1_000) } })),
        ),
      ),
      eventList([JSON.stringify(eventWith({ requestObject: { metadata: { labels } } }))]),
      eventList(Array.from({ length: 15_000 }, (_, i) => `{"stage":${String(i)}}`)),
    ];
    const ingestThreads = new IngestThreads(LIMITS, TOPICS);
    await take(eventList([EVENT + LARGE]), ingestThreads);
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const taken = await Promise.all(bodies.map((body) => ingestThreads.take(body, contextOf('default'))));
    delay.disable();
    assert.deepEqual(
      taken.map(({ ingest }) => ingest.events),
      [8_000, 1, 15_000],
    );
    assert.ok(delay.max / 1e6 < 250, `the loop stood still for ${String(delay.max / 1e6)} ms`);
  });

  it('lets clusters take turns, so that one does not hold up another', async () => {
    const ingestThreads = new IngestThreads(LIMITS, TOPICS);
    const order: string[] = [];
    const send = async (cluster: string): Promise<void> => {
      await ingestThreads.take(Buffer.from(eventList([EVENT]).toString() + LARGE), contextOf(cluster));
      order.push(cluster);
    };
    await Promise.all([...Array.from({ length: 10 }, () => send('busy')), send('other')]);
    assert.ok(order.indexOf('other') <= 2, order.join());
  });

  it('tells the sender to try again when a body takes more than the memory for all', async () => {
    const ingestThreads = new IngestThreads({ ...LIMITS, bodiesBytesMax: 1_000 }, TOPICS);
    await assert.rejects(
      take(Buffer.from(JSON.stringify(subscriptionData([EVENT, EVENT])) + LARGE), ingestThreads),
      { code: 'overloaded' },
    );
    assert.equal(
      (await take(Buffer.from(eventList([EVENT]).toString() + LARGE), ingestThreads)).events.length,
      1,
    );
  });
});
