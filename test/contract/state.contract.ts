/**
 * What every state must do: the contract of packages/core/src/ports/claim-store.ts, sentence by sentence.
 * A function of a factory, so that each adapter is held to the same suite.
 */
import type { ArrivalsError, ClaimRequest, EventPosition, State } from '@arrivals/core';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { revision } from '../support/context.ts';

export interface StateUnderTest {
  /** Empty, with claims that last CLAIM_TTL_MS. */
  readonly state: State;
  /** Lets go of the state as after a restart, and gives another on the same claims. */
  reopen(): Promise<State>;
  dispose(): Promise<void>;
}

export const CLAIM_TTL_MS = 60_000;

const NOW_MS = 1_800_000_000_000;

const identity = (text: string): Buffer => createHash('sha256').update(text).digest();

const at = (offset: number, index = 0): EventPosition => ({
  topic: 'k8s.audit.events',
  partition: 3,
  offset,
  index,
});

const request = (text: string, by: EventPosition): ClaimRequest => ({ identity: identity(text), by });

export function stateContract(adapter: string, make: () => Promise<StateUnderTest>): void {
  describe(`the state contract, kept by ${adapter}`, () => {
    let under: StateUnderTest;
    let state: State;

    beforeEach(async () => {
      under = await make();
      state = under.state;
    });
    afterEach(() => under.dispose());

    it('gives an identity to the first position that claim it', async () => {
      assert.deepEqual(await state.claim([request('a', at(1))], NOW_MS), [{ outcome: 'claimed' }]);
    });

    it('gives it to the same position again, as often as they come: a redelivery', async () => {
      for (let i = 0; i < 3; i++)
        assert.deepEqual(await state.claim([request('a', at(1))], NOW_MS + i), [{ outcome: 'claimed' }]);
    });

    it('refuses it to others and names who holds it', async () => {
      await state.claim([request('a', at(1, 4))], NOW_MS);
      for (const other of [
        at(2, 4),
        at(1, 5),
        { ...at(1, 4), partition: 0 },
        { ...at(1, 4), topic: 'other' },
      ]) {
        assert.deepEqual(await state.claim([request('a', other)], NOW_MS), [
          { outcome: 'duplicate', of: at(1, 4) },
        ]);
      }
    });

    it('sees two copies in one call, even of one record', async () => {
      assert.deepEqual(
        await state.claim([request('a', at(1, 0)), request('b', at(1, 1)), request('a', at(1, 2))], NOW_MS),
        [{ outcome: 'claimed' }, { outcome: 'claimed' }, { outcome: 'duplicate', of: at(1, 0) }],
      );
    });

    it('gives one identity to exactly one of many that claim it at once', async () => {
      const results = await Promise.all(
        Array.from({ length: 50 }, (_unused, i) => state.claim([request('a', at(i))], NOW_MS)),
      );
      assert.equal(results.flat().filter(({ outcome }) => outcome === 'claimed').length, 1);
    });

    it('answers a thousand requests in order', async () => {
      const requests = Array.from({ length: 1000 }, (_unused, i) =>
        request(`many-${String(i % 500)}`, at(i)),
      );
      const results = await state.claim(requests, NOW_MS);
      assert.deepEqual(
        results.map(({ outcome }) => outcome),
        requests.map((_unused, i) => (i < 500 ? 'claimed' : 'duplicate')),
      );
    });

    it('takes an empty list', async () => {
      assert.deepEqual(await state.claim([], NOW_MS), []);
    });

    it('remembers over a restart', async () => {
      await state.claim([request('a', at(1))], NOW_MS);
      state = await under.reopen();
      assert.deepEqual(await state.claim([request('a', at(2)), request('a', at(1))], NOW_MS), [
        { outcome: 'duplicate', of: at(1) },
        { outcome: 'claimed' },
      ]);
    });

    describe('that has begun', () => {
      const AFTER_LOSS = [{ outcome: 'claimed', afterLoss: true }];

      it('is new when nobody had claimed before, and calls no claim a repeat', async () => {
        await state.begin(true, NOW_MS);
        assert.deepEqual(await state.claim([request('a', at(1))], NOW_MS), [{ outcome: 'claimed' }]);
      });

      it('has lost its claims when it is empty although there were some, and reports it with every claim', async () => {
        await state.begin(false, NOW_MS);
        for (const text of ['a', 'b', 'c'])
          assert.deepEqual(await state.claim([request(text, at(1))], NOW_MS + 1), AFTER_LOSS);
        assert.deepEqual(await state.claim([request('a', at(1)), request('a', at(2))], NOW_MS + 2), [
          ...AFTER_LOSS,
          { outcome: 'duplicate', of: at(1) },
        ]);
      });

      it('calls no revision a repeat when it is new', async () => {
        const wanted = revision('a', 'cause', ['author']);
        await state.begin(true, NOW_MS);
        assert.deepEqual(await state.revise([wanted], NOW_MS), [{ outcome: 'revision', revision: 2 }]);
      });

      it('has lost its revisions with its claims, and reports it with each', async () => {
        await state.begin(false, NOW_MS);
        const [wanted, covered] = [revision('a', 'cause', ['author']), revision('a', 'other', ['author'])];
        assert.deepEqual(await state.revise([wanted, covered], NOW_MS + 1), [
          { outcome: 'revision', revision: 2, afterLoss: true },
          { outcome: 'answered' },
        ]);
        assert.deepEqual(await state.revise([wanted], NOW_MS + CLAIM_TTL_MS), [
          { outcome: 'revision', revision: 2 },
        ]);
      });

      it('reports it as long as the lost claims could have lasted', async () => {
        await state.begin(false, NOW_MS);
        assert.deepEqual(await state.claim([request('a', at(1))], NOW_MS + CLAIM_TTL_MS - 1), AFTER_LOSS);
        assert.deepEqual(await state.claim([request('b', at(1))], NOW_MS + CLAIM_TTL_MS), [
          { outcome: 'claimed' },
        ]);
      });

      it('remembers a loss over a restart, whatever the next one believes', async () => {
        await state.begin(false, NOW_MS);
        for (const isNew of [true, false]) {
          state = await under.reopen();
          await state.begin(isNew, NOW_MS + 1000);
          assert.deepEqual(await state.claim([request('a', at(1))], NOW_MS + CLAIM_TTL_MS - 1), AFTER_LOSS);
          assert.deepEqual(await state.claim([request('a', at(1))], NOW_MS + CLAIM_TTL_MS), [
            { outcome: 'claimed' },
          ]);
        }
      });

      it('takes a restart for no loss', async () => {
        await state.begin(true, NOW_MS);
        for (const text of ['a', 'b']) {
          assert.deepEqual(await state.claim([request(text, at(1))], NOW_MS), [{ outcome: 'claimed' }]);
          state = await under.reopen();
          await state.begin(false, NOW_MS);
        }
        assert.deepEqual(await state.claim([request('c', at(1)), request('b', at(2))], NOW_MS), [
          { outcome: 'claimed' },
          { outcome: 'duplicate', of: at(1) },
        ]);
      });

      it('may begin again at any time', async () => {
        await state.begin(true, NOW_MS);
        await state.claim([request('a', at(1))], NOW_MS);
        for (const isNew of [false, true]) await state.begin(isNew, NOW_MS);
        assert.deepEqual(await state.claim([request('a', at(1)), request('b', at(2))], NOW_MS), [
          { outcome: 'claimed' },
          { outcome: 'claimed' },
        ]);
      });
    });

    it('answers a check while it is open, and fails with state_unavailable when it is not', async () => {
      await state.check(new AbortController().signal);
      await state.close();
      await under.dispose();
      const unavailable = (error: unknown): boolean => (error as ArrivalsError).code === 'state_unavailable';
      await assert.rejects(state.claim([request('a', at(1))], NOW_MS), unavailable);
      await assert.rejects(state.begin(true, NOW_MS), unavailable);
    });
  });
}
