/**
 * What was published, over HTTP: pages of alerts of which one cannot be read, and pages of dead letters that
 * are large.
 */
import { deadLetterRecord, encodeAlert } from '@arrivals/adapters/avro';
import { deadLetter, type ReadOptions, type StoredRecord, TOPICS } from '@arrivals/core';
import { publishedRoutes } from 'arrivals';
import assert from 'node:assert/strict';
import { alertOf, podCreated } from '../core/alert/creations.ts';
import { type Running, withServer } from '../host/http.ts';

const ALERT = alertOf(podCreated());
const UNKNOWN = Buffer.from('c30100000000000000000a', 'hex');
const stored = (topic: string, offset: number, value: Buffer): StoredRecord => ({
  ...{ topic, partition: 0, offset, key: ALERT.alertId, value },
  ...{ headers: {}, timestampMs: 0 },
});

const ALERTS = [encodeAlert(ALERT), UNKNOWN, encodeAlert({ ...ALERT, revision: 2 })].map((value, i) =>
  stored(TOPICS.alerts, i, value),
);
const LETTERS = Array.from({ length: 3 }, (_unused, i) => {
  const about = {
    cluster: 'c',
    receivedAtMicros: 0,
    reason: 'stage_unknown',
    detail: 'd',
    form: null,
    request: null,
    record: null,
  } as const;
  return stored(
    TOPICS.deadLetters,
    i,
    deadLetterRecord(deadLetter(Buffer.alloc(800_000), about), TOPICS.deadLetters).value,
  );
});

const bus = {
  offsets: (topic: string) =>
    Promise.resolve([
      { partition: 0, earliest: 0, next: topic === TOPICS.alerts ? ALERTS.length : LETTERS.length },
    ]),
  read: ({ topic, offset, recordsMax }: ReadOptions) =>
    Promise.resolve(
      (topic === TOPICS.alerts ? ALERTS : LETTERS)
        .filter((record) => record.offset >= offset)
        .slice(0, recordsMax),
    ),
};
const routes = publishedRoutes(bus, TOPICS, { readersLocal: true, hosts: '', damage: () => undefined });

interface Page {
  readonly alerts: readonly { readonly revision: number }[];
  readonly deadLetters: readonly unknown[];
  readonly notRead?: readonly { readonly offset: number; readonly alertId: string; readonly why: string }[];
  readonly next: number;
}

async function page({ ask }: Running, path: string): Promise<Page> {
  const { status, body } = await ask(path);
  assert.equal(status, 200);
  return JSON.parse(body) as Page;
}

describe('alerts over HTTP', () => {
  for (const path of ['/v1/alerts', `/v1/alerts/${ALERT.alertId}`])
    it(`of which one has a schema that is not known: the others, and which was not read, at ${path}`, async () => {
      await withServer({ routes }, async (running) => {
        const { alerts, notRead = [] } = await page(running, path);
        assert.equal(alerts.at(-1)?.revision, 2);
        assert.deepEqual(
          notRead.map(({ offset, alertId }) => [offset, alertId]),
          [[1, ALERT.alertId]],
        );
        assert.match(notRead[0]?.why ?? '', /unknown fingerprint 0{16}/);
      });
    });

  it('go on behind one that cannot be read, and say nothing of it where it is not asked for', async () => {
    await withServer({ routes }, async (running) => {
      const { alerts, notRead, next } = await page(running, '/v1/alerts?from=2');
      assert.deepEqual([alerts.length, notRead, next], [1, undefined, 3]);
      assert.equal((await page(running, '/v1/alerts?from=1')).next, 3);
    });
  });
});

describe('dead letters over HTTP', () => {
  it('come in pages of a bound in bytes, all of them in the end', async () => {
    await withServer({ routes }, async (running) => {
      const counts: number[] = [];
      for (let from = 0; from < LETTERS.length;) {
        const { deadLetters, next } = await page(running, `/v1/dead-letters?from=${String(from)}&raw=true`);
        counts.push(deadLetters.length);
        from = next;
      }
      assert.deepEqual(counts, [2, 1]);
    });
  });
});
