/**
 * The audit webhook: POST /v1/clusters/{cluster}/audit.
 *
 * Invariant: 200 means that every item of the body is durable, on the bus or in the spool, as an event or as
 * a dead letter; after any other response the sender has to send it again. One bad item never fails its
 * batch: an API server would drop all of it. The body of an unauthorized sender is not read.
 */
import {
  ArrivalsError,
  BODY_ITEMS_MAX,
  CLUSTER_NAME,
  microsOfMillis,
  type Telemetry,
  type TopicNames,
} from '@arrivals/core';
import {
  authorize,
  type BodyLimits,
  BodyReceiver,
  type Hold,
  json,
  type Retain,
  type Route,
  type Senders,
} from '@arrivals/host';
import { randomUUID } from 'node:crypto';
import type { Delivery } from './delivery.ts';
import type { Ingestion } from './ingest.ts';
import { IngestThreads } from './ingest-threads.ts';

export interface WebhookOptions {
  readonly delivery: Delivery;
  readonly telemetry: Telemetry;
  readonly clusters: ReadonlySet<string>;
  /**
   * Who may send for which cluster; null: every client. Both are read for each request, as they may change.
   */
  readonly senders: Senders | null;
  readonly topics: TopicNames;
  readonly limits: BodyLimits;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export function auditRoute(options: WebhookOptions): Route {
  const bodies = new BodyReceiver(options.limits);
  const ingestThreads = new IngestThreads(
    { ...options.limits, itemsMax: options.limits.bodyItemsMax ?? BODY_ITEMS_MAX },
    options.topics,
  );
  return {
    method: 'POST',
    path: '/v1/clusters/{cluster}/audit',
    handle: async ({ message, parameters, vouch }) => {
      const { senders, clusters } = options;
      const startedMs = options.now();
      const cluster = clusterNamed(parameters['cluster'] ?? '');
      // Before the check of the cluster: an unauthorized sender must not learn which clusters exist.
      const sender = senders === null ? undefined : authorize(message, cluster, senders, startedMs);
      if (sender !== undefined) vouch(sender, 'known');
      if (!clusters.has(cluster))
        throw new ArrivalsError(
          'cluster_unknown',
          `the cluster ${JSON.stringify(cluster)} is not configured`,
        );
      return bodies.receive(
        message,
        async (body, retain, hold) => {
          const { events, deadLettered } = await acceptBatch(
            body,
            { cluster, startedMs, retain, hold, ingestThreads },
            options,
          );
          if (sender === undefined) vouch(`cluster ${cluster}`, 'accepted');
          return json({
            accepted: events,
            deadLettered: Object.values(deadLettered).reduce((sum, count) => sum + count, 0),
          });
        },
        sender ?? `cluster ${cluster}`,
      );
    },
  };
}

interface Posted {
  readonly cluster: string;
  readonly startedMs: number;
  readonly retain: Retain;
  readonly hold: Hold;
  readonly ingestThreads: IngestThreads;
}

/**
 * Receives one body and makes it durable. @throws ArrivalsError body_not_json, body_not_event_list,
 * overloaded, and what the delivery throws
 */
async function acceptBatch(
  body: Buffer,
  { cluster, startedMs, retain, hold, ingestThreads }: Posted,
  options: WebhookOptions,
): Promise<Ingestion> {
  const requestId = randomUUID();
  const receivedAtMicros = microsOfMillis(options.now());
  // Its memory is transferred to the thread, with the bytes.
  const { length: bytes } = body;
  const { ingest, extraBytes } = await ingestThreads.take(body, { cluster, requestId, receivedAtMicros });
  hold(extraBytes);
  await options.delivery.deliver(ingest, retain);
  for (const [platform, entries] of ingest.ignored)
    options.telemetry.emit({ type: 'entries_ignored', cluster, platform, entries });
  options.telemetry.emit({
    type: 'batch_accepted',
    cluster,
    requestId,
    events: ingest.events,
    bytes,
    records: ingest.records.length,
    cutEvents: ingest.cutEvents,
    seconds: (options.now() - startedMs) / 1000,
  });
  return ingest;
}

function clusterNamed(name: string): string {
  if (CLUSTER_NAME.test(name)) return name;
  throw new ArrivalsError(
    'cluster_name_invalid',
    `expected a cluster name, found ${JSON.stringify(name.slice(0, 80))}`,
  );
}
