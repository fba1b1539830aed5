/** The part of the context's contract that is about what recall brings: see context.contract.ts. */
import { RECALL_BYTES_MAX, RECALL_DEPTH, RECALL_SUBJECTS_MAX, type State } from '@arrivals/core';
import assert from 'node:assert/strict';
import { about, CLUSTER, fact, NOW_MS } from '../support/context.ts';
import type { ContextUnderTest } from './context-under-test.ts';

export function recallContract(under: () => ContextUnderTest): void {
  let state: State;

  beforeEach(() => {
    ({ state } = under());
  });

  describe('recall', () => {
    const chain = (length: number) =>
      Array.from({ length }, (_unused, i) => fact(String(i), 'x', i, { links: [String(i + 1)] }));
    const namesFound = async (...asked: readonly string[]) =>
      [...((await state.recall(about(...asked), NOW_MS)).get(CLUSTER)?.keys() ?? [])].sort();

    it('follows links, one after the other, as far as it should', async () => {
      await state.remember(chain(10), NOW_MS);
      assert.deepEqual(await namesFound('0'), ['0', '1', '2', '3', String(RECALL_DEPTH)]);
      assert.deepEqual(await namesFound('0', '8'), ['0', '1', '2', '3', '4', '8', '9']);
    });

    it('follows them through a subject that has been looked at from elsewhere', async () => {
      await state.remember(chain(8), NOW_MS);
      assert.deepEqual(await namesFound('4', '0', '2'), ['0', '1', '2', '3', '4', '5', '6', '7']);
    });

    it('ends where they lead in circles, or nowhere', async () => {
      await state.remember(
        [
          fact('a', 'x', 1, { links: ['a', 'b', 'none'] }),
          fact('b', 'x', 1, { links: ['c', 'a'] }),
          fact('c', 'x', 1, { links: ['b'] }),
        ],
        NOW_MS,
      );
      assert.deepEqual(await namesFound('c'), ['a', 'b', 'c']);
    });

    it('follows those of each fact that is kept, and of no other', async () => {
      const kind = { name: 'k', keep: 'newest', max: 2 } as const;
      await state.remember(
        [1, 2, 3].map((i) => fact('s', String(i), i, { kind, links: [`t${String(i)}`] })),
        NOW_MS,
      );
      await state.remember(
        [1, 2, 3].map((i) => fact(`t${String(i)}`, 'x', 1)),
        NOW_MS,
      );
      assert.deepEqual(await namesFound('s'), ['s', 't2', 't3']);
      await state.remember([fact('s', '3', 4, { kind, links: [] })], NOW_MS);
      assert.deepEqual(await namesFound('s'), ['s', 't2']);
    });

    it('never leaves the cluster', async () => {
      await state.remember(
        [fact('s', 'x', 1, { links: ['t'] }), fact('t', 'x', 1, { cluster: 'other' })],
        NOW_MS,
      );
      assert.deepEqual(await namesFound('s'), ['s']);
    });

    it('looks at so many subjects for each that was asked for: nearer ones first, then by the order of what links to them, then by text', async () => {
      const links = (from: number) =>
        Array.from({ length: 8 }, (_unused, i) => `n${String(from + i).padStart(3, '0')}`);
      const kind = { name: 'k', keep: 'newest', max: 64 } as const;
      const hub = Array.from({ length: 20 }, (_unused, i) =>
        fact('hub', `f${String(i)}`, i < 2 ? 1 : i, { kind, links: links(i * 8) }),
      );
      const near = hub.flatMap((each) => each.links).map((name) => fact(name, 'x', 1, { links: ['far'] }));
      for (const each of [...hub, ...near].sort((a, b) => (a.id + a.about < b.id + b.about ? 1 : -1)))
        await state.remember([each], NOW_MS);
      await state.remember([fact('far', 'x', 1)], NOW_MS);
      const nearest = hub.slice(13).flatMap((each) => each.links);
      const more = hub[12]?.links.slice(0, RECALL_SUBJECTS_MAX - 1 - nearest.length) ?? [];
      assert.deepEqual(await namesFound('hub'), ['hub', ...nearest, ...more].sort());
      assert.equal((await namesFound('hub', 'n000', 'n159')).length, RECALL_SUBJECTS_MAX + 2);
    });

    it('looks at no further subject when it has found so many bytes', async () => {
      const kind = { name: 'k', keep: 'newest', max: 64 } as const;
      const large = (name: string, link: string) =>
        Array.from({ length: 64 }, (_unused, i) =>
          fact(name, String(i), i, { kind, value: { v: 'x'.repeat(2000) }, links: [link] }),
        );
      for (const i of [0, 1, 2, 3]) await state.remember(large(String(i), String(i + 1)), NOW_MS);
      const expected = Math.ceil(RECALL_BYTES_MAX / (64 * 2040));
      assert.deepEqual((await namesFound('0')).length, expected);
      assert.deepEqual(await namesFound('0', '1', '2', '3'), ['0', '1', '2', '3']);
    });

    it('answers for many subjects of many clusters at once', async () => {
      const clusters = Array.from({ length: 40 }, (_unused, i) => `c-${String(i)}`);
      const facts = clusters.flatMap((cluster) =>
        Array.from({ length: 30 }, (_unused, i) => fact(`s${String(i)}`, 'x', i, { cluster })),
      );
      await state.remember(facts, NOW_MS);
      const recalled = await state.recall(facts, NOW_MS);
      assert.deepEqual([...recalled.keys()].sort(), [...clusters].sort());
      assert.ok([...recalled.values()].every((subjects) => subjects.size === 30));
    });
  });
}
