/**
 * Records of one fetch on their way to the handler, with sessions that answer as Kafka may: others were here,
 * nobody knows, lost.
 */
import { Assignment, BatchDelivery, type PartitionSession } from '@arrivals/adapters/kafka';
import { ArrivalsError, type ConsumedBatch, type OutgoingRecord, type StoredRecord } from '@arrivals/core';
import assert from 'node:assert/strict';

const records = (from: number, to: number): readonly StoredRecord[] =>
  Array.from({ length: to - from }, (_unused, i) => ({
    topic: 't',
    partition: 0,
    offset: from + i,
    key: null,
    value: Buffer.from(String(from + i)),
    headers: {},
    timestampMs: 0,
  }));

const outputsOf = (batch: ConsumedBatch): readonly OutgoingRecord[] =>
  batch.records.map(({ value }) => ({ topic: 'out', key: null, value, headers: {} }));
const endOf = (batch: ConsumedBatch): number => (batch.records.at(-1)?.offset ?? 0) + 1;

type Transact = PartitionSession['transact'];

interface Setup {
  readonly transact?: Transact;
  readonly commit?: (offset: number) => Promise<void>;
  readonly handle?: (batch: ConsumedBatch) => Promise<void>;
  readonly batchRecordsMax?: number;
}

function setUp(given: readonly StoredRecord[], { transact, commit, handle, batchRecordsMax = 100 }: Setup) {
  const written: string[] = [];
  const committed: number[] = [];
  const commits: Transact = (outputs, _position, nextOffset) => {
    written.push(...outputs.map(({ value }) => value.toString()));
    return Promise.resolve(nextOffset);
  };
  const session = {
    transact: transact ?? commits,
    begin: () => Promise.resolve(undefined),
    close: () => Promise.resolve(),
  } as unknown as PartitionSession;
  const assignment = new Assignment([0], () => session);
  const delivery = new BatchDelivery(given, assignment, {
    batchRecordsMax,
    commit:
      commit ??
      ((offset) => {
        committed.push(offset);
        return Promise.resolve();
      }),
    handle: handle ?? ((batch) => batch.transact(outputsOf(batch), endOf(batch))),
  });
  return { delivery, assignment, written, committed, commits };
}

const code = (error: unknown): string | undefined =>
  error instanceof ArrivalsError ? error.code : undefined;

/** The handler of a service: tries again while the error allows it and the batch is not over. */
const persistent = async (batch: ConsumedBatch): Promise<void> => {
  while (!batch.signal.aborted) {
    try {
      await batch.transact(outputsOf(batch), endOf(batch));
      return;
    } catch (error) {
      if (code(error) !== 'bus_unavailable') throw error;
    }
  }
};

describe('a delivery', () => {
  it('hands over everything in batches, and ends where the last record ends', async () => {
    const sizes: number[] = [];
    const { delivery, written } = setUp(records(5, 12), {
      batchRecordsMax: 3,
      handle: async (batch) => {
        sizes.push(batch.records.length);
        await batch.transact(outputsOf(batch), endOf(batch));
      },
    });
    await delivery.run(undefined);
    assert.deepEqual([sizes, delivery.position, written.length], [[3, 3, 1], 12, 7]);
  });

  it('skips what was committed before the assignment', async () => {
    const { delivery, written } = setUp(records(5, 12), {});
    await delivery.run(9);
    assert.deepEqual(written, ['9', '10', '11']);
  });

  it('delivers nothing of what was committed altogether', async () => {
    const { delivery, written } = setUp(records(5, 12), {});
    await delivery.run(40);
    // Behind what was fetched: reading has to go on there, or what lies between would be written again.
    assert.deepEqual([written, delivery.position], [[], 40]);
  });

  it('commits a position alone when there are no outputs', async () => {
    const { delivery, written, committed } = setUp(records(0, 4), {
      handle: (batch) => batch.transact([], endOf(batch)),
    });
    await delivery.run(undefined);
    assert.deepEqual([written, committed], [[], [4]]);
  });

  it('delivers again what the handler did not commit', async () => {
    let calls = 0;
    const { delivery, written } = setUp(records(0, 2), {
      handle: async (batch) => {
        if (++calls < 3) return;
        await batch.transact(outputsOf(batch), endOf(batch));
      },
    });
    await delivery.run(undefined);
    assert.deepEqual([calls, written], [3, ['0', '1']]);
  });

  it('writes nothing twice when another process has committed part of a batch in between', async () => {
    const written: string[] = [];
    let calls = 0;
    const { delivery } = setUp(records(0, 6), {
      handle: persistent,
      transact: (outputs, position, nextOffset) => {
        calls++;
        if (calls === 1) return Promise.reject(new ArrivalsError('bus_unavailable', 'fenced'));
        // The other one wrote what stands before 4.
        if (calls === 2) return Promise.resolve(4);
        assert.equal(position, 4);
        written.push(...outputs.map(({ value }) => value.toString()));
        return Promise.resolve(nextOffset);
      },
    });
    await delivery.run(undefined);
    assert.deepEqual([written, delivery.position], [['4', '5'], 6]);
  });

  it('goes on from where another process stopped that was further than this batch', async () => {
    const written: string[] = [];
    let calls = 0;
    const { delivery } = setUp(records(100, 110), {
      batchRecordsMax: 5,
      handle: persistent,
      transact: (outputs, _position, nextOffset) => {
        calls++;
        if (calls === 1) return Promise.reject(new ArrivalsError('bus_unavailable', 'fenced'));
        if (calls === 2) return Promise.resolve(108);
        written.push(...outputs.map(({ value }) => value.toString()));
        return Promise.resolve(nextOffset);
      },
    });
    await delivery.run(undefined);
    assert.deepEqual([written, delivery.position], [['108', '109'], 110]);
  });

  it('is done when another process, or an answer that was lost, has committed all of it', async () => {
    const { delivery } = setUp(records(0, 6), { handle: persistent, transact: () => Promise.resolve(6) });
    await delivery.run(undefined);
    assert.equal(delivery.position, 6);
  });

  it('refuses offsets outside what is left of the batch', async () => {
    const codes: (string | undefined)[] = [];
    const { delivery, written } = setUp(records(3, 6), {
      handle: async (batch) => {
        for (const offset of [3, 0, 7, -1])
          await batch.transact(outputsOf(batch), offset).catch((error: unknown) => codes.push(code(error)));
        await batch.transact([], endOf(batch));
      },
    });
    await delivery.run(undefined);
    assert.deepEqual(
      [codes, written],
      [['offset_conflict', 'offset_conflict', 'offset_conflict', 'offset_conflict'], []],
    );
  });

  it('writes nothing once the assignment is lost, and aborts the batch’s signal', async () => {
    const codes: (string | undefined)[] = [];
    let aborted = false;
    const { delivery, assignment, written } = setUp(records(0, 3), {
      handle: async (batch) => {
        assignment.noteError(Object.assign(new Error('rebalance'), { type: 'REBALANCE_IN_PROGRESS' }));
        aborted = batch.signal.aborted;
        await batch
          .transact(outputsOf(batch), endOf(batch))
          .catch((error: unknown) => codes.push(code(error)));
      },
    });
    await delivery.run(undefined);
    assert.deepEqual([codes, aborted, written, delivery.position], [['bus_unavailable'], true, [], 0]);
  });

  it('lets a handler commit that is only asked to stop', async () => {
    const { delivery, assignment, written } = setUp(records(0, 3), {
      handle: async (batch) => {
        assignment.stop();
        await batch.transact(outputsOf(batch), endOf(batch));
      },
    });
    await delivery.run(undefined);
    assert.deepEqual([written.length, delivery.position], [3, 3]);
  });

  it('takes a refused commit of the group for the end of the assignment', async () => {
    const { delivery, assignment } = setUp(records(0, 3), {
      commit: () => Promise.reject(Object.assign(new Error('not a member'), { type: 'UNKNOWN_MEMBER_ID' })),
      handle: (batch) => batch.transact([], endOf(batch)).catch(() => undefined),
    });
    await delivery.run(undefined);
    assert.deepEqual([assignment.lost, delivery.position], [true, 0]);
  });

  it('keeps what the handler itself threw', async () => {
    const { delivery } = setUp(records(0, 3), { handle: () => Promise.reject(new Error('mine')) });
    await assert.rejects(delivery.run(undefined), /mine/);
    assert.equal((delivery.handlerError?.error as Error).message, 'mine');
  });
});

describe('an assignment', () => {
  it('is not lost by an error of the connection', () => {
    const { assignment } = setUp(records(0, 1), {});
    assignment.noteError(new Error('socket closed'));
    assignment.noteError(Object.assign(new Error('later'), { type: 'COORDINATOR_LOAD_IN_PROGRESS' }));
    assert.equal(assignment.lost, false);
  });

  it('knows its partitions', () => {
    const { assignment } = setUp(records(0, 1), {});
    assert.deepEqual([assignment.has(0), assignment.has(1)], [true, false]);
  });

  it('is lost when the group’s coordinator moved, or is silent for too long: only a member that rejoins asks another broker', () => {
    const [moved, silent] = [setUp(records(0, 1), {}).assignment, setUp(records(0, 1), {}).assignment];
    moved.noteError(Object.assign(new Error('moved'), { type: 'NOT_COORDINATOR_FOR_GROUP' }));
    silent.noteSilence();
    for (const assignment of [moved, silent]) {
      assert.equal(assignment.signal.aborted, true);
      assert.equal(
        (assignment.lostBy as unknown as { readonly type: string }).type,
        'NOT_COORDINATOR_FOR_GROUP',
      );
    }
  });

  it('is lost by what stands behind a number of retries', () => {
    const { assignment } = setUp(records(0, 1), {});
    const cause = Object.assign(new Error('rebalance'), { type: 'ILLEGAL_GENERATION' });
    assignment.noteError(Object.assign(new Error('retries exceeded'), { cause }));
    assert.equal(assignment.lost, true);
  });

  it('begins a partition once, and again when that failed', async () => {
    const answers = [Promise.reject(new Error('away')), Promise.resolve(7)];
    answers[0]?.catch(() => undefined);
    const assignment = new Assignment(
      [0],
      () => ({ begin: () => answers.shift() ?? Promise.resolve(99) }) as unknown as PartitionSession,
    );
    await assert.rejects(assignment.begin(0), /away/);
    assert.deepEqual([await assignment.begin(0), await assignment.begin(0)], [7, undefined]);
  });
});
