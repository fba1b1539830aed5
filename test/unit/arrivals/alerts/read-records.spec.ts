/** Alerts out of records: one that cannot be read harms only itself, and is named. */
import { encodeAlert } from '@arrivals/adapters/avro';
import { type StoredRecord, TOPICS } from '@arrivals/core';
import { notReadWords, readAlerts } from 'arrivals';
import assert from 'node:assert/strict';
import { alertOf, podCreated } from '../../core/alert/creations.ts';

const ALERT = alertOf(podCreated());
const VALUE = encodeAlert(ALERT);

function record(offset: number, value: Buffer, more: Partial<StoredRecord> = {}): StoredRecord {
  return {
    topic: TOPICS.alerts,
    partition: 0,
    offset,
    key: `key-${String(offset)}`,
    value,
    headers: {},
    timestampMs: 0,
    ...more,
  };
}

describe('reading the records of alerts', () => {
  const DAMAGED: readonly (readonly [what: string, one: StoredRecord, why: RegExp])[] = [
    [
      'of a schema that is not known',
      record(1, Buffer.from('c30101020304050607080a', 'hex')),
      /unknown fingerprint 0102030405060708/,
    ],
    ['that ends early', record(1, VALUE.subarray(0, -9)), /does not fit its schema/],
    ['of bytes that are no Avro', record(1, Buffer.from('{"alertId":"x"}')), /do not begin with c3 01/],
    ['of no bytes', record(1, Buffer.alloc(0)), /do not begin with c3 01/],
    [
      'that was damaged on disk',
      record(1, VALUE, { unreadable: 'its checksum differs' }),
      /its checksum differs/,
    ],
  ];
  for (const [what, one, why] of DAMAGED)
    it(`gives the others and names one ${what}`, () => {
      const { alerts, notRead } = readAlerts([record(0, VALUE), one, record(2, VALUE)]);
      assert.deepEqual(
        alerts.map(({ alertId }) => alertId),
        [ALERT.alertId, ALERT.alertId],
      );
      assert.deepEqual(
        notRead.map(({ offset, alertId }) => [offset, alertId]),
        [[1, 'key-1']],
      );
      assert.match(notRead[0]?.why ?? '', why);
    });

  it('bounds what is said of a key and of a reason that others wrote', () => {
    const [one] = readAlerts([
      record(3, Buffer.alloc(0), { key: 'k'.repeat(10_000), unreadable: 'w'.repeat(10_000) }),
    ]).notRead;
    assert.deepEqual([one?.alertId?.length, one?.why.length], [80, 300]);
  });

  it('says in one line which was not read, and how many more', () => {
    const none = Buffer.alloc(0);
    assert.equal(notReadWords([]), undefined);
    assert.match(
      notReadWords(readAlerts([record(7, none)]).notRead) ?? '',
      /^not read: offset 7 \(key-7\): expected [^\n]+$/,
    );
    assert.match(
      notReadWords(readAlerts([record(7, none, { key: null }), record(8, none)]).notRead) ?? '',
      /^not read: offset 7: .*, and 1 more$/,
    );
  });
});
