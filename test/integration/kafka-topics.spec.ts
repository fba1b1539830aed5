/**
 * `arrivals topics apply|check` on a real broker: what is missing is made, what differs is told, what is
 * others' is left alone.
 */
import assert from 'node:assert/strict';
import kafkajs, { type Admin } from 'kafkajs';
import { arrivals, type Finished } from '../support/arrivals.ts';
import { Distributed } from '../support/distributed.ts';
import { kafka } from '../support/infrastructure/kafka.ts';
import { STARTING_MS } from '../support/infrastructure/ready.ts';

// Node finds not every name that this CommonJS module exports.
const { ConfigResourceTypes, Kafka, logLevel } = kafkajs;

interface Report {
  readonly created: readonly string[];
  readonly changed: readonly { readonly topic: string; readonly what: string }[];
  readonly differences: readonly {
    readonly topic: string;
    readonly what: string;
    readonly unsafe: boolean;
  }[];
}

describe('arrivals topics', () => {
  let admin: Admin;
  let distributed: Distributed;
  let audit: string;

  before(async function () {
    this.timeout(STARTING_MS);
    const { brokers } = await kafka();
    admin = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
  });
  after(() => admin.disconnect());
  beforeEach(async () => {
    distributed = await Distributed.create(
      { ARRIVALS_AUDIT_RETENTION_MS: '7200000' },
      (await kafka()).brokers,
      'redis://127.0.0.1:1',
    );
    audit = distributed.settings['ARRIVALS_AUDIT_TOPIC'] ?? '';
  });

  const topics = (action: string, more: Readonly<Record<string, string>> = {}): Promise<Finished> =>
    arrivals(['topics', action, '--json'], { settings: { ...distributed.settings, ...more } });
  const report = ({ stdout, stderr }: Finished): Report => {
    assert.notEqual(stdout, '', stderr);
    return JSON.parse(stdout) as Report;
  };
  const settingsOf = async (topic: string): Promise<ReadonlyMap<string, string>> => {
    const { resources } = await admin.describeConfigs({
      resources: [{ type: ConfigResourceTypes.TOPIC, name: topic }],
      includeSynonyms: false,
    });
    return new Map(
      resources[0]?.configEntries.map(({ configName, configValue }) => [configName, configValue]),
    );
  };
  const set = (topic: string, entries: Readonly<Record<string, string>>): Promise<unknown> =>
    admin.alterConfigs({
      validateOnly: false,
      resources: [
        {
          type: ConfigResourceTypes.TOPIC,
          name: topic,
          configEntries: Object.entries(entries).map(([name, value]) => ({ name, value })),
        },
      ],
    });

  it('check reports missing topics, with exit code 1', async () => {
    const finished = await topics('check');
    assert.equal(finished.code, 1);
    assert.deepEqual(
      report(finished).differences.map(({ what, unsafe }) => [what, unsafe]),
      Array.from({ length: 4 }, () => ['topic', true]),
    );
  }).timeout(30_000);

  it('apply makes them as they have to be, and again changes nothing', async () => {
    const finished = await topics('apply');
    assert.equal(finished.code, 0, finished.stderr);
    assert.equal(report(finished).created.length, 4);
    const settings = await settingsOf(audit);
    assert.deepEqual(
      ['cleanup.policy', 'retention.ms', 'segment.ms', 'max.message.bytes'].map((name) => settings.get(name)),
      ['delete', '7200000', '3600000', '1048588'],
    );
    const { created, changed, differences } = report(await topics('apply'));
    assert.deepEqual([created, changed, differences], [[], [], []]);
    assert.equal((await topics('check')).code, 0);
  }).timeout(30_000);

  it('apply corrects what is unsafe and adds partitions, and keeps what others have set', async () => {
    await topics('apply');
    await set(audit, {
      'cleanup.policy': 'compact',
      'retention.ms': '-1',
      'segment.ms': '604800000',
      'max.message.bytes': '1000',
      'file.delete.delay.ms': '12345',
    });
    const found = await topics('check', { ARRIVALS_TOPIC_PARTITIONS: '6' });
    assert.equal(found.code, 1);
    const ofAudit = report(found).differences.filter(({ topic }) => topic === audit);
    assert.deepEqual(ofAudit.map(({ what, unsafe }) => `${what} ${String(unsafe)}`).sort(), [
      'cleanup.policy true',
      'max.message.bytes true',
      // What is set at once replaces all that was set.
      'message.timestamp.type false',
      'partitions false',
      'retention.ms true',
      'segment.ms true',
    ]);
    const applied = await topics('apply', { ARRIVALS_TOPIC_PARTITIONS: '6' });
    assert.equal(applied.code, 0, applied.stderr);
    assert.deepEqual(report(applied).differences, []);
    const settings = await settingsOf(audit);
    assert.deepEqual(
      ['cleanup.policy', 'retention.ms', 'segment.ms', 'max.message.bytes', 'file.delete.delay.ms'].map(
        (name) => settings.get(name),
      ),
      ['delete', '7200000', '3600000', '1048588', '12345'],
    );
    const { topics: described } = await admin.fetchTopicMetadata({ topics: [audit] });
    assert.equal(described[0]?.partitions.length, 6);
  }).timeout(30_000);

  it('report fewer partitions as a difference that cannot be changed in place', async () => {
    await topics('apply');
    const { code, stdout } = await topics('apply', { ARRIVALS_TOPIC_PARTITIONS: '2' });
    assert.equal(code, 0);
    assert.ok((JSON.parse(stdout) as Report).differences.every(({ what }) => what === 'partitions'));
  }).timeout(30_000);

  it('keep a service from starting on topics that are unsafe, in words', async () => {
    await topics('apply');
    await set(audit, { 'cleanup.policy': 'compact' });
    const { code, stderr } = await arrivals(['webhook'], {
      settings: { ...distributed.settings, ARRIVALS_LISTEN_PORT: '0' },
    });
    assert.equal(code, 1);
    assert.ok(stderr.includes(`${audit}: cleanup.policy: expected delete, found compact`), stderr);
    assert.ok(stderr.includes('topics_differ'));
  }).timeout(30_000);

  it('keep a service that only checks from starting without them', async () => {
    const { code, stderr } = await arrivals(['webhook'], {
      settings: { ...distributed.settings, ARRIVALS_TOPICS_AT_START: 'check', ARRIVALS_LISTEN_PORT: '0' },
    });
    assert.equal(code, 1);
    assert.ok(stderr.includes(`${audit}: there is no such topic`), stderr);
  }).timeout(30_000);

  it('report that no broker responds, within the time given', async () => {
    const { code, stderr } = await arrivals(['webhook'], {
      settings: {
        ...distributed.settings,
        ARRIVALS_KAFKA_BROKERS: '127.0.0.1:1',
        ARRIVALS_START_TIMEOUT_MS: '1000',
        ARRIVALS_LISTEN_PORT: '0',
      },
    });
    assert.equal(code, 1);
    assert.match(stderr, /bus_unavailable/);
    assert.match(stderr, /127\.0\.0\.1:1/);
  }).timeout(40_000);
});
