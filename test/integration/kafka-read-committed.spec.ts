/**
 * Reading at read_committed while the transactions of several producers abort: kcat tells what is committed.
 */
import { openKafkaBus } from '@arrivals/adapters/kafka';
import type { Bus } from '@arrivals/core';
import { Kafka, logLevel, type Producer, type Transaction } from 'kafkajs';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { REPOSITORY } from '../support/arrivals.ts';
import { eventually } from '../support/eventually.ts';
import { kafka } from '../support/infrastructure/kafka.ts';
import { readTopic } from '../support/infrastructure/kcat.ts';
import { STARTING_MS } from '../support/infrastructure/ready.ts';
import { silent } from '../support/telemetry.ts';
import { createTopics, type TestTopics } from '../support/topics.ts';

const never = new AbortController().signal;

describe('reading at read_committed', () => {
  let brokers: readonly string[];
  let topics: TestTopics;
  let topic: string;
  let bus: Bus;
  let producers: Producer[];

  before(async function () {
    this.timeout(STARTING_MS);
    ({ brokers } = await kafka());
    topics = await createTopics(brokers, ['t'], 1);
    topic = topics.name('t');
    bus = openKafkaBus({ connection: { brokers }, telemetry: silent });
    const client = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING });
    producers = ['a', 'b', 'c'].map((id) =>
      client.producer({ transactionalId: `${topic}.${id}`, idempotent: true, maxInFlightRequests: 1 }),
    );
    await Promise.all(producers.map((producer) => producer.connect()));
    await interleave(producers, topic);
  });
  after(async () => {
    await bus.close();
    await Promise.all(producers.map((producer) => producer.disconnect()));
    await topics.remove();
  });

  const committed = async (): Promise<readonly string[]> =>
    (await readTopic({ brokers, topic, isolation: 'read_committed' })).map(({ value }) => value.toString());

  it('gives through the port what kcat gives, however the aborts overlap', async () => {
    const wanted = await committed();
    assert.ok(wanted.length > 10 && wanted.every((text) => text.startsWith('keep')));
    const read: string[] = [];
    for (let offset = 0; read.length < wanted.length;) {
      const records = await bus.read({
        topic,
        partition: 0,
        offset,
        recordsMax: 7,
        waitMs: 2000,
        signal: never,
      });
      if (records.length === 0) break;
      read.push(...records.map(({ value }) => value.toString()));
      offset = (records.at(-1)?.offset ?? 0) + 1;
    }
    assert.deepEqual(read, wanted);
  });

  it('gives the same to a group', async () => {
    const wanted = await committed();
    const seen: string[] = [];
    const subscription = await bus.subscribe(
      { topic, group: `${topic}.readers`, batchRecordsMax: 5 },
      async (batch) => {
        seen.push(...batch.records.map(({ value }) => value.toString()));
        await batch.transact([], (batch.records.at(-1)?.offset ?? 0) + 1);
      },
    );
    await eventually('all committed records', () => seen.length >= wanted.length);
    await subscription.close();
    assert.deepEqual(seen, wanted);
  });

  it('is not what the bare library gives: it returns aborted records', async () => {
    const script = `
      const { Kafka, logLevel } = require('kafkajs');
      const [topic, ...brokers] = process.argv.slice(1);
      const consumer = new Kafka({ brokers, logLevel: logLevel.NOTHING }).consumer({ groupId: topic + '.bare', readUncommitted: false, maxWaitTimeInMs: 100 });
      (async () => {
        await consumer.connect();
        await consumer.subscribe({ topic, fromBeginning: true });
        await consumer.run({ eachMessage: async ({ message }) => console.log(String(message.value)) });
      })();`;
    const child = spawn(process.execPath, ['-e', script, topic, ...brokers], {
      cwd: path.join(REPOSITORY, 'packages/adapters'),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (data: Buffer) => {
      output += data.toString();
    });
    await eventually('the last committed record', () => output.includes('keep last'), 20_000);
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.match(output, /^drop/m);
  }).timeout(30_000);
});

/**
 * Transactions of three producers, overlapping in all ways, two of three aborted; "keep" is committed, "drop"
 * is not.
 */
async function interleave(producers: readonly Producer[], topic: string): Promise<void> {
  const send = (to: Transaction | Producer, text: string): Promise<unknown> =>
    to.send({ topic, messages: [{ key: Buffer.alloc(4), value: text, partition: 0 }] });
  const [a, b, c] = producers;
  assert.ok(a !== undefined && b !== undefined && c !== undefined);
  for (let round = 0; round < 6; round++) {
    const [first, second, third] = [await a.transaction(), await b.transaction(), await c.transaction()];
    await send(first, `drop ${String(round)} a1`);
    await send(second, `drop ${String(round)} b1`);
    await send(third, `keep ${String(round)} c1`);
    await send(first, `drop ${String(round)} a2`);
    await second.abort();
    await send(third, `keep ${String(round)} c2`);
    await send(first, `drop ${String(round)} a3`);
    await third.commit();
    await first.abort();
  }
  const last = await c.transaction();
  await send(last, 'keep last');
  await last.commit();
}
