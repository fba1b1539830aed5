/**
 * Members of one group on a real broker: sharing, handing over, losses told, and a consumer that is dead says
 * so.
 */
import { openKafkaBus } from '@arrivals/adapters/kafka';
import type { ArrivalsError, Bus, ConsumedBatch, Subscription } from '@arrivals/core';
import assert from 'node:assert/strict';
import kafkajs, { type Admin, type Kafka } from 'kafkajs';
import { eventually } from '../support/eventually.ts';
import { kafka } from '../support/infrastructure/kafka.ts';
import { readTopic } from '../support/infrastructure/kcat.ts';
import { STARTING_MS } from '../support/infrastructure/ready.ts';
import { recording, silent } from '../support/telemetry.ts';
import { createTopics, type TestTopics } from '../support/topics.ts';

// Node finds not every name that this CommonJS module exports.
const { logLevel, PartitionAssigners } = kafkajs;

const never = new AbortController().signal;

const whereIs = ({ partition, offset }: { readonly partition: number; readonly offset: number }): string =>
  `${String(partition)}:${String(offset)}`;

describe('a consumer group on Kafka', () => {
  let brokers: readonly string[];
  let topics: TestTopics;
  let [IN, OUT, GROUP] = ['', '', ''];
  let admin: Admin;
  let client: Kafka;
  const opened: Bus[] = [];

  before(async function () {
    this.timeout(STARTING_MS);
    ({ brokers } = await kafka());
    client = new kafkajs.Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING });
  });
  beforeEach(async () => {
    admin = client.admin();
    await admin.connect();
    topics = await createTopics(brokers, ['in', 'out'], 4);
    [IN, OUT, GROUP] = [topics.name('in'), topics.name('out'), `${topics.name('in')}.group`];
  });
  afterEach(async function () {
    this.timeout(30_000);
    await Promise.all(opened.splice(0).map((bus) => bus.close()));
    await admin.disconnect();
    await topics.remove();
  });

  const open = (telemetry = silent): Bus => {
    const bus = openKafkaBus({ connection: { brokers }, telemetry });
    opened.push(bus);
    return bus;
  };
  const publish = (bus: Bus, from: number, to: number): Promise<unknown> =>
    bus.publish(
      Array.from({ length: to - from }, (_unused, i) => ({
        topic: IN,
        key: null,
        value: Buffer.from(String(from + i)),
        headers: {},
      })),
      never,
    );
  /** Passes each record on to OUT, as where it stands in IN. */
  const passOn = async (batch: ConsumedBatch): Promise<void> => {
    const outputs = batch.records.map((record) => ({
      topic: OUT,
      key: null,
      value: Buffer.from(whereIs(record)),
      headers: {},
    }));
    await batch.transact(outputs, (batch.records.at(-1)?.offset ?? 0) + 1);
  };
  const subscribe = (bus: Bus, handle = passOn): Promise<Subscription> =>
    bus.subscribe({ topic: IN, group: GROUP, batchRecordsMax: 7 }, handle);
  const output = async (): Promise<readonly string[]> =>
    (await readTopic({ brokers, topic: OUT, isolation: 'read_committed' }))
      .map(({ value }) => value.toString())
      .sort();
  /**
   * What stands in IN: publishing may write a record twice, so this and not what was published is what
   * outputs must equal.
   */
  const input = async (): Promise<readonly string[]> =>
    (await readTopic({ brokers, topic: IN, isolation: 'read_committed' })).map(whereIs).sort();
  /** Resolves when there are as many outputs as inputs. */
  const passedOn = async (): Promise<void> => {
    const { length } = await input();
    await eventually(
      `${String(length)} outputs`,
      async () => (await output()).length >= length || undefined,
      30_000,
    );
    assert.deepEqual(await output(), await input());
  };

  it('writes each output once while members come and go', async () => {
    const publisher = open();
    let [running, sent, passed] = [true, 0, 0];
    const publishing = (async () => {
      while (running) {
        await eventually('the members to keep up', () => sent - passed < 200 || !running, 60_000);
        await publish(publisher, sent, sent + 20);
        sent += 20;
      }
    })();
    const member = async (): Promise<Bus> => {
      const bus = open();
      await subscribe(bus, async (batch) => {
        await passOn(batch);
        passed += batch.records.length;
      });
      return bus;
    };
    await member();
    for (let i = 0; i < 3; i++) {
      const other = await member();
      const before = passed;
      await eventually('more records', () => passed > before + 200, 30_000);
      await other.close();
    }
    running = false;
    await publishing;
    await passedOn();
  }).timeout(120_000);

  it('lets a handler commit its batch when a new member joins', async () => {
    const bus = open();
    await publish(bus, 0, 8);
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let waiting = 0;
    await subscribe(bus, async (batch) => {
      waiting++;
      await held;
      await passOn(batch);
    });
    await eventually('the handlers', () => waiting > 0 || undefined, 20_000);
    const other = open();
    const joining = subscribe(other);
    release();
    await joining;
    await passedOn();
  }).timeout(60_000);

  it('reports how many records were deleted before it had read them', async () => {
    const telemetry = recording();
    const bus = open(telemetry);
    const record = (
      partition: number,
    ): { topic: string; messages: { value: string; partition: number }[] } => ({
      topic: IN,
      messages: Array.from({ length: 10 }, (_unused, i) => ({ value: String(i), partition })),
    });
    const producer = client.producer();
    await producer.connect();
    await producer.sendBatch({ topicMessages: [record(0), record(1)] });
    await admin.setOffsets({ groupId: GROUP, topic: IN, partitions: [{ partition: 0, offset: '2' }] });
    await admin.deleteTopicRecords({ topic: IN, partitions: [{ partition: 0, offset: '7' }] });
    await producer.disconnect();
    await subscribe(bus);
    await passedOn();
    const lost = telemetry.events.filter(({ type }) => type === 'records_lost');
    assert.deepEqual(lost, [{ type: 'records_lost', topic: IN, partition: 0, fromOffset: 2, records: 5 }]);
    assert.equal((await output()).length, 13);
  }).timeout(60_000);

  it('begins with the first record of a topic that it has never read, and calls nothing lost', async () => {
    const telemetry = recording();
    const bus = open(telemetry);
    await publish(bus, 0, 8);
    // kafkajs deletes of topics only that it has asked about.
    await admin.fetchTopicOffsets(IN);
    await admin.deleteTopicRecords({ topic: IN, partitions: [{ partition: 0, offset: '1' }] });
    await subscribe(bus);
    await passedOn();
    assert.ok(telemetry.events.every(({ type }) => type !== 'records_lost'));
  }).timeout(60_000);

  it('ends the subscription with an error when kafkajs gives up without a restart', async () => {
    // A member that shares by another rule makes ours inconsistent with the group: nothing can cure that.
    const other = client.consumer({
      groupId: GROUP,
      partitionAssigners: [
        (config) => ({
          ...PartitionAssigners.roundRobin(config),
          name: 'other',
          protocol: () => ({ name: 'other', metadata: Buffer.alloc(0) }),
        }),
      ],
    });
    await other.connect();
    await other.subscribe({ topic: IN });
    const joined = new Promise((resolve) => other.on('consumer.group_join', resolve));
    await other.run({ eachMessage: () => Promise.resolve() });
    await joined;
    try {
      const subscription = await subscribe(open());
      await assert.rejects(
        subscription.ended,
        (error: unknown) => (error as ArrivalsError).code === 'bus_unavailable',
      );
    } finally {
      await other.disconnect();
    }
  }).timeout(60_000);

  it('delivers to the next member nothing that the last one had committed', async () => {
    const bus = open();
    await publish(bus, 0, 40);
    const seen: string[] = [];
    const noting = async (batch: ConsumedBatch): Promise<void> => {
      seen.push(...batch.records.map(whereIs));
      await passOn(batch);
    };
    const first = await subscribe(bus, noting);
    await passedOn();
    await first.close();
    await subscribe(open(), noting);
    await publish(bus, 40, 44);
    await passedOn();
    assert.deepEqual(seen.sort(), await input());
  }).timeout(60_000);
});
