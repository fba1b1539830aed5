/**
 * The Kafka adapter on a real broker: the bus contract, with one partition and with several, with
 * transactions and without.
 */
import { openKafkaBus } from '@arrivals/adapters/kafka';
import { kafka } from '../support/infrastructure/kafka.ts';
import { STARTING_MS } from '../support/infrastructure/ready.ts';
import { silent } from '../support/telemetry.ts';
import { createTopics } from '../support/topics.ts';
import { busContract } from './bus.contract.ts';

describe('Kafka', function () {
  this.timeout(30_000);

  before(async function () {
    this.timeout(STARTING_MS);
    await kafka();
  });

  for (const [partitions, delivery] of [
    [1, 'exactly-once'],
    [3, 'exactly-once'],
    [3, 'at-least-once'],
  ] as const) {
    busContract(`the Kafka adapter, ${delivery}, topics of ${String(partitions)}`, async () => {
      const { brokers } = await kafka();
      const topics = await createTopics(brokers, ['in', 'out'], partitions);
      const open = () => openKafkaBus({ connection: { brokers }, telemetry: silent, delivery });
      let bus = open();
      return {
        bus,
        topics: { in: topics.name('in'), out: topics.name('out') },
        asOne: delivery === 'exactly-once',
        // Above a broker's default of max.message.bytes.
        refusedBytes: 1_100_000,
        reopen: async () => {
          await bus.close();
          bus = open();
          return bus;
        },
        dispose: async () => {
          await bus.close();
          await topics.remove();
        },
      };
    });
  }
});
