/**
 * The webhook as a service of its own: receives audit batches and puts them on Kafka, for processors
 * elsewhere.
 *
 * Invariant: any number of instances may run side by side. It keeps nothing itself but what is in its spool,
 * where it has one; with a spool it starts and serves while Kafka is away, without one it starts on Kafka
 * alone.
 */
import type { ConnectOptions } from '@arrivals/adapters/kafka';
import { openSpool, type Spool } from '@arrivals/adapters/spool';
import type { Bus } from '@arrivals/core';
import {
  type Config,
  gaugeConnections,
  gaugeSpool,
  type HealthOptions,
  healthRoutes,
  type HostTelemetry,
  type HttpServer,
  kafkaOptions,
  listen,
  listenOptions,
  liveSenders,
  reloading,
  type RunningService,
  type Service,
  type ServiceContext,
  topicNames,
  topicSpecs,
} from '@arrivals/host';
import { readFileSync } from 'node:fs';
import { type Delivery, directDelivery } from './delivery.ts';
import { SpoolingDelivery } from './spooling.ts';
import { auditRoute } from './webhook.ts';

const ABOUT = `Receives audit events from API servers and puts them on Kafka. Any number of them may run; processors take it from there
(\`arrivals processor\`). With ARRIVALS_SPOOL_DIR, what Kafka does not take in time is kept on disk until it does, and the webhook
starts without Kafka too. Ends at SIGTERM or Ctrl-C after draining, with exit code 0.

Example: ARRIVALS_KAFKA_BROKERS=kafka-1:9092,kafka-2:9092 ARRIVALS_CLUSTERS=prod-eu arrivals webhook`;

export const webhookService: Service = {
  name: 'webhook',
  about: ABOUT,
  version: (
    JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
      readonly version: string;
    }
  ).version,
  start: (context) => (context.config.spoolDir === '' ? startDirect(context) : startSpooling(context)),
  banner: ({ url }, { clusters }) =>
    `The audit webhook is up: POST ${url}/v1/clusters/{cluster}/audit for ${String(clusters.size)} configured.\n`,
};

/** @throws ArrivalsError bus_unavailable, topics_differ, listen_failed, config_invalid */
async function startDirect(context: ServiceContext): Promise<RunningService> {
  const { config, telemetry, signal } = context;
  const bus = await connect({ ...connectOptions(context), timeoutMs: config.startTimeoutMs, signal });
  try {
    const delivery = directDelivery({ bus, telemetry, limits: config, passesOn: true });
    const server = await serve(config, delivery, telemetry, { bus, problems: () => [] });
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

/** @throws ArrivalsError store_locked, store_format_unknown, store_unusable, listen_failed, config_invalid */
async function startSpooling(context: ServiceContext): Promise<RunningService> {
  const { config, telemetry } = context;
  const { spoolAgeMaxMs: ageMaxMs } = config;
  const connecting = { ...connectOptions(context), timeoutMs: Number.POSITIVE_INFINITY };
  const spool = openSpool({
    folder: config.spoolDir,
    exclusive: config.storeExclusive === 'on',
    bytesMax: config.spoolBytesMax,
    ageMaxMs,
    now: Date.now,
  });
  try {
    gaugeSpool(telemetry.registry, () => spool.stats(), Date.now);
    // The other half of the memory is for bodies that are just coming.
    const pendingBytesMax = config.bodiesBytesMax / 2;
    const delivery = new SpoolingDelivery({
      spool,
      telemetry,
      afterMs: config.spoolAfterMs,
      pendingBytesMax,
      ageMaxMs,
      now: Date.now,
    });
    const server = await serve(config, delivery, telemetry, {
      bus: delivery,
      problems: () => [],
      notes: () => delivery.notes(),
    });
    return { url: server.url, ...drainWhenConnected(connecting, { server, delivery, spool }) };
  } catch (error) {
    await spool.close();
    throw error;
  }
}

interface Parts {
  readonly server: HttpServer;
  readonly delivery: SpoolingDelivery;
  readonly spool: Spool;
}

/** Serves on while Kafka is away; ends when it comes with topics that would break a promise. */
function drainWhenConnected(
  options: Omit<ConnectOptions, 'signal'>,
  { server, delivery, spool }: Parts,
): Pick<RunningService, 'ended' | 'close'> {
  const stop = new AbortController();
  let bus: Bus | undefined;
  const run = async (): Promise<void> => {
    try {
      const connected = await connect({ ...options, signal: stop.signal });
      if (stop.signal.aborted) {
        await connected.close();
        return;
      }
      bus = connected;
      await delivery.connect(connected);
    } catch (error) {
      if (!stop.signal.aborted) throw error;
    }
  };
  return {
    ended: run(),
    // A call to a Kafka that is away may last; nobody waits for it.
    close: async () => {
      await server.close();
      stop.abort();
      await delivery.close();
      await bus?.close();
      await spool.close();
    },
  };
}

/** Its library takes its time to load, and most commands do not need it. */
async function connect(options: ConnectOptions): Promise<Bus> {
  const { connectKafka } = await import('@arrivals/adapters/kafka');
  return connectKafka(options);
}

function connectOptions({
  config,
  log,
  telemetry,
}: ServiceContext): Omit<ConnectOptions, 'signal' | 'timeoutMs'> {
  return {
    connection: { ...kafkaOptions(config), onLog: log.debug.bind(log) },
    telemetry,
    topics: topicSpecs(config),
    topicsAtStart: config.topicsAtStart,
  };
}

async function serve(
  config: Config,
  delivery: Delivery,
  telemetry: HostTelemetry,
  health: Omit<HealthOptions, 'telemetry'>,
): Promise<HttpServer> {
  const trusted = liveSenders(config, reloading(config, telemetry));
  const webhook = auditRoute({
    delivery,
    telemetry,
    get clusters() {
      return trusted.clusters;
    },
    get senders() {
      return trusted.senders;
    },
    topics: topicNames(config),
    limits: config,
    now: Date.now,
  });
  const routes = [webhook, ...healthRoutes({ telemetry, ...health })];
  const server = await listen({
    ...listenOptions(config, telemetry, trusted),
    leaveMs: config.leaveMs,
    routes,
  }).catch((error: unknown) => {
    trusted.close();
    throw error;
  });
  gaugeConnections(telemetry.registry, server);
  return {
    ...server,
    close: () => {
      trusted.close();
      return server.close();
    },
  };
}
