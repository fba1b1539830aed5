/** What an operator reads when Kafka refuses. */
import { adviceOn, notMade } from '@arrivals/adapters/kafka';
import assert from 'node:assert/strict';

const ofTopic = (type: string, message: string): Error =>
  Object.assign(new Error('Topic creation errors'), {
    errors: [Object.assign(new Error(message), { type })],
  });

describe('the words for Kafka’s refusals', () => {
  it('name topic, setting, what is there and what to do when there are too few brokers', () => {
    const words = notMade(
      { name: 'k8s.alerts', partitions: 6, replication: 3 },
      1,
      ofTopic('INVALID_REPLICATION_FACTOR', 'Replication-factor is invalid'),
    );
    assert.equal(
      words,
      'Kafka: the topic k8s.alerts cannot be made with 3 replicas: 1 broker is there (Replication-factor is invalid); ' +
        'start more brokers, or set ARRIVALS_TOPIC_REPLICATION to 1 or less',
    );
    const byDefault = notMade(
      { name: 't', partitions: 6, replication: 0 },
      2,
      ofTopic('INVALID_REPLICATION_FACTOR', 'x'),
    );
    assert.match(byDefault, /the brokers’ own number of replicas: 2 brokers are there/);
  });

  it('name the setting of partitions, and what a policy or missing rights want', () => {
    const topic = { name: 't', partitions: 1000, replication: 1 };
    assert.match(
      notMade(topic, 1, ofTopic('INVALID_PARTITIONS', 'x')),
      /1000 partitions.*ARRIVALS_TOPIC_PARTITIONS/,
    );
    assert.match(notMade(topic, 1, ofTopic('POLICY_VIOLATION', 'x')), /ARRIVALS_TOPICS_AT_START=check/);
    assert.match(notMade(topic, 1, ofTopic('TOPIC_AUTHORIZATION_FAILED', 'x')), /CREATE/);
  });

  it('name the setting with the addresses when a connection fails', () => {
    const connection = Object.assign(new Error('connect ECONNREFUSED'), { name: 'KafkaJSConnectionError' });
    assert.match(
      adviceOn(Object.assign(new Error('x'), { cause: connection })) ?? '',
      /ARRIVALS_KAFKA_BROKERS/,
    );
    assert.equal(adviceOn(new Error('anything else')), undefined);
    assert.equal(adviceOn('not even an error'), undefined);
  });
});
