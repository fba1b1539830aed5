/** What every adapter of ports/attempts.ts keeps. */
import type { Attempt, Attempts } from '@arrivals/core';
import assert from 'node:assert/strict';

export interface AttemptsUnderTest {
  readonly attempts: Attempts;
  /**
   * The process ends by itself being killed, and another one opens the same: its predecessor is known to have
   * ended.
   */
  readonly restarted: () => Promise<Attempts>;
  readonly dispose: () => Promise<void>;
}

const OF = { topic: 'in', partition: 0 };
const whole = (from: number, to: number): Attempt => ({ from, to, singled: null });
const singled = (from: number, to: number): Attempt => ({
  from,
  to,
  singled: { at: { offset: from, index: 3 }, ends: [{ offset: from, index: 2, ends: 1 }] },
});

export function attemptsContract(name: string, open: () => Promise<AttemptsUnderTest>): void {
  describe(`${name} keeps notes of attempts`, () => {
    let under: AttemptsUnderTest;
    beforeEach(async () => {
      under = await open();
    });
    afterEach(() => under.dispose());

    it('finds nothing where nothing was noted', async () => {
      assert.equal(await under.attempts.begin(OF, whole(0, 10)), undefined);
    });

    it('shows a process what another one that ended had noted, again and again until it takes that over', async () => {
      await under.attempts.begin(OF, whole(5, 9));
      const next = await under.restarted();
      const found = { attempt: whole(5, 9), isOver: true };
      assert.deepEqual(await next.begin(OF, whole(5, 70)), found);
      assert.deepEqual(await next.begin(OF, whole(5, 70)), found);
      await next.note(OF, whole(5, 70));
      assert.equal(await next.begin(OF, whole(5, 70)), undefined);
    });

    it('keeps at which event it was, and how often processes had ended at others', async () => {
      await under.attempts.note(OF, singled(5, 9));
      assert.deepEqual(await (await under.restarted()).begin(OF, whole(5, 9)), {
        attempt: singled(5, 9),
        isOver: true,
      });
    });

    it('finds the last of several notes', async () => {
      await under.attempts.begin(OF, whole(5, 1_000_000));
      await under.attempts.note(OF, singled(6, 1_000_000));
      await under.attempts.note(OF, whole(7, 9));
      assert.deepEqual((await (await under.restarted()).begin(OF, whole(7, 9)))?.attempt, whole(7, 9));
    });

    it('shows nothing of records that were committed since: those that begin are after the note', async () => {
      await under.attempts.begin(OF, whole(5, 9));
      const next = await under.restarted();
      assert.equal(await next.begin(OF, whole(9, 12)), undefined);
      assert.deepEqual((await (await under.restarted()).begin(OF, whole(9, 12)))?.attempt, whole(9, 12));
    });

    it('shows nothing of what was released', async () => {
      await under.attempts.begin(OF, whole(5, 9));
      await under.attempts.release(OF);
      assert.equal(await (await under.restarted()).begin(OF, whole(5, 9)), undefined);
    });

    it('keeps partitions and topics apart', async () => {
      await under.attempts.begin(OF, whole(5, 9));
      await under.attempts.begin({ topic: 'in', partition: 1 }, whole(6, 9));
      const next = await under.restarted();
      assert.equal(await next.begin({ topic: 'other', partition: 0 }, whole(5, 9)), undefined);
      assert.deepEqual((await next.begin({ topic: 'in', partition: 1 }, whole(5, 9)))?.attempt, whole(6, 9));
      assert.deepEqual((await next.begin(OF, whole(5, 9)))?.attempt, whole(5, 9));
    });
  });
}
