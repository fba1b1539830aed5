/** Positions that a group has committed. */
import type { Admin } from './kafkajs.ts';

/** By partition; kafkajs writes negative numbers where there is no position, which are left out. */
export async function committedOffsets(admin: Admin, group: string, topic: string): Promise<ReadonlyMap<number, number>> {
  // Of all topics: kafkajs would ask for those partitions only of which it learned up to five minutes ago.
  const topics = await admin.fetchOffsets({ groupId: group });
  const partitions = topics.find((entry) => entry.topic === topic)?.partitions ?? [];
  return new Map(partitions.map(({ partition, offset }) => [partition, Number(offset)] as const).filter(([, offset]) => offset >= 0));
}
