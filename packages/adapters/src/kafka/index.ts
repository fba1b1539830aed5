/** The bus on Kafka. Only this folder uses kafkajs. */
export { type ConnectOptions, connectKafka, waitingTo } from './connect.ts';
export type { KafkaConnection } from './connection.ts';
export { deleteBeginnings } from './delete-records.ts';
export { forgetGroup } from './groups.ts';
export { type KafkaBusOptions, openKafkaBus } from './kafka-bus.ts';
export { partitionOfKey } from './partitions.ts';
export { type StartRetry, patiently } from './start-retry.ts';
export {
  describeDifference,
  differencesOf,
  type FoundTopic,
  type TopicDifference,
} from './topic-differences.ts';
export { type Applied, applyTopics, checkTopics, createTopics } from './topics.ts';

/** Parts that have tests of their own. */
export { withoutAborted } from './aborted-records.ts';
export { Assignment } from './assignment.ts';
export { BatchDelivery } from './batch-delivery.ts';
export { adviceOn, notMade } from './failures.ts';
export { type Codec, inflate } from './inflate.ts';
export type { PartitionSession } from './partition-session.ts';
export { failureClass } from './start-retry.ts';
export { PlainSession } from './plain-session.ts';
export { sendCompletely, sendExactly } from './publisher.ts';
export { type BatchParts, INFLATED_BYTES_MAX, recordsOfBatches, withinAnswer } from './record-batches.ts';
export type { InternalRecord } from './record-batches.ts';
