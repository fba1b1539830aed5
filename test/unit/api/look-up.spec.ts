/** Looking an alert up by its ID: from the newest back, so many records at a time. */
import { encodeAlert } from '@arrivals/adapters/avro';
import { type Alert, type ReadOptions, type StoredRecord, TOPICS } from '@arrivals/core';
import { type LookedUp, type LookUp, lookUpAlerts, TopicReader } from '@arrivals/api';
import assert from 'node:assert/strict';
import { alertOf, podCreated } from '../core/alert/creations.ts';
import { type Given, Topic } from './topic.ts';

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
  const bus = {
    offsets: () => Promise.resolve([{ partition: 0, earliest, next: earliest + records.length }]),
    read: (options: ReadOptions) => {
      reads.push(options);
      const { offset, recordsMax } = options;
      return Promise.resolve(
        records.filter((record) => record.offset >= offset).slice(0, Math.min(10, recordsMax)),
      );
    },
  };
  return { reads, reader: new TopicReader(bus, TOPICS.alerts) };
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
      assert.deepEqual(found(await lookUpAlerts(bus.reader, { id, before: undefined, patience })), [
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
    const answer = await lookUpAlerts(bus.reader, { id: '0000000', before: undefined, patience });
    assert.deepEqual(found(answer), [
      [
        [idOf(1), 3],
        [idOf(2), 1],
      ],
      null,
    ]);
  });

  it('looks at 10,000 records and no more, and says where to go on', async () => {
    const bus = busOf(many(12_150), 5);
    const first = await lookUpAlerts(bus.reader, { id: idOf(7), before: undefined, patience });
    assert.deepEqual(found(first), [[], '2155']);
    // It reads ahead, but not far.
    assert.ok(Math.min(...bus.reads.map(({ offset }) => offset)) > 1000);
    assert.deepEqual(found(await lookUpAlerts(bus.reader, { id: idOf(7), before: '2155', patience })), [
      [[idOf(7), 1]],
      null,
    ]);
  });

  it('reads no record twice, and none behind where it was told to begin', async () => {
    const bus = busOf(many(300));
    await lookUpAlerts(bus.reader, { id: idOf(0), before: '205', patience });
    const offsets = bus.reads.map(({ offset }) => offset);
    assert.equal(new Set(offsets).size, offsets.length);
    assert.ok(bus.reads.every(({ offset, recordsMax }) => offset + recordsMax <= 205));
  });

  it('stops when it has found more than anybody wants of one beginning, and goes on from there', async () => {
    const bus = busOf(many(500));
    const all: string[] = [];
    for (let before: string | undefined; ;) {
      const answer: LookedUp = await lookUpAlerts(bus.reader, { id: '00000', before, patience });
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

  it('finds nothing on an empty topic, beyond its ends, and for who has gone', async () => {
    assert.deepEqual(
      found(await lookUpAlerts(busOf([]).reader, { id: idOf(0), before: undefined, patience })),
      [[], null],
    );
    assert.deepEqual(
      found(await lookUpAlerts(busOf(many(3), 9).reader, { id: idOf(0), before: '9', patience })),
      [[], null],
    );
    assert.deepEqual(
      found(await lookUpAlerts(busOf(many(3), 9).reader, { id: idOf(2), before: '1000000', patience })),
      [[[idOf(2), 1]], null],
    );
    assert.deepEqual(
      found(
        await lookUpAlerts(busOf(many(3)).reader, {
          id: idOf(0),
          before: undefined,
          patience: AbortSignal.abort(),
        }),
      ),
      [[], '3'],
    );
  });

  describe('over several partitions', () => {
    const SECOND_MS = 1000;
    const given = (i: number, offset: number, revision = 1, alertId = idOf(i)): Given => ({
      ...{ offset, timestampMs: i * SECOND_MS, key: alertId },
      value: encodeAlert({ ...ALERT, alertId, revision }),
    });
    const look = (topic: Topic, id: string, more: Partial<LookUp> = {}): Promise<LookedUp> =>
      lookUpAlerts(new TopicReader(topic, TOPICS.alerts), { id, before: undefined, patience, ...more });

    it('finds it in any of them, and looks where its key belongs first', async () => {
      const topic = new Topic([
        [given(1, 0), given(4, 3)],
        [given(2, 0), given(5, 1)],
        [given(3, 0), given(6, 7)],
      ]);
      for (const own of [0, 1, 2]) {
        topic.reads.length = 0;
        const { alerts, before, records } = await look(topic, idOf(2), { partitionOf: () => own });
        assert.deepEqual([alerts.map(({ alertId }) => alertId), before], [[idOf(2)], null]);
        assert.equal(topic.reads[0]?.partition, own);
        if (own === 1)
          assert.deepEqual(
            [records, new Set(topic.reads.map(({ partition }) => partition))],
            [2, new Set([1])],
          );
      }
    });

    it('gives the newest of several that begin so first, and of each its newest revision', async () => {
      const topic = new Topic([
        [given(1, 0, 1, idOf(77)), given(9, 1, 2, idOf(77))],
        [given(5, 0, 1, idOf(78))],
      ]);
      const { alerts, records, oldestMs } = await look(topic, '000000');
      assert.deepEqual(
        alerts.map(({ alertId, revision }) => [alertId, revision]),
        [
          [idOf(77), 2],
          [idOf(78), 1],
        ],
      );
      assert.deepEqual([records, oldestMs], [3, SECOND_MS]);
    });

    it('looks no further back than it is told', async () => {
      const topic = new Topic([
        [given(1, 0), given(4, 1)],
        [given(2, 0), given(5, 1)],
      ]);
      const { alerts, before, records, oldestMs } = await look(topic, '0000000', { sinceMs: 3 * SECOND_MS });
      assert.deepEqual([alerts.map(({ alertId }) => alertId), before], [[idOf(5), idOf(4)], null]);
      assert.deepEqual([records, oldestMs], [2, 4 * SECOND_MS]);
      assert.deepEqual(
        (await look(topic, idOf(1), { sinceMs: 3 * SECOND_MS, partitionOf: () => 0 })).alerts,
        [],
      );
    });

    it('goes on from where an answer ended, in each partition', async () => {
      const half = (own: number): Given[] =>
        Array.from({ length: 6000 }, (_unused, i) => given(2 * i + own, i));
      const topic = new Topic([half(0), half(1)], { atOnce: 500 });
      const first = await look(topic, idOf(3));
      assert.deepEqual([first.alerts, first.before, first.records], [[], '1000,1000', 10_000]);
      const second = await look(topic, idOf(3), { before: first.before ?? assert.fail() });
      assert.deepEqual([second.alerts.map(({ alertId }) => alertId), second.before], [[idOf(3)], null]);
    });

    it('names a record of the key that holds no alert, and gives the revision before it', async () => {
      const broken = { ...given(9, 3), key: idOf(1), value: Buffer.from('none') };
      const { alerts, unreadable } = await look(new Topic([[given(1, 0), broken]]), idOf(1));
      assert.deepEqual(
        [alerts.map(({ alertId }) => alertId), unreadable.map(({ offset }) => offset)],
        [[idOf(1)], [3]],
      );
    });
  });
});
