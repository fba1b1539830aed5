/** What a reader at read_committed leaves out, held against a plain simulation of transactions. */
import { withoutAborted } from '@arrivals/adapters/kafka';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createRequire } from 'node:module';

interface Message {
  readonly offset: string;
  readonly key: Buffer | null;
  readonly isControlRecord: boolean;
  readonly batchContext: { readonly producerId: string; readonly inTransaction: boolean };
}

const record = (
  offset: number,
  producerId: number,
  inTransaction = true,
  key: Buffer | null = null,
): Message => ({
  offset: String(offset),
  key,
  isControlRecord: false,
  batchContext: { producerId: String(producerId), inTransaction },
});

const marker = (offset: number, producerId: number, commits: boolean): Message => ({
  ...record(offset, producerId, true, Buffer.from([0, 0, 0, commits ? 1 : 0])),
  isControlRecord: true,
});

const offsetsOf = (messages: readonly Message[]): readonly number[] =>
  messages.filter(({ isControlRecord }) => !isControlRecord).map(({ offset }) => Number(offset));

const kafkajsFilter = createRequire(import.meta.url)(
  'kafkajs/src/consumer/filterAbortedMessages.js',
) as (fetched: {
  messages: readonly Message[];
  abortedTransactions: readonly unknown[];
}) => readonly Message[];

describe('withoutAborted', () => {
  it('keeps everything when nothing was aborted', () => {
    const messages = [record(0, 1), marker(1, 1, true), record(2, 2, false)];
    assert.deepEqual(withoutAborted({ messages, abortedTransactions: [] }), messages);
    assert.deepEqual(withoutAborted({ messages, abortedTransactions: null }), messages);
  });

  it('leaves out what lies between the beginning of an aborted transaction and its marker', () => {
    const messages = [record(0, 1), record(1, 1), marker(2, 1, false), record(3, 1), marker(4, 1, true)];
    assert.deepEqual(
      offsetsOf(withoutAborted({ messages, abortedTransactions: [{ producerId: '1', firstOffset: '0' }] })),
      [3],
    );
  });

  it('keeps other producers’ records among them', () => {
    const messages = [
      record(0, 1),
      record(1, 2),
      record(2, 3, false),
      marker(3, 1, false),
      marker(4, 2, true),
    ];
    assert.deepEqual(
      offsetsOf(withoutAborted({ messages, abortedTransactions: [{ producerId: '1', firstOffset: '0' }] })),
      [1, 2],
    );
  });

  it('takes no record’s key for a marker', () => {
    const messages = [
      record(0, 1),
      record(1, 1, true, Buffer.from([0, 0, 0, 0])),
      record(2, 1),
      marker(3, 1, false),
    ];
    assert.deepEqual(
      offsetsOf(withoutAborted({ messages, abortedTransactions: [{ producerId: '1', firstOffset: '0' }] })),
      [],
    );
  });

  it('knows a transaction that began before what was fetched', () => {
    const messages = [record(7, 1), marker(8, 1, false), record(9, 1)];
    assert.deepEqual(
      offsetsOf(withoutAborted({ messages, abortedTransactions: [{ producerId: '1', firstOffset: '2' }] })),
      [9],
    );
  });

  /** Two aborts that overlap; the broker lists them in the order in which they ended. */
  const overlapping = {
    messages: [
      record(0, 1),
      record(1, 2),
      record(2, 1),
      record(3, 2),
      marker(4, 2, false),
      record(5, 1),
      marker(6, 1, false),
    ],
    abortedTransactions: [
      { producerId: '2', firstOffset: '1' },
      { producerId: '1', firstOffset: '0' },
    ],
  };

  it('leaves out both of two transactions whose aborts overlap', () => {
    assert.deepEqual(offsetsOf(withoutAborted(overlapping)), []);
  });

  it('is needed: kafkajs’s own filter lets aborted records of these through', () => {
    assert.notDeepEqual(offsetsOf(kafkajsFilter(overlapping)), []);
  });

  it('equals a simulation of any interleaving of transactions', () => {
    const step = fc.record({
      producer: fc.integer({ min: 1, max: 4 }),
      act: fc.constantFrom('send', 'send', 'send', 'commit', 'abort', 'plain'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.nat({ max: 20 }), (steps, from) => {
        const messages: Message[] = [];
        const aborted: { producerId: string; firstOffset: string }[] = [];
        const open = new Map<number, number[]>();
        const out = new Set<number>();
        const all = [...steps, ...[1, 2, 3, 4].map((producer) => ({ producer, act: 'abort' }))];
        for (const { producer, act } of all) {
          const offset = messages.length;
          if (act === 'plain') messages.push(record(offset, -1, false));
          else if (act === 'send') {
            messages.push(record(offset, producer, true, producer === 1 ? Buffer.alloc(4) : null));
            open.set(producer, [...(open.get(producer) ?? []), offset]);
          } else {
            const [first, ...rest] = open.get(producer) ?? [];
            if (first === undefined) continue;
            messages.push(marker(offset, producer, act === 'commit'));
            open.delete(producer);
            if (act === 'commit') continue;
            aborted.push({ producerId: String(producer), firstOffset: String(first) });
            for (const gone of [first, ...rest]) out.add(gone);
          }
        }
        // A fetch from the middle brings the aborted transactions that reach into it.
        const fetched = messages.slice(from);
        const wanted = offsetsOf(fetched).filter((offset) => !out.has(offset));
        const markers = new Map<string, number[]>();
        for (const { isControlRecord, key, batchContext, offset } of messages)
          if (isControlRecord && key?.[3] === 0)
            markers.set(batchContext.producerId, [
              ...(markers.get(batchContext.producerId) ?? []),
              Number(offset),
            ]);
        const reaching = aborted.filter(({ producerId, firstOffset }) =>
          (markers.get(producerId) ?? []).some((end) => end > Number(firstOffset) && end >= from),
        );
        const ended = reaching.filter(
          ({ producerId, firstOffset }) =>
            Math.min(...(markers.get(producerId) ?? []).filter((end) => end > Number(firstOffset))) >= from,
        );
        assert.deepEqual(
          offsetsOf(withoutAborted({ messages: fetched, abortedTransactions: ended })),
          wanted,
        );
      }),
      { numRuns: 500 },
    );
  });
});
