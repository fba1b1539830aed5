/**
 * The audit webhook: POST /v1/clusters/{cluster}/audit.
 *
 * Invariant: 200 means that every item of the body is durable on the bus, as an event or as a dead letter; anything else
 * means that the sender has to send it again. One bad item never fails its batch: an API server would drop all of it.
 * Nothing is read of the body of who may not send.
 */
import { ArrivalsError, type Bus, CLUSTER_NAME, microsOfMillis, type Telemetry, type TopicNames } from '@arrivals/core';
import { authorize, json, type Route, type Senders } from '@arrivals/host';
import { randomUUID } from 'node:crypto';
import { type BodyLimits, BodyReceiver } from './body.ts';
import { type Intake, takeIn } from './intake.ts';

export interface WebhookOptions {
  readonly bus: Pick<Bus, 'publish'>;
  readonly telemetry: Telemetry;
  readonly clusters: ReadonlySet<string>;
  /** Who may send for which of them; null: whoever reaches the port. */
  readonly senders: Senders | null;
  readonly topics: TopicNames;
  readonly limits: BodyLimits;
  readonly publishTimeoutMs: number;
  /** Whether the processor runs in another process: then what is durable on the bus has left this one. */
  readonly passesOn: boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export function auditRoute(options: WebhookOptions): Route {
  const bodies = new BodyReceiver(options.limits);
  return {
    method: 'POST',
    path: '/v1/clusters/{cluster}/audit',
    handle: async ({ message, parameters }) => {
      const startedMs = options.now();
      const cluster = clusterNamed(parameters['cluster'] ?? '');
      // Before it is known whether the cluster is one of ours: who may not send must not learn that.
      if (options.senders !== null) authorize(message, cluster, options.senders, startedMs);
      if (!options.clusters.has(cluster)) throw new ArrivalsError('cluster_unknown', `the cluster ${JSON.stringify(cluster)} is not configured`);
      return bodies.receive(message, async (body) => {
        const intake = await acceptBatch(body, cluster, startedMs, options);
        return json({ accepted: intake.events, deadLettered: intake.deadLettered.length });
      });
    },
  };
}

/** Takes one body in and makes it durable. @throws ArrivalsError body_not_json, body_not_event_list, bus_unavailable, bus_full */
async function acceptBatch(body: Buffer, cluster: string, startedMs: number, options: WebhookOptions): Promise<Intake> {
  const requestId = randomUUID();
  const receivedMs = options.now();
  const intake = takeIn(body, { cluster, requestId, receivedAtMicros: microsOfMillis(receivedMs), topics: options.topics });
  await publish(intake, options, () => {
    account(intake, cluster, options);
  });
  options.telemetry.emit({
    type: 'batch_accepted',
    cluster,
    requestId,
    events: intake.events,
    bytes: body.length,
    records: intake.records.length,
    cutEvents: intake.cutEvents,
    seconds: (options.now() - startedMs) / 1000,
  });
  return intake;
}

/**
 * Calls `done` when the records are durable, be it after the sender was told 503: then they count, and what the sender sends
 * again are duplicates.
 */
async function publish(intake: Intake, { bus, publishTimeoutMs }: WebhookOptions, done: () => void): Promise<void> {
  const stop = new AbortController();
  const published = intake.records.length === 0 ? Promise.resolve() : bus.publish(intake.records, stop.signal).then(() => undefined);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      stop.abort();
      reject(new ArrivalsError('bus_unavailable', `the bus did not acknowledge within ${String(publishTimeoutMs)} ms`));
    }, publishTimeoutMs);
  });
  try {
    await Promise.race([published.then(done), late]);
  } catch (error) {
    throw asUnavailable(error);
  } finally {
    clearTimeout(timer);
  }
}

/** A topic that takes too little is for an operator to put right: until then the sender holds on, as if the bus were away. */
function asUnavailable(error: unknown): unknown {
  if (!(error instanceof ArrivalsError) || error.code !== 'record_too_large') return error;
  return new ArrivalsError('bus_unavailable', `${error.message}; see \`arrivals topics check\``, { cause: error });
}

function account(intake: Intake, cluster: string, { telemetry, passesOn }: WebhookOptions): void {
  const passedOn = passesOn ? intake.events - intake.deadLettered.length : 0;
  telemetry.emit({ type: 'events_entered', cluster, events: intake.events, from: 'webhook' });
  for (const reason of intake.deadLettered) telemetry.emit({ type: 'event_dead_lettered', cluster, reason });
  if (passedOn > 0) telemetry.emit({ type: 'events_passed_on', cluster, events: passedOn });
  telemetry.emit({ type: 'events_left', cluster, events: intake.deadLettered.length + passedOn });
}

function clusterNamed(name: string): string {
  if (CLUSTER_NAME.test(name)) return name;
  throw new ArrivalsError('cluster_name_invalid', `expected a cluster name, found ${JSON.stringify(name.slice(0, 80))}`);
}
