/**
 * What every state must do with context: the contract of packages/core/src/ports/context.ts, sentence by sentence. Here facts;
 * who waits and revisions are in awaiting.contract.ts. A function of a factory, so that each adapter is held to the same suite.
 */
import { type Fact, type FactKind, FACT_BYTES_MAX, RECALL_BYTES_MAX, RECALL_DEPTH, RECALL_SUBJECTS_MAX, type State, SUBJECT_BYTES_MAX } from '@arrivals/core';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { about, asRecalled, CLUSTER, CONTEXT, fact, factsAbout, inShort, NEWEST, NOW_MS, OLDEST, revision, waiter } from '../support/context.ts';
import { awaitingContract } from './awaiting.contract.ts';

export type ContextSettings = { readonly [Name in keyof typeof CONTEXT]: number };

export interface ContextUnderTest {
  /** Empty, with the settings that were asked for. */
  readonly state: State;
  /** The same state over another connection, where there can be one. */
  another(): State;
  /** Lets go of the state as after a restart, and gives another on the same context. */
  reopen(): Promise<State>;
  /** Lets so much time pass, and does what is done now and then. */
  pass(ms: number, nowMs: number): Promise<void>;
  /** How many things it told that it has forgotten before their time. */
  forgotten(): number;
  dispose(): Promise<void>;
}

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

export function contextContract(adapter: string, make: (settings: ContextSettings) => Promise<ContextUnderTest>): void {
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
        assert.deepEqual(await state.recall(about('s'), NOW_MS), new Map([[CLUSTER, new Map([['s', [x, z, y, b, c, a]]])]]));
      });

      it('are absent of a subject that nothing is known of', async () => {
        await state.remember([fact('s', 'a', 1)], NOW_MS);
        assert.deepEqual(await state.recall([...about('t'), { cluster: 'other', about: 's' }], NOW_MS), new Map());
        assert.deepEqual([...((await state.recall(about('t', 's', 's'), NOW_MS)).get(CLUSTER)?.keys() ?? [])], ['s']);
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
        state = await under.reopen();
        assert.deepEqual([...((await state.recall(about('s'), NOW_MS)).get(CLUSTER)?.keys() ?? [])].sort(), ['s', 't']);
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
        await state.remember([fact('s\ud800', 'i\udfff', 1, { links: ['t\udc00'] }), fact('t\ufffd', 'x', 1, { value: { v: '\ud800' } })], NOW_MS);
        const found = (await state.recall(about('s\ud800'), NOW_MS)).get(CLUSTER);
        assert.deepEqual([...(found?.keys() ?? [])].sort(), ['s\ufffd', 't\ufffd']);
        assert.deepEqual([found?.get('s\ufffd')?.[0]?.id, found?.get('t\ufffd')?.[0]?.value], ['i\ufffd', { v: '\ud800' }]);
      });

      it('may be as long as the bounds say', async () => {
        const long = 'é'.repeat(SUBJECT_BYTES_MAX / 2);
        const value = { v: 'x'.repeat(FACT_BYTES_MAX - 8) };
        const links = Array.from({ length: 8 }, (_unused, i) => `${String(i)}${'y'.repeat(SUBJECT_BYTES_MAX - 1)}`);
        const kind = { name: 'k'.repeat(32), keep: 'newest', max: 64 } as const;
        const facts = Array.from({ length: 64 }, (_unused, i) => fact(long, `${'\u{1f600}'.repeat(31)}${String(i).padStart(2)}`, i, { kind, value, links }));
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
          [NEWEST, OLDEST].flatMap((kind) => values.map((value, i) => fact(name, 'a', 1, { kind, value, links: i === 2 ? ['x'] : [] })));
        for (const each of facts('s')) await state.remember([each], NOW_MS);
        for (const each of facts('t').reverse()) await state.remember([each], NOW_MS);
        await state.remember(facts('u'), NOW_MS);
        const found = await factsAbout(state, 's');
        assert.equal(found.length, 2);
        assert.deepEqual([await factsAbout(state, 't'), await factsAbout(state, 'u')], [found, found]);
      });
    });

    describe('of a kind', () => {
      const three = (keep: FactKind['keep']): FactKind => ({ name: keep, keep, max: 3 });

      for (const [keep, left] of [
        ['newest', ['d@4', 'e@4', 'f@9']],
        ['oldest', ['a@1', 'b@4', 'c@4']],
      ] as const) {
        it(`the ${keep} are kept, and of those with one order the same whichever came first`, async () => {
          const facts = [fact('', 'e', 4), fact('', 'a', 1), fact('', 'f', 9), fact('', 'c', 4), fact('', 'd', 4), fact('', 'b', 4)];
          const ways = [facts, [...facts].reverse(), [...facts].sort((a, b) => a.order - b.order), [...facts].sort((a, b) => b.order - a.order)];
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

      it('the bound is its own, whatever there is of others', async () => {
        const many = (kind: FactKind) => Array.from({ length: 10 }, (_unused, i) => fact('s', String(i), i, { kind }));
        await state.remember([...many(three('newest')), ...many({ name: 'ne', keep: 'oldest', max: 1 }), ...many(NEWEST)], NOW_MS);
        const found = inShort(await factsAbout(state, 's'));
        assert.deepEqual(found.slice(0, 4), ['ne/0@0', 'newest/7@7', 'newest/8@8', 'newest/9@9']);
        assert.equal(found.length, 14);
      });

      it('more than one call takes are kept as they should', async () => {
        const facts = Array.from({ length: 2000 }, (_unused, i) => fact(`s${String(i % 50)}`, String(i), (i * 7919) % 2000));
        await state.remember(facts, NOW_MS);
        const recalled = (await state.recall(about(...Array.from({ length: 50 }, (_unused, i) => `s${String(i)}`)), NOW_MS)).get(CLUSTER);
        assert.equal(recalled?.size, 50);
        assert.equal([...(recalled?.values() ?? [])].flat().length, 2000);
      });
    });

    it('any facts in any order, any number of times, in batches cut anywhere, leave the same', async function () {
      this.timeout(60_000);
      const kinds: readonly FactKind[] = [NEWEST, { name: 'few', keep: 'newest', max: 3 }, { name: 'first', keep: 'oldest', max: 2 }];
      const names = ['s', 't', 'u'];
      const anyFact = fc
        .record({
          name: fc.constantFrom(...names),
          kind: fc.constantFrom(...kinds),
          id: fc.constantFrom('a', 'b', 'c', 'd', '\uffff', '\u{1f600}'),
          order: fc.integer({ min: 1, max: 6 }),
          value: fc.record({ v: fc.integer({ min: 1, max: 2 }) }),
          links: fc.subarray(names),
        })
        .map(({ name, ...more }) => fact(name, more.id, more.order, more));
      const runs = fc.tuple(fc.array(anyFact, { maxLength: 60 }), fc.infiniteStream(fc.nat({ max: 1000 })));
      let run = 0;
      await fc.assert(
        fc.asyncProperty(runs, async ([facts, chance]) => {
          const clusters = ['a', 'b'].map((name) => `${name}${String(run++)}`);
          for (const cluster of clusters) {
            const copies = [...facts, ...facts.filter(() => draw(chance) < 400)].map((each) => ({ each, key: draw(chance) }));
            const shuffled = copies.sort((a, b) => a.key - b.key).map(({ each }) => ({ ...each, cluster }));
            for (let from = 0; from < shuffled.length;) {
              const to = from + 1 + (draw(chance) % 20);
              await state.remember(shuffled.slice(from, to), NOW_MS);
              from = to;
            }
          }
          const [one, other] = await Promise.all(
            clusters.map(async (cluster) => {
              const recalled = await state.recall(
                names.map((name) => ({ cluster, about: name })),
                NOW_MS,
              );
              return recalled.get(cluster) ?? new Map<string, unknown>();
            }),
          );
          assert.deepEqual(one, other);
          for (const name of names) assert.deepEqual(inShort((one?.get(name) as never) ?? []), modelOf(facts, name), name);
        }),
        { numRuns: 40, seed: 20 },
      );
    });

    describe('recall', () => {
      const chain = (length: number) => Array.from({ length }, (_unused, i) => fact(String(i), 'x', i, { links: [String(i + 1)] }));
      const namesFound = async (...asked: readonly string[]) => [...((await state.recall(about(...asked), NOW_MS)).get(CLUSTER)?.keys() ?? [])].sort();

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
          [fact('a', 'x', 1, { links: ['a', 'b', 'none'] }), fact('b', 'x', 1, { links: ['c', 'a'] }), fact('c', 'x', 1, { links: ['b'] })],
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
        await state.remember([fact('s', 'x', 1, { links: ['t'] }), fact('t', 'x', 1, { cluster: 'other' })], NOW_MS);
        assert.deepEqual(await namesFound('s'), ['s']);
      });

      it('looks at so many subjects for each that was asked for: nearer ones first, then by the order of what links to them, then by text', async () => {
        const links = (from: number) => Array.from({ length: 8 }, (_unused, i) => `n${String(from + i).padStart(3, '0')}`);
        const kind = { name: 'k', keep: 'newest', max: 64 } as const;
        const hub = Array.from({ length: 20 }, (_unused, i) => fact('hub', `f${String(i)}`, i < 2 ? 1 : i, { kind, links: links(i * 8) }));
        const near = hub.flatMap((each) => each.links).map((name) => fact(name, 'x', 1, { links: ['far'] }));
        for (const each of [...hub, ...near].sort((a, b) => (a.id + a.about < b.id + b.about ? 1 : -1))) await state.remember([each], NOW_MS);
        await state.remember([fact('far', 'x', 1)], NOW_MS);
        const nearest = hub.slice(13).flatMap((each) => each.links);
        const more = hub[12]?.links.slice(0, RECALL_SUBJECTS_MAX - 1 - nearest.length) ?? [];
        assert.deepEqual(await namesFound('hub'), ['hub', ...nearest, ...more].sort());
        assert.equal((await namesFound('hub', 'n000', 'n159')).length, RECALL_SUBJECTS_MAX + 2);
      });

      it('looks at no further subject when it has found so many bytes', async () => {
        const kind = { name: 'k', keep: 'newest', max: 64 } as const;
        const large = (name: string, link: string) =>
          Array.from({ length: 64 }, (_unused, i) => fact(name, String(i), i, { kind, value: { v: 'x'.repeat(2000) }, links: [link] }));
        for (const i of [0, 1, 2, 3]) await state.remember(large(String(i), String(i + 1)), NOW_MS);
        const expected = Math.ceil(RECALL_BYTES_MAX / (64 * 2040));
        assert.deepEqual((await namesFound('0')).length, expected);
        assert.deepEqual(await namesFound('0', '1', '2', '3'), ['0', '1', '2', '3']);
      });

      it('answers for many subjects of many clusters at once', async () => {
        const clusters = Array.from({ length: 40 }, (_unused, i) => `c-${String(i)}`);
        const facts = clusters.flatMap((cluster) => Array.from({ length: 30 }, (_unused, i) => fact(`s${String(i)}`, 'x', i, { cluster })));
        await state.remember(facts, NOW_MS);
        const recalled = await state.recall(facts, NOW_MS);
        assert.deepEqual([...recalled.keys()].sort(), [...clusters].sort());
        assert.ok([...recalled.values()].every((subjects) => subjects.size === 30));
      });
    });

    describe('in time', () => {
      const { contextTtlMs } = CONTEXT;
      /** By so much longer at most is a thing kept. */
      const moreMs = 2 * Math.ceil(contextTtlMs / 1000);
      let nowMs: number;

      beforeEach(() => {
        nowMs = NOW_MS;
      });
      const pass = async (ms: number): Promise<void> => {
        nowMs += ms;
        await under.pass(ms, nowMs);
      };

      it('a subject is kept for its time after it was last written, and then forgotten with all its facts', async () => {
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
        await state.remember([fact('s', 'a', 1, { links: ['t'] }), fact('t', 'b', 2), fact('u', 'c', 3)], nowMs);
        for (let i = 0; i < 3; i++) {
          await pass(contextTtlMs - 1000);
          assert.equal((await state.recall(about('s'), nowMs)).get(CLUSTER)?.size, 2);
        }
        assert.deepEqual([...((await state.recall(about('s', 'u'), nowMs)).get(CLUSTER)?.keys() ?? [])].sort(), ['s', 't']);
      });

      it('what comes again is written anew, though it changes nothing', async () => {
        await state.remember([fact('s', 'a', 1)], nowMs);
        await pass(contextTtlMs - 1000);
        await state.remember([fact('s', 'a', 1)], nowMs);
        await pass(contextTtlMs - 1000);
        assert.equal((await factsAbout(state, 's', nowMs)).length, 1);
      });

      it('revisions last as long after they were last asked for', async () => {
        await state.revise([revision('a', 'x', ['q'])], nowMs);
        await pass(contextTtlMs - 1000);
        assert.deepEqual(await state.revise([revision('a', 'y', ['q'])], nowMs), [{ outcome: 'told' }]);
        await pass(contextTtlMs - 1000);
        assert.deepEqual(await state.revise([revision('a', 'y', ['q'])], nowMs), [{ outcome: 'told' }]);
        await pass(contextTtlMs + moreMs);
        assert.deepEqual(await state.revise([revision('a', 'y', ['q'])], nowMs), [{ outcome: 'revision', revision: 2 }]);
      });
    });

    describe('of more subjects than are kept', () => {
      const STEP_MS = 10_000;
      const names = (count: number, from = 0) => Array.from({ length: count }, (_unused, i) => `s${String(from + i)}`);

      beforeEach(() => renew({ contextSubjectsMax: 20 }));

      it('those that were used last are left, and it is told how many others were forgotten', async () => {
        let nowMs = NOW_MS;
        for (const name of names(30)) await state.remember([fact(name, 'x', 1)], (nowMs += STEP_MS));
        await under.pass(0, nowMs);
        assert.deepEqual([...((await state.recall(about(...names(30)), nowMs)).get(CLUSTER)?.keys() ?? [])], names(20, 10));
        assert.equal(under.forgotten(), 10);
      });

      it('reading counts as use', async () => {
        let nowMs = NOW_MS;
        for (const name of names(20)) await state.remember([fact(name, 'x', 1, { links: name === 's5' ? ['s6'] : [] })], (nowMs += STEP_MS));
        await state.recall(about('s5', 's0'), (nowMs += STEP_MS));
        for (const name of names(17, 20)) await state.remember([fact(name, 'x', 1)], (nowMs += STEP_MS));
        await under.pass(0, nowMs);
        const left = [...((await state.recall(about(...names(40)), nowMs)).get(CLUSTER)?.keys() ?? [])];
        assert.deepEqual(left, ['s0', 's5', 's6', ...names(17, 20)]);
      });

      it('each cluster has as many', async () => {
        const facts = names(20).flatMap((name) => ['a', 'b'].map((cluster) => fact(name, 'x', 1, { cluster })));
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
          await state.await([waiter('w', name)], nowMs);
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
        assert.deepEqual(again, [{ outcome: 'revision', revision: 2 }, { outcome: 'told' }]);
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
        for (const each of bad) await assert.rejects(state.await([one, each], NOW_MS), RangeError);
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
        assert.deepEqual(await state.revise([revision('a', 'y', ['q'])], NOW_MS), [{ outcome: 'revision', revision: 2 }]);
      });

      it('of what is asked for', async () => {
        await assert.rejects(state.recall(about('s', 'x'.repeat(SUBJECT_BYTES_MAX + 1)), NOW_MS), RangeError);
        await assert.rejects(state.recall([{ cluster: '{', about: 's' }], NOW_MS), RangeError);
      });
    });

    awaitingContract(() => under);

    it('fails with state_unavailable when it is closed', async () => {
      await state.close();
      await under.dispose();
      const calls = [
        state.remember([fact('s', 'a', 1)], NOW_MS),
        state.recall(about('s'), NOW_MS),
        state.await([waiter('a', 's')], NOW_MS),
        state.revise([revision('a', 'x', [])], NOW_MS),
      ];
      for (const call of calls) await assert.rejects(call, { code: 'state_unavailable' });
    });
  });
}

function draw(chance: Iterator<number>): number {
  return Number(chance.next().value);
}

/** What should be left, said as plainly as can be: sort everything, keep the first of each id, then as many as the kind has. */
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
      const left = best.filter((each, i) => best.findIndex(({ id }) => id === each.id) === i).slice(0, kind.max);
      return inShort((kind.keep === 'newest' ? left.reverse() : left).map(asRecalled));
    });
}
