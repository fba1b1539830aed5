/** The search for an alert on Kafka ends, and says what it looked at. */
import { encodeAlert } from '@arrivals/adapters/avro';
import { partitionOfKey } from '@arrivals/adapters/kafka';
import { TopicReader } from '@arrivals/api';
import { ArrivalsError } from '@arrivals/core';
import { searchAlert } from 'arrivals';
import assert from 'node:assert/strict';
import { type Given, Topic } from '../../api/topic.ts';
import { alertOf, podCreated } from '../../core/alert/creations.ts';

const ALERT = alertOf(podCreated());
const HOUR_MS = 3_600_000;
const PARTITIONS = 3;
const idOf = (i: number): string => `${String(i).padStart(8, '0')}-0000-8000-8000-000000000000`;

/** An alert an hour until now, in the partition of its key; only the newest and the oldest have bytes. */
function topicOf(count: number): Topic {
  const partitions: Given[][] = Array.from({ length: PARTITIONS }, () => []);
  const nowMs = Date.now();
  for (let i = 0; i < count; i++) {
    const key = idOf(i);
    const records = partitions[partitionOfKey(key, PARTITIONS)] ?? assert.fail();
    const value = i === 0 || i === count - 1 ? encodeAlert({ ...ALERT, alertId: key }) : Buffer.alloc(0);
    records.push({
      offset: records.length,
      timestampMs: nowMs - (count - 1 - i) * HOUR_MS - 60_000,
      key,
      value,
    });
  }
  return new Topic(partitions, { atOnce: 1000 });
}

async function search(
  topic: Topic,
  id: string,
  more: { readonly backMs?: number; readonly recordsMax?: number } = {},
) {
  const written: string[] = [];
  const stderr = { isTTY: true, write: (text: string) => written.push(text) } as const;
  const reader = new TopicReader(topic, 'alerts');
  const found = await searchAlert(reader, {
    id,
    backMs: undefined,
    stderr,
    signal: new AbortController().signal,
    ...more,
  }).catch((error: unknown) => error);
  return {
    alertId:
      found instanceof ArrivalsError
        ? `${found.code}: ${found.message}`
        : (found as { readonly alertId: string }).alertId,
    written,
  };
}

describe('the search for an alert on Kafka', () => {
  let topic: Topic;
  before(() => {
    topic = topicOf(36_000);
  });

  it('finds the newest and the oldest, the latter by its whole ID in its own partition', async () => {
    assert.equal((await search(topic, idOf(35_999))).alertId, idOf(35_999));
    assert.equal((await search(topic, idOf(35_999).slice(0, 8))).alertId, idOf(35_999));
    topic.reads.length = 0;
    assert.equal((await search(topic, idOf(0))).alertId, idOf(0));
    assert.deepEqual(
      new Set(topic.reads.map(({ partition }) => partition)),
      new Set([partitionOfKey(idOf(0), PARTITIONS)]),
    );
  });

  it('ends at so many records, and says how to look further back', async () => {
    const { alertId, written } = await search(topic, '99999999', { recordsMax: 20_000 });
    assert.match(
      alertId,
      /^alert_unknown: alerts on Kafka has no alert 99999999: looked at 20000 records, back to 20.*Z, and not at older ones; give --since/,
    );
    assert.match(written.join(''), /looking for 99999999 on Kafka: 10000 records, back to 20.*Z …/);
    assert.equal(written.at(-1), '\r\u001b[K');
  });

  it('looks as far back as it is told, however many records that is', async () => {
    const far = await search(topic, idOf(0), { backMs: 40_000 * HOUR_MS, recordsMax: 10 });
    assert.equal(far.alertId, idOf(0));
    const near = await search(topic, idOf(0), { backMs: 5 * HOUR_MS });
    assert.match(
      near.alertId,
      /alert_unknown: .*looked at 5 records, back to 20.*Z, which is all since 20.*Z; without --since/,
    );
  });

  it('says when it has looked at all there is', async () => {
    assert.match(
      (await search(topicOf(7), idOf(99))).alertId,
      /looked at 7 records, back to 20.*Z, which is all of it$/,
    );
    assert.match(
      (await search(new Topic([[]]), idOf(99))).alertId,
      /looked at 0 records, which is all of it$/,
    );
  });
});
