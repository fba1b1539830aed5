/** The alerts of records: one that cannot be read is named, and those beside it are there. */
import { encodeAlert } from '@arrivals/adapters/avro';
import { alertsOf } from '@arrivals/api';
import type { StoredRecord } from '@arrivals/core';
import assert from 'node:assert/strict';
import { alertOf, podCreated } from '../core/alert/creations.ts';

const ALERT = alertOf(podCreated());
const record = (offset: number, value: Buffer, unreadable?: string): StoredRecord => ({
  ...{ topic: 't', partition: 2, offset, key: null, value, headers: {}, timestampMs: 0 },
  ...(unreadable === undefined ? {} : { unreadable }),
});
/** As a later version would write it: under a fingerprint that is not known here. */
function ofAnotherVersion(): Buffer {
  const bytes = Buffer.from(encodeAlert(ALERT));
  bytes.fill(0xab, 2, 10);
  return bytes;
}

describe('alerts of records', () => {
  it('are read, and what is none is named with where it stands and why', () => {
    const { alerts, unreadable } = alertsOf([
      record(4, encodeAlert(ALERT)),
      record(5, ofAnotherVersion()),
      record(6, Buffer.from('{"alertId":"no Avro"}')),
      record(7, encodeAlert(ALERT).subarray(0, 200)),
      record(8, Buffer.alloc(0), 'its checksum is another'),
      record(9, encodeAlert(ALERT)),
    ]);
    assert.deepEqual(structuredClone(alerts), [ALERT, ALERT]);
    assert.deepEqual(
      unreadable.map(({ topic, partition, offset }) => [topic, partition, offset]),
      [5, 6, 7, 8].map((offset) => ['t', 2, offset]),
    );
    const expected = [
      /unknown fingerprint abababababababab/,
      /do not begin with c3 01/,
      /does not fit its schema/,
      /^its checksum is another$/,
    ];
    for (const [i, why] of expected.entries()) assert.match(unreadable[i]?.why ?? '', why);
  });
});
