/** Outputs and position at least once: the order of the two, and what a failure of either leaves behind. */
import { PlainSession } from '@arrivals/adapters/kafka';
import { ArrivalsError, type OutgoingRecord } from '@arrivals/core';
import assert from 'node:assert/strict';

type Options = ConstructorParameters<typeof PlainSession>[0];

const OUTPUTS: readonly OutgoingRecord[] = ['a', 'b'].map((text) => ({
  topic: 'out',
  key: null,
  value: Buffer.from(text),
  headers: {},
}));

describe('a session at least once', () => {
  let steps: string[];
  let sending: () => Promise<void>;
  let commits: (() => Promise<void>)[];
  let session: PlainSession;

  beforeEach(() => {
    steps = [];
    sending = () => Promise.resolve();
    commits = [];
    const sendBatch = async (batch: {
      readonly topicMessages: readonly { readonly messages: readonly { readonly value: Buffer }[] }[];
    }): Promise<unknown[]> => {
      await sending();
      steps.push(
        ...batch.topicMessages.flatMap(({ messages }) =>
          messages.map(({ value }) => `wrote ${value.toString()}`),
        ),
      );
      return [{ topicName: 'out', partition: 0, errorCode: 0, baseOffset: '5' }];
    };
    session = new PlainSession({
      producer: () => Promise.resolve({ sendBatch }),
      partitions: { choose: (records: readonly unknown[]) => Promise.resolve(records.map(() => 0)) },
      useAdmin: () => Promise.resolve([{ topic: 'in', partitions: [{ partition: 3, offset: '40' }] }]),
      onMissing: () => undefined,
      group: 'g',
      topic: 'in',
      partition: 3,
    } as unknown as Options);
  });

  const transact = (position = 40, nextOffset = 42): Promise<number> =>
    session.transact(OUTPUTS, position, nextOffset, async (offset) => {
      await commits.shift()?.();
      steps.push(`committed ${String(offset)}`);
    });
  const failing = (code: 'bus_unavailable' | 'topic_unknown' | 'record_too_large') => (): Promise<never> =>
    Promise.reject(new ArrivalsError(code, 'injected'));
  const hasCode = (code: string) => (error: unknown) => (error as ArrivalsError).code === code;

  it('begins with the committed position', async () => {
    assert.equal(await session.begin(), 40);
  });

  it('commits when the outputs are acknowledged', async () => {
    assert.equal(await transact(), 42);
    assert.deepEqual(steps, ['wrote a', 'wrote b', 'committed 42']);
  });

  for (const [code, told] of [
    ['bus_unavailable', 'bus_unavailable'],
    ['topic_unknown', 'bus_unavailable'],
    ['record_too_large', 'record_too_large'],
  ] as const) {
    it(`commits nothing when they are not, and reports why: ${code}`, async () => {
      sending = failing(code);
      await assert.rejects(transact(), hasCode(told));
      assert.deepEqual(steps, []);
    });
  }

  it('commits alone when the outputs of the same records are written already', async () => {
    commits = [failing('bus_unavailable'), failing('bus_unavailable')];
    for (let i = 0; i < 2; i++) await assert.rejects(transact(), hasCode('bus_unavailable'));
    await transact();
    assert.deepEqual(steps, ['wrote a', 'wrote b', 'committed 42']);
    await transact(42, 44);
    assert.deepEqual(steps.slice(3), ['wrote a', 'wrote b', 'committed 44']);
  });

  it('writes them again in another assignment, whose records may be others', async () => {
    commits = [failing('bus_unavailable')];
    await assert.rejects(transact(), hasCode('bus_unavailable'));
    await session.begin();
    await transact();
    assert.deepEqual(steps, ['wrote a', 'wrote b', 'wrote a', 'wrote b', 'committed 42']);
  });
});
