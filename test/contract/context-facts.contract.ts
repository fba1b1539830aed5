/** The part of the context's contract that is about facts: see context.contract.ts. */
import {
  type Fact,
  type FactKind,
  FACT_BYTES_MAX,
  type RecalledFact,
  type State,
  SUBJECT_BYTES_MAX,
} from '@arrivals/core';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  about,
  asRecalled,
  CLUSTER,
  fact,
  factsAbout,
  inShort,
  NEWEST,
  NOW_MS,
  OLDEST,
} from '../support/context.ts';
import type { ContextUnderTest } from './context-under-test.ts';

const HOSTILE = [
  '__proto__',
  'constructor',
  '',
  ' ',
  '"\'\\`$(){}[]<>*?',
  'a\0b',
  'a\0',
  'a\u0001b',
  'a\nb\r\n1 5\n\n{}',
  '{c:other}',
  '1 2 3',
  '\u{1f600}\uffff\ue000\u202e',
  'é'.repeat(64),
];

export function factsContract(under: () => ContextUnderTest): void {
  let state: State;

  beforeEach(() => {
    ({ state } = under());
  });

  describe('facts', () => {
    it('are recalled as they were given, by kind, then ascending order, then id', async () => {
      const value = { a: [1, 'x', null, { b: 1.5e300 }], 'ü\n': '\u2028', c: true };
      const facts = [
        fact('s', 'c', 7),
        fact('s', 'b', 7, { value }),
        fact('s', 'a', 9),
        fact('s', 'z', 1, { kind: OLDEST }),
        fact('s', 'y', Number.MAX_SAFE_INTEGER, { kind: OLDEST }),
        fact('s', 'x', -Number.MAX_SAFE_INTEGER, { kind: OLDEST }),
      ];
      assert.deepEqual(await state.remember(facts, NOW_MS), []);
      const [c, b, a, z, y, x] = facts.map(asRecalled);
      assert.deepEqual(
        await state.recall(about('s'), NOW_MS),
        new Map([[CLUSTER, new Map([['s', [x, z, y, b, c, a]]])]]),
      );
    });

    it('are absent of a subject that nothing is known of', async () => {
      await state.remember([fact('s', 'a', 1)], NOW_MS);
      assert.deepEqual(
        await state.recall([...about('t'), { cluster: 'other', about: 's' }], NOW_MS),
        new Map(),
      );
      assert.deepEqual(
        [...((await state.recall(about('t', 's', 's'), NOW_MS)).get(CLUSTER)?.keys() ?? [])],
        ['s'],
      );
    });

    it('may be none at all', async () => {
      assert.deepEqual(await state.remember([], NOW_MS), []);
      assert.deepEqual(await state.recall([], NOW_MS), new Map());
    });

    it('are kept apart by cluster, subject, kind and id', async () => {
      const facts = [
        fact('a', 'i', 1),
        fact('a', 'i', 2, { kind: { ...NEWEST, name: 'writte' } }),
        fact('a', 'j', 3),
        fact('a ', 'i', 4),
        fact('a', 'i', 5, { cluster: 'prod-2' }),
        fact('a', 'i', 6, { cluster: 'pro' }),
      ];
      await state.remember(facts, NOW_MS);
      const all = [...about('a', 'a '), { cluster: 'prod-2', about: 'a' }, { cluster: 'pro', about: 'a' }];
      const recalled = await state.recall(all, NOW_MS);
      assert.deepEqual(
        all.map((subject) => inShort(recalled.get(subject.cluster)?.get(subject.about) ?? [])),
        [['writte/i@2', 'written/i@1', 'written/j@3'], ['written/i@4'], ['written/i@5'], ['written/i@6']],
      );
    });

    it('outlive a restart', async () => {
      await state.remember([fact('s', 'a', 1, { links: ['t'] }), fact('t', 'b', 2)], NOW_MS);
      state = await under().reopen();
      assert.deepEqual([...((await state.recall(about('s'), NOW_MS)).get(CLUSTER)?.keys() ?? [])].sort(), [
        's',
        't',
      ]);
    });

    for (const text of HOSTILE) {
      it(`may be of any text: ${JSON.stringify(text).slice(0, 40)}`, async () => {
        const id = text.slice(0, 64);
        const hostile = fact(text, id, 1, { value: { [text]: text }, links: [`${text}!`] });
        const linked = fact(`${text}!`, id, 2);
        await state.remember([hostile, linked, fact('other', 'x', 3)], NOW_MS);
        const found = (await state.recall(about(text), NOW_MS)).get(CLUSTER);
        assert.deepEqual(
          found,
          new Map([
            [text, [asRecalled(hostile)]],
            [`${text}!`, [asRecalled(linked)]],
          ]),
        );
      });
    }

    it('have lone surrogates read as U+FFFD', async () => {
      await state.remember(
        [
          fact('s\ud800', 'i\udfff', 1, { links: ['t\udc00'] }),
          fact('t\ufffd', 'x', 1, { value: { v: '\ud800' } }),
        ],
        NOW_MS,
      );
      const found = (await state.recall(about('s\ud800'), NOW_MS)).get(CLUSTER);
      assert.deepEqual([...(found?.keys() ?? [])].sort(), ['s\ufffd', 't\ufffd']);
      assert.deepEqual(
        [found?.get('s\ufffd')?.[0]?.id, found?.get('t\ufffd')?.[0]?.value],
        ['i\ufffd', { v: '\ud800' }],
      );
    });

    it('may be as long as the bounds allow', async () => {
      const long = 'é'.repeat(SUBJECT_BYTES_MAX / 2);
      const value = { v: 'x'.repeat(FACT_BYTES_MAX - 8) };
      const links = Array.from(
        { length: 8 },
        (_unused, i) => `${String(i)}${'y'.repeat(SUBJECT_BYTES_MAX - 1)}`,
      );
      const kind = { name: 'k'.repeat(32), keep: 'newest', max: 64 } as const;
      const facts = Array.from({ length: 64 }, (_unused, i) =>
        fact(long, `${'\u{1f600}'.repeat(31)}${String(i).padStart(2)}`, i, { kind, value, links }),
      );
      const cluster = `a${'-.'.repeat(30)}z`;
      await state.remember(
        facts.map((each) => ({ ...each, cluster })),
        NOW_MS,
      );
      assert.deepEqual(await factsAbout(state, long, NOW_MS, cluster), facts.map(asRecalled));
    });
  });

  describe('facts that come again', () => {
    it('leave the same', async () => {
      const facts = [fact('s', 'a', 1), fact('s', 'b', 2, { kind: OLDEST })];
      for (let i = 0; i < 3; i++) await state.remember([...facts, ...facts], NOW_MS + i);
      assert.deepEqual(inShort(await factsAbout(state, 's')), ['seen/b@2', 'written/a@1']);
    });

    it('with another order replace what is older, where the newest are kept, and what is newer, where the oldest are', async () => {
      for (const order of [5, 4, 6, 1]) {
        await state.remember([fact('s', 'a', order), fact('s', 'a', order, { kind: OLDEST })], NOW_MS);
      }
      assert.deepEqual(inShort(await factsAbout(state, 's')), ['seen/a@1', 'written/a@6']);
      assert.deepEqual((await factsAbout(state, 's')).at(-1)?.value, { is: 'a@6' });
    });

    it('with one order and another value leave the same one, whichever came first', async () => {
      const values = [{ v: 1 }, { v: 2 }, { v: 'é' }, {}];
      const facts = (name: string) =>
        [NEWEST, OLDEST].flatMap((kind) =>
          values.map((value, i) => fact(name, 'a', 1, { kind, value, links: i === 2 ? ['x'] : [] })),
        );
      for (const each of facts('s')) await state.remember([each], NOW_MS);
      for (const each of facts('t').reverse()) await state.remember([each], NOW_MS);
      await state.remember(facts('u'), NOW_MS);
      const found = await factsAbout(state, 's');
      assert.equal(found.length, 2);
      assert.deepEqual([await factsAbout(state, 't'), await factsAbout(state, 'u')], [found, found]);
    });
  });

  describe('of which the newest firsts are kept', () => {
    const FIRSTS: FactKind = { name: 'firsts', keep: 'newestFirsts', max: 2 };

    it('leave the first of each id, and of these the newest, whichever came first', async () => {
      const facts = [fact('', 'a', 7), fact('', 'a', 3), fact('', 'b', 9), fact('', 'b', 5)];
      for (const [i, way] of [
        facts,
        [...facts].reverse(),
        [facts[1], facts[3], facts[0], facts[2]],
      ].entries()) {
        for (const each of way)
          if (each !== undefined)
            await state.remember([{ ...each, about: `s${String(i)}`, kind: FIRSTS }], NOW_MS);
        assert.deepEqual(inShort(await factsAbout(state, `s${String(i)}`)), ['firsts/a@3', 'firsts/b@5']);
      }
      await state.remember([fact('s0', 'c', 6, { kind: FIRSTS })], NOW_MS);
      assert.deepEqual(inShort(await factsAbout(state, 's0')), ['firsts/b@5', 'firsts/c@6']);
    });
  });

  describe('of a kind', () => {
    const three = (keep: FactKind['keep']): FactKind => ({ name: keep, keep, max: 3 });

    for (const [keep, left] of [
      ['newest', ['d@4', 'e@4', 'f@9']],
      ['oldest', ['a@1', 'b@4', 'c@4']],
    ] as const) {
      it(`the ${keep} are kept, and of those with one order the same whichever came first`, async () => {
        const facts = [
          fact('', 'e', 4),
          fact('', 'a', 1),
          fact('', 'f', 9),
          fact('', 'c', 4),
          fact('', 'd', 4),
          fact('', 'b', 4),
        ];
        const ways = [
          facts,
          [...facts].reverse(),
          [...facts].sort((a, b) => a.order - b.order),
          [...facts].sort((a, b) => b.order - a.order),
        ];
        for (const [i, way] of ways.entries()) {
          const here = way.map((each) => ({ ...each, about: `s${String(i)}`, kind: three(keep) }));
          if (i % 2 === 0) await state.remember(here, NOW_MS);
          else for (const each of here) await state.remember([each], NOW_MS);
          assert.deepEqual(
            inShort(await factsAbout(state, `s${String(i)}`)),
            left.map((text) => `${keep}/${text}`),
          );
        }
      });
    }

    it('one is not kept in its old form when the new one does not fit', async () => {
      const of = (id: string, order: number) => fact('s', id, order, { kind: three('newest') });
      await state.remember([of('a', 1), of('b', 5), of('c', 5)], NOW_MS);
      await state.remember([of('a', 2), of('d', 6)], NOW_MS);
      assert.deepEqual(inShort(await factsAbout(state, 's')), ['newest/b@5', 'newest/c@5', 'newest/d@6']);
    });

    it('more are kept when it is to have more, and fewer when fewer', async () => {
      for (const [from, max] of [
        [0, 3],
        [10, 5],
        [20, 2],
      ] as const) {
        const facts = Array.from({ length: 6 }, (_unused, i) =>
          fact('s', String(from + i), from + i, { kind: { name: 'k', keep: 'newest', max } }),
        );
        for (const each of facts) await state.remember([each], NOW_MS);
        assert.deepEqual(
          inShort(await factsAbout(state, 's')),
          facts.slice(-max).map(({ id, order }) => `k/${id}@${String(order)}`),
        );
      }
    });

    it('the bound is its own, whatever there is of others', async () => {
      const many = (kind: FactKind) =>
        Array.from({ length: 10 }, (_unused, i) => fact('s', String(i), i, { kind }));
      await state.remember(
        [...many(three('newest')), ...many({ name: 'ne', keep: 'oldest', max: 1 }), ...many(NEWEST)],
        NOW_MS,
      );
      const found = inShort(await factsAbout(state, 's'));
      assert.deepEqual(found.slice(0, 4), ['ne/0@0', 'newest/7@7', 'newest/8@8', 'newest/9@9']);
      assert.equal(found.length, 14);
    });

    it('more than one call takes are kept as they should', async () => {
      const facts = Array.from({ length: 2000 }, (_unused, i) =>
        fact(`s${String(i % 50)}`, String(i), (i * 7919) % 2000),
      );
      await state.remember(facts, NOW_MS);
      const recalled = (
        await state.recall(about(...Array.from({ length: 50 }, (_unused, i) => `s${String(i)}`)), NOW_MS)
      ).get(CLUSTER);
      assert.equal(recalled?.size, 50);
      assert.equal([...recalled.values()].flat().length, 2000);
    });
  });

  it('any facts in any order, any number of times, in batches cut anywhere, leave the same', async function () {
    this.timeout(60_000);
    const kinds: readonly FactKind[] = [
      NEWEST,
      { name: 'few', keep: 'newest', max: 3 },
      { name: 'first', keep: 'oldest', max: 2 },
    ];
    const names = ['s', 't', 'u'];
    const anyFact = fc
      .record({
        name: fc.constantFrom(...names),
        kind: fc.constantFrom(...kinds),
        id: fc.constantFrom('a', 'b', 'c', '\uffff', '\u{1f600}'),
        order: fc.integer({ min: 1, max: 6 }),
        value: fc.record({ v: fc.integer({ min: 1, max: 2 }) }),
        links: fc.subarray(names),
      })
      .map(({ name, ...more }) => fact(name, more.id, more.order, more));
    const runs = fc.tuple(
      fc.array(anyFact, { minLength: 20, maxLength: 80, size: 'max' }),
      fc.infiniteStream(fc.nat({ max: 1000 })),
    );
    let run = 0;
    await fc.assert(
      fc.asyncProperty(runs, async ([facts, chance]) => {
        const clusters = ['a', 'b'].map((name) => `${name}${String(run++)}`);
        for (const cluster of clusters) {
          const copies = [...facts, ...facts.filter(() => draw(chance) < 400)].map((each) => ({
            each,
            key: draw(chance),
          }));
          const shuffled = copies.sort((a, b) => a.key - b.key).map(({ each }) => ({ ...each, cluster }));
          for (let from = 0; from < shuffled.length;) {
            const to = from + 1 + (draw(chance) % 20);
            await state.remember(shuffled.slice(from, to), NOW_MS);
            from = to;
          }
        }
        const [one = new Map<string, readonly RecalledFact[]>(), other] = await Promise.all(
          clusters.map(async (cluster) => {
            const recalled = await state.recall(
              names.map((name) => ({ cluster, about: name })),
              NOW_MS,
            );
            return recalled.get(cluster) ?? new Map<string, readonly RecalledFact[]>();
          }),
        );
        assert.deepEqual(one, other);
        for (const name of names) assert.deepEqual(inShort(one.get(name) ?? []), modelOf(facts, name), name);
      }),
      { numRuns: 100, seed: 20 },
    );
  });
}

function draw(chance: Iterator<number>): number {
  return Number(chance.next().value);
}

/**
 * What should be left, in the simplest form: sort everything, keep the first of each id, then as many as the
 * kind has.
 */
function modelOf(facts: readonly Fact[], name: string): readonly string[] {
  const bytes = (text: string) => Buffer.from(text).toString('hex');
  const ofSubject = facts.filter((each) => each.about === name);
  return [...new Set(ofSubject.map(({ kind }) => kind))]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((kind) => {
      const ascending = ofSubject
        .filter((each) => each.kind === kind)
        .sort((a, b) => a.order - b.order || (bytes(a.id) < bytes(b.id) ? -1 : Number(a.id !== b.id)));
      const best = kind.keep === 'newest' ? ascending.reverse() : ascending;
      const left = best
        .filter((each, i) => best.findIndex(({ id }) => id === each.id) === i)
        .slice(0, kind.max);
      return inShort((kind.keep === 'newest' ? left.reverse() : left).map(asRecalled));
    });
}
