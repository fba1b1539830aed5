/**
 * Delivery by way of the spool, on the real spool and the embedded bus, with faults injected at the bus: what
 * was acknowledged is there, and counted.
 */
import { type Embedded, openEmbedded } from '@arrivals/adapters/embedded';
import { openSpool, type Spool, type SpoolOptions } from '@arrivals/adapters/spool';
import { ArrivalsError, type Bus, Ledger, type PostedBatch, type TelemetryEvent } from '@arrivals/core';
import { SpoolingDelivery, type SpoolingOptions } from '@arrivals/webhook';
import assert from 'node:assert/strict';
import path from 'node:path';
import { CONTEXT } from '../support/context.ts';
import { eventually } from '../support/eventually.ts';
import { faultyBus, type Faults, hang, noFaults, unavailable } from '../support/faulty.ts';
import { boundMs } from '../support/pace.ts';
import { silent } from '../support/telemetry.ts';
import { removeFolder, temporaryFolder } from '../support/temporary.ts';

const TOPIC = 'audit';
const HOUR_MS = 3_600_000;
const AFTER_MS = 150;
const never = new AbortController().signal;

const batch = (text: string, more: Partial<PostedBatch> = {}): PostedBatch => ({
  cluster: 'prod',
  events: 3,
  deadLettered: { stage_unknown: 1 },
  records: [{ topic: TOPIC, key: null, value: Buffer.from(text), headers: {} }],
  ...more,
});

const hasCode =
  (code: string) =>
  (error: unknown): boolean =>
    (error as ArrivalsError).code === code;

/** Promises of the bus that a test settles when it wants. */
function held(): { readonly wait: () => Promise<void>; readonly release: () => void } {
  let release: () => void = () => undefined;
  const promise = new Promise<void>((resolve) => (release = resolve));
  return { wait: () => promise, release };
}

describe('a delivery with a spool', () => {
  let folder: string;
  let embedded: Embedded;
  let spool: Spool;
  let faults: Faults;
  let ledger: Ledger;
  let events: TelemetryEvent[];
  let retained: Promise<unknown>[];
  let delivery: SpoolingDelivery;

  const openBoth = (options: Partial<SpoolOptions & SpoolingOptions> = {}): void => {
    const common = { bytesMax: 10_000_000, ageMaxMs: HOUR_MS, now: Date.now, ...options };
    spool = openSpool({ folder: path.join(folder, 'spool'), ...common });
    ledger = new Ledger();
    events = [];
    const telemetry = {
      emit: (event: TelemetryEvent): void => {
        events.push(event);
        ledger.emit(event);
        assert.ok(ledger.report().inFlight >= 0);
      },
    };
    delivery = new SpoolingDelivery({
      spool,
      telemetry,
      afterMs: AFTER_MS,
      pendingBytesMax: 1_000_000,
      ...common,
    });
  };
  const closeBoth = async (): Promise<void> => {
    await delivery.close();
    await spool.close();
  };

  beforeEach(async () => {
    folder = await temporaryFolder();
    const settings = { retentionMs: HOUR_MS, retentionBytes: 100_000_000, keepUnread: true };
    embedded = openEmbedded({
      folder: path.join(folder, 'bus'),
      topics: { [TOPIC]: settings },
      claimTtlMs: HOUR_MS,
      ...CONTEXT,
      telemetry: silent,
      now: Date.now,
    });
    faults = noFaults();
    retained = [];
    openBoth();
  });
  afterEach(async () => {
    await closeBoth();
    await embedded.close();
    await removeFolder(folder);
  });

  const connect = (bus: Pick<Bus, 'publish' | 'check'> = faultyBus(embedded.bus, faults)): void =>
    void delivery.connect(bus);
  const deliver = (given: PostedBatch): Promise<void> =>
    delivery.deliver(given, (until) => retained.push(until));
  const onBus = async (): Promise<readonly string[]> => {
    const records = await embedded.bus.read({
      topic: TOPIC,
      partition: 0,
      offset: 0,
      recordsMax: 10_000,
      waitMs: 0,
      signal: never,
    });
    return records.map(({ value }) => value.toString());
  };
  const drained = (): Promise<unknown> =>
    eventually(
      'an empty spool',
      () => (spool.stats().batches === 0 && ledger.report().inFlight === 0) || undefined,
    );
  const counts = (): unknown => {
    const { accepted, passedOn, deadLettered, inFlight, balanced } = ledger.report();
    return { accepted, passedOn, dead: deadLettered.stage_unknown ?? 0, inFlight, balanced };
  };
  const toldOf = <T extends TelemetryEvent['type']>(
    type: T,
  ): readonly Extract<TelemetryEvent, { readonly type: T }>[] =>
    events.filter((event): event is Extract<TelemetryEvent, { readonly type: T }> => event.type === type);

  it('goes straight to a bus that answers', async () => {
    connect();
    await deliver(batch('a'));
    assert.deepEqual(await onBus(), ['a']);
    assert.deepEqual(counts(), { accepted: 3, passedOn: 2, dead: 1, inFlight: 0, balanced: true });
    assert.deepEqual([toldOf('batch_spooled').length, delivery.notes()], [0, []]);
  });

  it('takes a POST without events', async () => {
    await deliver(batch('', { events: 0, deadLettered: {}, records: [] }));
    assert.deepEqual(counts(), { accepted: 0, passedOn: 0, dead: 0, inFlight: 0, balanced: true });
  });

  it('spools before there is a bus, in flight until the bus is there', async () => {
    await Promise.all(['a', 'b', 'c'].map((text) => deliver(batch(text))));
    assert.deepEqual(counts(), { accepted: 9, passedOn: 0, dead: 0, inFlight: 9, balanced: true });
    await delivery.check(never);
    assert.match(delivery.notes().join(), /not reached since the start; 3 batches of \d+ bytes wait/);
    connect();
    await drained();
    assert.deepEqual([...(await onBus())].sort(), ['a', 'b', 'c']);
    assert.deepEqual(counts(), { accepted: 9, passedOn: 6, dead: 3, inFlight: 0, balanced: true });
  });

  for (const [what, fault] of [
    ['refuses', unavailable],
    ['hangs', hang],
    ['has lost its topic', () => Promise.reject(new ArrivalsError('topic_unknown', 'injected'))],
  ] as const) {
    it(`spools in time what a bus that ${what} does not take, and drains it when the bus is back`, async () => {
      connect();
      faults.publish.push(fault);
      const startedMs = performance.now();
      await deliver(batch('a'));
      assert.ok(performance.now() - startedMs < boundMs(AFTER_MS + 1000));
      assert.equal(toldOf('batch_spooled').length, 1);
      await drained();
      assert.deepEqual(await onBus(), ['a']);
      assert.deepEqual(counts(), { accepted: 3, passedOn: 2, dead: 1, inFlight: 0, balanced: true });
      const told = toldOf('dependency_warning').map((event) => event.what);
      assert.deepEqual(told, ['unreachable', 'reconnected']);
    });
  }

  it('does not wait for a bus that is known to be unavailable: one probe at a time, the rest on disk', async () => {
    let asked = 0;
    const away = async (): Promise<never> => {
      asked++;
      return unavailable();
    };
    connect({ publish: away, check: away });
    await deliver(batch('first'));
    const before = asked;
    await Promise.all(Array.from({ length: 100 }, (_unused, i) => deliver(batch(String(i)))));
    assert.ok(asked - before <= 3, `the bus was asked ${String(asked - before)} times`);
    assert.equal(spool.stats().batches, 101);
    await eventually(
      'the drainer to tell that it tries again',
      () => toldOf('step_retried').some(({ step }) => step === 'drain') || undefined,
    );
  });

  it('has one copy on the bus of what arrives there after all, if it does before the spool is drained', async () => {
    const late = held();
    const away = held();
    faults.publish.push(late.wait, away.wait);
    connect();
    await deliver(batch('a'));
    assert.deepEqual([spool.stats().batches, await onBus()], [1, []]);
    late.release();
    await eventually('the spool to be empty', () => spool.stats().batches === 0 || undefined);
    assert.deepEqual(counts(), { accepted: 3, passedOn: 2, dead: 1, inFlight: 0, balanced: true });
    // The drainer’s own copy was on its way already.
    away.release();
    await eventually('both copies', async () => (await onBus()).length === 2 || undefined);
    await Promise.all(retained);
    assert.deepEqual(counts(), { accepted: 3, passedOn: 2, dead: 1, inFlight: 0, balanced: true });
  });

  it('holds on to the memory of what the bus was given for as long as that has not ended', async () => {
    const late = held();
    faults.publish.push(late.wait);
    connect();
    await deliver(batch('a'));
    const ended = Promise.all(retained).then(() => 'ended');
    assert.equal(await Promise.race([ended, drained().then(() => 'drained')]), 'drained');
    late.release();
    assert.equal(await ended, 'ended');
  });

  it('gives a bus that is slow no more than its share of memory, and spools the rest at once', async () => {
    const slow = held();
    let given = 0;
    connect({
      publish: async () => {
        given++;
        await slow.wait();
        return [];
      },
      check: () => Promise.resolve(),
    });
    const large = { records: [{ topic: TOPIC, key: null, value: Buffer.alloc(300_000), headers: {} }] };
    const all = Array.from({ length: 10 }, () => deliver(batch('', large)));
    await eventually('seven to be in the spool', () => toldOf('batch_spooled').length === 7 || undefined);
    // Three that fit, and the drainer’s one.
    assert.ok(given === 3 || given === 4, String(given));
    slow.release();
    await Promise.all(all);
    await drained();
    assert.deepEqual(counts(), { accepted: 30, passedOn: 20, dead: 10, inFlight: 0, balanced: true });
  });

  it('passes over a batch that the bus refuses, and tries it again', async () => {
    let refusing = true;
    connect({
      publish: (records, signal) =>
        refusing && records.some(({ value }) => value.includes('bad'))
          ? unavailable()
          : embedded.bus.publish(records, signal),
      check: (signal) => embedded.bus.check(signal),
    });
    await deliver(batch('bad'));
    await eventually('the bus to be back for the others', async () => {
      await deliver(batch('good'));
      return delivery.notes().every((note) => note.includes('are being sent')) || undefined;
    });
    await eventually('the good ones to be drained', () => spool.stats().batches === 1 || undefined);
    refusing = false;
    await drained();
    assert.equal((await onBus()).filter((text) => text === 'bad').length, 1);
  });

  it('finds out that the bus is back when nothing is in the spool', async () => {
    await closeBoth();
    openBoth({ bytesMax: 1 });
    connect();
    faults.publish.push(unavailable);
    await assert.rejects(deliver(batch('a')), hasCode('spool_full'));
    await eventually(
      'the bus to be taken for back',
      async () => (await deliver(batch('b')).catch(() => 'refused')) === undefined || undefined,
    );
    assert.deepEqual(await onBus(), ['b']);
  });

  describe('that is refused by its spool', () => {
    const away: Pick<Bus, 'publish' | 'check'> = { publish: unavailable, check: unavailable };

    it('reports that the bus is unavailable, and is not ready', async () => {
      await closeBoth();
      openBoth({ bytesMax: 4500 });
      connect(away);
      await assert.rejects(async () => {
        for (let i = 0; i < 100; i++) await deliver(batch('x'.repeat(500)));
      }, hasCode('spool_full'));
      assert.ok(spool.stats().batches > 2 && spool.stats().bytes <= 4500);
      await assert.rejects(delivery.check(never), hasCode('spool_full'));
      const { inFlight, accepted } = ledger.report();
      assert.deepEqual([accepted, inFlight], [3 * spool.stats().batches, 3 * spool.stats().batches]);
    });

    it('for the age of what is there, keeps that, and counts it as overdue when it comes to the bus', async () => {
      await closeBoth();
      let nowMs = Date.now();
      openBoth({ now: () => nowMs });
      await deliver(batch('old'));
      nowMs += HOUR_MS + 1;
      await assert.rejects(deliver(batch('new')), hasCode('spool_too_old'));
      await assert.rejects(delivery.check(never), hasCode('spool_too_old'));
      connect();
      await drained();
      assert.deepEqual(await onBus(), ['old']);
      assert.deepEqual(
        toldOf('batches_drained').map(({ batches, overdue }) => [batches, overdue]),
        [[1, 1]],
      );
      await deliver(batch('new'));
    });

    it('counts the batch all the same when the bus takes it late', async () => {
      await closeBoth();
      openBoth({ bytesMax: 1 });
      const late = held();
      faults.publish.push(late.wait);
      connect();
      await assert.rejects(deliver(batch('a')), hasCode('spool_full'));
      assert.deepEqual(counts(), { accepted: 0, passedOn: 0, dead: 0, inFlight: 0, balanced: true });
      late.release();
      await eventually('the late batch to be counted', () => ledger.report().accepted === 3 || undefined);
      assert.deepEqual(counts(), { accepted: 3, passedOn: 2, dead: 1, inFlight: 0, balanced: true });
    });
  });

  it('takes up what an earlier process left, by cluster, and drains it in few calls', async () => {
    await deliver(batch('a', { cluster: 'edge' }));
    for (let i = 0; i < 100; i++) await deliver(batch(String(i)));
    await closeBoth();
    openBoth();
    const entered = toldOf('events_entered').map(({ cluster, events: count, from }) => [
      cluster,
      count,
      from,
    ]);
    assert.deepEqual(entered.sort(), [
      ['edge', 3, 'spool'],
      ['prod', 300, 'spool'],
    ]);
    let calls = 0;
    connect({
      publish: (records, signal) => {
        calls++;
        return embedded.bus.publish(records, signal);
      },
      check: (signal) => embedded.bus.check(signal),
    });
    await drained();
    assert.equal((await onBus()).length, 101);
    assert.ok(calls < 10, String(calls));
    assert.deepEqual(counts(), { accepted: 303, passedOn: 202, dead: 101, inFlight: 0, balanced: true });
  });

  it('drains again what was on the bus when it was closed before the spool knew, and nothing is lost', async () => {
    await deliver(batch('a'));
    const answer = held();
    faults.published.push(answer.wait);
    connect();
    await eventually('the record', async () => (await onBus()).length === 1 || undefined);
    const closing = delivery.close();
    answer.release();
    await closing;
    await spool.close();
    openBoth();
    connect();
    await drained();
    assert.ok((await onBus()).every((text) => text === 'a'));
  });

  it('accepts live batches while it drains', async () => {
    for (let i = 0; i < 300; i++) await deliver(batch('x'.repeat(20_000)));
    connect();
    let live = 0;
    while (spool.stats().batches > 0 && live < 1000) {
      await deliver(batch(`live ${String(live)}`));
      live++;
    }
    // A slow machine may have some of them late.
    const straight = live - (toldOf('batch_spooled').length - 300);
    assert.ok(straight > 3, `${String(straight)} of ${String(live)}`);
  });
});
