/**
 * An acknowledgement is compared with what was sent; what it leaves out is sent again, or makes a transaction
 * fail.
 */
import { sendCompletely, sendExactly } from '@arrivals/adapters/kafka';
import type { ArrivalsError, OutgoingRecord } from '@arrivals/core';
import type { RecordMetadata, TopicMessages } from 'kafkajs';
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

const record = (topic: string, text: string): OutgoingRecord => ({
  topic,
  key: null,
  value: Buffer.from(text),
  headers: {},
});

type Sent = readonly string[];

/**
 * Gives the answers of the list, in turn; in each, the partitions that it acknowledges with their first
 * offsets.
 */
function sender(answers: readonly Readonly<Record<string, number>>[]) {
  const sent: Sent[] = [];
  let call = 0;
  return {
    sent,
    sendBatch: ({
      topicMessages,
    }: {
      readonly topicMessages: TopicMessages[];
    }): Promise<RecordMetadata[]> => {
      sent.push(
        topicMessages.flatMap(({ topic, messages }) =>
          messages.map(({ value, partition }) => `${topic}/${String(partition)} ${String(value)}`),
        ),
      );
      const answer = answers[call++] ?? {};
      return Promise.resolve(
        Object.entries(answer).map(([name, offset]) => {
          const [topicName = '', partition] = name.split('/');
          return { topicName, partition: Number(partition), errorCode: 0, baseOffset: String(offset) };
        }),
      );
    },
  };
}

describe('sendCompletely', () => {
  it('gives each record its position', async () => {
    const sending = sender([{ 'a/0': 10, 'a/1': 20, 'b/0': 5 }]);
    const positions = await sendCompletely(
      sending,
      [record('a', '1'), record('a', '2'), record('b', '3'), record('a', '4')],
      [0, 1, 0, 0],
      () => assert.fail(),
    );
    assert.deepEqual(positions, [
      { topic: 'a', partition: 0, offset: 10 },
      { topic: 'a', partition: 1, offset: 20 },
      { topic: 'b', partition: 0, offset: 5 },
      { topic: 'a', partition: 0, offset: 11 },
    ]);
  });

  it('sends again what an acknowledgement left out, and nothing else', async () => {
    const sending = sender([{ 'a/0': 10 }, { 'a/1': 20 }]);
    const missing: [number, number][] = [];
    const positions = await sendCompletely(
      sending,
      [record('a', '1'), record('a', '2'), record('a', '3')],
      [0, 1, 1],
      (records, attempt) => {
        missing.push([records, attempt]);
      },
    );
    assert.deepEqual(sending.sent, [
      ['a/0 1', 'a/1 2', 'a/1 3'],
      ['a/1 2', 'a/1 3'],
    ]);
    assert.deepEqual(missing, [[2, 1]]);
    assert.deepEqual(
      positions.map(({ offset }) => offset),
      [10, 20, 21],
    );
  });

  it('sends in several rounds what exceeds the record batch of a partition, each partition by itself', async () => {
    const large = (text: string): OutgoingRecord => record('a', text.repeat(100_000));
    const sending = sender([{ 'a/0': 10, 'a/1': 20 }, { 'a/0': 12 }, { 'a/0': 30 }]);
    const missing: number[] = [];
    const records = [large('1'), large('2'), large('3'), record('a', '4'), large('5'), large('6')];
    const positions = await sendCompletely(sending, records, [0, 0, 0, 1, 0, 0], (records) =>
      missing.push(records),
    );
    const short = sending.sent.map((round) => round.map((text) => text.slice(0, 5)));
    assert.deepEqual(short, [['a/0 1', 'a/0 2', 'a/1 4'], ['a/0 3', 'a/0 5'], ['a/0 6']]);
    assert.deepEqual(
      positions.map(({ offset }) => offset),
      [10, 11, 12, 20, 13, 30],
    );
    assert.deepEqual(missing, []);
  });

  it('gives up after a few attempts, with an error that may be tried again', async () => {
    const sending = sender([]);
    await assert.rejects(
      sendCompletely(sending, [record('a', '1')], [0], () => undefined),
      (error: unknown) =>
        (error as ArrivalsError).code === 'bus_unavailable' && (error as ArrivalsError).retryable,
    );
    assert.equal(sending.sent.length, 5);
  });
});

describe('sendExactly', () => {
  it('takes an acknowledgement of each partition once', async () => {
    await sendExactly(
      sender([{ 'a/0': 1, 'a/1': 1 }, { 'b/0': 1 }]),
      [record('a', '1'), record('b', '2'), record('a', '3')],
      [0, 0, 1],
    );
  });

  it('sends in several rounds what exceeds the record batch of a partition', async () => {
    const sending = sender([{ 'a/0': 1 }, { 'a/0': 2 }]);
    await sendExactly(sending, [record('a', 'x'.repeat(900_000)), record('a', 'y'.repeat(900_000))], [0, 0]);
    assert.equal(sending.sent.length, 2);
  });

  it('sends one topic after the other', async () => {
    const sending = sender([{ 'a/0': 1 }, { 'b/0': 1 }]);
    await sendExactly(sending, [record('a', '1'), record('b', '2'), record('a', '3')], [0, 0, 0]);
    assert.deepEqual(sending.sent, [['a/0 1', 'a/0 3'], ['b/0 2']]);
  });

  it('fails when a partition is left out: sending again could write twice', async () => {
    const sending = sender([{ 'a/0': 1 }]);
    await assert.rejects(
      sendExactly(sending, [record('a', '1'), record('a', '2')], [0, 1]),
      /acknowledged 1 partitions of a, expected each of 2 once/,
    );
    assert.equal(sending.sent.length, 1);
  });

  it('fails when kafkajs sent a partition twice', async () => {
    const twice = {
      sendBatch: () =>
        Promise.resolve([0, 0].map(() => ({ topicName: 'a', partition: 0, errorCode: 0, baseOffset: '1' }))),
    };
    await assert.rejects(sendExactly(twice, [record('a', '1')], [0]), /acknowledged 2 partitions/);
  });
});

describe('what is more than a partition takes at once', () => {
  const large = (topic: string, mark: string, bytes: number): OutgoingRecord =>
    record(topic, mark.padEnd(bytes, '.'));
  /** Acknowledges everything; how many bytes went to each partition with each send. */
  function counting() {
    const sends: Readonly<Record<string, number>>[] = [];
    const next = new Map<string, number>();
    return {
      sends,
      sendBatch: ({
        topicMessages,
      }: {
        readonly topicMessages: TopicMessages[];
      }): Promise<RecordMetadata[]> => {
        const bytes: Record<string, number> = {};
        const results: RecordMetadata[] = [];
        for (const { topic, messages } of topicMessages)
          for (const { partition = 0, value } of messages) {
            const name = `${topic}/${String(partition)}`;
            const offset = next.get(name) ?? 0;
            if (bytes[name] === undefined)
              results.push({ topicName: topic, partition, errorCode: 0, baseOffset: String(offset) });
            bytes[name] = (bytes[name] ?? 0) + (value as Buffer).length;
            next.set(name, offset + 1);
          }
        sends.push(bytes);
        return Promise.resolve(results);
      },
    };
  }

  it('goes in rounds, each within a quarter of a megabyte a partition, or one record', async () => {
    const records = Array.from({ length: 40 }, (_unused, i) =>
      large('a', String(i), i % 10 === 9 ? 900_000 : 60_000),
    );
    const partitions = records.map((_unused, i) => i % 2);
    for (const send of [sendCompletely, sendExactly]) {
      const sending = counting();
      await send(sending, records, partitions, () => assert.fail());
      for (const bytes of sending.sends)
        for (const count of Object.values(bytes))
          assert.ok(count <= 256 * 1024 || count === 900_000, String(count));
      assert.equal(
        sending.sends.flatMap((bytes) => Object.values(bytes)).reduce((sum, count) => sum + count, 0),
        records.reduce((sum, { value }) => sum + value.length, 0),
      );
    }
  });

  it('has its positions in the order given', async () => {
    const records = Array.from({ length: 9 }, (_unused, i) => large('a', String(i), 200_000));
    const positions = await sendCompletely(counting(), records, [0, 1, 0, 1, 0, 0, 0, 1, 0], () =>
      assert.fail(),
    );
    assert.deepEqual(
      positions.map(({ partition, offset }) => [partition, offset]),
      [
        [0, 0],
        [1, 0],
        [0, 1],
        [1, 1],
        [0, 2],
        [0, 3],
        [0, 4],
        [1, 2],
        [0, 5],
      ],
    );
  });

  it('and is one record is refused by name, with its topic', async () => {
    for (const type of ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE']) {
      const refusing = {
        sendBatch: () =>
          Promise.reject(new Error('wrapped', { cause: Object.assign(new Error('refused'), { type }) })),
      };
      for (const send of [sendCompletely, sendExactly])
        await assert.rejects(
          send(refusing, [record('a', '1')], [0], () => undefined),
          (error: unknown) =>
            (error as ArrivalsError).code === 'record_too_large' &&
            !(error as ArrivalsError).retryable &&
            (error as ArrivalsError).topic === 'a',
        );
    }
  });
});

describe('kafkajs 2.2.4', () => {
  it('resolves without a partition whose leader moved to a broker that had answered before: the defect that sendCompletely makes good', async () => {
    const require = createRequire(import.meta.url);
    const createSendMessages = require('kafkajs/src/producer/sendMessages.js') as (
      options: unknown,
    ) => (batch: unknown) => Promise<RecordMetadata[]>;
    let leaderOfTwo = 'b';
    const produced: string[] = [];
    const broker = (nodeId: string) => ({
      nodeId,
      produce: ({
        topicData,
      }: {
        readonly topicData: readonly { topic: string; partitions: readonly { partition: string }[] }[];
      }) => {
        if (nodeId === 'b') {
          leaderOfTwo = 'a';
          return Promise.reject(
            Object.assign(new Error('gone'), { name: 'KafkaJSConnectionClosedError', retriable: true }),
          );
        }
        const partitions = topicData.flatMap((topic) => topic.partitions.map(({ partition }) => partition));
        produced.push(...partitions);
        return Promise.resolve({
          topics: [
            {
              topicName: 't',
              partitions: partitions.map((partition) => ({
                partition: Number(partition),
                errorCode: 0,
                offset: '0',
              })),
            },
          ],
        });
      },
    });
    const brokers: Readonly<Record<string, unknown>> = { a: broker('a'), b: broker('b') };
    const cluster = {
      targetTopics: new Set(['t']),
      addMultipleTargetTopics: () => Promise.resolve(),
      refreshMetadata: () => Promise.resolve(),
      refreshMetadataIfNecessary: () => Promise.resolve(),
      removeBroker: () => undefined,
      isConnected: () => true,
      findTopicPartitionMetadata: () => [{ partitionId: 1 }, { partitionId: 2 }],
      findLeaderForPartitions: () => (leaderOfTwo === 'b' ? { a: ['1'], b: ['2'] } : { a: ['1', '2'] }),
      findBroker: ({ nodeId }: { readonly nodeId: string }) => Promise.resolve(brokers[nodeId]),
    };
    const silent = () => undefined;
    const once = async (attempt: (bail: (error: unknown) => void) => Promise<unknown>) => {
      for (;;) {
        try {
          return await attempt((error) => assert.fail(String(error)));
        } catch {
          // As its retrier does.
        }
      }
    };
    const eosManager = {
      acquireBrokerLock: () => Promise.resolve(),
      releaseBrokerLock: () => Promise.resolve(),
      isTransactional: () => false,
      getSequence: () => 0,
      updateSequence: silent,
      getProducerId: () => -1,
      getProducerEpoch: () => 0,
    };
    const logger = { debug: silent, error: silent, warn: silent, info: silent };
    const partitioner = ({ message }: { readonly message: { readonly partition: number } }) =>
      message.partition;
    const send = createSendMessages({ logger, cluster, partitioner, eosManager, retrier: once });
    const messages = [1, 2].map((partition) => ({
      key: null,
      value: Buffer.from('x'),
      partition,
      headers: {},
    }));
    const results = await send({ acks: -1, timeout: 1000, topicMessages: [{ topic: 't', messages }] });
    assert.deepEqual(
      results.map(({ partition }) => partition),
      [1],
    );
    assert.deepEqual(produced, ['1']);
  });
});
