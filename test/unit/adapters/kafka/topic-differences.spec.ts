/** How a topic differs from what it has to be, and which differences would break a promise. */
import { describeDifference, differencesOf, type FoundTopic } from '@arrivals/adapters/kafka';
import type { TopicSpec } from '@arrivals/core';
import assert from 'node:assert/strict';

const AUDIT: TopicSpec = {
  name: 'audit',
  partitions: 6,
  replication: 0,
  retentionMs: 86_400_000,
  segmentMs: 3_600_000,
  recordBytesMax: 1_048_588,
};
const ALERTS: TopicSpec = {
  name: 'alerts',
  partitions: 6,
  replication: 0,
  retentionMs: 86_400_000,
  recordBytesMax: 1_048_588,
};

const SETTINGS = {
  'cleanup.policy': 'delete',
  'retention.ms': '86400000',
  'segment.ms': '3600000',
  'max.message.bytes': '1048588',
  'min.insync.replicas': '1',
  'message.timestamp.type': 'LogAppendTime',
  'unclean.leader.election.enable': 'false',
  'retention.bytes': '-1',
};

const found = (
  settings: Readonly<Record<string, string>> = {},
  more: Partial<FoundTopic> = {},
): FoundTopic => ({
  partitions: 6,
  replication: 1,
  settings: new Map(Object.entries({ ...SETTINGS, ...settings })),
  ...more,
});

/** As "what unsafe|harmless fix". */
const told = (spec: TopicSpec, topic: FoundTopic): readonly string[] =>
  differencesOf(spec, topic).map(
    ({ what, unsafe, fix }) => `${what} ${unsafe ? 'unsafe' : 'harmless'} ${fix ?? 'not in place'}`,
  );

describe('a topic as it has to be', () => {
  it('has no differences', () => {
    assert.deepEqual(told(AUDIT, found()), []);
    assert.deepEqual(told(ALERTS, found({ 'segment.ms': '604800000' })), []);
  });

  it('may take larger records, fill segments for a shorter time, and keep alerts for longer', () => {
    assert.deepEqual(told(AUDIT, found({ 'max.message.bytes': '9000000', 'segment.ms': '60000' })), []);
    assert.deepEqual(told(ALERTS, found({ 'retention.ms': '-1' })), []);
  });
});

describe('how a topic is compressed', () => {
  it('is reported where the broker does it, which is read all the same', () => {
    for (const kept of ['producer', 'uncompressed'])
      assert.deepEqual(told(AUDIT, found({ 'compression.type': kept })), []);
    for (const codec of ['gzip', 'snappy', 'lz4', 'zstd']) {
      assert.deepEqual(told(AUDIT, found({ 'compression.type': codec })), [
        'compression.type harmless not in place',
      ]);
      const [difference] = differencesOf(AUDIT, found({ 'compression.type': codec }));
      assert.ok(
        difference !== undefined &&
          describeDifference(difference).includes(`found ${codec}, which is read too`),
      );
    }
  });
});

describe('what is unsafe in a topic', () => {
  for (const [why, spec, settings, line] of [
    [
      'compaction, which drops events',
      AUDIT,
      { 'cleanup.policy': 'compact' },
      'cleanup.policy unsafe delete',
    ],
    [
      'compaction beside deletion',
      ALERTS,
      { 'cleanup.policy': 'compact,delete' },
      'cleanup.policy unsafe delete',
    ],
    [
      'a limit that refuses records',
      AUDIT,
      { 'max.message.bytes': '1000000' },
      'max.message.bytes unsafe 1048588',
    ],
    [
      'raw events that outlive the memory of creations',
      AUDIT,
      { 'retention.ms': '86400001' },
      'retention.ms unsafe 86400000',
    ],
    ['raw events that are kept for ever', AUDIT, { 'retention.ms': '-1' }, 'retention.ms unsafe 86400000'],
    ['segments that keep them for longer', AUDIT, { 'segment.ms': '604800000' }, 'segment.ms unsafe 3600000'],
    [
      'a leader that lacks acknowledged records',
      ALERTS,
      { 'unclean.leader.election.enable': 'true' },
      'unclean.leader.election.enable unsafe false',
    ],
    ['a setting that is not known', AUDIT, { 'cleanup.policy': '' }, 'cleanup.policy unsafe delete'],
  ] as const) {
    it(`is ${why}`, () => {
      assert.deepEqual(told(spec, found(settings)), [line]);
    });
  }

  it('is one replica being enough where there are three', () => {
    assert.deepEqual(told(AUDIT, found({}, { replication: 3 })), ['min.insync.replicas unsafe 2']);
    assert.deepEqual(told(AUDIT, found({ 'min.insync.replicas': '2' }, { replication: 3 })), []);
    assert.deepEqual(told(AUDIT, found({}, { replication: 2 })), []);
  });
});

describe('what is reported of a topic all the same', () => {
  it('is a retention that is shorter', () => {
    assert.deepEqual(told(AUDIT, found({ 'retention.ms': '60000' })), ['retention.ms harmless 86400000']);
  });

  it('are a bound in bytes on raw events, and times that are the sender’s', () => {
    assert.deepEqual(told(AUDIT, found({ 'retention.bytes': '1000000' })), [
      'retention.bytes harmless not in place',
    ]);
    assert.deepEqual(told(AUDIT, found({ 'message.timestamp.type': 'CreateTime' })), [
      'message.timestamp.type harmless LogAppendTime',
    ]);
  });

  it('are other partitions; fewer can be added, more cannot be taken away', () => {
    assert.deepEqual(told(AUDIT, found({}, { partitions: 3 })), ['partitions harmless 6']);
    assert.deepEqual(told(AUDIT, found({}, { partitions: 12 })), ['partitions harmless not in place']);
  });

  it('are fewer replicas than were asked for', () => {
    assert.deepEqual(told({ ...AUDIT, replication: 3 }, found()), ['replication harmless not in place']);
  });

  it('has what was expected and what was found', () => {
    const [difference] = differencesOf(AUDIT, found({ 'cleanup.policy': 'compact' }));
    assert.ok(difference !== undefined);
    assert.equal(describeDifference(difference), 'audit: cleanup.policy: expected delete, found compact');
    assert.equal(
      describeDifference({ topic: 'audit', what: 'topic', expected: 'it', found: 'none', unsafe: true }),
      'audit: there is no such topic',
    );
  });
});
