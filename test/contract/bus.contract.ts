/**
 * What every bus must do: the contract of packages/core/src/ports/bus.ts, sentence by sentence.
 * A function of a factory, so that each adapter is held to the same suite.
 */
import type {
  ArrivalsError,
  Bus,
  ConsumedBatch,
  OutgoingRecord,
  StoredRecord,
  Subscription,
} from '@arrivals/core';
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { eventually } from '../support/eventually.ts';

export interface BusUnderTest {
  readonly bus: Bus;
  /** Two topics of it, empty. */
  readonly topics: { readonly in: string; readonly out: string };
  /** Whether outputs and position are written as one; otherwise one after the other, at least once. */
  readonly asOne: boolean;
  /** Bytes of a record that it refuses as too large; null: it takes any. */
  readonly refusedBytes: number | null;
  /** Lets go of the bus as after a restart, and gives another on the same records. */
  reopen(): Promise<Bus>;
  dispose(): Promise<void>;
}

const never = new AbortController().signal;

const texts = (records: readonly StoredRecord[]): readonly string[] =>
  records.map(({ value }) => value.toString());

/** Every record of a topic, all partitions, in order within each. */
async function readAll(bus: Bus, topic: string): Promise<readonly StoredRecord[]> {
  const all: StoredRecord[] = [];
  for (const { partition, earliest, next } of await bus.offsets(topic)) {
    for (let offset = earliest; offset < next;) {
      const records = await bus.read({ topic, partition, offset, recordsMax: 100, waitMs: 0, signal: never });
      if (records.length === 0) break;
      all.push(...records);
      offset = (records.at(-1)?.offset ?? next) + 1;
    }
  }
  return all;
}

const endOf = (batch: ConsumedBatch): number => (batch.records.at(-1)?.offset ?? -1) + 1;

const hasCode =
  (code: string) =>
  (error: unknown): boolean =>
    (error as ArrivalsError).code === code;

export function busContract(adapter: string, make: () => Promise<BusUnderTest>): void {
  describe(`the bus contract, kept by ${adapter}`, () => {
    let under: BusUnderTest;
    let bus: Bus;
    let IN: string;
    let OUT: string;
    /** A group of its own for each test, as positions outlive a test on a shared bus. */
    let GROUP: string;
    const subscriptions: Subscription[] = [];

    beforeEach(async () => {
      under = await make();
      bus = under.bus;
      ({ in: IN, out: OUT } = under.topics);
      GROUP = `readers-${randomUUID()}`;
    });
    afterEach(async () => {
      await Promise.all(subscriptions.splice(0).map((subscription) => subscription.close()));
      await under.dispose();
    });

    const record = (value: string, topic = IN, key: string | null = null): OutgoingRecord => ({
      topic,
      key,
      value: Buffer.from(value),
      headers: {},
    });

    async function consume(
      handle: (batch: ConsumedBatch) => Promise<void>,
      batchRecordsMax = 10,
    ): Promise<Subscription> {
      const subscription = await bus.subscribe({ topic: IN, group: GROUP, batchRecordsMax }, handle);
      subscriptions.push(subscription);
      return subscription;
    }

    describe('publish', () => {
      it('gives each record its position, in the order given', async () => {
        const positions = await bus.publish([record('a'), record('b', OUT), record('c')], never);
        assert.deepEqual(
          positions.map(({ topic }) => topic),
          [IN, OUT, IN],
        );
        const [a, , c] = positions;
        assert.ok(a !== undefined && c !== undefined);
        if (a.partition === c.partition) assert.ok(c.offset > a.offset);
      });

      it('keeps key, value and headers as they were', async () => {
        const bytes = Buffer.from([0, 1, 2, 0xff, 0xfe, 0x0a]);
        await bus.publish(
          [{ topic: IN, key: 'schlüssel', value: bytes, headers: { a: '1', 'content-type': 'x/y' } }],
          never,
        );
        const [stored] = await readAll(bus, IN);
        assert.equal(stored?.key, 'schlüssel');
        assert.deepEqual(stored.value, bytes);
        assert.deepEqual(stored.headers, { a: '1', 'content-type': 'x/y' });
        assert.ok(Math.abs(stored.timestampMs - Date.now()) < 60_000);
      });

      it('takes an empty value, a record of 900,000 bytes and no record at all', async () => {
        const large = Buffer.alloc(900_000, 7);
        await bus.publish([], never);
        await bus.publish([{ topic: IN, key: null, value: Buffer.alloc(0), headers: {} }], never);
        await bus.publish([{ topic: IN, key: null, value: large, headers: {} }], never);
        const lengths = (await readAll(bus, IN)).map(({ value }) => value.length).sort((a, b) => a - b);
        assert.deepEqual(lengths, [0, 900_000]);
      });

      it('takes 16 MB of records in one call, as a POST may be', async () => {
        const texts16 = Array.from(
          { length: 18 },
          (_unused, i) => `${String(i).padStart(2, '0')}${'x'.repeat(899_998)}`,
        );
        const positions = await bus.publish(
          texts16.map((text) => record(text, IN, 'one partition')),
          never,
        );
        const stored = await readAll(bus, IN);
        assert.deepEqual(texts(stored), texts16);
        assert.deepEqual(
          positions.map(({ offset }) => offset),
          stored.map(({ offset }) => offset),
        );
      }).timeout(20_000);

      it('refuses a record that is too large by name, for good, and takes others', async () => {
        const { refusedBytes } = under;
        if (refusedBytes === null) return;
        const large = { topic: IN, key: null, value: Buffer.alloc(refusedBytes, 1), headers: {} };
        await assert.rejects(
          bus.publish([large], never),
          (error: unknown) =>
            hasCode('record_too_large')(error) &&
            !(error as ArrivalsError).retryable &&
            (error as ArrivalsError).topic === IN,
        );
        await bus.publish([record('small')], never);
        assert.deepEqual(texts(await readAll(bus, IN)), ['small']);
      });

      it('keeps what it acknowledged over a restart', async () => {
        await bus.publish([record('before')], never);
        bus = await under.reopen();
        await bus.publish([record('after')], never);
        assert.deepEqual([...texts(await readAll(bus, IN))].sort(), ['after', 'before']);
      });

      it('takes many at once without losing or repeating one', async () => {
        const wanted = Array.from({ length: 200 }, (_unused, i) => String(i).padStart(3, '0'));
        await Promise.all(wanted.map((text) => bus.publish([record(text)], never)));
        assert.deepEqual([...texts(await readAll(bus, IN))].sort(), wanted);
      });

      it('refuses a topic it does not have, and writes nothing of that call', async () => {
        await assert.rejects(
          bus.publish([record('x'), record('y', 'elsewhere')], never),
          hasCode('topic_unknown'),
        );
        assert.deepEqual(await readAll(bus, IN), []);
      });

      it('refuses when it is closed', async () => {
        await bus.close();
        await under.dispose();
        await assert.rejects(bus.publish([record('x')], never), hasCode('bus_unavailable'));
      });
    });

    describe('subscribe', () => {
      it('delivers what was there before and what comes later', async () => {
        const seen: string[] = [];
        await bus.publish([record('one')], never);
        await consume(async (batch) => {
          seen.push(...texts(batch.records));
          await batch.transact([], endOf(batch));
        });
        await eventually('the first record', () => seen.includes('one') || undefined);
        await bus.publish([record('two')], never);
        await eventually('the second record', () => seen.includes('two') || undefined);
        assert.deepEqual(seen, ['one', 'two']);
      });

      it('delivers at most the number of records asked for', async () => {
        await bus.publish(
          Array.from({ length: 7 }, (_unused, i) => record(String(i))),
          never,
        );
        const sizes: number[] = [];
        await consume(async (batch) => {
          sizes.push(batch.records.length);
          await batch.transact([], endOf(batch));
        }, 3);
        await eventually('all records', () => sizes.reduce((sum, size) => sum + size, 0) === 7 || undefined);
        assert.ok(Math.max(...sizes) <= 3, String(sizes));
      });

      it('delivers again what was not committed', async () => {
        await bus.publish([record('again')], never);
        let deliveries = 0;
        await consume(async (batch) => {
          deliveries++;
          if (deliveries === 3) await batch.transact([], endOf(batch));
        });
        await eventually(
          'the commit',
          async () => ((await bus.committed(IN, GROUP)).size > 0 && deliveries === 3) || undefined,
        );
      });

      it('goes on from the committed position after a restart, not before it and not after it', async () => {
        await bus.publish([record('1')], never);
        await consume((batch) => batch.transact([], endOf(batch)));
        await eventually(
          'the first commit',
          async () =>
            [...(await bus.committed(IN, GROUP)).values()].some((offset) => offset > 0) || undefined,
        );
        bus = await under.reopen();
        await bus.publish([record('2')], never);
        const seen: string[] = [];
        await consume(async (batch) => {
          seen.push(...texts(batch.records));
          await batch.transact([], endOf(batch));
        });
        await eventually('the second record', () => seen.length > 0 || undefined);
        assert.deepEqual(seen, ['2']);
      });

      it('ends with the handler’s own error, and commits nothing then', async () => {
        await bus.publish([record('x')], never);
        const subscription = await consume(() => Promise.reject(new Error('handler broke')));
        await assert.rejects(subscription.ended, /handler broke/);
        assert.ok([...(await bus.committed(IN, GROUP)).values()].every((offset) => offset === 0));
      });

      it('waits on close for the handler that is running, whose commit still counts', async () => {
        await bus.publish([record('x')], never);
        let release = (): void => undefined;
        const held = new Promise<void>((resolve) => (release = resolve));
        let started = false;
        const subscription = await consume(async (batch) => {
          started = true;
          await held;
          await batch.transact([record('out', OUT)], endOf(batch));
        });
        await eventually('the handler', () => started || undefined);
        const closing = subscription.close();
        release();
        await closing;
        await subscription.ended;
        const out = await eventually('the output', async () => {
          const records = await readAll(bus, OUT);
          return records.length > 0 ? records : undefined;
        });
        assert.deepEqual(texts(out), ['out']);
      });

      it('aborts the batch’s signal when it closes', async () => {
        await bus.publish([record('x')], never);
        let signal: AbortSignal | undefined;
        const subscription = await consume(async (batch) => {
          signal = batch.signal;
          if (!batch.signal.aborted)
            await new Promise((resolve) => {
              batch.signal.addEventListener('abort', resolve);
            });
        });
        await eventually('the handler', () => signal);
        await subscription.close();
        assert.equal(signal?.aborted, true);
      });
    });

    describe('transact', () => {
      it('writes outputs and position, the position never before the outputs', async () => {
        await bus.publish([record('in')], never);
        await consume(async (batch) => {
          await batch.transact([record('out-1', OUT), record('out-2', OUT)], endOf(batch));
        });
        const positions = async (): Promise<readonly number[]> =>
          [...(await bus.committed(IN, GROUP)).values()].filter((offset) => offset > 0);
        assert.deepEqual(
          await eventually('the position', async () =>
            (await positions()).length > 0 ? positions() : undefined,
          ),
          [1],
        );
        assert.deepEqual([...texts(await readAll(bus, OUT))].sort(), ['out-1', 'out-2']);
      });

      it('takes 6 MB of outputs, as a batch of many alerts may have', async () => {
        const outputs = Array.from({ length: 400 }, (_unused, i) =>
          record(`${String(i).padStart(3, '0')}${'y'.repeat(15_000)}`, OUT, 'one partition'),
        );
        await bus.publish([record('in')], never);
        await consume((batch) => batch.transact(outputs, endOf(batch)));
        const out = await eventually('the outputs', async () => {
          const records = await readAll(bus, OUT);
          return records.length >= outputs.length ? records : undefined;
        });
        assert.deepEqual(
          texts(out),
          outputs.map(({ value }) => value.toString()),
        );
      }).timeout(20_000);

      it('commits nothing when one output is too large, and writes the others when they come alone; as one also writes nothing before', async () => {
        const { refusedBytes } = under;
        if (refusedBytes === null) return;
        const large = { topic: OUT, key: null, value: Buffer.alloc(refusedBytes, 1), headers: {} };
        const codes: string[] = [];
        await bus.publish([record('in')], never);
        await consume(async (batch) => {
          await batch
            .transact([record('with it', OUT), large], endOf(batch))
            .catch((error: unknown) => codes.push((error as ArrivalsError).code));
          await batch.transact([record('alone', OUT)], endOf(batch));
        });
        const out = await eventually('the output', async () => {
          const records = await readAll(bus, OUT);
          return texts(records).includes('alone') ? records : undefined;
        });
        assert.deepEqual(codes, ['record_too_large']);
        assert.deepEqual(under.asOne ? texts(out) : texts(out).filter((text) => text !== 'with it'), [
          'alone',
        ]);
      });

      it('may commit a batch part by part', async () => {
        // Of one key, so that they are of one partition: between partitions there is no order.
        await bus.publish([record('1', IN, 'k'), record('2', IN, 'k'), record('3', IN, 'k')], never);
        const deliveries: string[][] = [];
        await consume(async (batch) => {
          deliveries.push([...texts(batch.records)]);
          await batch.transact([], (batch.records[0]?.offset ?? 0) + 1);
        });
        await eventually('the last record', () => deliveries.at(-1)?.join() === '3' || undefined);
      });

      it('refuses a position outside the batch or behind the committed one, and writes no output then', async () => {
        await bus.publish([record('1'), record('2')], never);
        const codes: string[] = [];
        await consume(async (batch) => {
          const end = endOf(batch);
          for (const offset of [end + 1, batch.records[0]?.offset ?? 0]) {
            await batch
              .transact([record('wrong', OUT)], offset)
              .catch((error: unknown) => codes.push((error as ArrivalsError).code));
          }
          await batch.transact([], end);
        });
        await eventually('the refusals', () => codes.length >= 2 || undefined);
        assert.deepEqual(codes.slice(0, 2), ['offset_conflict', 'offset_conflict']);
        assert.deepEqual(await readAll(bus, OUT), []);
      });
    });

    describe('read', () => {
      it('begins at the first record at or after the offset and moves no position', async () => {
        await bus.publish([record('a', OUT, 'k'), record('b', OUT, 'k'), record('c', OUT, 'k')], never);
        const [first] = await readAll(bus, OUT);
        assert.ok(first !== undefined);
        const records = await bus.read({
          topic: OUT,
          partition: first.partition,
          offset: first.offset + 1,
          recordsMax: 10,
          waitMs: 0,
          signal: never,
        });
        assert.deepEqual(texts(records), ['b', 'c']);
        assert.deepEqual(await bus.committed(OUT, GROUP), new Map());
      });

      it('waits for a first record, as long as it is set to', async () => {
        const [bounds] = await bus.offsets(OUT);
        assert.ok(bounds !== undefined);
        const { partition, next } = bounds;
        assert.deepEqual(
          await bus.read({ topic: OUT, partition, offset: next, recordsMax: 1, waitMs: 30, signal: never }),
          [],
        );
        const waiting = Promise.all(
          (await bus.offsets(OUT)).map((each) =>
            bus.read({
              topic: OUT,
              partition: each.partition,
              offset: each.next,
              recordsMax: 1,
              waitMs: 2000,
              signal: never,
            }),
          ),
        );
        await bus.publish([record('late', OUT)], never);
        assert.deepEqual((await waiting).flatMap(texts), ['late']);
      });

      it('stops waiting when the signal aborts', async () => {
        const stop = new AbortController();
        const waiting = bus.read({
          topic: OUT,
          partition: 0,
          offset: 0,
          recordsMax: 1,
          waitMs: 60_000,
          signal: stop.signal,
        });
        stop.abort(new Error('enough'));
        await assert.rejects(waiting, /enough/);
      });
    });

    it('gives the bounds of each partition', async () => {
      await bus.publish([record('a'), record('b')], never);
      const bounds = await bus.offsets(IN);
      assert.equal(
        bounds.reduce((sum, { earliest, next }) => sum + next - earliest, 0),
        2,
      );
    });

    it('answers a check while it is open', async () => {
      await bus.check(never);
    });

    it('may be closed twice', async () => {
      await bus.close();
      await bus.close();
    });
  });
}
