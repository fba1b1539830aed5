/**
 * Poison and dead letters on a real Kafka: what cannot be processed holds nobody up, kcat finds it, and what
 * is put back is alerted once.
 */
import { decodeDeadLetter, encodeAuditBatch } from '@arrivals/adapters/avro';
import { type DeadLetter, packBatches, scanEvent } from '@arrivals/core';
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import kafkajs, { type Admin, type Producer } from 'kafkajs';
import { arrivals, type Finished, type RunningArrivals } from '../support/arrivals.ts';
import { eventList, podCreation } from '../support/audit-events.ts';
import { Distributed } from '../support/distributed.ts';
import { eventually } from '../support/eventually.ts';
import { kafka } from '../support/infrastructure/kafka.ts';
import { STARTING_MS } from '../support/infrastructure/ready.ts';
import { redis } from '../support/infrastructure/redis.ts';

// Node finds not every name that this CommonJS module exports.
const { ConfigResourceTypes, Kafka, logLevel } = kafkajs;

type Json = Readonly<Record<string, unknown>>;

const PARTITIONS = [0, 1, 2, 3];
/** What is promised; the test allows a busy machine more, and prints what it was. */
const PROMISED_MS = 5000;
const ALLOWED_MS = 20_000;

const linesOf = (text: string): readonly Json[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Json);

/** A record of the raw topic with one event, whose bytes are others than its index was made from. */
function recordOf(bytes: Buffer): Buffer {
  const { facts } = scanEvent(Buffer.from(JSON.stringify(podCreation())));
  const [batch] = packBatches('default', 1_795_529_359_123_456, [
    { bytes, slice: { start: 0, end: bytes.length, facts } },
  ]).batches;
  assert.ok(batch !== undefined);
  return encodeAuditBatch(batch);
}

function poison(): Readonly<Record<string, Buffer>> {
  const good = recordOf(Buffer.from(JSON.stringify(podCreation())));
  const changed = (at: number): Buffer => {
    const copy = Buffer.from(good);
    copy[at] = (copy[at] ?? 0) ^ 0xff;
    return copy;
  };
  return {
    'random bytes': randomBytes(2000),
    'no bytes': Buffer.alloc(0),
    'text of another writer': Buffer.from('{"kind":"Event","apiVersion":"audit.k8s.io/v1"}'),
    'truncated Avro': good.subarray(0, good.length - 10),
    'the head of a record': good.subarray(0, 10),
    'a wrong fingerprint': changed(4),
    'an index that does not add up': Buffer.concat([good, Buffer.from('x')]),
    'a forged count': Buffer.concat([
      good.subarray(0, 10),
      Buffer.from([0, 0]),
      Buffer.from('feffffff0f', 'hex'),
      Buffer.alloc(20, 2),
    ]),
    'an event that is no JSON': recordOf(Buffer.from('{"stage":"ResponseComplete", oops')),
    'an event of zeros': recordOf(Buffer.alloc(500)),
    'nearly a megabyte': randomBytes(900_000),
  };
}

describe('dead letters on Kafka', function () {
  this.timeout(120_000);
  let distributed: Distributed;
  let webhook: RunningArrivals;
  let processor: RunningArrivals;
  let admin: Admin;
  let producer: Producer;

  before(async function () {
    this.timeout(STARTING_MS);
    const [{ brokers }] = await Promise.all([kafka(), redis()]);
    const client = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING });
    admin = client.admin();
    producer = client.producer();
    await Promise.all([admin.connect(), producer.connect()]);
  });
  after(() => Promise.all([admin.disconnect(), producer.disconnect()]));

  beforeEach(async () => {
    distributed = await Distributed.create();
    webhook = await distributed.start('webhook', { ARRIVALS_LISTEN_PORT: '0' });
    processor = await distributed.start('processor');
    await eventually(
      'the processor to have its partitions',
      () => processor.output.includes('"partitions":[0,1,2,3]') || undefined,
      30_000,
    );
  });
  afterEach(() => distributed.stop());

  const topic = (name: 'AUDIT' | 'ALERTS'): string => distributed.settings[`ARRIVALS_${name}_TOPIC`] ?? '';
  const command = (...args: readonly string[]): Promise<Finished> =>
    arrivals(['dead-letters', ...args], { settings: distributed.settings });
  const letters = async (): Promise<readonly DeadLetter[]> =>
    (await distributed.read('DEAD_LETTERS')).map(({ value }) => decodeDeadLetter(value));
  const named = async (): Promise<readonly (string | null)[]> =>
    (await distributed.alerts()).map(({ object }) => object.name).sort();
  const alertsTake = (bytes: number): Promise<unknown> =>
    admin.alterConfigs({
      validateOnly: false,
      resources: [
        {
          type: ConfigResourceTypes.TOPIC,
          name: topic('ALERTS'),
          configEntries: [{ name: 'max.message.bytes', value: String(bytes) }],
        },
      ],
    });

  it('take up poison of every kind, and all that comes behind it is alerted at once', async () => {
    const kinds = poison();
    const names = PARTITIONS.map((partition) => `behind-${String(partition)}`);
    const messages = PARTITIONS.flatMap((partition) =>
      Object.values(kinds).map((value) => ({ partition, value })),
    );
    for (const message of messages) await producer.send({ topic: topic('AUDIT'), messages: [message] });
    const startedMs = performance.now();
    await producer.send({
      topic: topic('AUDIT'),
      messages: PARTITIONS.map((partition) => ({
        partition,
        value: recordOf(Buffer.from(JSON.stringify(podCreation({ name: `behind-${String(partition)}` })))),
      })),
    });
    assert.equal((await webhook.post(eventList([podCreation({ name: 'by the webhook' })]))).status, 200);
    await eventually(
      'every later event to be alerted',
      async () => (await named()).length >= PARTITIONS.length + 1 || undefined,
      ALLOWED_MS,
    );
    const ms = Math.round(performance.now() - startedMs);
    console.log(
      `      ${String(messages.length)} poison records, the last event behind them alerted after ${String(ms)} ms (promised: ${String(PROMISED_MS)})`,
    );
    assert.deepEqual(await named(), [...names, 'by the webhook']);
    const found = await letters();
    assert.equal(found.length, messages.length);
    for (const [what, bytes] of Object.entries(kinds).filter(([, { length }]) => length > 0)) {
      const whole = found.filter((letter) => letter.bytes.equals(bytes));
      const event = found.filter(
        (letter) => letter.reason === 'event_not_json' && bytes.includes(letter.bytes),
      );
      assert.equal(Math.max(whole.length, event.length), PARTITIONS.length, what);
    }
    assert.deepEqual(
      new Set(found.map(({ reason }) => reason)),
      new Set(['record_undecodable', 'event_not_json']),
    );
    assert.deepEqual([(await processor.ledger()).balanced, (await processor.ledger()).inFlight], [true, 0]);
    const [random] = found.filter(({ bytes }) => bytes.equals(kinds['random bytes'] ?? Buffer.alloc(0)));
    // It stands in each partition.
    assert.match((await command('show', random?.sha256 ?? '')).stderr, /dead_letter_ambiguous/);
    const places = linesOf((await command('list', '--json')).stdout).filter(
      ({ sha256 }) => sha256 === random?.sha256,
    );
    const id = `${String(places[0]?.['partition'])}:${String(places[0]?.['offset'])}`;
    // Masked it is text, in which random bytes may be letters; raw it shows each byte.
    assert.doesNotMatch((await command('show', id)).stdout, /(?!\n)[\p{Cc}\p{Cf}]/u);
    assert.match((await command('show', id, '--raw')).stdout, /^[\n\x20-\x7e]+$/);
  });

  it('hold what a topic refused as too large, and are listed, shown, and alerted once when they are put back', async () => {
    await alertsTake(300);
    assert.equal(
      (
        await webhook.post(
          eventList([podCreation({ name: 'refused-1' }), podCreation({ name: 'refused-2' })]),
        )
      ).status,
      200,
    );
    await eventually('two dead letters', async () => (await letters()).length === 2 || undefined, 30_000);
    assert.deepEqual(await named(), []);

    const listed = linesOf((await command('list', '--reason', 'processing_failed')).stdout);
    assert.equal(listed.length, 2);
    assert.deepEqual(
      linesOf((await command('list', '--kafka', '--last', '1', '--json')).stdout),
      listed.slice(-1),
    );
    assert.deepEqual((await command('list', '--cluster', 'other')).stdout, '');
    const [letter] = listed;
    const id = `${String(letter?.['partition'])}:${String(letter?.['offset'])}`;
    for (const name of [id, String(letter?.['sha256']).slice(0, 10)])
      assert.deepEqual(linesOf((await command('show', name, '--json')).stdout), [letter]);
    for (const unknown of ['0:99999', '77:0', 'ffffffffffff0000'])
      assert.match((await command('show', unknown)).stderr, /dead_letter_unknown/);

    const dry = await command('replay', '--all', '--dry-run');
    assert.deepEqual(
      [dry.code, (await letters()).length, (await distributed.read('AUDIT')).length],
      [0, 2, 1],
    );
    assert.match(dry.stderr, /^2 would be put back, 0 left$/m);

    await alertsTake(1_048_588);
    for (let i = 0; i < 3; i++)
      assert.equal((await command('replay', '--reason', 'processing_failed')).code, 0);
    assert.equal((await command('replay', id)).code, 0);
    await distributed.settled([processor], 2 + 3 * 2 + 1);
    assert.deepEqual(await named(), ['refused-1', 'refused-2']);
    const [first] = await distributed.read('AUDIT');
    for (const { provenance } of await distributed.alerts())
      assert.deepEqual([provenance.partition, provenance.offset], [first?.partition, first?.offset]);
    const back = (await distributed.read('AUDIT')).filter(
      ({ headers }) => headers['arrivals-dead-letter'] !== undefined,
    );
    assert.equal(back.length, 7);
    for (const { headers } of back)
      assert.match(
        headers['arrivals-original-position'] ?? '',
        new RegExp(`^${topic('AUDIT')}/${String(first?.partition)}/${String(first?.offset)}/[01]$`),
      );
    const { duplicate, alerted, balanced } = await processor.ledger();
    assert.deepEqual([alerted, duplicate, balanced], [2, 5, true]);
  });

  it('are told of where they are none: what another writer put there is named and passed over', async () => {
    await webhook.post(eventList([{ strange: 1 }]));
    await producer.send({
      topic: distributed.settings['ARRIVALS_DEAD_LETTERS_TOPIC'] ?? '',
      messages: [{ partition: 2, value: 'not a dead letter \u001b[31m' }],
    });
    await webhook.post(eventList([{ strange: 2 }]));
    const { stdout, stderr, code } = await command('list', '--json');
    assert.deepEqual(
      [code, linesOf(stdout).map(({ text }) => text)],
      [0, ['{"strange":1}', '{"strange":2}']],
    );
    assert.match(stderr, /^2:\d+ is no dead letter: /m);
    const replayed = await command('replay', '--all');
    assert.deepEqual([replayed.code, /^0 put back, 2 left$/m.test(replayed.stderr)], [2, true]);
  });

  it('are dropped from the beginning of a partition on, as far as nothing older stays; others are left, and it is said why', async () => {
    for (let i = 0; i < 12; i++) await webhook.post(eventList([{ number: i }]));
    const listed = linesOf((await command('list', '--json')).stdout).map(
      ({ partition, offset }) => `${String(partition)}:${String(offset)}`,
    );
    const ofOne = listed.filter((id) => id.startsWith(`${listed[0]?.split(':')[0] ?? ''}:`));
    const [oldest = '', second = ''] = ofOne;
    const left = await command('drop', second, '--yes');
    assert.deepEqual(
      [left.code, left.stdout.includes(`and ${oldest} before it stays`)],
      [2, true],
      left.stderr,
    );
    const dropped = await command('drop', oldest, second, '--yes');
    assert.deepEqual([dropped.code, dropped.stderr], [0, '2 dropped, 0 left\n']);
    assert.equal(
      (await command('drop', '--all', '--yes')).stderr,
      `${String(listed.length - 2)} dropped, 0 left\n`,
    );
    assert.equal((await command('list', '--json')).stdout, '');
  });

  it('are the last ones over all partitions, in the order of their times', async () => {
    for (let i = 0; i < 30; i++) await webhook.post(eventList([{ number: i }]));
    const numbers = async (...args: readonly string[]): Promise<readonly unknown[]> =>
      linesOf((await command('list', '--json', ...args)).stdout).map(
        ({ text }) => (JSON.parse(String(text)) as { readonly number: number }).number,
      );
    assert.deepEqual(
      await numbers(),
      Array.from({ length: 30 }, (_unused, i) => i),
    );
    assert.deepEqual(await numbers('--last', '7'), [23, 24, 25, 26, 27, 28, 29]);
    assert.deepEqual(await numbers('--last', '3', '--reason', 'stage_unknown'), [27, 28, 29]);
  });
});
