/**
 * The brokers that other suites stand on do what those suites take for granted; clients do not retry here.
 */
import { Kafka, type KafkaConfig, logLevel, type Message } from 'kafkajs';
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { loopbackCertificate } from '../support/infrastructure/certificate.ts';
import { type KafkaCluster, kafka as sharedKafka, startKafka } from '../support/infrastructure/kafka.ts';
import { type KcatRecord, readTopic } from '../support/infrastructure/kcat.ts';
import { STARTING_MS } from '../support/infrastructure/ready.ts';

const client = (brokers: readonly string[], config: Partial<KafkaConfig> = {}): Kafka =>
  new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING, retry: { retries: 0 }, ...config });

/** What stays connected keeps the run from ending. */
async function using<T extends { connect(): Promise<void>; disconnect(): Promise<void> }>(
  part: T,
  work: (part: T) => Promise<unknown>,
): Promise<void> {
  try {
    await part.connect();
    await work(part);
  } finally {
    await part.disconnect();
  }
}

async function makeTopic(kafka: Kafka, numPartitions = 1): Promise<string> {
  const topic = `infrastructure-${randomUUID()}`;
  await using(kafka.admin(), (admin) => admin.createTopics({ topics: [{ topic, numPartitions }] }));
  return topic;
}

async function produce(kafka: Kafka, topic: string, messages: Message[]): Promise<void> {
  await using(kafka.producer(), (producer) => producer.send({ topic, messages, acks: -1 }));
}

async function produceInTransaction(
  kafka: Kafka,
  topic: string,
  value: string,
  end: 'commit' | 'abort',
): Promise<void> {
  const producer = kafka.producer({
    transactionalId: randomUUID(),
    idempotent: true,
    maxInFlightRequests: 1,
    retry: { retries: 1 },
  });
  await using(producer, async () => {
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: [{ value }] });
    await transaction[end]();
  });
}

const texts = (records: readonly KcatRecord[]): readonly string[] =>
  records.map(({ value }) => value.toString());

describe('the broker that all suites share', () => {
  let brokers: readonly string[];
  let kafka: Kafka;

  before(async function () {
    this.timeout(STARTING_MS);
    ({ brokers } = await sharedKafka());
    kafka = client(brokers);
  });

  it('takes a group as soon as it is ready', async () => {
    const topic = await makeTopic(kafka);
    await using(kafka.consumer({ groupId: topic, maxWaitTimeInMs: 100 }), async (consumer) => {
      await consumer.subscribe({ topic, fromBeginning: true });
      const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
      await consumer.run({ eachMessage: () => Promise.resolve() });
      await joined;
      await consumer.commitOffsets([{ topic, partition: 0, offset: '0' }]);
    });
  });

  it('takes a transaction as soon as it is ready', async () => {
    await produceInTransaction(kafka, await makeTopic(kafka), 'x', 'commit');
  });

  it('makes no topic that nobody made', async () => {
    await assert.rejects(produce(kafka, `nobody-made-${randomUUID()}`, [{ value: 'x' }]));
  });

  describe('read with kcat', () => {
    it('gives binary values, keys and headers as they were', async () => {
      const topic = await makeTopic(kafka, 2);
      const everyByte = Buffer.from(Array.from({ length: 256 }, (_unused, i) => i));
      const headers = { alert_id: 'a=b, c', revision: '1', 'content-type': 'avro/binary', ü: '😀' };
      await produce(kafka, topic, [
        { partition: 0, key: everyByte, value: everyByte, headers },
        { partition: 0, key: null, value: Buffer.from('\n\n') },
        { partition: 1, key: '', value: Buffer.alloc(0), headers: { empty: '' } },
      ]);
      const records = await readTopic({ brokers, topic, isolation: 'read_committed' });
      assert.deepEqual(
        records
          .map(({ timestampMs: _timestampMs, ...record }) => record)
          .sort((a, b) => a.partition - b.partition || a.offset - b.offset),
        [
          { partition: 0, offset: 0, key: everyByte, value: everyByte, headers },
          { partition: 0, offset: 1, key: null, value: Buffer.from('\n\n'), headers: {} },
          { partition: 1, offset: 0, key: Buffer.alloc(0), value: Buffer.alloc(0), headers: { empty: '' } },
        ],
      );
      for (const { timestampMs } of records) assert.ok(Math.abs(timestampMs - Date.now()) < 60_000);
    });

    it('leaves aborted records out at read_committed, and shows them at read_uncommitted', async () => {
      const topic = await makeTopic(kafka);
      await produceInTransaction(kafka, topic, 'first', 'commit');
      await produceInTransaction(kafka, topic, 'aborted', 'abort');
      await produceInTransaction(kafka, topic, 'last', 'commit');
      assert.deepEqual(texts(await readTopic({ brokers, topic, isolation: 'read_committed' })), [
        'first',
        'last',
      ]);
      assert.deepEqual(texts(await readTopic({ brokers, topic, isolation: 'read_uncommitted' })), [
        'first',
        'aborted',
        'last',
      ]);
    });

    it('reports a missing topic', async () => {
      await assert.rejects(
        readTopic({ brokers, topic: 'nobody-made-this', isolation: 'read_committed' }),
        /kcat ended/,
      );
    });
  });
});

describe('brokers of a suite’s own', function () {
  this.timeout(STARTING_MS);

  let cluster: KafkaCluster | undefined;

  afterEach(async () => {
    await cluster?.stop();
  });

  it('are three that accept records while one is down, and have them all when it is back', async () => {
    cluster = await startKafka({ nodes: 3 });
    const [first, ...others] = cluster.nodes;
    assert.ok(first !== undefined && others.length === 2);
    const patient = client(cluster.brokers, { retry: { retries: 30, maxRetryTime: 1000 } });
    const topic = await makeTopic(patient, 3);
    const messages = (word: string): Message[] =>
      [0, 1, 2].map((partition) => ({ partition, value: `${word} ${String(partition)}` }));
    await produce(patient, topic, messages('before'));
    await first.kill();
    // One partition a call: kafkajs loses records of others when a leader moves.
    for (const message of messages('away')) await produce(patient, topic, [message]);
    await first.restart();
    await produce(patient, topic, messages('after'));
    const wanted = ['after', 'away', 'before'].flatMap((word) => messages(word).map(({ value }) => value));
    assert.deepEqual(
      [...texts(await readTopic({ brokers: [first.address], topic, isolation: 'read_committed' }))].sort(),
      wanted,
    );
  });

  it('let in who has the password, over TLS, and nobody else', async () => {
    const sasl = { username: 'app', password: 'correct horse' };
    const tls = await loopbackCertificate();
    cluster = await startKafka({ sasl, tls });
    const ssl = { ca: [readFileSync(tls.caFile)] };
    const withPassword = (password: string): Kafka =>
      client(brokers, { ssl, sasl: { mechanism: 'scram-sha-512', username: 'app', password } });
    const { brokers, plain } = cluster;
    const topic = await makeTopic(withPassword(sasl.password));
    await produce(withPassword(sasl.password), topic, [{ value: 'secret' }]);
    assert.deepEqual(texts(await readTopic({ brokers: plain, topic, isolation: 'read_committed' })), [
      'secret',
    ]);
    await assert.rejects(makeTopic(withPassword('wrong')), /SASL/);
    await assert.rejects(makeTopic(client(brokers, { ssl })));
    await assert.rejects(makeTopic(client(brokers)));
  });
});
