/**
 * What the fault suite counts with: it must see what is repeated, aborted, flagged and still open, or its
 * zeros mean nothing.
 */
import { Kafka, logLevel, type Message } from 'kafkajs';
import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.ts';
import { hasOpenTransactions, topicHoldings, TopicFollower } from '../support/faults/observe.ts';
import { kafka } from '../support/infrastructure/kafka.ts';
import { STARTING_MS } from '../support/infrastructure/ready.ts';
import { createTopics, type TestTopics } from '../support/topics.ts';

const alert = (alertId: string, uid: string, flags: readonly string[] = []): Message => ({
  key: alertId,
  value: JSON.stringify({ alertId, revision: 1, flags, object: { uid } }),
  headers: { alert_id: alertId, revision: '1' },
});

describe('the fault suite’s account of a topic', () => {
  let brokers: readonly string[];
  let topics: TestTopics;
  let topic: string;

  before(async function () {
    this.timeout(STARTING_MS);
    ({ brokers } = await kafka());
    topics = await createTopics(brokers, ['account'], 2);
    topic = topics.name('account');
  });
  after(async () => {
    await topics.remove();
  });

  it('counts repeats at both isolation levels, flagged alerts and creations with two alert ids, and waits for open transactions', async () => {
    const producer = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).producer({
      transactionalId: topic,
      idempotent: true,
      maxInFlightRequests: 1,
    });
    const follower = new TopicFollower(brokers, topic);
    await producer.connect();
    try {
      const send = async (messages: readonly Message[]) => {
        const transaction = await producer.transaction();
        await transaction.send({ topic, messages: [...messages] });
        return transaction;
      };
      await (
        await send([
          alert('a', 'uid-a'),
          alert('b', 'uid-b'),
          alert('c', 'uid-c'),
          alert('c', 'uid-c', ['afterStateLoss']),
        ])
      ).commit();
      await (await send([alert('a', 'uid-a'), alert('other', 'uid-b')])).commit();
      await (await send([alert('a', 'uid-a'), alert('b', 'uid-b'), alert('never', 'uid-never')])).abort();
      const open = await send([alert('late', 'uid-late')]);
      assert.equal(await hasOpenTransactions(brokers, topic), true);
      await open.commit();
      await eventually('its end', async () => !(await hasOpenTransactions(brokers, topic)) || undefined);

      const [committed, uncommitted] = [
        await topicHoldings(brokers, topic, 'read_committed'),
        await topicHoldings(brokers, topic, 'read_uncommitted'),
      ];
      assert.deepEqual([...committed.uids].sort(), ['uid-a', 'uid-b', 'uid-c', 'uid-late']);
      assert.deepEqual(
        [committed.records, committed.repeated, committed.repeatedFlagged, committed.toldUnderTwoIds],
        [7, 2, 1, 1],
      );
      assert.deepEqual(
        [uncommitted.records, uncommitted.repeated, uncommitted.uids.has('uid-never')],
        [10, 4, true],
      );
      await eventually(
        'a follower to see what was committed',
        () => follower.firstSeenMs.size === 4 || undefined,
      );
      assert.equal(follower.firstSeenMs.has('uid-never'), false);
    } finally {
      await follower.stop();
      await producer.disconnect();
    }
  }).timeout(60_000);
});
