/** The bus on Kafka. The only place that knows kafkajs. */
export { type KafkaConnection, type KafkaSasl, type KafkaTls } from './connection.ts';
export { type KafkaBusOptions, openKafkaBus } from './kafka-bus.ts';
export { describeDifference, type TopicDifference } from './topic-differences.ts';
export { type Applied, applyTopics, checkTopics, createTopics } from './topics.ts';
export { type ConnectOptions, connectKafka } from './connect.ts';
export { withoutAborted } from './aborted-records.ts';
export { sendCompletely, sendExactly } from './publisher.ts';
