/**
 * What every state must do with context: the contract of packages/core/src/ports/fact-store.ts, sentence by
 * sentence: here what is evicted and what is refused, the rest in context-*.contract.ts. A function of a
 * factory, so that each adapter is held to the same suite.
 */
import { type Fact, FACT_BYTES_MAX, type State, SUBJECT_BYTES_MAX } from '@arrivals/core';
import assert from 'node:assert/strict';
import {
  about,
  CLUSTER,
  CONTEXT,
  fact,
  factsAbout,
  inShort,
  NEWEST,
  NOW_MS,
  revision,
  waiter,
} from '../support/context.ts';
import { awaitingContract } from './context-awaiting.contract.ts';
import { factsContract } from './context-facts.contract.ts';
import { quotasContract } from './context-quotas.contract.ts';
import { recallContract } from './context-recall.contract.ts';
import type { ContextSettings, ContextUnderTest } from './context-under-test.ts';

export function contextContract(
  adapter: string,
  make: (settings: ContextSettings) => Promise<ContextUnderTest>,
): void {
  describe(`the context contract, kept by ${adapter}`, () => {
    let under: ContextUnderTest;
    let state: State;

    const made = async (settings: Partial<ContextSettings> = {}): Promise<ContextUnderTest> => {
      under = await make({ ...CONTEXT, ...settings });
      ({ state } = under);
      return under;
    };

    beforeEach(() => made());
    afterEach(() => under.dispose());

    const renew = async (settings: Partial<ContextSettings>): Promise<void> => {
      await under.dispose();
      await made(settings);
    };

    factsContract(() => under);
    recallContract(() => under);
    awaitingContract(() => under);
    quotasContract(() => under, renew);

    describe('in time', () => {
      const { contextTtlMs } = CONTEXT;
      /** By so much longer at most is a row kept. */
      const moreMs = 2 * Math.ceil(contextTtlMs / 1000);
      let nowMs: number;

      beforeEach(() => {
        nowMs = NOW_MS;
      });
      const pass = async (ms: number): Promise<void> => {
        nowMs += ms;
        await under.pass(ms, nowMs);
      };

      it('a subject is kept for its time after it was last written, and then deleted with all its facts', async () => {
        await state.remember([fact('s', 'a', 1)], nowMs);
        await pass(contextTtlMs - 1000);
        await state.remember([fact('s', 'b', 2)], nowMs);
        await pass(contextTtlMs - 1000);
        assert.deepEqual(inShort(await factsAbout(state, 's', nowMs)), ['written/a@1', 'written/b@2']);
        await pass(contextTtlMs + moreMs);
        assert.deepEqual(await factsAbout(state, 's', nowMs), []);
        await state.remember([fact('s', 'c', 3)], nowMs);
        assert.deepEqual(inShort(await factsAbout(state, 's', nowMs)), ['written/c@3']);
      });

      it('a read keeps it for as long again, and with it what its links led to', async () => {
        await state.remember(
          [fact('s', 'a', 1, { links: ['t'] }), fact('t', 'b', 2), fact('u', 'c', 3)],
          nowMs,
        );
        for (let i = 0; i < 3; i++) {
          await pass(contextTtlMs - 1000);
          assert.equal((await state.recall(about('s'), nowMs)).get(CLUSTER)?.size, 2);
        }
        assert.deepEqual(
          [...((await state.recall(about('s', 'u'), nowMs)).get(CLUSTER)?.keys() ?? [])].sort(),
          ['s', 't'],
        );
      });

      it('what comes again is written again, though it changes nothing', async () => {
        await state.remember([fact('s', 'a', 1)], nowMs);
        await pass(contextTtlMs - 1000);
        await state.remember([fact('s', 'a', 1)], nowMs);
        await pass(contextTtlMs - 1000);
        assert.equal((await factsAbout(state, 's', nowMs)).length, 1);
      });

      it('revisions last as long after they were last asked for', async () => {
        await state.revise([revision('a', 'x', ['q'])], nowMs);
        await pass(contextTtlMs - 1000);
        assert.deepEqual(await state.revise([revision('a', 'y', ['q'])], nowMs), [{ outcome: 'answered' }]);
        await pass(contextTtlMs - 1000);
        assert.deepEqual(await state.revise([revision('a', 'y', ['q'])], nowMs), [{ outcome: 'answered' }]);
        await pass(contextTtlMs + moreMs);
        assert.deepEqual(await state.revise([revision('a', 'y', ['q'])], nowMs), [
          { outcome: 'revision', revision: 2 },
        ]);
      });
    });

    describe('of more subjects than are kept', () => {
      const STEP_MS = 10_000;
      const names = (count: number, from = 0) =>
        Array.from({ length: count }, (_unused, i) => `s${String(from + i)}`);

      beforeEach(() => renew({ contextSubjectsMax: 20 }));

      it('those that were used last are left, and the number of evicted others is reported', async () => {
        let nowMs = NOW_MS;
        for (const name of names(30)) await state.remember([fact(name, 'x', 1)], (nowMs += STEP_MS));
        await under.pass(0, nowMs);
        assert.deepEqual(
          [...((await state.recall(about(...names(30)), nowMs)).get(CLUSTER)?.keys() ?? [])],
          names(20, 10),
        );
        assert.equal(under.forgotten(), 10);
      });

      it('reading counts as use', async () => {
        let nowMs = NOW_MS;
        for (const name of names(20))
          await state.remember(
            [fact(name, 'x', 1, { links: name === 's5' ? ['s6'] : [] })],
            (nowMs += STEP_MS),
          );
        await state.recall(about('s5', 's0'), (nowMs += STEP_MS));
        for (const name of names(17, 20)) await state.remember([fact(name, 'x', 1)], (nowMs += STEP_MS));
        await under.pass(0, nowMs);
        const left = [...((await state.recall(about(...names(40)), nowMs)).get(CLUSTER)?.keys() ?? [])];
        assert.deepEqual(left, ['s0', 's5', 's6', ...names(17, 20)]);
      });

      it('each cluster has as many', async () => {
        const facts = names(20).flatMap((name) =>
          ['a', 'b'].map((cluster) => fact(name, 'x', 1, { cluster })),
        );
        await state.remember(facts, NOW_MS);
        await under.pass(0, NOW_MS);
        const recalled = await state.recall(facts, NOW_MS);
        assert.deepEqual([recalled.get('a')?.size, recalled.get('b')?.size, under.forgotten()], [20, 20, 0]);
      });

      it('subjects that are over do not count', async () => {
        await state.remember(
          names(20).map((name) => fact(name, 'x', 1)),
          NOW_MS,
        );
        const laterMs = NOW_MS + 2 * CONTEXT.contextTtlMs;
        await under.pass(2 * CONTEXT.contextTtlMs, laterMs);
        const others = names(20, 50).map((name) => fact(name, 'x', 1));
        await state.remember(others, laterMs);
        await under.pass(0, laterMs);
        assert.equal((await state.recall(others, laterMs)).get(CLUSTER)?.size, 20);
        assert.equal(under.forgotten(), 0);
      });

      it('alerts with revisions and subjects that are waited for are bounded alike', async () => {
        let nowMs = NOW_MS;
        for (const name of names(30)) {
          nowMs += 1000;
          await state.watch([waiter('w', name)], nowMs);
          await state.revise([revision(name, 'x', ['q'])], nowMs + Number(name.slice(1)) * STEP_MS);
        }
        await under.pass(0, nowMs);
        assert.equal(
          (
            await state.remember(
              names(30).map((name) => fact(name, 'x', 1)),
              nowMs,
            )
          ).length,
          20,
        );
        const again = await state.revise([revision('s0', 'y', ['q']), revision('s29', 'y', ['q'])], nowMs);
        assert.deepEqual(again, [{ outcome: 'revision', revision: 2 }, { outcome: 'answered' }]);
      });
    });

    describe('what is out of bounds is a fault of the caller, and nothing is done:', () => {
      const good = fact('s', 'a', 1);
      const facts: Readonly<Record<string, Fact>> = {
        'the name of a cluster': { ...good, cluster: 'c}{' },
        'a long subject': { ...good, about: 'é'.repeat(SUBJECT_BYTES_MAX / 2) + 'x' },
        'the name of a kind': { ...good, kind: { ...NEWEST, name: 'a b' } },
        'a kind without a name': { ...good, kind: { ...NEWEST, name: '' } },
        'a kind of none': { ...good, kind: { ...NEWEST, max: 0 } },
        'a kind of too many': { ...good, kind: { ...NEWEST, max: 65 } },
        'a long id': { ...good, id: 'x'.repeat(65) },
        'an order that is no integer': { ...good, order: 1.5 },
        'an order that is too large': { ...good, order: Number.MAX_SAFE_INTEGER + 1 },
        'a large value': { ...good, value: { v: 'é'.repeat(FACT_BYTES_MAX / 2 - 3) } },
        'too many links': { ...good, links: Array.from({ length: 9 }, String) },
        'a long link': { ...good, links: ['x'.repeat(SUBJECT_BYTES_MAX + 1)] },
      };
      for (const [what, bad] of Object.entries(facts)) {
        it(`${what}, of a fact`, async () => {
          await assert.rejects(state.remember([good, bad], NOW_MS), RangeError);
          assert.deepEqual(await factsAbout(state, 's'), []);
        });
      }

      it('of who waits', async () => {
        const one = waiter('a', 's');
        const bad = [
          { ...one, cluster: '' },
          { ...one, about: 'x'.repeat(SUBJECT_BYTES_MAX + 1) },
          { ...one, identity: Buffer.alloc(31) },
          { ...one, value: { v: 'x'.repeat(FACT_BYTES_MAX - 7) } },
        ];
        for (const each of bad) await assert.rejects(state.watch([one, each], NOW_MS), RangeError);
        assert.deepEqual(await state.remember([good], NOW_MS), []);
      });

      it('of a revision', async () => {
        const one = revision('a', 'x', ['q']);
        const bad = [
          { ...one, cluster: 'A' },
          { ...one, identity: Buffer.alloc(33) },
          { ...one, cause: 'x'.repeat(65) },
          { ...one, answers: Array.from({ length: 33 }, String) },
          { ...one, answers: ['x'.repeat(65)] },
        ];
        for (const each of bad) await assert.rejects(state.revise([one, each], NOW_MS), RangeError);
        assert.deepEqual(await state.revise([revision('a', 'y', ['q'])], NOW_MS), [
          { outcome: 'revision', revision: 2 },
        ]);
      });

      it('of what is asked for', async () => {
        await assert.rejects(state.recall(about('s', 'x'.repeat(SUBJECT_BYTES_MAX + 1)), NOW_MS), RangeError);
        await assert.rejects(state.recall([{ cluster: '{', about: 's' }], NOW_MS), RangeError);
      });
    });

    it('fails with state_unavailable when it is closed', async () => {
      await state.close();
      await under.dispose();
      const calls = [
        state.remember([fact('s', 'a', 1)], NOW_MS),
        state.recall(about('s'), NOW_MS),
        state.watch([waiter('a', 's')], NOW_MS),
        state.revise([revision('a', 'x', [])], NOW_MS),
      ];
      for (const call of calls) await assert.rejects(call, { code: 'state_unavailable' });
    });
  });
}
