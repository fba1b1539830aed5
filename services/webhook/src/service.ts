/**
 * The webhook as a service of its own: receives audit batches and puts them on Kafka, for processors elsewhere.
 *
 * Invariant: it keeps nothing itself; any number of instances may run side by side.
 */
import { connectKafka } from '@arrivals/adapters/kafka';
import type { Bus } from '@arrivals/core';
import {
  type Config,
  healthRoutes,
  type HostTelemetry,
  type HttpServer,
  kafkaOptions,
  listen,
  listenOptions,
  type RunningService,
  type Service,
  type ServiceContext,
  topicNames,
  topicSpecs,
} from '@arrivals/host';
import { readFileSync } from 'node:fs';
import { auditRoute } from './webhook.ts';

const ABOUT = `Receives audit events from API servers and puts them on Kafka. Any number of them may run; processors take it from there
(\`arrivals processor\`). Ends at SIGTERM or Ctrl-C after draining, with exit code 0.

Example: ARRIVALS_KAFKA_BROKERS=kafka-1:9092,kafka-2:9092 ARRIVALS_CLUSTERS=prod-eu arrivals webhook`;

export const webhookService: Service = {
  name: 'webhook',
  summary: 'run the audit webhook alone, on Kafka',
  about: ABOUT,
  version: (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { readonly version: string }).version,
  start: startWebhook,
  banner: ({ url }, { clusters }) => `The audit webhook is up: POST ${url}/v1/clusters/{cluster}/audit for ${String(clusters.size)} configured.\n`,
};

/** @throws ArrivalsError bus_unavailable, topics_differ, listen_failed, config_invalid */
async function startWebhook({ config, log, telemetry, signal }: ServiceContext): Promise<RunningService> {
  const connection = { ...kafkaOptions(config), onLog: log.debug.bind(log) };
  const topics = topicSpecs(config);
  const topicsAtStart = config.topicsAtStart === 'check' ? 'check' : 'create';
  const bus = await connectKafka({ connection, telemetry, topics, topicsAtStart, timeoutMs: config.startTimeoutMs, signal });
  try {
    const server = await serve(config, bus, telemetry);
    let end: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    return {
      url: server.url,
      ended,
      close: async () => {
        await server.close();
        await bus.close();
        end();
      },
    };
  } catch (error) {
    await bus.close();
    throw error;
  }
}

function serve(config: Config, bus: Bus, telemetry: HostTelemetry): Promise<HttpServer> {
  const webhook = auditRoute({
    bus,
    telemetry,
    clusters: config.clusters,
    senders: config.senders,
    topics: topicNames(config),
    limits: config,
    publishTimeoutMs: config.publishTimeoutMs,
    passesOn: true,
    now: Date.now,
  });
  return listen({ ...listenOptions(config, telemetry), routes: [webhook, ...healthRoutes({ telemetry, bus, problems: () => [] })] });
}
