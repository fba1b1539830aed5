/**
 * Webhook and processor on an embedded store of their own for each test, with faults injected at the ports,
 * and what came of it.
 */
import { decodeAlert } from '@arrivals/adapters/avro';
import { type Embedded, openEmbedded } from '@arrivals/adapters/embedded';
import { type Alert, type Bus, type StoredRecord, type TelemetryEvent, TOPICS } from '@arrivals/core';
import { type HttpServer, listen } from '@arrivals/host';
import { loadRiskLists, type Processor, type ProcessorOptions, startProcessor } from '@arrivals/processor';
import { auditRoute, directDelivery } from '@arrivals/webhook';
import assert from 'node:assert/strict';
import { eventList } from './audit-events.ts';
import { CONTEXT } from './context.ts';
import { eventually } from './eventually.ts';
import { faultyBus, faultyState, type Faults, noFaults, unavailable } from './faulty.ts';
import type { Json } from './late-owners.ts';
import { silent } from './telemetry.ts';
import { removeFolder, temporaryFolder } from './temporary.ts';

const TOPIC = { retentionMs: 3_600_000, retentionBytes: 100_000_000, keepUnread: true };
const GROUP = 'processors';
const never = new AbortController().signal;

export interface Pipeline {
  readonly embedded: Embedded;
  readonly faults: Faults;
  /** What the processors told. */
  readonly events: readonly TelemetryEvent[];
  /** Each its own record. */
  readonly post: (...items: readonly (Json | readonly Json[])[]) => Promise<void>;
  readonly start: (more?: Partial<ProcessorOptions>) => Promise<Processor>;
  readonly stop: () => Promise<void>;
  /** All that was posted is committed, and told of. */
  readonly settled: () => Promise<unknown>;
  readonly posted: (...items: readonly (Json | readonly Json[])[]) => Promise<void>;
  readonly problem: (text: string) => Promise<unknown>;
  readonly problems: () => readonly string[];
  readonly recordsOf: (topic: string) => Promise<readonly StoredRecord[]>;
  readonly alerts: () => Promise<readonly Alert[]>;
  readonly count: (type: TelemetryEvent['type']) => number;
  /** A batch for each record. */
  readonly oneByOne: () => Bus;
  /** So many transactions do. */
  readonly failing: (times: number) => void;
}

/** Within a describe. */
export function pipeline(): Pipeline {
  let folder: string;
  let embedded: Embedded;
  let faults: Faults;
  let events: TelemetryEvent[];
  let processor: Processor | undefined;
  let server: HttpServer;

  beforeEach(async () => {
    folder = await temporaryFolder();
    embedded = openEmbedded({
      folder,
      topics: { [TOPICS.audit]: TOPIC, [TOPICS.alerts]: TOPIC, [TOPICS.deadLetters]: TOPIC },
      claimTtlMs: 1e9,
      ...CONTEXT,
      telemetry: silent,
      now: Date.now,
    });
    faults = noFaults();
    events = [];
    server = await listen({
      host: '127.0.0.1',
      port: 0,
      routes: [
        auditRoute({
          delivery: directDelivery({
            bus: embedded.bus,
            telemetry: silent,
            limits: { publishTimeoutMs: 5000, bodiesBytesMax: 1 << 24 },
            passesOn: false,
          }),
          telemetry: silent,
          clusters: new Set(['default']),
          senders: null,
          topics: TOPICS,
          limits: { bodyBytesMax: 4_000_000, bodiesBytesMax: 8_000_000 },
          now: Date.now,
        }),
      ],
      onRefused: () => undefined,
    });
  });
  afterEach(async () => {
    await stop();
    await server.close();
    await embedded.close();
    await removeFolder(folder);
  });

  /** Each its own record. */
  const post = async (...items: readonly (Json | readonly Json[])[]): Promise<void> => {
    for (const item of items) {
      const body = eventList(Array.isArray(item) ? item : [item]);
      const response = await fetch(`${server.url}/v1/clusters/default/audit`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body,
      });
      assert.equal(response.status, 200);
    }
  };
  const start = async (more: Partial<ProcessorOptions> = {}): Promise<Processor> => {
    processor = await startProcessor({
      bus: faultyBus(embedded.bus, faults),
      state: faultyState(embedded.state, faults),
      attempts: embedded.attempts,
      telemetry: { emit: (event) => events.push(event) },
      topics: TOPICS,
      group: GROUP,
      onStateLoss: 'pause',
      stateWaitMs: 0,
      riskLists: loadRiskLists(''),
      now: Date.now,
      ...more,
    });
    return processor;
  };
  const stop = async (): Promise<void> => {
    await processor?.close();
    processor = undefined;
  };
  /** All that was posted is committed, and told of. */
  const settled = (): Promise<unknown> =>
    eventually('an empty pipeline', async () => {
      const [offsets, committed] = [
        await embedded.bus.offsets(TOPICS.audit),
        await embedded.bus.committed(TOPICS.audit, GROUP),
      ];
      const records = events.reduce(
        (sum, event) => sum + (event.type === 'records_processed' ? event.records : 0),
        0,
      );
      return (committed.get(0) === offsets[0]?.next && records === offsets[0]?.next) || undefined;
    });
  const posted = async (...items: readonly (Json | readonly Json[])[]): Promise<void> => {
    await post(...items);
    await settled();
  };
  const problem = (text: string): Promise<unknown> =>
    eventually(text, () => processor?.problems().some((one) => one.includes(text)) === true || undefined);

  const recordsOf = (topic: string): Promise<readonly StoredRecord[]> =>
    embedded.bus.read({ topic, partition: 0, offset: 0, recordsMax: 10_000, waitMs: 0, signal: never });
  const alerts = async (): Promise<readonly Alert[]> =>
    (await recordsOf(TOPICS.alerts)).map(({ value }) => decodeAlert(value));
  const count = (type: TelemetryEvent['type']): number =>
    events.filter((event) => event.type === type).length;
  /** A batch for each record. */
  const oneByOne = (): Bus => {
    const bus = faultyBus(embedded.bus, faults);
    return {
      ...bus,
      subscribe: (options, handle) => bus.subscribe({ ...options, batchRecordsMax: 1 }, handle),
    };
  };
  const failing = (times: number): void => {
    faults.transact.push(...Array.from({ length: times }, () => unavailable));
  };
  return {
    get embedded() {
      return embedded;
    },
    get faults() {
      return faults;
    },
    get events() {
      return events;
    },
    post,
    start,
    stop,
    settled,
    posted,
    problem,
    problems: () => processor?.problems() ?? [],
    recordsOf,
    alerts,
    count,
    oneByOne,
    failing,
  };
}
