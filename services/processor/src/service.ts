/**
 * The processor as a service of its own: raw topic on Kafka, claims in Redis, alerts on Kafka.
 *
 * Invariant: it keeps nothing itself; as many instances as the raw topic has partitions share the work. It
 * serves health, metrics and its ledger, and to this machine alone what was published.
 */
import { publishedRoutes } from '@arrivals/api';
import type { Attempts, Bus, State } from '@arrivals/core';
import {
  gaugeConnections,
  healthRoutes,
  kafkaOptions,
  listen,
  observedBy,
  redisOptions,
  stateLossOptions,
  type RunningService,
  type Service,
  type ServiceContext,
  topicNames,
  topicSpecs,
} from '@arrivals/host';
import { readFileSync } from 'node:fs';
import { loadRiskLists } from './risk-lists.ts';
import { type Processor, startProcessor } from './processor.ts';

const ABOUT = `Reads raw events from Kafka, deduplicates creations in Redis and publishes alerts. As many of them as the raw topic has
partitions share the work. Ends at SIGTERM or Ctrl-C after draining, with exit code 0.

Example: ARRIVALS_KAFKA_BROKERS=kafka-1:9092 ARRIVALS_REDIS_URL=redis://redis:6379 arrivals processor`;

export const processorService: Service = {
  name: 'processor',
  about: ABOUT,
  version: (
    JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
      readonly version: string;
    }
  ).version,
  start: startService,
  banner: ({ url }, { auditTopic, alertsTopic, group }) =>
    `The processor is up: ${auditTopic} → ${alertsTopic}, group ${group}; health at ${url}/readyz.\n`,
};

/** @throws ArrivalsError bus_unavailable, topics_differ, listen_failed, config_invalid, lists_invalid */
async function startService({
  config,
  log,
  telemetry,
  signal,
  doing,
}: ServiceContext): Promise<RunningService> {
  const riskLists = loadRiskLists(config.listsDir);
  // Their libraries take their time to load, and most commands need neither.
  const [{ connectKafka, partitionOfKey, patiently, waitingTo }, { openRedisAttempts, openRedisState }] =
    await Promise.all([import('@arrivals/adapters/kafka'), import('@arrivals/adapters/redis')]);
  const connection = { ...kafkaOptions(config), onLog: log.debug.bind(log) };
  const topics = topicSpecs(config);
  const { topicsAtStart, delivery } = config;
  const state = openRedisState({ ...redisOptions(config), telemetry });
  const attempts = openRedisAttempts({ ...redisOptions(config), telemetry, group: config.group });
  let bus: Bus | undefined;
  let processor: Processor | undefined;
  try {
    bus = await connectKafka({
      connection,
      telemetry,
      topics,
      topicsAtStart,
      delivery,
      timeoutMs: config.startTimeoutMs,
      signal,
    });
    const options = {
      bus,
      state,
      attempts,
      doing,
      telemetry,
      topics: topicNames(config),
      group: config.group,
      ...stateLossOptions(config),
      riskLists,
      now: Date.now,
    };
    // Brokers that were never asked for a group have no coordinator for some seconds.
    const patience = { timeoutMs: config.startTimeoutMs, signal, onWait: waitingTo(telemetry) };
    const running = await patiently(() => startProcessor(options), patience);
    processor = running;
    const routes = [
      // Consent to serve everybody is about who sends; it was given to a listener that receives.
      ...publishedRoutes(bus, options.topics, {
        readersLocal: true,
        hosts: config.hosts,
        partitionOf: partitionOfKey,
      }),
      ...healthRoutes({ telemetry, bus, state, problems: () => running.problems() }),
    ];
    const server = await listen({ ...observedBy(config, telemetry), port: config.healthPort, routes });
    gaugeConnections(telemetry.registry, server);
    const parts = { bus, state, attempts, processor };
    return {
      url: server.url,
      ended: processor.ended,
      close: async () => {
        await server.close();
        await closeAll(parts);
      },
    };
  } catch (error) {
    await closeAll({ bus, state, attempts, processor });
    throw error;
  }
}

interface Parts {
  readonly processor: Processor | undefined;
  readonly bus: Bus | undefined;
  readonly state: State;
  readonly attempts: Attempts;
}

/** First nothing new is taken and what runs is committed, then the connections go. */
async function closeAll({ processor, bus, state, attempts }: Parts): Promise<void> {
  await processor?.close();
  await bus?.close();
  await attempts.close();
  await state.close();
}
