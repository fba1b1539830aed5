/**
 * Whether brokers do their work: a group that commits and a transaction, by every coordinator, not an open
 * port. What a question needs (a topic, groups) is deleted afterwards. A question is asked once; untilReady()
 * asks again.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Admin, type Consumer, Kafka, type KafkaConfig, logLevel } from 'kafkajs';
import { COORDINATORS, type KafkaOptions } from './kafka-settings.ts';

const JOIN_MS = 10_000;

export type Access = Pick<KafkaConfig, 'sasl' | 'ssl'>;

/** How a client gets in. Whether the certificate is for this name is not what is asked here. */
export function accessOf({ sasl, tls }: KafkaOptions): Access {
  return {
    ...(sasl && { sasl: { mechanism: 'scram-sha-512', ...sasl } }),
    ...(tls && {
      ssl: {
        rejectUnauthorized: false,
        cert: readFileSync(tls.certFile),
        key: readFileSync(tls.keyFile),
        ca: [readFileSync(tls.caFile)],
      },
    }),
  };
}

/** Whether these brokers are all there and every coordinator takes groups and transactions. */
export async function takesGroupsAndTransactions(
  brokers: readonly string[],
  access: Access,
): Promise<boolean> {
  const kafka = client(brokers, access);
  return withAdmin(kafka, async (admin) => {
    if ((await admin.describeCluster()).brokers.length < brokers.length) return false;
    const topic = `arrivals-probe-${randomUUID()}`;
    // Ids whose last characters follow each other fall to neighbouring coordinators.
    const ids = Array.from({ length: COORDINATORS }, (_unused, i) => `${topic}-${String(i)}`);
    await admin.createTopics({ topics: [{ topic }] });
    try {
      await Promise.all(
        ids.flatMap((id) => [commitInGroup(kafka, topic, id), commitTransaction(kafka, topic, id)]),
      );
      await admin.deleteGroups(ids);
    } finally {
      await admin.deleteTopics({ topics: [topic] });
    }
    return true;
  });
}

/** Whether a broker has caught up: it is in sync wherever it is a replica. */
export async function isInSync(broker: string, id: number, access: Access): Promise<boolean> {
  return withAdmin(client([broker], access), async (admin) => {
    const { brokers } = await admin.describeCluster();
    const { topics } = await admin.fetchTopicMetadata();
    const partitions = topics.flatMap((topic) => topic.partitions);
    return (
      brokers.some(({ nodeId }) => nodeId === id) &&
      partitions.every(({ replicas, isr }) => !replicas.includes(id) || isr.includes(id))
    );
  });
}

function client(brokers: readonly string[], access: Access): Kafka {
  const times = { connectionTimeout: 2000, authenticationTimeout: 2000, requestTimeout: 10_000 };
  return new Kafka({
    clientId: 'arrivals-probe',
    brokers: [...brokers],
    ...access,
    ...times,
    logLevel: logLevel.NOTHING,
    retry: { retries: 2 },
  });
}

async function withAdmin<T>(kafka: Kafka, ask: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    return await ask(admin);
  } finally {
    await admin.disconnect();
  }
}

async function commitInGroup(kafka: Kafka, topic: string, groupId: string): Promise<void> {
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 50 });
  try {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await joined(consumer);
    await consumer.commitOffsets([{ topic, partition: 0, offset: '0' }]);
  } finally {
    await consumer.disconnect();
  }
}

async function joined(consumer: Consumer): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error('nobody could join a group'));
    }, JOIN_MS);
    consumer.on(consumer.events.GROUP_JOIN, () => {
      clearTimeout(timer);
      resolve();
    });
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      clearTimeout(timer);
      reject(payload.error);
    });
    consumer.run({ eachMessage: () => Promise.resolve() }).catch(reject);
  });
}

async function commitTransaction(kafka: Kafka, topic: string, transactionalId: string): Promise<void> {
  const producer = kafka.producer({ transactionalId, idempotent: true, maxInFlightRequests: 1 });
  try {
    await producer.connect();
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: [{ value: 'probe' }] });
    await transaction.commit();
  } finally {
    await producer.disconnect();
  }
}
