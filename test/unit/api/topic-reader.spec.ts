/**
 * One reader over all partitions of a topic: in the order of time, both ways, within the bounds that there
 * were.
 */
import { TopicReader } from '@arrivals/api';
import { parsePositions, positionsText } from '@arrivals/api/light';
import type { StoredRecord } from '@arrivals/core';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Given, Topic } from './topic.ts';

const never = new AbortController().signal;

async function all<T>(records: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = [];
  for await (const record of records) found.push(record);
  return found;
}

const idsOf = (records: readonly Pick<StoredRecord, 'partition' | 'offset'>[]): readonly string[] =>
  records.map(({ partition, offset }) => `${String(partition)}:${String(offset)}`);
const readerOf = (topic: Topic, gapless = false): TopicReader => new TopicReader(topic, 't', { gapless });
const at = (offset: number, timestampMs: number): Given => ({ offset, timestampMs });
const positions = (text: string) => parsePositions(text) ?? assert.fail(text);

/** Two partitions with gaps: by time 0:0, 1:2, 0:3, 1:3, 0:4, 1:9. */
const interleaved = (): Topic =>
  new Topic(
    [
      [at(0, 10), at(3, 30), at(4, 50)],
      [at(2, 20), at(3, 40), at(9, 60)],
    ],
    { trailing: 1 },
  );
const BY_TIME = ['0:0', '1:2', '0:3', '1:3', '0:4', '1:9'];

/** Partitions whose offsets and times rise, and no two records of one time. */
const someTopic = fc
  .array(fc.record({ partition: fc.nat(3), gap: fc.integer({ min: 1, max: 4 }) }), { maxLength: 60 })
  .map((steps) => {
    const partitions: Given[][] = [[], [], [], []];
    for (const [i, { partition, gap }] of steps.entries()) {
      const records = partitions[partition] ?? assert.fail();
      records.push(at((records.at(-1)?.offset ?? -1) + gap, i));
    }
    return partitions;
  });
/** What stands in the partitions by time, without a reader. */
const byTime = (partitions: readonly (readonly Given[])[]): readonly string[] =>
  partitions
    .flatMap((records, partition) =>
      records.map(({ offset, timestampMs }) => ({ partition, offset, timestampMs })),
    )
    .sort((a, b) => a.timestampMs - b.timestampMs)
    .map(({ partition, offset }) => `${String(partition)}:${String(offset)}`);

describe('a reader of a topic', () => {
  it('gives the records of all partitions in the order of their times, forwards and back', async () => {
    await fc.assert(
      fc.asyncProperty(someTopic, fc.nat(2), async (partitions, trailing) => {
        const reader = readerOf(new Topic(partitions, { trailing }));
        const bounds = await reader.bounds();
        assert.deepEqual(idsOf(await all(reader.forwards(bounds, new Map(), never))), byTime(partitions));
        assert.deepEqual(
          idsOf(await all(reader.backwards(bounds, new Map(), never, () => false))),
          [...byTime(partitions)].reverse(),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('knows where the last so many of all partitions begin, over the gaps', async () => {
    await fc.assert(
      fc.asyncProperty(someTopic, fc.nat(70), async (partitions, count) => {
        const reader = readerOf(new Topic(partitions, { trailing: 1 }));
        const start = await reader.startOfLast(count, never);
        const expected = count === 0 ? [] : byTime(partitions).slice(-count);
        assert.deepEqual(idsOf(await all(reader.forwards(await reader.bounds(), start, never))), expected);
      }),
      { numRuns: 60 },
    );
  });

  it('knows it without reading where offsets have no gaps', async () => {
    const topic = new Topic([Array.from({ length: 20 }, (_unused, i) => at(5 + i, i))], { earliest: 5 });
    const reader = readerOf(topic, true);
    assert.deepEqual(
      [
        positionsText(await reader.startOfLast(3, never)),
        positionsText(await reader.startOfLast(100, never)),
        topic.reads,
      ],
      ['22', '5', []],
    );
  });

  it('ends where the topic ended when it began, whatever is written meanwhile', async () => {
    const topic = interleaved();
    const reader = readerOf(topic);
    const found: string[] = [];
    for await (const record of reader.forwards(await reader.bounds(), new Map(), never)) {
      found.push(...idsOf([record]));
      topic.partitions[0]?.push(at(100 + found.length, 1000));
    }
    assert.deepEqual(found, BY_TIME);
  });

  it('holds of what it goes back through only what is wanted', async () => {
    const reader = readerOf(interleaved());
    const records = await all(
      reader.backwards(await reader.bounds(), new Map(), never, ({ offset }) => offset === 3),
    );
    assert.deepEqual(
      records.map(({ record }) => record?.offset),
      [undefined, undefined, 3, 3, undefined, undefined],
    );
  });

  it('gives page after page, each from where the last one ended, and none twice', async () => {
    const reader = readerOf(interleaved());
    const found: string[] = [];
    for (let from = positions('0'); ;) {
      const { records, next } = await reader.page({ from, recordsMax: 4, waitMs: 0, signal: never });
      if (records.length === 0) break;
      found.push(idsOf(records).join());
      // As the API gives it out.
      from = positions(positionsText(next));
    }
    assert.deepEqual(found, ['0:0,1:2,0:3,1:3', '0:4,1:9']);
  });

  it('goes on where the topic is, from what lies behind its end or before its beginning', async () => {
    const reader = readerOf(new Topic([[at(7, 1)], [at(8, 2)]], { earliest: 7 }));
    const page = async (from: string) => {
      const { records, next } = await reader.page({
        from: positions(from),
        recordsMax: 9,
        waitMs: 0,
        signal: never,
      });
      return [idsOf(records), positionsText(next)];
    };
    assert.deepEqual(await page('0,0'), [['0:7', '1:8'], '8,9']);
    assert.deepEqual(await page('5000,5000'), [[], '8,9']);
    assert.deepEqual(await page('8'), [['1:8'], '8,9'], 'a partition that is not named is read whole');
  });

  it('waits for what comes to any partition', async () => {
    const topic = interleaved();
    const waiting = readerOf(topic).page({
      from: positions('5,10'),
      recordsMax: 9,
      waitMs: 20_000,
      signal: never,
    });
    topic.partitions[1]?.push(at(12, 70));
    const { records, next } = await waiting;
    assert.deepEqual([idsOf(records), positionsText(next)], [['1:12'], '5,13']);
  });

  it('ends its wait with its time, and with its signal', async () => {
    const reader = readerOf(interleaved());
    const from = positions('5,10');
    assert.deepEqual((await reader.page({ from, recordsMax: 9, waitMs: 1, signal: never })).records, []);
    const closing = new AbortController();
    const waiting = reader.page({ from, recordsMax: 9, waitMs: 20_000, signal: closing.signal });
    closing.abort();
    const { records, next } = await waiting;
    assert.deepEqual([records, positionsText(next)], [[], '5,10']);
  });

  it('gives one record by where it stands, and none where there is none', async () => {
    const reader = readerOf(interleaved());
    assert.equal((await reader.at({ partition: 1, offset: 9 }, never))?.timestampMs, 60);
    for (const [partition, offset] of [
      [0, 1],
      [0, 99],
      [7, 0],
    ] as const)
      assert.equal(await reader.at({ partition, offset }, never), undefined);
  });
});
