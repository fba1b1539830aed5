/** Which event is blamed for the end of a process, and which is not. */
import {
  ArrivalsError,
  type Attempt,
  type Attempts,
  type PositionInRecord,
  type StoredRecord,
  type TelemetryEvent,
  WHOLE_RECORD,
} from '@arrivals/core';
import { AttemptNotes, type Singling } from '@arrivals/processor';
import assert from 'node:assert/strict';

const TOPIC = 'in';
const record = (offset: number): StoredRecord => ({
  topic: TOPIC,
  partition: 0,
  offset,
  key: null,
  value: Buffer.alloc(1),
  headers: {},
  timestampMs: 0,
});
const records = (from: number, to: number): readonly StoredRecord[] =>
  Array.from({ length: to - from }, (_, i) => record(from + i));

/** One note, and who made it. */
class Kept {
  note: { readonly owner: number; readonly attempt: Attempt } | undefined;
  readonly living = new Set<number>();
  fails = false;

  of(owner: number): Attempts {
    this.living.add(owner);
    const failing = (): void => {
      if (this.fails) throw new ArrivalsError('state_unavailable', 'injected');
    };
    return {
      begin: (_of, attempt) => {
        failing();
        const { note } = this;
        if (
          note !== undefined &&
          note.owner !== owner &&
          note.attempt.to > attempt.from &&
          note.attempt.from < attempt.to
        )
          return Promise.resolve({ attempt: note.attempt, isOver: !this.living.has(note.owner) });
        this.note = { owner, attempt };
        return Promise.resolve(undefined);
      },
      note: (_of, attempt) => {
        failing();
        this.note = { owner, attempt };
        return Promise.resolve();
      },
      release: () => {
        if (this.note?.owner === owner) this.note = undefined;
        return Promise.resolve();
      },
      close: () => Promise.resolve(),
    };
  }
}

describe('notes of attempts', () => {
  let kept: Kept;
  let owner: number;
  let told: TelemetryEvent[];
  let nowMs: number;

  beforeEach(() => {
    kept = new Kept();
    owner = 0;
    told = [];
    nowMs = 0;
  });

  /** Another process; those before live on unless they are said to have ended. */
  const process = (): AttemptNotes => {
    const attempts = kept.of(++owner);
    return new AttemptNotes({
      attempts,
      telemetry: { emit: (event) => told.push(event) },
      now: () => nowMs,
      doing: () => undefined,
    });
  };
  const ends = (): void => {
    kept.living.delete(owner);
  };
  const begun = async (from = 5, to = 9): Promise<Singling> => {
    const singling = await process().begin(records(from, to));
    assert.ok(singling !== undefined);
    return singling;
  };
  const EVENT: PositionInRecord = { offset: 6, index: 2 };

  it('lets records be processed together when nothing ended in them', async () => {
    assert.equal(await process().begin(records(5, 9)), undefined);
    assert.equal(told.length, 0);
  });

  it('has records that a process ended in processed event by event, up to the last of them, and tells of it', async () => {
    await process().begin(records(5, 9));
    ends();
    assert.equal((await begun(5, 70)).to, 9);
    assert.deepEqual(told, [
      { type: 'attempt_ended', topic: TOPIC, partition: 0, from: 5, to: 9, detail: 'offsets 5 to 8' },
    ]);
  });

  it('has records together again behind them', async () => {
    await process().begin(records(5, 9));
    ends();
    const notes = process();
    assert.ok((await notes.begin(records(5, 70))) !== undefined);
    assert.ok((await notes.begin(records(8, 70))) !== undefined);
    assert.equal(await notes.begin(records(9, 70)), undefined);
  });

  it('blames an event when two processes ended at it alone, and none that one process ended at', async () => {
    await process().begin(records(5, 9));
    ends();
    await (await begun()).at(EVENT);
    ends();
    const second = await begun();
    assert.equal(second.isOver(EVENT), false);
    await second.at({ offset: 6, index: 1 });
    ends();
    const third = await begun();
    assert.equal(third.isOver({ offset: 6, index: 1 }), false);
    await third.at(EVENT);
    ends();
    const fourth = await begun();
    assert.equal(fourth.isOver(EVENT), true);
    assert.equal(fourth.isOver({ offset: 6, index: 1 }), false);
  });

  it('has each event decided by itself once a process has ended while several were decided together', async () => {
    await process().begin(records(5, 9));
    ends();
    const first = await begun();
    assert.equal(first.isOneByOne, false);
    await first.deciding(6);
    ends();
    const second = await begun();
    assert.equal(second.isOneByOne, true);
    assert.equal(second.isOver({ offset: 6, index: WHOLE_RECORD }), false);
    await second.at(EVENT);
    ends();
    assert.equal((await begun()).isOneByOne, true);
  });

  it('blames no event while none is processed, as when the bus is waited for', async () => {
    await process().begin(records(5, 9));
    for (let i = 0; i < 4; i++) {
      ends();
      const singling = await begun();
      await singling.at(EVENT);
      await singling.at(null);
    }
    ends();
    assert.equal((await begun()).isOver(EVENT), false);
  });

  it('concludes nothing when a process has only lost the partition, together or event by event', async () => {
    await process().begin(records(5, 9));
    assert.equal(await process().begin(records(5, 9)), undefined);
    ends();
    for (let i = 0; i < 4; i++) await (await begun()).at(EVENT);
    assert.equal((await begun()).isOver(EVENT), false);
  });

  it('concludes nothing from what was given back, and keeps what is known of events', async () => {
    const first = process();
    await first.begin(records(5, 9));
    await first.giveBack({ topic: TOPIC, partition: 0 });
    ends();
    const second = process();
    assert.equal(await second.begin(records(5, 9)), undefined);
    ends();
    await (await begun()).at(EVENT);
    ends();
    const third = process();
    await (await third.begin(records(5, 9)))?.at(EVENT);
    await third.giveBack({ topic: TOPIC, partition: 0 });
    ends();
    await (await begun()).at(EVENT);
    ends();
    assert.equal((await begun()).isOver(EVENT), true);
  });

  it('goes on without notes where none can be made, tells of it, and asks again after a while', async () => {
    const notes = process();
    kept.fails = true;
    assert.equal(await notes.begin(records(5, 9)), undefined);
    assert.equal(await notes.begin(records(9, 12)), undefined);
    assert.deepEqual(told, [{ type: 'attempts_unnoted', detail: 'injected' }]);
    kept.fails = false;
    nowMs = 5000;
    await notes.begin(records(12, 15));
    assert.equal(kept.note?.attempt.from, 12);
  });
});
