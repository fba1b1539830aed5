/**
 * Turns telemetry events into metrics, log lines and the ledger.
 *
 * Invariant: labels come from closed sets and configured names only: a cluster that is none of those
 * configured, as anybody who may write to the raw topic can invent them, counts as OTHER_CLUSTERS, and stands
 * by its name in the log alone. A metric's name and meaning are public: dashboards and alert rules rest on
 * them.
 */
import { Ledger, type Telemetry, type TelemetryEvent, UNKNOWN_CLUSTER } from '@arrivals/core';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import {
  type ConnectionEvent,
  ConnectionMetrics,
  isOfConnections,
  writeOfConnections,
} from '../http/connection-metrics.ts';
import type { Log } from './log.ts';
import { RefusalLog } from './refusal-log.ts';
import { countOfSteps, createStepMetrics, isOfSteps, writeOfSteps } from './step-telemetry.ts';

export interface HostTelemetry extends Telemetry {
  readonly registry: Registry;
  readonly ledger: Ledger;
  /** Writes what log lines were held back so far. */
  flush(): void;
}

const SECONDS_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20];

/** No name of a cluster has brackets. */
export const OTHER_CLUSTERS = '(other)';

/** `clusters`: those that metrics name. Without it the caller sees to it that there are few. */
export function createTelemetry(log: Log, clusters?: ReadonlySet<string>): HostTelemetry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const ledger = new Ledger();
  const metrics = createMetrics(registry, ledger);
  const refusals = new RefusalLog({ write: log.warn.bind(log) });
  return {
    registry,
    ledger,
    emit: (sent) => {
      ledger.emit(sent);
      const event = clusters === undefined ? sent : bounded(sent, clusters);
      if (isOfConnections(event)) {
        metrics.connections.count(event);
        writeOfConnections(log, refusals, event);
        return;
      }
      count(metrics, event);
      write(log, refusals, event);
    },
    flush: () => {
      refusals.flush();
    },
  };
}

function bounded(event: TelemetryEvent, clusters: ReadonlySet<string>): TelemetryEvent {
  if (!('cluster' in event) || clusters.has(event.cluster) || event.cluster === UNKNOWN_CLUSTER) return event;
  return { ...event, cluster: OTHER_CLUSTERS };
}

type Metrics = ReturnType<typeof createMetrics>;

function counters(
  registry: Registry,
): <T extends string>(name: string, help: string, labelNames: readonly T[]) => Counter<T> {
  return (name, help, labelNames) =>
    new Counter({ name, help, labelNames: [...labelNames], registers: [registry] });
}

/** About the state, and what is remembered there. */
// eslint-disable-next-line @typescript-eslint/explicit-function-return-type -- the list is the type
function createStateMetrics(registry: Registry) {
  const counter = counters(registry);
  return {
    stateLosses: counter(
      'arrivals_state_losses_total',
      'Times that claims were found to be lost: creations may be told twice, flagged. Not intended.',
      ['of'],
    ),
    forgotten: counter(
      'arrivals_context_forgotten_total',
      'Things of the context that were forgotten before their time, for want of room: later alerts may know less. See ARRIVALS_CONTEXT_SUBJECTS_MAX; it also happens when nine tenths of Redis’ memory are used.',
      ['cluster'],
    ),
    contextSkipped: counter(
      'arrivals_context_skipped_facts_total',
      'Facts that are missing from the context, as the state was away. Not intended: `arrivals rebuild` reads them again.',
      [],
    ),
    revised: counter('arrivals_alerts_revised_total', 'Later revisions of alerts that were published.', [
      'cluster',
    ]),
    exhausted: counter(
      'arrivals_revisions_exhausted_total',
      'Times that more became known of an alert that has all its revisions.',
      ['cluster'],
    ),
    missed: counter(
      'arrivals_revisions_missed_total',
      'Alerts of which more may have become known and that were not told anew: their event is gone from the bus, too many were woken at once, the context has forgotten what they told, or the bus refused the record. Not intended.',
      ['cluster', 'reason'],
    ),
    unchecked: counter(
      'arrivals_alerts_unchecked_total',
      'Alerts that were published without asking the state, as it was away; each is flagged.',
      [],
    ),
  };
}

// eslint-disable-next-line @typescript-eslint/explicit-function-return-type -- the list is the type
function createMetrics(registry: Registry, ledger: Ledger) {
  const registers = [registry];
  const counter = counters(registry);
  new Gauge({
    name: 'arrivals_events_in_flight',
    help: 'Events that entered and have no durable outcome yet.',
    registers,
    collect() {
      this.set(ledger.report().inFlight);
    },
  });
  new Gauge({
    name: 'arrivals_ledger_balanced',
    help: '1 while accepted = alerted + filtered + duplicate + dead-lettered + passed on + in flight; 0 is a fault in Arrivals.',
    registers,
    collect() {
      this.set(ledger.report().balanced ? 1 : 0);
    },
  });
  return {
    accepted: counter(
      'arrivals_events_accepted_total',
      'Events that entered: taken by the webhook, found on the bus or in the spool from before the start, or put back from the dead letters.',
      ['cluster', 'from'],
    ),
    alerted: counter('arrivals_alerts_total', 'Alerts that were published.', ['cluster', 'kind']),
    filtered: counter('arrivals_events_filtered_total', 'Events that are no creation, by reason. Intended.', [
      'cluster',
      'reason',
    ]),
    passedOn: counter(
      'arrivals_events_passed_on_total',
      'Events that are durable on the bus for another process to decide on. Intended.',
      ['cluster'],
    ),
    givenBack: counter(
      'arrivals_events_given_back_total',
      'Events that were taken from the bus and left there, as another process has them now. Intended.',
      ['cluster'],
    ),
    duplicate: counter(
      'arrivals_events_duplicate_total',
      'Creations that another event had told of. Intended.',
      ['cluster'],
    ),
    deadLettered: counter(
      'arrivals_events_dead_lettered_total',
      'Events that were set aside, by reason. Not intended: look at the dead-letter topic.',
      ['cluster', 'reason'],
    ),
    dropped: counter(
      'arrivals_dead_letters_dropped_total',
      'Dead letters that were deleted on somebody’s word; the log says which, and on whose. Intended.',
      [],
    ),
    cut: counter(
      'arrivals_events_cut_total',
      'Events that were too large for a record and lost parts of their bodies.',
      ['cluster'],
    ),
    ignored: counter(
      'arrivals_log_entries_ignored_total',
      'Entries of other logs that a platform delivered together with its audit log. Intended.',
      ['cluster', 'platform'],
    ),
    refused: counter('arrivals_requests_refused_total', 'Requests that were refused, by error code.', [
      'code',
    ]),
    connections: new ConnectionMetrics(registry),
    ...createStateMetrics(registry),
    ...createStepMetrics(counter),
    spooled: counter(
      'arrivals_spool_batches_spooled_total',
      'Batches that the bus did not take in time and that went to the spool.',
      ['cluster'],
    ),
    drained: counter(
      'arrivals_spool_batches_drained_total',
      'Batches of the spool that are on the bus now.',
      [],
    ),
    overdue: counter(
      'arrivals_spool_batches_overdue_total',
      'Batches that were older than ARRIVALS_SPOOL_AGE_MAX_MS when they came to the bus: a copy of their events may be told a second time.',
      [],
    ),
    lost: counter(
      'arrivals_records_lost_total',
      'Records of the raw topic that were deleted before they were read: events are lost. Raise its retention.',
      ['topic'],
    ),
    completed: counter(
      'arrivals_publishes_completed_total',
      'Records that the bus had left out of an acknowledgement, and that were sent again.',
      [],
    ),
    warnings: counter(
      'arrivals_dependency_warnings_total',
      'Warnings about Kafka, Redis and the embedded store, by what they are about.',
      ['of', 'what'],
    ),
    partitions: new Gauge({
      name: 'arrivals_partitions_assigned',
      help: 'Partitions of the raw topic that this process reads.',
      registers,
    }),
    bytes: counter('arrivals_webhook_bytes_total', 'Bytes of accepted request bodies.', ['cluster']),
    accept: new Histogram({
      name: 'arrivals_webhook_seconds',
      help: 'Time from the request’s head to its durable answer.',
      labelNames: ['cluster'],
      buckets: SECONDS_BUCKETS,
      registers,
    }),
    process: new Histogram({
      name: 'arrivals_process_seconds',
      help: 'Time to process and commit a batch of records.',
      buckets: SECONDS_BUCKETS,
      registers,
    }),
  };
}

function count(metrics: Metrics, event: Exclude<TelemetryEvent, ConnectionEvent>): void {
  if (isOfSteps(event)) {
    countOfSteps(metrics, event);
    return;
  }
  switch (event.type) {
    case 'batch_accepted':
      metrics.bytes.inc({ cluster: event.cluster }, event.bytes);
      if (event.cutEvents > 0) metrics.cut.inc({ cluster: event.cluster }, event.cutEvents);
      metrics.accept.observe({ cluster: event.cluster }, event.seconds);
      return;
    case 'entries_ignored':
      metrics.ignored.inc({ cluster: event.cluster, platform: event.platform }, event.entries);
      return;
    case 'batch_spooled':
      metrics.spooled.inc({ cluster: event.cluster });
      return;
    case 'batches_drained':
      metrics.drained.inc(event.batches);
      metrics.overdue.inc(event.overdue);
      return;
    case 'request_refused':
      metrics.refused.inc({ code: event.code });
      return;
    case 'events_entered':
      metrics.accepted.inc({ cluster: event.cluster, from: event.from }, event.events);
      return;
    case 'events_left':
      return;
    case 'events_passed_on':
      metrics.passedOn.inc({ cluster: event.cluster }, event.events);
      return;
    case 'events_given_back':
      metrics.givenBack.inc({ cluster: event.cluster }, event.events);
      return;
    case 'events_dead_lettered':
      metrics.deadLettered.inc({ cluster: event.cluster, reason: event.reason }, event.events);
      return;
    case 'events_filtered':
      metrics.filtered.inc({ cluster: event.cluster, reason: event.reason }, event.events);
      return;
    case 'event_duplicate':
      metrics.duplicate.inc({ cluster: event.cluster });
      return;
    case 'alert_published':
      metrics.alerted.inc({ cluster: event.cluster, kind: event.kind });
      return;
    case 'records_processed':
      metrics.process.observe(event.seconds);
      return;
    case 'state_lost':
    case 'context_forgotten':
    case 'context_skipped':
    case 'alert_revised':
    case 'revisions_exhausted':
    case 'revision_missed':
    case 'alerts_passed':
    case 'dead_letters_dropped':
      countOfState(metrics, event);
      return;
    case 'state_restored':
      return;
    case 'records_lost':
      metrics.lost.inc({ topic: event.topic }, event.records);
      return;
    case 'publish_completed':
      metrics.completed.inc(event.missing);
      return;
    case 'partitions_assigned':
      metrics.partitions.set(event.partitions.length);
      return;
    case 'dependency_warning':
      metrics.warnings.inc({ of: event.of, what: event.what });
  }
}

/**
 * One line a batch; single events are in the metrics and, where they went wrong, in the dead-letter topic.
 */
type StateEvent = Extract<
  TelemetryEvent,
  {
    readonly type:
      | 'state_lost'
      | 'context_forgotten'
      | 'context_skipped'
      | 'alert_revised'
      | 'revisions_exhausted'
      | 'revision_missed'
      | 'alerts_passed'
      | 'dead_letters_dropped';
  }
>;

function countOfState(metrics: Metrics, event: StateEvent): void {
  switch (event.type) {
    case 'state_lost':
      metrics.stateLosses.inc({ of: event.of });
      return;
    case 'dead_letters_dropped':
      metrics.dropped.inc(event.letters.length);
      return;
    case 'context_forgotten':
      metrics.forgotten.inc({ cluster: event.cluster }, event.subjects);
      return;
    case 'context_skipped':
      metrics.contextSkipped.inc(event.facts);
      return;
    case 'alert_revised':
      metrics.revised.inc({ cluster: event.cluster });
      return;
    case 'revisions_exhausted':
      metrics.exhausted.inc({ cluster: event.cluster });
      return;
    case 'revision_missed':
      metrics.missed.inc({ cluster: event.cluster, reason: event.reason });
      return;
    case 'alerts_passed':
      metrics.unchecked.inc(event.events);
      return;
  }
}

function write(log: Log, refusals: RefusalLog, event: Exclude<TelemetryEvent, ConnectionEvent>): void {
  if (isOfSteps(event)) {
    writeOfSteps(log, event);
    return;
  }
  switch (event.type) {
    case 'batch_accepted':
      log.debug('batch accepted', event);
      return;
    case 'batch_spooled':
      log.debug('batch spooled', event);
      return;
    case 'batches_drained':
      if (event.overdue > 0)
        log.warn('batches of the spool are on the bus, some older than they may become', event);
      else log.info('batches of the spool are on the bus', event);
      return;
    case 'request_refused':
      refusals.take({ from: event.from ?? '', what: event.code }, 'request refused', event);
      return;
    case 'records_processed':
      if (event.deadLetters > 0) log.warn('records processed, some events set aside', event);
      else if (event.alerts > 0) log.info('records processed', event);
      else log.debug('records processed', event);
      return;
    case 'state_lost':
      log.error('claims were lost: creations may be told twice, flagged', event);
      return;
    case 'dead_letters_dropped':
      log.warn('dead letters were dropped', event);
      return;
    case 'context_forgotten':
      log.debug('context was forgotten for want of room', event);
      return;
    case 'context_skipped':
      log.warn('the state is away: facts are missing from the context', event);
      return;
    case 'revisions_exhausted':
      log.debug('an alert has all its revisions', event);
      return;
    case 'revision_missed':
      log.warn('more may have become known of an alert, which is not told anew', event);
      return;
    case 'alerts_passed':
      log.warn('the state is away: alerts were published unchecked, flagged', event);
      return;
    case 'state_restored':
      log.info('the state is back', event);
      return;
    case 'records_lost':
      log.error('records were deleted before they were read: events are lost', event);
      return;
    case 'publish_completed':
      log.warn('the bus had left records out of its acknowledgement; they were sent again', event);
      return;
    case 'partitions_assigned':
      log.info('partitions assigned', event);
      return;
    case 'dependency_warning':
      if (event.what === 'reconnected') log.info('reconnected', event);
      else if (event.what === 'damaged') log.error('the store is damaged', event);
      else log.warn('dependency', event);
      return;
    case 'entries_ignored':
    case 'events_entered':
    case 'events_left':
    case 'events_passed_on':
    case 'events_given_back':
    case 'events_dead_lettered':
    case 'events_filtered':
    case 'event_duplicate':
    case 'alert_published':
    case 'alert_revised':
  }
}
