/**
 * packBatches: every event in exactly one record, in order and byte for byte; no record larger than the
 * limit; nothing dropped.
 */
import { decodeAuditBatch, encodeAuditBatch } from '@arrivals/adapters/avro';
import {
  type AuditBatch,
  eventsOf,
  invalidity,
  packBatches,
  parseAuditEvent,
  RECORD_BYTES_MAX,
  type ValidEvent,
} from '@arrivals/core';
import { isTruncated, type Packing } from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { anyEvent, bytesOf, CREATION, eventWith, readCapture, SEED, validEvent } from '../samples.ts';

const CLUSTER = 'c'.repeat(63);
const RECEIVED = 1_795_356_539_271_946;
/** Smaller than RECORD_BYTES_MAX for speed; large enough that what is left of a cut event fits. */
const SMALL_LIMIT = 12_000;

const unpacked = (batches: readonly AuditBatch[]) => batches.flatMap((batch) => [...eventsOf(batch)]);

/** An event of exactly so many bytes, padded where the padding can be cut. */
function eventOfBytes(length: number, pad = 'x'): ValidEvent {
  const bare = bytesOf(eventWith({ requestObject: '' })).length;
  const padding = pad.repeat(Math.floor((length - bare) / Buffer.byteLength(pad)));
  const rest = 'x'.repeat(length - bare - Buffer.byteLength(padding));
  const bytes = bytesOf(eventWith({ requestObject: padding + rest }));
  assert.equal(bytes.length, length);
  return validEvent(bytes);
}

/** What has to hold of every packing, whatever the events. */
function check(events: readonly ValidEvent[], { batches, cutEvents }: Packing, recordBytesMax: number): void {
  for (const batch of batches) {
    const record = encodeAuditBatch(batch);
    assert.ok(record.length <= recordBytesMax, `a record of ${String(record.length)} bytes`);
    assert.deepStrictEqual([batch.cluster, batch.receivedAtMicros], [CLUSTER, RECEIVED]);
    assert.equal(
      batch.index.reduce((sum, { length }) => sum + length, 0),
      batch.events.length,
    );
    assert.ok(batch.index.length > 0, 'no empty record');
  }
  const packed = unpacked(batches);
  assert.equal(packed.length, events.length);
  let cut = 0;
  for (const [i, event] of events.entries()) {
    const bytes = packed[i]?.bytes ?? assert.fail();
    if (bytes.equals(event.bytes)) continue;
    cut++;
    assert.ok(event.bytes.length > recordBytesMax - 8192, 'only what is too large is cut');
    assert.ok(isTruncated(parseAuditEvent(bytes)), 'a cut event is marked');
    assert.equal(invalidity(validEvent(bytes).slice, bytes), undefined);
  }
  assert.equal(cutEvents, cut);
}

function pack(events: readonly ValidEvent[], recordBytesMax = RECORD_BYTES_MAX): Packing {
  const packing = packBatches(CLUSTER, RECEIVED, events, recordBytesMax);
  check(events, packing, recordBytesMax);
  return packing;
}

describe('packBatches', () => {
  it('makes nothing of nothing', () => {
    assert.deepStrictEqual(pack([]), { batches: [], cutEvents: 0, uncut: [] });
  });

  it('keeps a whole capture in order, byte for byte, in as few records as its size asks for', () => {
    const events = readCapture().lines.map((line) => validEvent(Buffer.from(line)));
    const { batches, cutEvents } = pack(events);
    assert.equal(cutEvents, 0);
    const bytes = events.reduce((sum, event) => sum + event.bytes.length, 0);
    assert.ok(
      batches.length <= Math.ceil(bytes / RECORD_BYTES_MAX) + 1,
      `${String(batches.length)} records of ${String(bytes)} bytes`,
    );
  });

  it('makes one record of an ordinary post', () => {
    assert.equal(pack(Array.from({ length: 400 }, () => eventOfBytes(2000))).batches.length, 1);
  });

  it('indexes the facts of each event, with nothing for what is absent', () => {
    const { batches } = pack([
      validEvent(bytesOf(CREATION)),
      validEvent(
        bytesOf(
          eventWith({
            stage: 'Panic',
            objectRef: { resource: 'pods', apiGroup: 'example.org', subresource: 'exec' },
            responseStatus: {},
          }),
        ),
      ),
      validEvent(bytesOf({ stage: 'RequestReceived', verb: 'get', requestURI: '/healthz' })),
    ]);
    assert.deepStrictEqual(
      unpacked(batches).map(({ entry: { length: _length, ...rest } }) => rest),
      [
        {
          stage: 'ResponseComplete',
          verb: 'create',
          apiGroup: '',
          resource: 'pods',
          subresource: '',
          code: 201,
        },
        {
          stage: 'Panic',
          verb: 'create',
          apiGroup: 'example.org',
          resource: 'pods',
          subresource: 'exec',
          code: 0,
        },
        { stage: 'RequestReceived', verb: 'get', apiGroup: '', resource: '', subresource: '', code: 0 },
      ],
    );
  });

  it('keeps no code in the index that is none of HTTP', () => {
    for (const [code, indexed] of [
      [201, 201],
      [999, 999],
      [1000, 0],
      [-1, 0],
      [201.5, 0],
      [1e300, 0],
      ['201', 0],
    ] as const) {
      const { batches } = pack([validEvent(bytesOf(eventWith({ responseStatus: { code } })))]);
      assert.equal(batches[0]?.index[0]?.code, indexed);
    }
  });

  it('keeps within the limit whatever the sizes, around the limit too, and whatever the texts of the index', () => {
    const around = fc.integer({ min: SMALL_LIMIT - 1200, max: SMALL_LIMIT + 1200 });
    const half = fc.integer({ min: SMALL_LIMIT / 2 - 600, max: SMALL_LIMIT / 2 + 600 });
    const sized = fc
      .tuple(
        fc.oneof(fc.integer({ min: 1000, max: 3000 }), half, around, fc.constant(5 * SMALL_LIMIT)),
        fc.constantFrom('x', '€'),
      )
      .map(([length, pad]) => eventOfBytes(length, pad));
    const wide = fc.constantFrom('€', 'x', '\ud800', '"', '\u0001').map((pad) => {
      const text = pad.repeat(300);
      return validEvent(
        bytesOf(eventWith({ verb: text, objectRef: { resource: text, apiGroup: text, subresource: text } })),
      );
    });
    const event = fc.oneof(
      { weight: 4, arbitrary: sized },
      { weight: 1, arbitrary: wide },
      { weight: 2, arbitrary: anyEvent.map((e) => validEvent(bytesOf(e))) },
    );
    let cut = 0;
    fc.assert(
      fc.property(fc.array(event, { maxLength: 8 }), (events) => {
        cut += pack(events, SMALL_LIMIT).cutEvents;
      }),
      { seed: SEED, numRuns: 150 },
    );
    assert.ok(cut > 50, `events are cut: ${String(cut)}`);
  });

  it('keeps within the real limit for an event of any size around it', () => {
    for (let length = RECORD_BYTES_MAX - 700; length <= RECORD_BYTES_MAX + 100; length += 100)
      pack([eventOfBytes(1500), eventOfBytes(length), eventOfBytes(1500)]);
  });

  it('keeps within the limit for ten thousand of the shortest events', () => {
    const tiny = validEvent(Buffer.from('{"stage":"Panic","verb":"g","requestURI":"/"}'));
    pack(Array.from({ length: 10_000 }, () => tiny));
    pack(
      Array.from({ length: 2_000 }, () => tiny),
      SMALL_LIMIT,
    );
  });

  it('cuts an event that no record holds, keeps its place, and flags it', () => {
    const large = eventOfBytes(3_000_000);
    const { batches, cutEvents } = pack([eventOfBytes(1000), large, eventOfBytes(1000)]);
    assert.equal(cutEvents, 1);
    const { bytes, entry } = unpacked(batches)[1] ?? assert.fail();
    const event = parseAuditEvent(bytes);
    assert.deepStrictEqual(event.responseObject, CREATION['responseObject']);
    assert.equal(event.requestObject, undefined);
    assert.deepStrictEqual(
      { ...entry, length: 0 },
      {
        length: 0,
        stage: 'ResponseComplete',
        verb: 'create',
        apiGroup: '',
        resource: 'pods',
        subresource: '',
        code: 201,
      },
    );
  });

  it('carries ten events of two megabytes, each cut', () => {
    assert.equal(pack(Array.from({ length: 10 }, () => eventOfBytes(2_000_000))).cutEvents, 10);
  });

  it('leaves out what cannot be cut, alone, and reports it', () => {
    // No limit of a real record is so low.
    const large = eventOfBytes(5000);
    const small = validEvent(Buffer.from('{"stage":"Panic","verb":"g","requestURI":"/"}'));
    const { batches, uncut } = packBatches(CLUSTER, RECEIVED, [small, large, small], 3700);
    assert.deepStrictEqual(
      unpacked(batches).map(({ bytes }) => bytes),
      [small.bytes, small.bytes],
    );
    assert.deepStrictEqual(uncut, [large]);
  });

  it('leaves bytes that are not UTF-8 and odd white space as they came', () => {
    const bytes = Buffer.concat([
      Buffer.from('{ "stage":\t"Panic","verb" : "get","requestURI":"/'),
      Buffer.of(0xff, 0xc3),
      Buffer.from('","a":1,"a":2 }'),
    ]);
    const [packed] = unpacked(pack([validEvent(bytes)]).batches);
    assert.deepStrictEqual(packed?.bytes, bytes);
  });
});

describe('eventsOf', () => {
  it('gives after the bus what was packed before it, with positions from 0', () => {
    const events = readCapture()
      .lines.slice(0, 50)
      .map((line) => validEvent(Buffer.from(line)));
    const { batches } = pack(events);
    const received = [...eventsOf(decodeAuditBatch(encodeAuditBatch(batches[0] ?? assert.fail())))];
    assert.deepStrictEqual(
      received.map(({ position }) => position),
      events.map((_, i) => i),
    );
    assert.deepStrictEqual(
      received.map(({ bytes }) => bytes.toString('hex')),
      events.map(({ bytes }) => bytes.toString('hex')),
    );
    assert.deepStrictEqual(
      received.map(({ entry }) => ({ ...entry })),
      batches[0]?.index,
    );
  });
});
