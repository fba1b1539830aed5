/**
 * What the services tell, as metrics, log lines and the ledger. Names and labels are public: dashboards rest
 * on them.
 */
import type { TelemetryEvent } from '@arrivals/core';
import {
  createTelemetry,
  gaugeSpool,
  type HostTelemetry,
  type Log,
  type SpoolContents,
} from '@arrivals/host';
import assert from 'node:assert/strict';

const CLUSTER = { cluster: 'prod' };

/** One event of each type, and with it the whole union: a new type does not compile until it is here. */
const EVENTS: {
  readonly [Type in TelemetryEvent['type']]: Extract<TelemetryEvent, { readonly type: Type }>;
} = {
  batch_accepted: {
    type: 'batch_accepted',
    ...CLUSTER,
    requestId: 'r-1',
    events: 3,
    bytes: 1000,
    records: 1,
    cutEvents: 2,
    seconds: 0.02,
  },
  entries_ignored: { type: 'entries_ignored', ...CLUSTER, platform: 'EKS', entries: 9 },
  batch_spooled: { type: 'batch_spooled', ...CLUSTER, events: 3, bytes: 1000 },
  batches_drained: { type: 'batches_drained', batches: 4, events: 12, bytes: 4000, overdue: 0 },
  request_refused: { type: 'request_refused', code: 'cluster_unknown', detail: 'outside text' },
  connection_dropped: { type: 'connection_dropped', reason: 'body_stalled', from: '10.0.0.9' },
  files_reloaded: {
    type: 'files_reloaded',
    of: 'tls',
    outcome: 'unusable',
    detail: 'server.crt: expected a certificate',
  },
  events_entered: { type: 'events_entered', ...CLUSTER, events: 5, from: 'webhook' },
  events_left: { type: 'events_left', ...CLUSTER, events: 4 },
  dead_letters_dropped: {
    type: 'dead_letters_dropped',
    letters: [
      { id: '0:1', sha256: 'ab' },
      { id: '0:2', sha256: null },
    ],
    by: 'outside text',
  },
  events_dead_lettered: { type: 'events_dead_lettered', ...CLUSTER, reason: 'stage_unknown', events: 3 },
  events_filtered: { type: 'events_filtered', ...CLUSTER, reason: 'other_resource', events: 7 },
  event_duplicate: { type: 'event_duplicate', ...CLUSTER },
  alert_published: { type: 'alert_published', ...CLUSTER, kind: 'Pod' },
  records_processed: {
    type: 'records_processed',
    records: 1,
    events: 5,
    alerts: 0,
    duplicates: 0,
    deadLetters: 0,
    seconds: 0.3,
  },
  step_retried: {
    type: 'step_retried',
    step: 'process',
    code: 'state_unavailable',
    detail: 'outside text',
    waitMs: 100,
  },
  step_isolated: {
    type: 'step_isolated',
    step: 'process',
    code: 'record_too_large',
    detail: 'outside text',
    records: 3,
  },
  attempt_ended: {
    type: 'attempt_ended',
    topic: 'k8s.audit.events',
    partition: 3,
    from: 7,
    to: 19,
    detail: 'offset 8, event 2',
  },
  attempts_unnoted: { type: 'attempts_unnoted', detail: 'outside text' },
  event_slow: { type: 'event_slow', step: 'build', position: 'k8s.audit.events/3/8/2', ms: 2345 },
  redrive_unreadable: { type: 'redrive_unreadable', ...CLUSTER, detail: 'outside text' },
  events_passed_on: { type: 'events_passed_on', cluster: 'prod', events: 3 },
  events_given_back: { type: 'events_given_back', cluster: 'prod', events: 2 },
  state_lost: { type: 'state_lost', of: 'redis', parts: 16, detail: 'outside text' },
  alerts_unchecked: { type: 'alerts_unchecked', events: 6, awayMs: 61_000, pendingClaims: 6 },
  context_forgotten: { type: 'context_forgotten', ...CLUSTER, subjects: 40 },
  context_skipped: { type: 'context_skipped', facts: 8 },
  alert_revised: { type: 'alert_revised', ...CLUSTER },
  revisions_exhausted: { type: 'revisions_exhausted', ...CLUSTER },
  revision_missed: { type: 'revision_missed', ...CLUSTER, reason: 'gone' },
  state_restored: { type: 'state_restored', claims: 6, awayMs: 70_000 },
  records_lost: { type: 'records_lost', topic: 'k8s.audit.events', partition: 3, fromOffset: 7, records: 12 },
  publish_completed: { type: 'publish_completed', missing: 3, attempt: 1 },
  partitions_assigned: {
    type: 'partitions_assigned',
    group: 'g',
    topic: 'k8s.audit.events',
    partitions: [0, 4],
  },
  dependency_warning: { type: 'dependency_warning', of: 'redis', what: 'may_evict', detail: 'outside text' },
};

/** Every metric of ours with the labels it has. */
const METRICS: Readonly<Record<string, readonly string[]>> = {
  arrivals_events_in_flight: [],
  arrivals_ledger_balanced: [],
  arrivals_events_accepted_total: ['cluster', 'from'],
  arrivals_log_entries_ignored_total: ['cluster', 'platform'],
  arrivals_alerts_total: ['cluster', 'kind'],
  arrivals_events_filtered_total: ['cluster', 'reason'],
  arrivals_events_duplicate_total: ['cluster'],
  arrivals_events_passed_on_total: ['cluster'],
  arrivals_events_given_back_total: ['cluster'],
  arrivals_events_dead_lettered_total: ['cluster', 'reason'],
  arrivals_events_cut_total: ['cluster'],
  arrivals_requests_refused_total: ['code'],
  arrivals_attempts_ended_total: [],
  arrivals_attempts_unnoted_total: [],
  arrivals_events_slow_total: ['step'],
  arrivals_state_losses_total: ['of'],
  arrivals_alerts_unchecked_total: [],
  arrivals_connections_dropped_total: ['reason'],
  arrivals_files_reloaded_total: ['of', 'outcome'],
  arrivals_files_unusable: ['of'],
  arrivals_dead_letters_dropped_total: [],
  arrivals_context_forgotten_total: ['cluster'],
  arrivals_context_skipped_facts_total: [],
  arrivals_alerts_revised_total: ['cluster'],
  arrivals_revisions_exhausted_total: ['cluster'],
  arrivals_revisions_missed_total: ['cluster', 'reason'],
  arrivals_spool_batches_spooled_total: ['cluster'],
  arrivals_spool_batches_drained_total: [],
  arrivals_spool_batches_overdue_total: [],
  arrivals_records_lost_total: ['topic'],
  arrivals_publishes_completed_total: [],
  arrivals_dependency_warnings_total: ['of', 'what'],
  arrivals_partitions_assigned: [],
  arrivals_steps_retried_total: ['step', 'code'],
  arrivals_steps_isolated_total: ['step', 'code'],
  arrivals_redrives_unreadable_total: ['cluster'],
  arrivals_webhook_bytes_total: ['cluster'],
  arrivals_webhook_seconds: ['cluster'],
  arrivals_process_seconds: [],
};

interface Line {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>> | undefined;
}

function recorded(clusters?: ReadonlySet<string>): {
  readonly telemetry: HostTelemetry;
  readonly lines: readonly Line[];
} {
  const lines: Line[] = [];
  const at = (level: string) => (message: string, fields?: Readonly<Record<string, unknown>>) => {
    lines.push({ level, message, fields });
  };
  const log: Log = { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') };
  return { telemetry: createTelemetry(log, clusters), lines };
}

/** The samples of one metric as "labels value", without buckets. */
async function samplesOf(telemetry: HostTelemetry, name: string): Promise<readonly string[]> {
  const text = await telemetry.registry.metrics();
  return text.split('\n').filter((line) => line.startsWith(name) && !line.includes('_bucket'));
}

describe('the metrics', () => {
  it('have these names and labels, and no other of ours', async () => {
    const { telemetry } = recorded();
    for (const event of Object.values(EVENTS)) telemetry.emit(event);
    const ours = (await telemetry.registry.getMetricsAsJSON()).filter(({ name }) =>
      name.startsWith('arrivals_'),
    );
    const found = ours.map(({ name, values }) => {
      const labels = new Set(values.flatMap((sample) => Object.keys(sample.labels)));
      labels.delete('le');
      return [name, [...labels]];
    });
    assert.deepEqual(Object.fromEntries(found), METRICS);
  });

  it('name the clusters that are configured, and count all others as one', async () => {
    const { telemetry } = recorded(new Set(['prod']));
    for (let i = 0; i < 1000; i++)
      telemetry.emit({ type: 'event_duplicate', cluster: `made-up-${String(i)}` });
    for (const cluster of ['prod', 'unknown']) telemetry.emit({ type: 'event_duplicate', cluster });
    assert.deepEqual(await samplesOf(telemetry, 'arrivals_events_duplicate_total'), [
      'arrivals_events_duplicate_total{cluster="(other)"} 1000',
      'arrivals_events_duplicate_total{cluster="prod"} 1',
      'arrivals_events_duplicate_total{cluster="unknown"} 1',
    ]);
  });

  it('have a help text each, and come with those of the process', async () => {
    const { telemetry } = recorded();
    const metrics = await telemetry.registry.getMetricsAsJSON();
    for (const { name, help } of metrics) assert.ok(help.length > 5, name);
    assert.ok(metrics.some(({ name }) => name === 'process_resident_memory_bytes'));
  });

  for (const [type, samples] of Object.entries({
    batch_accepted: [
      'arrivals_webhook_bytes_total{cluster="prod"} 1000',
      'arrivals_events_cut_total{cluster="prod"} 2',
      'arrivals_webhook_seconds_count{cluster="prod"} 1',
    ],
    entries_ignored: ['arrivals_log_entries_ignored_total{cluster="prod",platform="EKS"} 9'],
    batch_spooled: ['arrivals_spool_batches_spooled_total{cluster="prod"} 1'],
    batches_drained: ['arrivals_spool_batches_drained_total 4', 'arrivals_spool_batches_overdue_total 0'],
    request_refused: ['arrivals_requests_refused_total{code="cluster_unknown"} 1'],
    connection_dropped: ['arrivals_connections_dropped_total{reason="body_stalled"} 1'],
    files_reloaded: [
      'arrivals_files_reloaded_total{of="tls",outcome="unusable"} 1',
      'arrivals_files_unusable{of="tls"} 1',
    ],
    events_entered: [
      'arrivals_events_accepted_total{cluster="prod",from="webhook"} 5',
      'arrivals_events_in_flight 5',
    ],
    events_left: ['arrivals_events_in_flight -4'],
    events_passed_on: ['arrivals_events_passed_on_total{cluster="prod"} 3'],
    events_given_back: ['arrivals_events_given_back_total{cluster="prod"} 2'],
    events_dead_lettered: ['arrivals_events_dead_lettered_total{cluster="prod",reason="stage_unknown"} 3'],
    events_filtered: ['arrivals_events_filtered_total{cluster="prod",reason="other_resource"} 7'],
    event_duplicate: ['arrivals_events_duplicate_total{cluster="prod"} 1'],
    alert_published: ['arrivals_alerts_total{cluster="prod",kind="Pod"} 1'],
    records_processed: ['arrivals_process_seconds_count 1', 'arrivals_process_seconds_sum 0.3'],
    step_retried: ['arrivals_steps_retried_total{step="process",code="state_unavailable"} 1'],
    step_isolated: ['arrivals_steps_isolated_total{step="process",code="record_too_large"} 1'],
    attempt_ended: ['arrivals_attempts_ended_total 1'],
    attempts_unnoted: ['arrivals_attempts_unnoted_total 1'],
    event_slow: ['arrivals_events_slow_total{step="build"} 1'],
    redrive_unreadable: ['arrivals_redrives_unreadable_total{cluster="prod"} 1'],
    state_lost: ['arrivals_state_losses_total{of="redis"} 1'],
    alerts_unchecked: ['arrivals_alerts_unchecked_total 6'],
    dead_letters_dropped: ['arrivals_dead_letters_dropped_total 2'],
    context_forgotten: ['arrivals_context_forgotten_total{cluster="prod"} 40'],
    context_skipped: ['arrivals_context_skipped_facts_total 8'],
    alert_revised: ['arrivals_alerts_revised_total{cluster="prod"} 1'],
    revisions_exhausted: ['arrivals_revisions_exhausted_total{cluster="prod"} 1'],
    revision_missed: ['arrivals_revisions_missed_total{cluster="prod",reason="gone"} 1'],
    state_restored: [],
    records_lost: ['arrivals_records_lost_total{topic="k8s.audit.events"} 12'],
    publish_completed: ['arrivals_publishes_completed_total 3'],
    partitions_assigned: ['arrivals_partitions_assigned 2'],
    dependency_warning: ['arrivals_dependency_warnings_total{of="redis",what="may_evict"} 1'],
  } satisfies Record<TelemetryEvent['type'], readonly string[]>)) {
    it(`count ${type}`, async () => {
      const { telemetry } = recorded();
      telemetry.emit(EVENTS[type as TelemetryEvent['type']]);
      for (const sample of samples)
        assert.deepEqual(await samplesOf(telemetry, sample.slice(0, sample.lastIndexOf(' '))), [sample]);
    });
  }

  it('add up over events', async () => {
    const { telemetry } = recorded();
    telemetry.emit({ ...EVENTS.events_filtered, events: 2 });
    telemetry.emit({ ...EVENTS.events_filtered, events: 3 });
    telemetry.emit({ ...EVENTS.events_filtered, reason: 'dry_run', events: 1 });
    assert.deepEqual(await samplesOf(telemetry, 'arrivals_events_filtered_total'), [
      'arrivals_events_filtered_total{cluster="prod",reason="other_resource"} 5',
      'arrivals_events_filtered_total{cluster="prod",reason="dry_run"} 1',
    ]);
  });

  it('do not begin to count cut events before there are any', async () => {
    const { telemetry } = recorded();
    telemetry.emit({ ...EVENTS.batch_accepted, cutEvents: 0 });
    assert.deepEqual(await samplesOf(telemetry, 'arrivals_events_cut_total'), []);
  });

  it('never hold outside text', async () => {
    const { telemetry } = recorded();
    for (const event of Object.values(EVENTS)) telemetry.emit(event);
    assert.ok(!(await telemetry.registry.metrics()).includes('outside text'));
    assert.ok(!(await telemetry.registry.metrics()).includes('r-1'));
  });

  it('of two services in one process are apart', async () => {
    const { telemetry } = recorded();
    telemetry.emit(EVENTS.event_duplicate);
    assert.deepEqual(await samplesOf(recorded().telemetry, 'arrivals_events_duplicate_total'), []);
  });
});

describe('the gauges of the spool', () => {
  it('follow what it holds', async () => {
    const { telemetry } = recorded();
    assert.deepEqual(await samplesOf(telemetry, 'arrivals_spool_bytes'), []);
    let contents: SpoolContents = { batches: 0, bytes: 0, oldestAtMs: null };
    gaugeSpool(
      telemetry.registry,
      () => contents,
      () => 10_000,
    );
    const gauges = async () =>
      (
        await Promise.all(
          ['bytes', 'batches ', 'oldest_seconds'].map((name) =>
            samplesOf(telemetry, `arrivals_spool_${name}`),
          ),
        )
      ).flat();
    assert.deepEqual(await gauges(), [
      'arrivals_spool_bytes 0',
      'arrivals_spool_batches 0',
      'arrivals_spool_oldest_seconds 0',
    ]);
    contents = { batches: 2, bytes: 9000, oldestAtMs: 7500 };
    assert.deepEqual(await gauges(), [
      'arrivals_spool_bytes 9000',
      'arrivals_spool_batches 2',
      'arrivals_spool_oldest_seconds 2.5',
    ]);
    // A clock that was set back.
    contents = { batches: 2, bytes: 9000, oldestAtMs: 10_001 };
    assert.equal((await gauges())[2], 'arrivals_spool_oldest_seconds 0');
  });
});

describe('the gauges of the ledger', () => {
  it('follow the events in flight and the balance', async () => {
    const { telemetry } = recorded();
    const gauges = async () => [
      ...(await samplesOf(telemetry, 'arrivals_events_in_flight')),
      ...(await samplesOf(telemetry, 'arrivals_ledger_balanced')),
    ];
    assert.deepEqual(await gauges(), ['arrivals_events_in_flight 0', 'arrivals_ledger_balanced 1']);
    telemetry.emit({ ...EVENTS.events_entered, events: 4 });
    assert.deepEqual(await gauges(), ['arrivals_events_in_flight 4', 'arrivals_ledger_balanced 1']);
    for (const event of [
      EVENTS.alert_published,
      EVENTS.event_duplicate,
      { ...EVENTS.events_dead_lettered, events: 1 },
      { ...EVENTS.events_filtered, events: 1 },
    ])
      telemetry.emit(event);
    telemetry.emit({ ...EVENTS.events_left, events: 4 });
    assert.deepEqual(await gauges(), ['arrivals_events_in_flight 0', 'arrivals_ledger_balanced 1']);
    assert.equal(telemetry.ledger.report().balanced, true);
  });

  it('show an event that left without an outcome', async () => {
    const { telemetry } = recorded();
    telemetry.emit({ ...EVENTS.events_entered, events: 1 });
    telemetry.emit({ ...EVENTS.events_left, events: 1 });
    assert.deepEqual(await samplesOf(telemetry, 'arrivals_ledger_balanced'), ['arrivals_ledger_balanced 0']);
  });
});

describe('the log lines of telemetry', () => {
  const linesOf = (event: TelemetryEvent) => {
    const { telemetry, lines } = recorded();
    telemetry.emit(event);
    return lines;
  };

  for (const [type, level] of [
    ['batch_accepted', 'debug'],
    ['batch_spooled', 'debug'],
    ['dead_letters_dropped', 'warn'],
    ['context_forgotten', 'debug'],
    ['batches_drained', 'info'],
    ['request_refused', 'warn'],
    ['connection_dropped', 'warn'],
    ['files_reloaded', 'error'],
    ['step_retried', 'warn'],
    ['records_processed', 'debug'],
    ['state_lost', 'error'],
    ['alerts_unchecked', 'warn'],
    ['state_restored', 'info'],
  ] as const) {
    it(`tell of ${type} at ${level}, with all that the event says`, () => {
      const [line, ...others] = linesOf(EVENTS[type]);
      assert.deepEqual([line?.level, line?.fields, others.length], [level, EVENTS[type], 0]);
    });
  }

  for (const type of [
    'entries_ignored',
    'events_entered',
    'events_left',
    'events_dead_lettered',
    'events_filtered',
    'event_duplicate',
    'alert_published',
  ] as const) {
    it(`tell nothing of a single ${type}`, () => {
      assert.deepEqual(linesOf(EVENTS[type]), []);
    });
  }

  it('say more loudly that a batch of the spool was older than it may become', () => {
    assert.equal(linesOf({ ...EVENTS.batches_drained, overdue: 1 })[0]?.level, 'warn');
  });

  it('tell of three refusals of a kind and sender, and count the others', async () => {
    const { telemetry, lines } = recorded();
    const refused = { ...EVENTS.request_refused, from: '10.0.0.9' } as const;
    for (let i = 0; i < 1000; i++) telemetry.emit(refused);
    assert.equal(lines.length, 3);
    telemetry.flush();
    assert.deepEqual(
      lines.slice(3).map(({ level, fields }) => [level, fields]),
      [['warn', { type: 'refusals_summed', from: '10.0.0.9', what: 'cluster_unknown', count: 997 }]],
    );
    assert.deepEqual(await samplesOf(telemetry, 'arrivals_requests_refused_total'), [
      'arrivals_requests_refused_total{code="cluster_unknown"} 1000',
    ]);
  });

  it('say in a low voice that files have changed and are used', () => {
    assert.equal(linesOf({ ...EVENTS.files_reloaded, outcome: 'used' })[0]?.level, 'info');
  });

  it('say more loudly that alerts were made, and that events were set aside', () => {
    assert.equal(linesOf({ ...EVENTS.records_processed, alerts: 1 })[0]?.level, 'info');
    assert.equal(linesOf({ ...EVENTS.records_processed, alerts: 1, deadLetters: 1 })[0]?.level, 'warn');
  });
});
