/**
 * A line for each new alert, from where it was started on; it ends with what it was asked by, and of a
 * failure it is told.
 */
import { encodeAlert } from '@arrivals/adapters/avro';
import { type ReadOptions, type StoredRecord, TOPICS } from '@arrivals/core';
import { tableHeader, writeAlertLines } from 'arrivals';
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { eventually } from '../../../support/eventually.ts';
import { exampleAlerts } from '../../../support/example-alerts.ts';

/** A topic that grows; a read waits for its signal or for what comes. */
class GrowingTopic {
  readonly records: StoredRecord[] = [];
  failure: Error | undefined;
  readonly #changes = new EventEmitter();

  offsets(topic: string) {
    assert.equal(topic, TOPICS.alerts);
    return Promise.resolve([{ partition: 0, earliest: 0, next: this.records.length }]);
  }

  async read({ offset, signal }: ReadOptions): Promise<readonly StoredRecord[]> {
    if (this.failure !== undefined) throw this.failure;
    signal.throwIfAborted();
    if (this.records.length <= offset) await once(this.#changes, 'added', { signal });
    return this.records.slice(offset);
  }

  add(value: Buffer): void {
    const place = { topic: TOPICS.alerts, partition: 0, offset: this.records.length };
    this.records.push({ ...place, key: null, value, headers: {}, timestampMs: 0 });
    this.#changes.emit('added');
  }
}

describe('the lines of alerts on a terminal', () => {
  let values: readonly Buffer[];
  let topic: GrowingTopic;
  let closing: AbortController;
  let written: string[];
  before(async () => {
    values = (await exampleAlerts()).map(({ alert }) => encodeAlert(alert));
  });
  beforeEach(() => {
    [topic, closing, written] = [new GrowingTopic(), new AbortController(), []];
  });
  const start = (): Promise<void> =>
    writeAlertLines({
      bus: topic,
      write: (text) => written.push(text),
      colour: false,
      signal: closing.signal,
    });
  const [first, second] = [0, 1].map((i) => () => values[i] ?? Buffer.alloc(0)) as [
    () => Buffer,
    () => Buffer,
  ];

  it('begin with what comes after the start, have one head, and one line for each', async () => {
    topic.add(first());
    const ended = start();
    await topic.offsets(TOPICS.alerts);
    assert.deepEqual(written, []);
    topic.add(second());
    await eventually('a head and a line', () => written.length === 2 || undefined);
    topic.add(first());
    await eventually('another line', () => written.length === 3 || undefined);
    assert.equal(written[0], `${tableHeader()}\n`);
    assert.ok(written.every((line) => /^[^\n]+\n$/.test(line)));
    assert.notEqual(written[1], written[2]);
    closing.abort();
    await ended;
  });

  it('go on after an alert that cannot be read, and say which it was', async () => {
    const ended = start();
    topic.add(Buffer.from('c30100000000000000000a', 'hex'));
    topic.add(second());
    await eventually('a head and two lines', () => written.length === 3 || undefined);
    assert.ok(
      written.some((line) =>
        /^not read: offset 0: expected a schema of alert, found the unknown fingerprint 0{16}\n$/.test(line),
      ),
    );
    closing.abort();
    await ended;
  });

  it('end when they are asked to, though nothing ever came', async () => {
    const ended = start();
    closing.abort(new Error('the process ends'));
    await ended;
    assert.deepEqual(written, []);
  });

  it('end with the failure of what is read', async () => {
    topic.failure = new Error('the store is damaged');
    await assert.rejects(start(), /the store is damaged/);
  });
});
