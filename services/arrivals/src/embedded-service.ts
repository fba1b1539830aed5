/**
 * Webhook, processor and API in one process, on the embedded bus and state: what `arrivals up` and `arrivals
 * replay` run.
 *
 * Invariant: acknowledged events survive the process. Shutdown is in order: no new requests, then pending
 * requests and the present batch end, then the store closes.
 */
import { type Embedded, openEmbedded } from '@arrivals/adapters/embedded';
import { dropRoute, publishedRoutes, replayRoute } from '@arrivals/api';
import type { Bus } from '@arrivals/core';
import { asArrivalsError, TOPICS } from '@arrivals/core/light';
import {
  type Config,
  contextOptions,
  gaugeConnections,
  healthRoutes,
  type HostTelemetry,
  type HttpServer,
  listen,
  listenOptions,
  liveSenders,
  type Log,
  reloading,
  stateLossOptions,
} from '@arrivals/host';
import { loadRiskLists, type Processor, startProcessor } from '@arrivals/processor';
import { auditRoute, directDelivery } from '@arrivals/webhook';

export interface EmbeddedService {
  readonly url: string;
  readonly bus: Bus;
  /** Whether no event had ever been received at its start. */
  readonly isNew: boolean;
  readonly telemetry: HostTelemetry;
  /** Rejects when the service cannot continue; resolves after close(). */
  readonly ended: Promise<void>;
  close(): Promise<void>;
}

/** The group under which the store keeps its offset. */
const GROUP = 'arrivals-processor';
const MAINTENANCE_INTERVAL_MS = 60_000;

/** @throws ArrivalsError lists_invalid, store_locked, store_format_unknown, store_unusable, listen_failed */
export async function startEmbeddedService(
  config: Config,
  log: Log,
  telemetry: HostTelemetry,
  doing: (words: string) => void = () => undefined,
): Promise<EmbeddedService> {
  const now = Date.now;
  const riskLists = loadRiskLists(config.listsDir);
  const embedded = openEmbedded({
    folder: config.dataDir,
    exclusive: config.storeExclusive === 'on',
    topics: topicSettings(config),
    claimTtlMs: config.claimTtlMs,
    ...contextOptions(config),
    telemetry,
    now,
  });
  try {
    const { bus, state, attempts } = embedded;
    const enteredFrom = new Map(
      (await bus.offsets(TOPICS.audit)).map(({ partition, next }) => [partition, next]),
    );
    const options = {
      bus,
      state,
      attempts,
      doing,
      telemetry,
      topics: TOPICS,
      group: GROUP,
      ...stateLossOptions(config),
      enteredFrom,
      riskLists,
      now,
    };
    const processor = await startProcessor(options);
    const server = await serve(config, embedded, processor, telemetry).catch(async (error: unknown) => {
      await processor.close();
      throw error;
    });
    const maintenance = setInterval(() => {
      embedded.maintain().catch((error: unknown) => {
        log.error('retention could not be applied', {
          error: asArrivalsError(error, 'state_unavailable').message,
        });
      });
    }, MAINTENANCE_INTERVAL_MS).unref();
    return {
      url: server.url,
      bus,
      isNew: [...enteredFrom.values()].every((next) => next === 0),
      telemetry,
      ended: processor.ended,
      close: async () => {
        clearInterval(maintenance);
        await server.close();
        await processor.close();
        await embedded.close();
      },
    };
  } catch (error) {
    await embedded.close();
    throw error;
  }
}

async function serve(
  config: Config,
  embedded: Embedded,
  processor: Processor,
  telemetry: HostTelemetry,
): Promise<HttpServer> {
  const { bus, state } = embedded;
  const trusted = liveSenders(config, reloading(config, telemetry));
  const webhook = auditRoute({
    delivery: directDelivery({ bus, telemetry, limits: config, passesOn: false }),
    telemetry,
    get clusters() {
      return trusted.clusters;
    },
    get senders() {
      return trusted.senders;
    },
    topics: TOPICS,
    limits: config,
    now: Date.now,
  });
  const server = await listen({
    ...listenOptions(config, telemetry, trusted),
    routes: [
      webhook,
      ...publishedRoutes(bus, TOPICS, { ...config, gapless: true, damage: () => embedded.damage() }),
      replayRoute(bus, TOPICS, telemetry),
      dropRoute(bus, (topic, offsets) => embedded.removeRecords(topic, offsets), TOPICS, telemetry),
      ...healthRoutes({ telemetry, bus, state, problems: () => processor.problems() }),
    ],
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

/** Of the embedded store. */
export function topicSettings(config: Config): Parameters<typeof openEmbedded>[0]['topics'] {
  return {
    [TOPICS.audit]: {
      retentionMs: config.auditRetentionMs,
      retentionBytes: config.auditRetentionBytes,
      keepUnread: true,
    },
    [TOPICS.alerts]: {
      retentionMs: config.alertRetentionMs,
      retentionBytes: config.alertRetentionBytes,
      keepUnread: false,
    },
    [TOPICS.deadLetters]: {
      retentionMs: config.deadLetterRetentionMs,
      retentionBytes: config.deadLetterRetentionBytes,
      keepUnread: false,
    },
  };
}
