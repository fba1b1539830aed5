/**
 * Makes and checks the topics.
 *
 * Invariant: `createTopics` makes what is missing and changes nothing that exists; `applyTopics` also changes
 * settings and adds partitions, and leaves other settings alone. Nothing is ever deleted or made smaller.
 */
import type { TopicSpec } from '@arrivals/core';
import { ArrivalsError } from '@arrivals/core/light';
import { setTimeout as sleep } from 'node:timers/promises';
import { kafkaClient, type KafkaConnection, protocolErrorType } from './connection.ts';
import { notMade } from './failures.ts';
import { type Admin, ConfigResourceTypes } from './kafkajs.ts';
import { partitionsOf, whereKnown } from './partitions.ts';
import { type StartRetry, patiently } from './start-retry.ts';
import {
  differencesOf,
  type FoundTopic,
  missingTopic,
  settingsOf,
  type TopicDifference,
} from './topic-differences.ts';

/** Where a setting of a topic comes from: 1 is the topic itself (KafkaJS ConfigSource, KIP-226). */
const SET_FOR_THE_TOPIC = 1;

const MADE_TIMEOUT_MS = 10_000;
const MADE_POLL_MS = 100;

/** What differs, in the order of the specs. @throws ArrivalsError bus_unavailable */
export function checkTopics(
  connection: KafkaConnection,
  specs: readonly TopicSpec[],
  startRetry: StartRetry,
): Promise<readonly TopicDifference[]> {
  return withAdmin(connection, startRetry, (admin) => check(admin, specs));
}

/** Makes the topics that are missing, then checks. @throws ArrivalsError bus_unavailable */
export function createTopics(
  connection: KafkaConnection,
  specs: readonly TopicSpec[],
  startRetry: StartRetry,
): Promise<readonly TopicDifference[]> {
  // Also by a try that failed afterwards.
  const created = new Set<string>();
  return withAdmin(connection, startRetry, async (admin) => {
    await createMissing(admin, specs, created);
    const differences = await checkMade(admin, specs);
    const ours = differences.filter(({ topic, fix }) => fix !== undefined && created.has(topic));
    if (ours.length === 0) return differences;
    // How many replicas it has by the brokers' own default is known only now.
    for (const spec of specs)
      await alterSettings(
        admin,
        spec,
        ours.filter(({ topic }) => topic === spec.name),
      );
    return check(admin, specs);
  });
}

export interface Applied {
  readonly created: readonly string[];
  readonly changed: readonly TopicDifference[];
  /** What cannot be changed in place. */
  readonly remaining: readonly TopicDifference[];
}

/**
 * Makes the topics as they have to be, as far as that can be done in place. @throws ArrivalsError
 * bus_unavailable
 */
export function applyTopics(
  connection: KafkaConnection,
  specs: readonly TopicSpec[],
  startRetry: StartRetry,
): Promise<Applied> {
  const created = new Set<string>();
  const changed: TopicDifference[] = [];
  return withAdmin(connection, startRetry, async (admin) => {
    await createMissing(admin, specs, created);
    const fixable = (await checkMade(admin, specs)).filter(({ fix }) => fix !== undefined);
    for (const spec of specs) {
      const fixes = fixable.filter(({ topic }) => topic === spec.name);
      await addPartitions(admin, spec, fixes);
      await alterSettings(admin, spec, fixes);
      changed.push(...fixes);
    }
    return { created: [...created], changed, remaining: await check(admin, specs) };
  });
}

/** All of it again after what passes with time: each step looks at what is there first. */
async function withAdmin<T>(
  connection: KafkaConnection,
  startRetry: StartRetry,
  work: (admin: Admin) => Promise<T>,
): Promise<T> {
  return patiently(async () => {
    const admin = kafkaClient(connection).admin();
    try {
      await admin.connect();
      return await work(admin);
    } finally {
      await admin.disconnect().catch(() => undefined);
    }
  }, startRetry);
}

async function check(admin: Admin, specs: readonly TopicSpec[]): Promise<readonly TopicDifference[]> {
  const differences: TopicDifference[] = [];
  for (const spec of specs) {
    const found = await find(admin, spec.name);
    differences.push(...(found === undefined ? [missingTopic(spec)] : differencesOf(spec, found)));
  }
  return differences;
}

/** A topic that was made a moment ago, perhaps by another process, is not known to every broker at once. */
async function checkMade(admin: Admin, specs: readonly TopicSpec[]): Promise<readonly TopicDifference[]> {
  for (const endMs = performance.now() + MADE_TIMEOUT_MS; ;) {
    const differences = await check(admin, specs);
    if (performance.now() > endMs || differences.every(({ what }) => what !== 'topic')) return differences;
    await sleep(MADE_POLL_MS);
  }
}

async function createMissing(admin: Admin, specs: readonly TopicSpec[], created: Set<string>): Promise<void> {
  const present = new Set(await admin.listTopics());
  for (const spec of specs.filter(({ name }) => !present.has(name))) {
    const configEntries = Object.entries(settingsOf(spec)).map(([name, value]) => ({ name, value }));
    const replicationFactor = spec.replication === 0 ? -1 : spec.replication;
    try {
      // checkMade() waits: kafkajs would give up at the first broker that has not heard of the topic yet.
      const topics = [{ topic: spec.name, numPartitions: spec.partitions, replicationFactor, configEntries }];
      if (await admin.createTopics({ topics, waitForLeaders: false })) created.add(spec.name);
    } catch (error) {
      // Another process that starts at the same time was quicker.
      if (protocolErrorType(error) === 'TOPIC_ALREADY_EXISTS') continue;
      throw await couldNotMake(admin, spec, error);
    }
  }
}

async function couldNotMake(admin: Admin, spec: TopicSpec, error: unknown): Promise<ArrivalsError> {
  const brokers = await admin.describeCluster().then(
    (cluster) => cluster.brokers.length,
    () => 0,
  );
  return new ArrivalsError('bus_unavailable', notMade(spec, brokers, error), { cause: error });
}

async function find(admin: Admin, topic: string): Promise<FoundTopic | undefined> {
  const partitions = await partitionsOf(admin, topic);
  // Another broker may answer, and not know it yet.
  const entries = partitions.length === 0 ? undefined : await whereKnown(settingsFound(admin, topic));
  if (entries === undefined) return undefined;
  return {
    partitions: partitions.length,
    replication: Math.min(...partitions.map(({ replicas }) => replicas.length)),
    settings: new Map(entries.map(({ configName, configValue }) => [configName, configValue])),
  };
}

async function settingsFound(
  admin: Admin,
  topic: string,
): Promise<
  readonly { readonly configName: string; readonly configValue: string; readonly configSource: number }[]
> {
  const { resources } = await admin.describeConfigs({
    resources: [{ type: ConfigResourceTypes.TOPIC, name: topic }],
    includeSynonyms: false,
  });
  return resources[0]?.configEntries ?? [];
}

async function addPartitions(
  admin: Admin,
  { name, partitions }: TopicSpec,
  fixes: readonly TopicDifference[],
): Promise<void> {
  if (fixes.some(({ what }) => what === 'partitions'))
    await admin.createPartitions({ topicPartitions: [{ topic: name, count: partitions }] });
}

/** This call of Kafka's replaces all that was set for the topic, so what others have set goes along. */
async function alterSettings(
  admin: Admin,
  { name }: TopicSpec,
  fixes: readonly TopicDifference[],
): Promise<void> {
  const settings = fixes.filter(({ what }) => what !== 'partitions');
  if (settings.length === 0) return;
  const present = (await settingsFound(admin, name)).filter(
    ({ configSource }) => configSource === SET_FOR_THE_TOPIC,
  );
  const wanted = new Map([
    ...present.map(({ configName, configValue }) => [configName, configValue] as const),
    ...settings.map(({ what, fix }) => [what, fix ?? ''] as const),
  ]);
  await admin.alterConfigs({
    validateOnly: false,
    resources: [
      {
        type: ConfigResourceTypes.TOPIC,
        name,
        configEntries: [...wanted].map(([key, value]) => ({ name: key, value })),
      },
    ],
  });
}
