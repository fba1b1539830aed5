/**
 * Records that brokers or producers compressed, on a real broker: each codec is read, whoever wrote it, and a
 * batch that cannot be read takes nothing else with it.
 */
import { decodeAlert, decodeDeadLetter } from '@arrivals/adapters/avro';
import { openKafkaBus } from '@arrivals/adapters/kafka';
import type { Bus, StoredRecord } from '@arrivals/core';
import assert from 'node:assert/strict';
import { open as openFile } from 'node:fs/promises';
import path from 'node:path';
import kafkajs from 'kafkajs';
import { arrivals } from '../support/arrivals.ts';
import { eventList, podCreation } from '../support/audit-events.ts';
import { Distributed } from '../support/distributed.ts';
import { eventually } from '../support/eventually.ts';
import { type KafkaCluster, startKafka } from '../support/infrastructure/kafka.ts';
import { kcat, readTopic } from '../support/infrastructure/kcat.ts';
import { STARTING_MS } from '../support/infrastructure/ready.ts';
import { recording, silent } from '../support/telemetry.ts';
import { createTopics, type TestTopics } from '../support/topics.ts';

// Node finds not every name that this CommonJS module exports.
const { CompressionTypes, ConfigResourceTypes, Kafka, logLevel } = kafkajs;

const CODECS = ['gzip', 'snappy', 'lz4', 'zstd'] as const;
const never = new AbortController().signal;

/** Some that a compressor finds much to do in, and some of one byte. */
const VALUES = Array.from({ length: 40 }, (_unused, i) =>
  i % 5 === 0 ? String(i % 10) : `${String(i)} ${'audit '.repeat(i * 90)}${Math.random().toString(36)}`,
);

describe('compressed records on Kafka', function () {
  this.timeout(60_000);

  let cluster: KafkaCluster;
  let topics: TestTopics | undefined;
  const opened: Bus[] = [];

  before(async function () {
    this.timeout(STARTING_MS);
    cluster = await startKafka();
  });
  after(() => cluster.stop());
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((bus) => bus.close()));
    await topics?.remove();
    topics = undefined;
  });

  const openBus = (telemetry = silent): Bus => {
    const bus = openKafkaBus({ connection: { brokers: cluster.brokers }, telemetry });
    opened.push(bus);
    return bus;
  };
  const topicOf = async (compression: string): Promise<string> => {
    topics = await createTopics(cluster.brokers, ['t'], 1, {
      configEntries: [{ name: 'compression.type', value: compression }],
    });
    return topics.name('t');
  };
  const consumed = async (bus: Bus, topic: string, records: number): Promise<readonly StoredRecord[]> => {
    const seen: StoredRecord[] = [];
    const subscription = await bus.subscribe(
      { topic, group: `${topic}.group`, batchRecordsMax: 100 },
      async (batch) => {
        seen.push(...batch.records);
        await batch.transact([], (batch.records.at(-1)?.offset ?? 0) + 1);
      },
    );
    await Promise.race([
      subscription.ended,
      eventually(`${String(records)} records`, () => seen.length >= records || undefined, 30_000),
    ]);
    await subscription.close();
    return seen;
  };
  const valuesOf = (records: readonly StoredRecord[]): readonly string[] =>
    records.map(({ value }) => value.toString());
  const readAll = async (bus: Bus, topic: string): Promise<readonly StoredRecord[]> => {
    const all: StoredRecord[] = [];
    for (;;) {
      const offset = (all.at(-1)?.offset ?? -1) + 1;
      const page = await bus.read({
        topic,
        partition: 0,
        offset,
        recordsMax: 1000,
        waitMs: 200,
        signal: never,
      });
      if (page.length === 0) return all;
      all.push(...page);
    }
  };

  for (const codec of CODECS) {
    it(`are read when the broker compresses with ${codec}, as the topic has it`, async () => {
      const topic = await topicOf(codec);
      const bus = openBus();
      await bus.publish(
        VALUES.map((value) => ({ topic, key: null, value: Buffer.from(value), headers: {} })),
        never,
      );
      assert.deepEqual(valuesOf(await readAll(bus, topic)), VALUES);
      assert.deepEqual(valuesOf(await consumed(bus, topic, VALUES.length)), VALUES);
    });

    it(`are read when librdkafka has compressed them with ${codec}`, async () => {
      const topic = await topicOf('producer');
      await kcat(
        ['-P', '-b', cluster.brokers.join(','), '-t', topic, '-z', codec, '-X', 'linger.ms=200'],
        VALUES.join('\n'),
      );
      assert.deepEqual(valuesOf(await consumed(openBus(), topic, VALUES.length)), VALUES);
    });
  }

  it('that inflate to too much come as one record with their bytes, and what follows is read', async () => {
    const topic = await topicOf('producer');
    const producer = new Kafka({ brokers: [...cluster.brokers], logLevel: logLevel.NOTHING }).producer();
    await producer.connect();
    await producer.send({
      topic,
      compression: CompressionTypes.GZIP,
      messages: [{ value: Buffer.alloc(40 * 1024 * 1024) }],
    });
    await producer.send({ topic, messages: [{ value: 'after' }] });
    await producer.disconnect();
    const telemetry = recording();
    const [bomb, after] = await consumed(openBus(telemetry), topic, 2);
    assert.match(bomb?.unreadable ?? '', /gzip/);
    assert.ok((bomb?.value.length ?? 0) < 100_000);
    assert.deepEqual([after?.value.toString(), after?.unreadable], ['after', undefined]);
    assert.ok(
      telemetry.events.some(
        (event) => event.type === 'dependency_warning' && event.what === 'batch_unreadable',
      ),
    );
    assert.deepEqual(valuesOf(await readAll(openBus(), topic)), ['after']);
  });

  it('that are damaged on the broker’s disk are set aside by the processor, and the partition continues', async function () {
    this.timeout(90_000);
    const distributed = await Distributed.create({ ARRIVALS_TOPIC_PARTITIONS: '1' }, cluster.brokers);
    try {
      const webhook = await distributed.start('webhook');
      const batches = ['first', 'second', 'third'].map((name) => eventList([podCreation({ name })]));
      for (const batch of batches) assert.equal((await webhook.post(batch)).status, 200);
      await damage(distributed.settings['ARRIVALS_AUDIT_TOPIC'] ?? '', 1);
      const processor = await distributed.start('processor');
      await distributed.settled([processor], 3);
      assert.deepEqual(
        (
          await readTopic({
            brokers: cluster.brokers,
            topic: distributed.settings['ARRIVALS_ALERTS_TOPIC'] ?? '',
            isolation: 'read_committed',
          })
        )
          .map(({ value }) => decodeAlert(value).object.name)
          .sort(),
        ['first', 'third'],
      );
      const [letter, ...more] = (await distributed.read('DEAD_LETTERS')).map(({ value }) =>
        decodeDeadLetter(value),
      );
      assert.equal(more.length, 0);
      assert.deepEqual([letter?.reason, letter?.record?.offset], ['record_undecodable', 1]);
      assert.match(letter?.detail ?? '', /checksum/);
      assert.ok(letter?.bytes.includes('"second'));
    } finally {
      await distributed.stop();
    }
  });

  it('are reported by `topics check`, and accepted', async () => {
    const distributed = await Distributed.create({}, cluster.brokers);
    const { settings } = distributed;
    assert.equal((await arrivals(['topics', 'apply'], { settings })).code, 0);
    const admin = new Kafka({ brokers: [...cluster.brokers], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    const name = settings['ARRIVALS_AUDIT_TOPIC'] ?? '';
    // What is set at once replaces all that was set.
    const configEntries = [{ name: 'compression.type', value: 'zstd' }];
    await admin.alterConfigs({
      validateOnly: false,
      resources: [{ type: ConfigResourceTypes.TOPIC, name, configEntries }],
    });
    await admin.disconnect();
    const { stdout } = await arrivals(['topics', 'check'], { settings });
    assert.match(
      stdout,
      new RegExp(
        `${name}: compression.type: expected producer: records stay as they are sent, found zstd, which is read too`,
      ),
    );
  });

  /**
   * Turns over a byte in the values of the batch at this offset, in the file that the broker reads it from.
   */
  async function damage(topic: string, offset: number): Promise<void> {
    const file = await openFile(
      path.join(cluster.nodes[0]?.data ?? '', `${topic}-0`, '00000000000000000000.log'),
      'r+',
    );
    try {
      const bytes = await file.readFile();
      let at = 0;
      while (bytes.readBigInt64BE(at) < offset) at += 12 + bytes.readInt32BE(at + 8);
      const last = at + 12 + bytes.readInt32BE(at + 8) - 10;
      await file.write(Buffer.from([(bytes[last] ?? 0) ^ 0xff]), 0, 1, last);
    } finally {
      await file.close();
    }
  }
});
