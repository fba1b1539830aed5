/**
 * Deletes the beginning of partitions, which is all that Kafka can delete of a topic whose records are kept
 * by age.
 *
 * Invariant: nothing at or after the offset given is touched. Space is freed once a whole segment has gone.
 */
import { busError, kafkaClient, type KafkaConnection } from './connection.ts';

/** @param before by partition: the first offset that stays. @throws ArrivalsError bus_unavailable */
export async function deleteBeginnings(
  connection: KafkaConnection,
  topic: string,
  before: ReadonlyMap<number, number>,
): Promise<void> {
  const admin = kafkaClient(connection).admin();
  try {
    await admin.connect();
    // kafkajs 2 looks for the partitions' leaders before it has fetched any: this fetches.
    await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({
      topic,
      partitions: [...before].map(([partition, offset]) => ({ partition, offset: String(offset) })),
    });
  } catch (error) {
    throw busError(error);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
