/** Positions in partitions: those that a group has committed, and where a partition begins. */
import type { UseAdmin } from './clients.ts';

/** By partition; kafkajs writes negative numbers where there is no position, which are left out. */
export async function committedOffsets(
  useAdmin: UseAdmin,
  group: string,
  topic: string,
): Promise<ReadonlyMap<number, number>> {
  // Of all topics: kafkajs would request only partitions from metadata up to five minutes old.
  const topics = await useAdmin((admin) => admin.fetchOffsets({ groupId: group }));
  const partitions = topics.find((entry) => entry.topic === topic)?.partitions ?? [];
  return new Map(
    partitions
      .map(({ partition, offset }) => [partition, Number(offset)] as const)
      .filter(([, offset]) => offset >= 0),
  );
}

export async function earliestOffset(useAdmin: UseAdmin, topic: string, partition: number): Promise<number> {
  const offsets = await useAdmin((admin) => admin.fetchTopicOffsets(topic));
  return Number(offsets.find((entry) => entry.partition === partition)?.low ?? 0);
}
