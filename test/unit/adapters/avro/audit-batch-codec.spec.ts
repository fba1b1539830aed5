/**
 * Records of the audit topic as Avro: the events come back byte for byte, and a forged index is refused
 * before it is built.
 */
import { decodeAuditBatch, encodeAuditBatch } from '@arrivals/adapters/avro';
import type { AuditBatch, IndexEntry } from '@arrivals/core';
import { STAGES } from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { assertUndecodable, BATCH, long, spoiled, text } from './records.ts';

const HEAD = encodeAuditBatch(BATCH).subarray(0, 10);

const roundTrip = (batch: AuditBatch): unknown => {
  const { events, ...rest } = decodeAuditBatch(encodeAuditBatch(batch));
  return { ...structuredClone(rest), events: Buffer.from(events) };
};

/** An index entry as the schema lays it out. */
const entry = (length: number): Buffer =>
  Buffer.concat([long(length), long(2), text('create'), text(''), text('pods'), text(''), long(201)]);

/** A record from its parts, so that each can be a lie. */
function record(parts: { readonly index: readonly Buffer[]; readonly events?: string }): Buffer {
  return Buffer.concat([
    HEAD,
    text('prod'),
    long(1_795_529_359_123_456),
    ...parts.index,
    text(parts.events ?? 'xy'),
  ]);
}

describe('an audit batch', () => {
  it('comes back as it was', () => {
    assert.deepEqual(roundTrip(BATCH), BATCH);
  });

  it('is laid out as in the schema', () => {
    const bytes = record({ index: [long(1), entry(2), long(0)] });
    assert.deepEqual(structuredClone(decodeAuditBatch(bytes).index), [
      {
        length: 2,
        stage: 'ResponseComplete',
        verb: 'create',
        apiGroup: '',
        resource: 'pods',
        subresource: '',
        code: 201,
      },
    ]);
    const batch: AuditBatch = {
      cluster: 'prod',
      receivedAtMicros: 1_795_529_359_123_456,
      index: [
        {
          length: 2,
          stage: 'ResponseComplete',
          verb: 'create',
          apiGroup: '',
          resource: 'pods',
          subresource: '',
          code: 201,
        },
      ],
      events: Buffer.from('xy'),
    };
    assert.equal(encodeAuditBatch(batch).toString('hex'), bytes.toString('hex'));
  });

  it('may be empty, or hold empty events', () => {
    assert.deepEqual(roundTrip({ ...BATCH, index: [], events: Buffer.alloc(0) }), {
      ...BATCH,
      index: [],
      events: Buffer.alloc(0),
    });
    const index = BATCH.index.map((one) => ({ ...one, length: 0 }));
    assert.deepEqual(roundTrip({ ...BATCH, index, events: Buffer.alloc(0) }), {
      ...BATCH,
      index,
      events: Buffer.alloc(0),
    });
  });

  it('comes back with any bytes and any texts', () => {
    const name = fc.string({ unit: 'binary', maxLength: 20 }).map((value) => value.toWellFormed());
    const one = fc.record({
      bytes: fc.uint8Array({ maxLength: 40 }),
      stage: fc.constantFrom(...STAGES),
      verb: name,
      apiGroup: name,
      resource: name,
      subresource: name,
      code: fc.integer({ min: 0, max: 999 }),
    });
    fc.assert(
      fc.property(
        fc.array(one, { maxLength: 20 }),
        name,
        fc.integer({ min: 0, max: 4e15 }),
        (events, cluster, receivedAtMicros) => {
          const index: readonly IndexEntry[] = events.map(({ bytes, ...facts }) => ({
            length: bytes.length,
            ...facts,
          }));
          const batch: AuditBatch = {
            cluster,
            receivedAtMicros,
            index,
            events: Buffer.concat(events.map(({ bytes }) => bytes)),
          };
          assert.deepEqual(roundTrip(batch), batch);
        },
      ),
      { seed: 20260302, numRuns: 300 },
    );
  });

  it('holds 10,000 events', () => {
    const index: readonly IndexEntry[] = Array.from(
      { length: 10_000 },
      () => ({ ...BATCH.index[0], length: 1 }) as IndexEntry,
    );
    assert.equal(
      decodeAuditBatch(encodeAuditBatch({ ...BATCH, index, events: Buffer.alloc(10_000, 'x') })).index.length,
      10_000,
    );
  });
});

describe('decoding an audit batch', () => {
  const good = encodeAuditBatch(BATCH);

  for (const [what, bytes] of Object.entries(spoiled(good))) {
    it(`refuses ${what}`, () => {
      assertUndecodable(decodeAuditBatch, bytes);
    });
  }

  it('refuses every record that ends too early', () => {
    for (let length = 0; length < good.length; length++)
      assertUndecodable(decodeAuditBatch, good.subarray(0, length));
  });

  it('refuses an index that does not add up to the events', () => {
    for (const lengths of [[1], [3], [1, 2], [0], []]) {
      const index = [...(lengths.length === 0 ? [] : [long(lengths.length), ...lengths.map(entry)]), long(0)];
      assertUndecodable(decodeAuditBatch, record({ index }), /adds up to/);
    }
  });

  it('refuses a negative length, also when the sum is right', () => {
    assertUndecodable(
      decodeAuditBatch,
      record({ index: [long(2), entry(-1), entry(3), long(0)] }),
      /negative length/,
    );
  });

  for (const count of [10, 1e6, 2 ** 31, 2 ** 40, Number.MAX_SAFE_INTEGER, -1, -(2 ** 40)]) {
    it(`refuses a forged count of ${String(count)} before it builds the index`, () => {
      assertUndecodable(decodeAuditBatch, record({ index: [long(count), entry(2), long(0)] }), /an index of/);
    });
  }

  // Avro allows a list in several blocks. Reading the second without a look at its count would build what it
  // claims.
  for (const count of [100_000, -100_000]) {
    it(`refuses a forged count of ${String(count)} in a second block before it builds the index`, () => {
      const size = count < 0 ? [long(1)] : [];
      assertUndecodable(
        decodeAuditBatch,
        record({ index: [long(1), entry(2), long(count), ...size] }),
        /an index of/,
      );
    });
  }

  it('refuses a cluster name that is longer than the record, or has a negative length', () => {
    for (const length of [1000, 2 ** 31, Number.MAX_SAFE_INTEGER, -1, -100])
      assertUndecodable(decodeAuditBatch, Buffer.concat([HEAD, long(length), Buffer.from('prod')]));
  });
});
