/** Looking an alert up by its ID: from the newest back, so many records at a time. */
import { encodeAlert } from '@arrivals/adapters/avro';
import { type Alert, type ReadOptions, type StoredRecord, TOPICS } from '@arrivals/core';
import { type LookedUp, lookUpAlerts } from 'arrivals';
import assert from 'node:assert/strict';
import { alertOf, podCreated } from '../../core/alert/creations.ts';

const patience = new AbortController().signal;
const ALERT = alertOf(podCreated());
const idOf = (i: number): string => `${String(i).padStart(8, '0')}-0000-8000-8000-000000000000`;

/** A bus whose topic of alerts has these, from this offset on. It gives ten records at a time. */
function busOf(alerts: readonly Pick<Alert, 'alertId' | 'revision'>[], earliest = 0) {
  const reads: ReadOptions[] = [];
  const records: readonly StoredRecord[] = alerts.map((alert, i) => ({
    topic: TOPICS.alerts,
    partition: 0,
    offset: earliest + i,
    key: alert.alertId,
    value: encodeAlert({ ...ALERT, ...alert }),
    headers: {},
    timestampMs: 0,
  }));
  return {
    reads,
    offsets: () => Promise.resolve([{ partition: 0, earliest, next: earliest + records.length }]),
    read: (options: ReadOptions) => {
      reads.push(options);
      const { offset, recordsMax } = options;
      return Promise.resolve(
        records.filter((record) => record.offset >= offset).slice(0, Math.min(10, recordsMax)),
      );
    },
  };
}

const found = ({ alerts, before }: LookedUp): readonly unknown[] => [
  alerts.map(({ alertId, revision }) => [alertId, revision]),
  before,
];
const many = (count: number): readonly { readonly alertId: string; readonly revision: number }[] =>
  Array.from({ length: count }, (_unused, i) => ({ alertId: idOf(i), revision: 1 }));

describe('looking up an alert', () => {
  it('finds it by its whole ID and by its beginning', async () => {
    const bus = busOf(many(250), 40);
    for (const id of [idOf(3), idOf(3).slice(0, 8)])
      assert.deepEqual(found(await lookUpAlerts(bus, TOPICS, { id, before: undefined, startRetry })), [
        [[idOf(3), 1]],
        null,
      ]);
  });

  it('gives the newest revision of each', async () => {
    const bus = busOf([
      { alertId: idOf(1), revision: 1 },
      { alertId: idOf(1), revision: 2 },
      { alertId: idOf(2), revision: 1 },
      { alertId: idOf(1), revision: 3 },
    ]);
    const answer = await lookUpAlerts(bus, TOPICS, { id: '0000000', before: undefined, startRetry });
    assert.deepEqual(found(answer), [
      [
        [idOf(1), 3],
        [idOf(2), 1],
      ],
      null,
    ]);
  });

  it('looks at 10,000 records and no more, and says where to go on', async () => {
    const bus = busOf(many(10_150), 5);
    const first = await lookUpAlerts(bus, TOPICS, { id: idOf(7), before: undefined, startRetry });
    assert.deepEqual(found(first), [[], 155]);
    assert.equal(Math.min(...bus.reads.map(({ offset }) => offset)), 155);
    assert.deepEqual(found(await lookUpAlerts(bus, TOPICS, { id: idOf(7), before: 155, startRetry })), [
      [[idOf(7), 1]],
      null,
    ]);
  });

  it('reads no record twice, and none behind where it was told to begin', async () => {
    const bus = busOf(many(300));
    await lookUpAlerts(bus, TOPICS, { id: idOf(0), before: 205, startRetry });
    const offsets = bus.reads.map(({ offset }) => offset);
    assert.equal(new Set(offsets).size, offsets.length);
    assert.ok(bus.reads.every(({ offset, recordsMax }) => offset + recordsMax <= 205));
  });

  it('stops when it has found more than anybody wants of one beginning, and goes on from there', async () => {
    const bus = busOf(many(500));
    const all: string[] = [];
    for (let before: number | undefined; ;) {
      const answer: LookedUp = await lookUpAlerts(bus, TOPICS, { id: '00000', before, startRetry });
      all.push(...answer.alerts.map(({ alertId }) => alertId));
      if (answer.before === null) break;
      assert.ok(answer.alerts.length <= 120);
      before = answer.before;
    }
    assert.deepEqual(
      all,
      many(500)
        .map(({ alertId }) => alertId)
        .reverse(),
    );
  });

  it('names those that begin so and cannot be read, and finds the others', async () => {
    const bus = busOf(many(3));
    const read = async (options: ReadOptions): Promise<readonly StoredRecord[]> =>
      (await bus.read(options)).map((record) =>
        record.offset === 1 ? { ...record, value: Buffer.from('c30100000000000000000a', 'hex') } : record,
      );
    const answer = await lookUpAlerts({ ...bus, read }, TOPICS, {
      id: '0000000',
      before: undefined,
      startRetry,
    });
    assert.deepEqual(found(answer), [
      [
        [idOf(2), 1],
        [idOf(0), 1],
      ],
      null,
    ]);
    assert.deepEqual(
      answer.notRead.map(({ offset, alertId }) => [offset, alertId]),
      [[1, idOf(1)]],
    );
  });

  it('finds nothing on an empty topic, beyond its ends, and for who has gone', async () => {
    assert.deepEqual(
      found(await lookUpAlerts(busOf([]), TOPICS, { id: idOf(0), before: undefined, startRetry })),
      [[], null],
    );
    assert.deepEqual(
      found(await lookUpAlerts(busOf(many(3), 9), TOPICS, { id: idOf(0), before: 9, startRetry })),
      [[], null],
    );
    assert.deepEqual(
      found(await lookUpAlerts(busOf(many(3), 9), TOPICS, { id: idOf(2), before: 1_000_000, startRetry })),
      [[[idOf(2), 1]], null],
    );
    assert.deepEqual(
      found(
        await lookUpAlerts(busOf(many(3)), TOPICS, {
          id: idOf(0),
          before: undefined,
          startRetry: AbortSignal.abort(),
        }),
      ),
      [[], 3],
    );
  });
});
