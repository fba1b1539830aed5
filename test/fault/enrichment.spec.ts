/** Alerts told anew on the real store, with faults injected at the ports: each revision once, numbered without a gap, whatever fails when. */
import { decodeAlert } from '@arrivals/adapters/avro';
import { type Embedded, openEmbedded } from '@arrivals/adapters/embedded';
import { type Alert, buildAlert, type Bus, type State, type StoredRecord, type TelemetryEvent, TOPICS } from '@arrivals/core';
import { type HttpServer, listen } from '@arrivals/host';
import { loadRiskLists, type Processor, type ProcessorOptions, startProcessor } from '@arrivals/processor';
import { auditRoute, directDelivery } from '@arrivals/webhook';
import assert from 'node:assert/strict';
import { eventList, podCreation, podRead } from '../support/audit-events.ts';
import { CONTEXT } from '../support/context.ts';
import { eventually } from '../support/eventually.ts';
import { faultyBus, faultyState, type Faults, noFaults, stateAway, unavailable } from '../support/faulty.ts';
import { silent } from '../support/telemetry.ts';
import { removeFolder, temporaryFolder } from '../support/temporary.ts';

type Json = Readonly<Record<string, unknown>>;

const TOPIC = { retentionMs: 3_600_000, retentionBytes: 100_000_000, keepUnread: true };
const GROUP = 'processors';
const never = new AbortController().signal;
const CONTROLLER = 'system:serviceaccount:kube-system:';

const reference = (kind: string, name: string): Json => ({ apiVersion: 'apps/v1', kind, name, uid: `uid-of-${name}`, controller: true });

/** The creation of a workload, at so many seconds past 14:08. */
function workload(resource: string, kind: string, name: string, by: string, second: number, owner?: Json): Json {
  const metadata = { name, namespace: 'shop', uid: `uid-of-${name}`, resourceVersion: '5', ...(owner === undefined ? {} : { ownerReferences: [owner] }) };
  const at = `2026-11-22T14:08:${String(second)}.000000Z`;
  return {
    ...podCreation(),
    auditID: `made-${name}`,
    requestURI: `/apis/apps/v1/namespaces/shop/${resource}`,
    user: { username: by, groups: ['system:authenticated'] },
    objectRef: { resource, apiGroup: 'apps', apiVersion: 'v1', namespace: 'shop', name },
    requestObject: { kind, apiVersion: 'apps/v1', metadata, spec: {} },
    responseObject: { kind, apiVersion: 'apps/v1', metadata, spec: { template: { spec: { containers: [] } } } },
    requestReceivedTimestamp: at,
    stageTimestamp: at,
  };
}

const deployment = workload('deployments', 'Deployment', 'web', 'dave', 50);
const replicaSet = workload('replicasets', 'ReplicaSet', 'web-1', `${CONTROLLER}deployment-controller`, 52, reference('Deployment', 'web'));
const bare = workload('replicasets', 'ReplicaSet', 'web-1', 'dave', 52);

function pod(uid: string): Json {
  const event = podCreation({ uid });
  const response = event['responseObject'] as { readonly metadata: Json };
  const metadata = { ...response.metadata, ownerReferences: [reference('ReplicaSet', 'web-1')] };
  return { ...event, user: { username: `${CONTROLLER}replicaset-controller`, groups: [] }, responseObject: { ...response, metadata } };
}

const told = (alerts: readonly Alert[]): readonly string[] =>
  alerts.map(({ object, revision, revised, author }) =>
    [object.uid, revision, author?.creator?.username ?? '-', revised.filter((name) => name !== 'grant.changes').join(' ')].join(' ').trim(),
  );

describe('alerts that are told anew, with faults at the ports', () => {
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
          delivery: directDelivery({ bus: embedded.bus, telemetry: silent, limits: { publishTimeoutMs: 5000, bodiesBytesMax: 1 << 24 }, passesOn: false }),
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
      const response = await fetch(`${server.url}/v1/clusters/default/audit`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
      assert.equal(response.status, 200);
    }
  };
  const start = async (more: Partial<ProcessorOptions> = {}): Promise<Processor> => {
    processor = await startProcessor({
      bus: faultyBus(embedded.bus, faults),
      state: faultyState(embedded.state, faults),
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
      const [offsets, committed] = [await embedded.bus.offsets(TOPICS.audit), await embedded.bus.committed(TOPICS.audit, GROUP)];
      const records = events.reduce((sum, event) => sum + (event.type === 'records_processed' ? event.records : 0), 0);
      return (committed.get(0) === offsets[0]?.next && records === offsets[0]?.next) || undefined;
    });
  const posted = async (...items: readonly (Json | readonly Json[])[]): Promise<void> => {
    await post(...items);
    await settled();
  };
  const problem = (text: string): Promise<unknown> => eventually(text, () => processor?.problems().some((one) => one.includes(text)) === true || undefined);

  const recordsOf = (topic: string): Promise<readonly StoredRecord[]> =>
    embedded.bus.read({ topic, partition: 0, offset: 0, recordsMax: 10_000, waitMs: 0, signal: never });
  const alerts = async (): Promise<readonly Alert[]> => (await recordsOf(TOPICS.alerts)).map(({ value }) => decodeAlert(value));
  const count = (type: TelemetryEvent['type']): number => events.filter((event) => event.type === type).length;
  /** A batch for each record. */
  const oneByOne = (): Bus => {
    const bus = faultyBus(embedded.bus, faults);
    return { ...bus, subscribe: (options, handle) => bus.subscribe({ ...options, batchRecordsMax: 1 }, handle) };
  };
  const failing = (times: number): void => {
    faults.transact.push(...Array.from({ length: times }, () => unavailable));
  };
  const FIRST = 'p1 1 -';
  const SECOND = 'p1 2 dave author.chain author.creator author.templateAuthor author.scaler';

  describe('when a parent comes late', () => {
    beforeEach(async () => {
      await post(pod('p1'));
      await start();
      await settled();
    });

    it('it is told once more', async () => {
      await posted(bare);
      assert.deepEqual(told(await alerts()), [FIRST, SECOND]);
      const [first, second] = await alerts();
      assert.ok((first?.alertedAt ?? '') < (second?.alertedAt ?? ''));
      assert.deepEqual([first?.alertId, second?.flags], [second?.alertId, []]);
    });

    it('it is told once although transactions fail', async () => {
      failing(3);
      await posted(bare);
      assert.deepEqual(told(await alerts()), [FIRST, SECOND]);
    });

    for (const lost of [1, 2, 3, 4, 5, 6])
      it(`it is told once although the answer of the state's call no. ${String(lost)} is lost`, async () => {
        faults.context.push(...Array.from({ length: lost - 1 }, () => () => Promise.resolve()), stateAway);
        await posted(bare);
        assert.deepEqual(told(await alerts()), [FIRST, SECOND]);
      });

    it('copies of the late event tell nothing', async () => {
      await posted(bare, bare);
      await posted(bare);
      await posted([bare, podRead(), bare]);
      assert.deepEqual(told(await alerts()), [FIRST, SECOND]);
    });

    for (const [before, after] of [
      [1, 2],
      [2, 1],
      [2, 2],
    ] as const)
      it(`it is told once by a late event and its copy, of which ${String(before)} were in the batch that failed, and ${String(after)} in a batch then`, async () => {
        failing(1000);
        await post(bare);
        if (before === 2) await stop();
        if (before === 2) await post(bare);
        if (before === 2) await start();
        await problem('bus_unavailable');
        await stop();
        faults.transact.length = 0;
        if (before === 1) await post(bare);
        await start(after === 1 ? { bus: oneByOne() } : {});
        await settled();
        assert.deepEqual(told(await alerts()), [FIRST, SECOND]);
      });

    it('it is told once when another processor, with a copy, asked first and dies, and never by the copy', async () => {
      await stop();
      await post(bare, bare);
      // What takes the second record alone, as from another partition, and does not commit.
      failing(1000);
      const other = await startSecond();
      await problem('bus_unavailable');
      await other();
      faults.transact.length = 0;
      await start();
      await settled();
      assert.deepEqual(told(await alerts()), [FIRST, SECOND]);
    });

    /** Begins behind the first of the two last records. */
    const startSecond = async (): Promise<() => Promise<void>> => {
      const bus = faultyBus(embedded.bus, faults);
      await start({
        bus: { ...bus, subscribe: (options, handle) => bus.subscribe(options, (batch) => handle({ ...batch, records: batch.records.slice(1) })) },
      });
      return stop;
    };

    it('nothing is told of what came after it, which may have pushed out what came before', async () => {
      await posted(bare);
      for (let second = 10; second < 20; second++) {
        const at = `2026-11-22T14:10:${String(second)}.000000Z`;
        const again = workload('replicasets', 'ReplicaSet', 'web-1', 'mallory', second);
        const response = again['responseObject'] as { readonly metadata: Json };
        const responseObject = { ...response, metadata: { ...response.metadata, uid: `anew-${String(second)}` } };
        await post({ ...again, auditID: `anew-${String(second)}`, responseObject, requestReceivedTimestamp: at, stageTimestamp: at });
      }
      await settled();
      assert.deepEqual(told(await alerts()), [FIRST, SECOND]);
    });

    it('what was told is not taken back where the context has forgotten it, and that is counted', async () => {
      await posted(bare);
      await posted(pod('p2'));
      // Made before the pod and known later, and more of them than are kept.
      const others = Array.from({ length: 5 }, (_unused, i) => {
        const other = workload('replicasets', 'ReplicaSet', 'web-1', 'mallory', 53 + i);
        const response = other['responseObject'] as { readonly metadata: Json };
        return { ...other, auditID: `other-${String(i)}`, responseObject: { ...response, metadata: { ...response.metadata, uid: `other-${String(i)}` } } };
      });
      await posted(others);
      const all = await alerts();
      assert.deepEqual([...new Set(all.slice(1).map(({ author }) => author?.creator?.username))], ['dave']);
      assert.ok(events.some((event) => event.type === 'revision_missed' && event.reason === 'forgotten'));
    });

    it('nothing is told when its record is gone, and that is counted', async () => {
      const bus = faultyBus(embedded.bus, faults);
      await stop();
      await start({ bus: { ...bus, read: () => Promise.resolve([]) } });
      await posted(bare);
      assert.deepEqual(told(await alerts()), [FIRST]);
      assert.deepEqual(
        events.filter(({ type }) => type === 'revision_missed'),
        [{ type: 'revision_missed', cluster: 'default', reason: 'gone' }],
      );
    });

    it('what cannot be built anew harms nobody and is counted', async () => {
      await stop();
      await start({
        steps: {
          build: (creation) => {
            if (creation.revision > 1) throw new RangeError('injected');
            return buildAlert(creation);
          },
        },
      });
      await posted([bare, podCreation({ uid: 'p2' })]);
      assert.deepEqual(told(await alerts()), [FIRST, 'p2 1 alice']);
      assert.deepEqual([count('revision_missed'), (await recordsOf(TOPICS.deadLetters)).length], [1, 0]);
    });

    it('what the bus takes no record of harms nobody and is counted', async () => {
      const [first] = await recordsOf(TOPICS.alerts);
      faults.recordBytesMax.set(TOPICS.alerts, (first?.value.length ?? 0) + 1);
      await posted(bare);
      assert.deepEqual(told(await alerts()), [FIRST]);
      assert.deepEqual([count('revision_missed'), (await recordsOf(TOPICS.deadLetters)).length], [1, 0]);
    });

    it('a record is read once, however many of its alerts are told anew', async () => {
      const uids = Array.from({ length: 20 }, (_unused, i) => `q${String(i)}`);
      await posted(uids.map(pod));
      await stop();
      let reads = 0;
      const bus = faultyBus(embedded.bus, faults);
      await start({ bus: { ...bus, read: (options) => (reads++, bus.read(options)) } });
      await posted(bare);
      assert.deepEqual([reads, (await alerts()).filter(({ revision }) => revision === 2).length], [2, 21]);
    });
  });

  describe('when two parents come late', () => {
    beforeEach(async () => {
      await post(pod('p1'));
      await start();
      await settled();
    });

    const holds = async (numbers: readonly number[]): Promise<void> => {
      const all = await alerts();
      assert.deepEqual(
        all.map(({ revision }) => revision),
        numbers,
      );
      assert.deepEqual(
        all.at(-1)?.author?.chain.map(({ kind, createdBy }) => `${kind} ${String(createdBy)}`),
        [`ReplicaSet ${CONTROLLER}deployment-controller`, 'Deployment dave'],
      );
      assert.equal(all.at(-1)?.author?.creator?.username, 'dave');
    };

    it('in one batch, they make one revision', async () => {
      await posted([replicaSet, deployment]);
      await holds([1, 2]);
    });
    it('the nearer first, each makes one', async () => {
      await posted(replicaSet);
      await posted(deployment);
      await holds([1, 2, 3]);
    });
    it('the farther first, they make one', async () => {
      await posted(deployment);
      await posted(replicaSet);
      await holds([1, 2]);
    });

    for (const first of [replicaSet, deployment])
      for (const cut of [true, false]) {
        const second = first === deployment ? replicaSet : deployment;
        it(`and the batch of ${first === deployment ? 'the farther' : 'the nearer'} fails, the other joins it${cut ? '' : ' in one batch'}: all numbers are told`, async () => {
          failing(1000);
          await post(first);
          await eventually('a try', () => count('step_retried') > 0 || undefined);
          await stop();
          faults.transact.length = 0;
          await post(second);
          await start(cut ? { bus: oneByOne() } : {});
          await settled();
          const numbers = (await alerts()).map(({ revision }) => revision).sort();
          await holds(numbers);
          assert.deepEqual(
            numbers,
            numbers.map((_number, i) => i + 1),
          );
        });
        it(`and the batch of both fails, ${first === deployment ? 'the farther' : 'the nearer'} first, and is${cut ? '' : ' not'} cut then: all numbers are told`, async () => {
          await stop();
          await post(first, second);
          failing(1000);
          await start();
          await problem('bus_unavailable');
          await stop();
          faults.transact.length = 0;
          await start(cut ? { bus: oneByOne() } : {});
          await settled();
          const numbers = (await alerts()).map(({ revision }) => revision).sort();
          await holds(numbers);
          assert.deepEqual(
            numbers,
            numbers.map((_number, i) => i + 1),
          );
        });
      }
  });

  describe('without the context', () => {
    const WAIT_MS = 300;
    /** Takes claims, and nothing else. */
    const claimsOnly = (): State => {
      const state = faultyState(embedded.state, faults);
      return { ...state, remember: stateAway, recall: stateAway, await: stateAway, revise: stateAway };
    };

    it('alerts wait, and are as ever when it is back in time', async () => {
      faults.state = stateAway;
      await post(pod('p1'));
      await start({ onStateLoss: 'pass', stateWaitMs: 60_000 });
      await problem('state_unavailable');
      faults.state = undefined;
      await settled();
      const [alert] = await alerts();
      assert.deepEqual([alert?.flags, alert?.author !== null], [[], true]);
    });

    it('alerts pass after one wait, not two, and say that it was not asked', async () => {
      faults.state = stateAway;
      const startedMs = performance.now();
      await post(pod('p1'));
      await start({ onStateLoss: 'pass', stateWaitMs: 1000 });
      await settled();
      assert.ok(performance.now() - startedMs < 2000, String(performance.now() - startedMs));
      const [alert, ...more] = await alerts();
      assert.deepEqual([alert?.flags, alert?.author, alert?.context, more.length], [['notDeduplicated', 'notEnriched'], null, null, 0]);
      assert.deepEqual(
        alert?.unknown.filter(({ path }) => path === 'author' || path === 'context').map(({ reason }) => reason),
        ['NOT_SEEN', 'NOT_SEEN'],
      );
      assert.ok(count('step_retried') < 20, String(count('step_retried')));
    });

    it('facts that are lost are counted once, though the bus fails too', async () => {
      faults.state = stateAway;
      failing(2);
      await post(pod('p1'));
      await start({ onStateLoss: 'pass', stateWaitMs: 0 });
      await settled();
      assert.equal(count('context_skipped'), 1);
    });

    it('alerts are flagged with notEnriched alone where claims work', async () => {
      await post(pod('p1'));
      const passing = await start({ state: claimsOnly(), onStateLoss: 'pass', stateWaitMs: WAIT_MS });
      await settled();
      assert.deepEqual(
        (await alerts()).map(({ flags }) => flags),
        [['notEnriched']],
      );
      assert.match(passing.problems().join(), /without the context/);
      assert.equal(count('context_skipped'), 1);
    });

    it('a chunk goes on without, although others are served in the meantime', async () => {
      const { state } = embedded;
      await post([pod('p1')]);
      await start({ state: { ...faultyState(state, faults), recall: stateAway }, onStateLoss: 'pass', stateWaitMs: WAIT_MS });
      await settled();
      assert.deepEqual(
        (await alerts()).map(({ flags }) => flags),
        [['notEnriched']],
      );
    });

    it('alerts are as ever when it is back, and those from then on are told anew', async () => {
      let away = true;
      const state = faultyState(embedded.state, faults);
      const remember: State['remember'] = (facts, nowMs) => (away ? stateAway() : state.remember(facts, nowMs));
      let nowMs = Date.now();
      await post(pod('p1'));
      await start({ state: { ...state, remember }, onStateLoss: 'pass', stateWaitMs: 0, now: () => nowMs });
      await settled();
      away = false;
      nowMs += 10_000;
      await posted(pod('p2'));
      await posted(bare);
      assert.deepEqual(processor?.problems(), []);
      assert.deepEqual(
        (await alerts()).map(({ object, revision, flags }) => [object.uid, revision, ...flags]),
        [
          ['p1', 1, 'notEnriched'],
          ['p2', 1],
          ['p2', 2],
        ],
      );
    });

    it('alerts wait for ever where they are told to', async () => {
      await post(pod('p1'));
      await start({ state: claimsOnly(), onStateLoss: 'pause', stateWaitMs: 0 });
      await problem('state_unavailable');
      await eventually('some tries', () => count('step_retried') > 4 || undefined);
      assert.deepEqual(await alerts(), []);
    });

    it('what is out of the context’s bounds, as only a fault of ours makes it, holds up nobody', async () => {
      await post(pod('p1'));
      await start({ state: { ...faultyState(embedded.state, faults), remember: () => Promise.reject(new RangeError('injected')) } });
      await settled();
      assert.deepEqual(
        (await alerts()).map(({ flags }) => flags),
        [['notEnriched']],
      );
      assert.deepEqual([count('step_isolated'), count('context_skipped')], [1, 1]);
    });
  });

  it('asks the state nothing for a batch without facts and creations', async () => {
    await post(podRead(), podRead());
    faults.state = stateAway;
    await start();
    await settled();
  });

  it('revisions say that they may be repeats after the state was lost', async () => {
    const elsewhere = await temporaryFolder();
    const other = openEmbedded({ folder: elsewhere, topics: {}, claimTtlMs: 1e9, ...CONTEXT, telemetry: silent, now: Date.now });
    try {
      await post(pod('p1'));
      await start();
      await posted(bare);
      await stop();
      await start({ state: other.state });
      await posted(pod('p1'));
      await posted({ ...bare, auditID: 'anew' });
      assert.deepEqual(
        (await alerts()).map(({ revision, flags }) => [revision, ...flags]),
        [[1], [2], [1, 'afterStateLoss'], [2, 'afterStateLoss']],
      );
      await stop();
    } finally {
      await other.close();
      await removeFolder(elsewhere);
    }
  });
});
