/**
 * Deletes consumer groups.
 *
 * Invariant: only a group without members is deleted, so that no reader loses its positions.
 */
import { kafkaClient, type KafkaConnection, protocolErrorType } from './connection.ts';
import { type StartRetry, patiently } from './start-retry.ts';

/**
 * Deletes the group with its positions; one that is not there is none to delete. @throws ArrivalsError
 * bus_unavailable
 */
export async function forgetGroup(
  connection: KafkaConnection,
  group: string,
  startRetry: StartRetry,
): Promise<void> {
  await patiently(async () => {
    const admin = kafkaClient(connection).admin();
    try {
      await admin.connect();
      const { groups } = await admin.listGroups();
      if (groups.some(({ groupId }) => groupId === group)) await admin.deleteGroups([group]);
    } catch (error) {
      if (protocolErrorType(error) !== 'GROUP_ID_NOT_FOUND') throw error;
    } finally {
      await admin.disconnect().catch(() => undefined);
    }
  }, startRetry);
}
