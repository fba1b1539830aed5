/**
 * Webhook and processor on the real store, with faults injected at the ports: nothing acknowledged is lost,
 * nothing comes twice.
 */
import { decodeAlert, decodeDeadLetter } from '@arrivals/adapters/avro';
import { type Embedded, openEmbedded } from '@arrivals/adapters/embedded';
import {
  type Alert,
  type ClaimRequest,
  type DeadLetter,
  identityOf,
  Ledger,
  type StoredRecord,
  TOPICS,
} from '@arrivals/core';
import { readAuditEvent } from '@arrivals/core/internal';
import { type HttpServer, listen } from '@arrivals/host';
import { loadRiskLists, type Processor, type ProcessorOptions, startProcessor } from '@arrivals/processor';
import { auditRoute, directDelivery } from '@arrivals/webhook';
import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { eventList, podCreation, podRead } from '../support/audit-events.ts';
import { CONTEXT } from '../support/context.ts';
import { eventually } from '../support/eventually.ts';
import {
  faultyBus,
  faultyState,
  type Faults,
  hang,
  noFaults,
  stateAway,
  tooLarge,
  unavailable,
} from '../support/faulty.ts';
import { boundMs } from '../support/pace.ts';
import { silent } from '../support/telemetry.ts';
import { removeFolder, temporaryFolder } from '../support/temporary.ts';

const TOPIC = { retentionMs: 3_600_000, retentionBytes: 100_000_000, keepUnread: true };
const never = new AbortController().signal;

const revisionOf = ({ alertId, revision }: Alert): string => `${alertId} ${String(revision)}`;

describe('with faults at the ports', () => {
  let folder: string;
  let embedded: Embedded;
  let faults: Faults;
  let ledger: Ledger;
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
    ledger = new Ledger();
    server = await listen({
      host: '127.0.0.1',
      port: 0,
      routes: [
        auditRoute({
          delivery: directDelivery({
            bus: faultyBus(embedded.bus, faults),
            telemetry: ledger,
            limits: { publishTimeoutMs: 200, bodiesBytesMax: 1 << 20 },
            passesOn: false,
          }),
          telemetry: ledger,
          clusters: new Set(['default']),
          senders: null,
          topics: TOPICS,
          limits: { bodyBytesMax: 1_000_000, bodiesBytesMax: 1_500_000 },
          now: Date.now,
        }),
      ],
      onRefused: () => undefined,
    });
  });
  afterEach(async () => {
    await processor?.close();
    processor = undefined;
    await server.close();
    await embedded.close();
    await removeFolder(folder);
  });

  const post = (items: readonly unknown[]): Promise<Response> =>
    fetch(`${server.url}/v1/clusters/default/audit`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: eventList(items),
    });

  const process = async (more: Partial<ProcessorOptions> = {}): Promise<Processor> => {
    processor = await startProcessor({
      bus: faultyBus(embedded.bus, faults),
      state: faultyState(embedded.state, faults),
      attempts: embedded.attempts,
      telemetry: ledger,
      topics: TOPICS,
      group: 'processors',
      onStateLoss: 'pause',
      stateWaitMs: 0,
      riskLists: loadRiskLists(''),
      now: Date.now,
      enteredFrom: new Map([[0, 0]]),
      ...more,
    });
    return processor;
  };

  const recordsOf = (topic: string): Promise<readonly StoredRecord[]> =>
    embedded.bus.read({ topic, partition: 0, offset: 0, recordsMax: 10_000, waitMs: 0, signal: never });
  const alerts = async (): Promise<readonly Alert[]> =>
    (await recordsOf(TOPICS.alerts)).map(({ value }) => decodeAlert(value));
  const deadLetters = async (): Promise<readonly DeadLetter[]> =>
    (await recordsOf(TOPICS.deadLetters)).map(({ value }) => decodeDeadLetter(value));
  const settled = (): Promise<unknown> =>
    eventually('an empty pipeline', () => ledger.report().inFlight === 0 || undefined);

  describe('the webhook', () => {
    it('answers 503 with Retry-After: 3 while the bus refuses, and 200 when it takes again', async () => {
      faults.publish.push(unavailable, unavailable);
      for (let i = 0; i < 2; i++) {
        const response = await post([podCreation()]);
        assert.deepEqual([response.status, response.headers.get('Retry-After')], [503, '3']);
        assert.equal(((await response.json()) as { error: { code: string } }).error.code, 'bus_unavailable');
      }
      assert.equal(ledger.report().accepted, 0);
      assert.equal((await post([podCreation()])).status, 200);
      assert.equal((await recordsOf(TOPICS.audit)).length, 1);
    });

    it('answers 503 with Retry-After while a topic takes too small records, so that the sender holds on until that is put right', async () => {
      faults.publish.push(tooLarge);
      const response = await post([podCreation()]);
      const { error } = (await response.json()) as {
        readonly error: { readonly code: string; readonly message: string };
      };
      assert.deepEqual(
        [response.status, response.headers.get('Retry-After'), error.code],
        [503, '3', 'bus_unavailable'],
      );
      assert.match(error.message, /arrivals topics check/);
    });

    it('answers 503 in time when the bus hangs', async () => {
      faults.publish.push(hang);
      const startedMs = performance.now();
      assert.equal((await post([podCreation()])).status, 503);
      assert.ok(performance.now() - startedMs < boundMs(5000));
    });

    it('counts what the bus took after the sender had been told 503, and what comes again as duplicates', async () => {
      let release = (): void => undefined;
      const held = new Promise<void>((resolve) => (release = resolve));
      faults.published.push(() => held);
      const items = [podCreation(), podRead()];
      assert.equal((await post(items)).status, 503);
      release();
      assert.equal((await post(items)).status, 200);
      await eventually(
        'both posts on the bus',
        async () => (await recordsOf(TOPICS.audit)).length === 2 || undefined,
      );
      await process();
      await eventually(
        'an outcome of all four events',
        () => ledger.report().accepted === 4 && ledger.report().inFlight === 0,
      );
      const { alerted, duplicate, balanced } = ledger.report();
      assert.deepEqual([alerted, duplicate, balanced, (await alerts()).length], [1, 1, true, 1]);
    });

    it('refuses with 503 what would take more memory than is set aside', async () => {
      faults.publish.push(hang, hang);
      const large = { ...podRead(), padding: 'x'.repeat(800_000) };
      const statuses = await Promise.all(
        [post([large]), post([large]), post([large])].map(
          async (response) => ((await (await response).json()) as { error: { code: string } }).error.code,
        ),
      );
      assert.ok(statuses.includes('overloaded'), String(statuses));
    });

    it('counts what the bus was given and has not settled as memory, also when its sender was answered', async () => {
      let release = (): void => undefined;
      const held = new Promise<void>((resolve) => (release = resolve));
      faults.publish.push(() => held);
      const large = { ...podRead(), padding: 'x'.repeat(800_000) };
      const codeOf = async (response: Response): Promise<string | undefined> =>
        ((await response.json()) as { error?: { code: string } }).error?.code;
      assert.equal(await codeOf(await post([large])), 'bus_unavailable');
      assert.equal(await codeOf(await post([large])), 'overloaded');
      release();
      await eventually('room for it', async () => (await post([large])).status === 200 || undefined);
    });

    it('keeps an item that is no event with its bytes, their length and digest, and where it stood', async () => {
      const bad = '{"stage":"Never",  "spaces": "kept" }';
      const body = `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[${JSON.stringify(podRead())},${bad}]}`;
      await fetch(`${server.url}/v1/clusters/default/audit`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body,
      });
      const [letter] = await deadLetters();
      assert.equal(letter?.bytes.toString(), bad);
      assert.equal(letter.length, bad.length);
      assert.equal(letter.sha256, createHash('sha256').update(bad).digest('hex'));
      assert.deepEqual([letter.reason, letter.cluster, letter.record], ['stage_unknown', 'default', null]);
      assert.deepEqual([letter.request?.index, letter.request?.byteOffset], [1, body.indexOf(bad)]);
    });

    it('keeps at most 900 KB of a bad item', async () => {
      await post([`x${'y'.repeat(950_000)}`]);
      const [letter] = await deadLetters();
      assert.deepEqual([letter?.bytes.length, letter?.length], [900_000, 950_003]);
    });
  });

  describe('the processor', () => {
    it('tries again while transactions fail, and makes one alert each', async () => {
      faults.transact.push(unavailable, unavailable, unavailable);
      const uids = Array.from({ length: 5 }, () => randomUUID() as string);
      await post(uids.map((uid) => podCreation({ uid })));
      const tried = await process();
      await eventually(
        'the problem to be named',
        () => tried.problems().some((problem) => problem.includes('bus_unavailable')) || undefined,
      );
      await settled();
      assert.deepEqual((await alerts()).map(({ object }) => object.uid).sort(), uids.sort());
      assert.deepEqual(tried.problems(), []);
      assert.equal(ledger.report().balanced, true);
    });

    it('makes the alert although the answer to its claim was lost', async () => {
      faults.claim.push(stateAway, stateAway);
      await post([podCreation()]);
      await process();
      await settled();
      assert.equal((await alerts()).length, 1);
      assert.equal(ledger.report().duplicate, 0);
    });

    it('makes the alert although a processor before it died between claim and commit', async () => {
      const events = [podRead(), podCreation(), podCreation()];
      await post(events);
      const claimOf = (index: number, offset: number): ClaimRequest => ({
        identity: identityOf('default', readAuditEvent(events[index])),
        by: { topic: TOPICS.audit, partition: 0, offset, index },
      });
      // What the dead one left: its own claim of the one, and somebody else's of the other.
      await embedded.state.claim([claimOf(1, 0), claimOf(2, 99)], Date.now());
      await process();
      await settled();
      const [alert, ...more] = await alerts();
      assert.deepEqual([alert?.provenance.index, more.length, ledger.report().duplicate], [1, 0, 1]);
    });

    it('sets a record aside that is none of ours, and goes on', async () => {
      await embedded.bus.publish(
        [{ topic: TOPICS.audit, key: null, value: Buffer.from('not avro'), headers: {} }],
        never,
      );
      await post([podCreation()]);
      await process();
      await eventually('the alert', async () => (await alerts()).length === 1 || undefined);
      const [letter] = await deadLetters();
      assert.deepEqual(
        [letter?.reason, { ...letter?.record }],
        ['record_undecodable', { topic: TOPICS.audit, partition: 0, offset: 0, index: 0 }],
      );
      assert.equal(letter?.bytes.toString(), 'not avro');
    });

    describe('without its state', () => {
      const WAIT_MS = 400;
      const FLAGS = ['notDeduplicated', 'notEnriched'];

      it('waits, and when the state is back in time makes alerts as ever', async () => {
        faults.state = stateAway;
        await post([podCreation()]);
        const waiting = await process({ onStateLoss: 'bypass', stateWaitMs: 60_000 });
        await eventually(
          'the problem to be named',
          () => waiting.problems().some((problem) => problem.includes('state_unavailable')) || undefined,
        );
        faults.state = undefined;
        await settled();
        assert.deepEqual(
          (await alerts()).map(({ flags }) => flags),
          [[]],
        );
      });

      it('passes alerts with flags when the wait is over, later ones at once, and none twice', async () => {
        faults.state = stateAway;
        const events = [podCreation(), podCreation()];
        await post(events);
        const passing = await process({ onStateLoss: 'bypass', stateWaitMs: WAIT_MS });
        await settled();
        assert.deepEqual(
          (await alerts()).map(({ flags }) => flags),
          [FLAGS, FLAGS],
        );
        assert.match(passing.problems().join(), /alerts pass unchecked/);
        const startedMs = performance.now();
        await post([...events, podCreation()]);
        await settled();
        assert.ok(performance.now() - startedMs < boundMs(WAIT_MS));
        const { alerted, duplicate, balanced } = ledger.report();
        assert.deepEqual([alerted, duplicate, balanced, (await alerts()).length], [3, 2, true, 3]);
      });

      it('is as before when the state is back: no flags, and what had passed is known', async () => {
        faults.state = stateAway;
        const events = [podCreation(), podCreation()];
        await post(events);
        const passing = await process({ onStateLoss: 'bypass', stateWaitMs: WAIT_MS });
        await settled();
        faults.state = undefined;
        await eventually('the state', () => passing.problems().length === 0 || undefined);
        await post([...events, podCreation()]);
        await settled();
        assert.deepEqual(
          (await alerts()).map(({ flags }) => flags),
          [FLAGS, FLAGS, []],
        );
        assert.equal(ledger.report().duplicate, 2);
      });

      it('passes each alert once although the bus fails too', async () => {
        faults.state = stateAway;
        faults.transact.push(unavailable, unavailable, unavailable);
        await post([podCreation(), podCreation()]);
        await process({ onStateLoss: 'bypass', stateWaitMs: WAIT_MS });
        await settled();
        assert.equal((await alerts()).length, 2);
        assert.equal(ledger.report().balanced, true);
      });

      it('goes on with events that are no creations', async () => {
        faults.state = stateAway;
        await post([podRead()]);
        await process({ onStateLoss: 'pause' });
        await settled();
      });
    });

    it('says of alerts that they may be repeats when its state is another one than before, though it had processed events', async () => {
      const events = [podCreation(), podCreation()];
      await post(events);
      await (await process().then(async (first) => (await settled(), first))).close();
      const elsewhere = await temporaryFolder();
      const other = openEmbedded({
        folder: elsewhere,
        topics: {},
        claimTtlMs: 1e9,
        ...CONTEXT,
        telemetry: silent,
        now: Date.now,
      });
      try {
        await process({ state: other.state });
        await post(events);
        await settled();
        const told = await alerts();
        assert.deepEqual(
          told.map(({ flags }) => flags),
          [[], [], ['afterStateLoss'], ['afterStateLoss']],
        );
        assert.deepEqual(told.slice(0, 2).map(revisionOf), told.slice(2).map(revisionOf));
        await processor?.close();
      } finally {
        await other.close();
        await removeFolder(elsewhere);
      }
    });

    it('stops at once when it is closed while it waits', async () => {
      faults.transact.push(...Array.from({ length: 1000 }, () => unavailable));
      await post([podCreation()]);
      const waiting = await process();
      await eventually('the problem', () => waiting.problems().length > 0 || undefined);
      const startedMs = performance.now();
      await waiting.close();
      assert.ok(performance.now() - startedMs < boundMs(2000));
    });
  });
});
