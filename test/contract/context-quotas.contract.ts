/**
 * The part of the context's contract that is about floods: many facts of one actor, many subjects of one
 * sort. See context.contract.ts.
 */
import { type Fact, type FactKind, evictedAbout, type State } from '@arrivals/core';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { about, CLUSTER, fact, factsAbout, inShort, NOW_MS } from '../support/context.ts';
import type { ContextUnderTest } from './context-under-test.ts';

const FLOOD = 10_000;
const BATCH = 1000;
const STEP_MS = 60_000;
const SECURITY = ['actor/alice', 'binding/pay/ops', 'bound/User/-/alice', 'credential/x', 'role/pay/ops'];

/** @param renew with so many subjects */
export function quotasContract(
  under: () => ContextUnderTest,
  renew: (settings: { readonly contextSubjectsMax: number }) => Promise<void>,
): void {
  let state: State;

  beforeEach(() => {
    ({ state } = under());
  });

  const flood = async (made: (i: number) => Fact, nowMs = NOW_MS): Promise<number> => {
    let laterMs = nowMs;
    for (let from = 0; from < FLOOD; from += BATCH) {
      laterMs += STEP_MS;
      await state.remember(
        Array.from({ length: BATCH }, (_unused, i) => made(from + i)),
        laterMs,
      );
    }
    return laterMs;
  };

  describe('when one floods it', () => {
    for (const keep of ['newest', 'oldest', 'newestFirsts'] as const) {
      it(`with ten thousand facts of a kind of which the ${keep} are kept, those of others stay`, async function () {
        this.timeout(120_000);
        const kind: FactKind = { name: 'changed', keep, max: 12 };
        // Older or newer than all of the flood, whichever would go first.
        const order = keep === 'oldest' ? FLOOD * 2 : 0;
        const others = ['a/1', 'a/2', 'b/1', 'c/1'].map((id, i) =>
          fact('written/x', id, order + i, { kind }),
        );
        await state.remember(others, NOW_MS);
        await flood((i) => fact('written/x', `f/${String(i)}`, 100 + i, { kind }));
        const left = inShort(await factsAbout(state, 'written/x', NOW_MS + STEP_MS));
        assert.equal(left.length, 12, 'and no more than are kept at all');
        for (const text of inShort(others.map(({ kind: { name }, ...each }) => ({ ...each, kind: name }))))
          assert.ok(left.includes(text), text);
      });
    }

    it('with facts of one kind, those of another stay, and with one subject those of another', async function () {
      this.timeout(120_000);
      const kind = (name: string): FactKind => ({ name, keep: 'newest', max: 8 });
      await state.remember(
        [fact('role/a', 'x/1', 1, { kind: kind('made') }), fact('role/b', 'x/1', 1, { kind: kind('role') })],
        NOW_MS,
      );
      await flood((i) => fact('role/a', `f/${String(i)}`, 10 + i, { kind: kind('role') }));
      assert.equal((await factsAbout(state, 'role/a')).filter((each) => each.kind === 'made').length, 1);
      assert.equal((await factsAbout(state, 'role/b')).length, 1);
    });
  });

  it('of a full kind each of N actors keeps at least his best max / N, in whatever order they come', async function () {
    this.timeout(60_000);
    const kind: FactKind = { name: 'fair', keep: 'newest', max: 6 };
    const anyFact = fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 1, max: 40 }));
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(anyFact, {
          minLength: 5,
          maxLength: 40,
          selector: ([group, order]) => `${group}${String(order)}`,
        }),
        async (all) => {
          const subjects = [`p${String(run++)}`, `p${String(run++)}`];
          const made = (subject: string) =>
            all.map(([group, order]) => fact(subject, `${group}/${String(order)}`, order, { kind }));
          const [first = '', second = ''] = subjects;
          await state.remember(made(first), NOW_MS);
          for (const each of [...made(second)].reverse()) await state.remember([each], NOW_MS);
          const left = inShort(await factsAbout(state, first));
          assert.deepEqual(inShort(await factsAbout(state, second)), left);
          assert.equal(left.length, Math.min(kind.max, all.length));
          const groups = new Set(all.map(([group]) => group));
          for (const group of groups) {
            const own = all.filter(([name]) => name === group).map(([, order]) => order);
            const best = own.sort((a, b) => b - a).slice(0, Math.floor(kind.max / groups.size));
            for (const order of best)
              assert.ok(
                left.includes(`fair/${group}/${String(order)}@${String(order)}`),
                `${group} ${String(order)} of ${left.join(' ')}`,
              );
          }
        },
      ),
      { numRuns: 50, seed: 7 },
    );
  });

  describe('of more subjects than a sort may have', () => {
    beforeEach(async () => {
      await renew({ contextSubjectsMax: 48 });
      ({ state } = under());
    });

    const security = async (nowMs: number): Promise<readonly string[]> =>
      [...((await state.recall(about(...SECURITY), nowMs)).get(CLUSTER)?.keys() ?? [])].sort();

    for (const sort of [
      'written/apps/shop',
      'object',
      'namespace',
      'seen/userAgent',
      'seen/image',
      'seen/actor',
    ]) {
      it(`permissions and actions stay: ten thousand of ${sort}`, async function () {
        this.timeout(120_000);
        await state.remember(
          SECURITY.map((name) => fact(name, 'x', 1)),
          NOW_MS,
        );
        await state.remember([fact('since', 'x', 1)], NOW_MS);
        const laterMs = await flood((i) => fact(`${sort}/${String(i)}`, 'x', i));
        await under().pass(0, laterMs);
        assert.deepEqual(await security(laterMs), SECURITY);
        const names = Array.from({ length: FLOOD }, (_unused, i) => `${sort}/${String(i)}`);
        const left = (await state.recall(about(...names), laterMs)).get(CLUSTER)?.size ?? 0;
        assert.ok(left > 0 && left <= 48, `${String(left)} are left`);
      });
    }

    it('the last eviction of such is dated, and of no other sort', async () => {
      await state.remember([fact('binding/old', 'x', 1)], NOW_MS);
      const names = Array.from({ length: 30 }, (_unused, i) => `binding/${String(i)}`);
      let nowMs = NOW_MS;
      for (const name of names) await state.remember([fact(name, 'x', 1)], (nowMs += STEP_MS));
      await under().pass(0, nowMs);
      const left = [...((await state.recall(about(...names), nowMs)).get(CLUSTER)?.keys() ?? [])];
      assert.deepEqual(left, names.slice(-left.length));
      assert.equal(left.length, 6, 'an eighth');
      const [mark, ...more] = await factsAbout(state, evictedAbout('binding'), nowMs);
      assert.deepEqual([mark?.kind, mark?.id, more], ['forgotten', 'forgotten', []]);
      const lastForgottenMs = NOW_MS + STEP_MS * (names.length - left.length);
      // The last use among them, or a little later.
      assert.ok(
        mark !== undefined &&
          mark.order >= lastForgottenMs - STEP_MS &&
          mark.order <= lastForgottenMs + STEP_MS,
        String(mark?.order),
      );
      for (const quota of ['role', 'seen/image', ''])
        assert.deepEqual(await factsAbout(state, evictedAbout(quota), nowMs), []);
    });

    it('what only expired does not count as evicted', async () => {
      await state.remember([fact('binding/old', 'x', 1)], NOW_MS);
      const laterMs = NOW_MS + 10 * 3_600_000;
      await under().pass(10 * 3_600_000, laterMs);
      await state.remember([fact('binding/new', 'x', 1)], laterMs);
      await under().pass(0, laterMs);
      assert.deepEqual(await factsAbout(state, evictedAbout('binding'), laterMs), []);
    });
  });
}
