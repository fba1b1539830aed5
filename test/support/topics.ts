/** Topics on a real broker for one test, under names that no other test has. */
import { type ITopicConfig, Kafka, logLevel } from 'kafkajs';
import { randomUUID } from 'node:crypto';
import { eventually } from './eventually.ts';

export interface TestTopics {
  /** The name that a topic has on the broker. */
  name(topic: string): string;
  remove(): Promise<void>;
}

export async function createTopics(
  brokers: readonly string[],
  topics: readonly string[],
  numPartitions: number,
  more: Partial<ITopicConfig> = {},
): Promise<TestTopics> {
  const run = randomUUID().slice(0, 8);
  const name = (topic: string): string => `${topic}-${run}`;
  const admin = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.createTopics({
    topics: topics.map((topic) => ({ topic: name(topic), numPartitions, ...more })),
    waitForLeaders: true,
  });
  // A partition has a leader before the leader knows of it.
  for (const topic of topics)
    await eventually(`the partitions of ${topic}`, () => admin.fetchTopicOffsets(name(topic)), 20_000);
  return {
    name,
    remove: async () => {
      await admin.deleteTopics({ topics: topics.map(name) }).catch(() => undefined);
      await admin.disconnect();
    },
  };
}
