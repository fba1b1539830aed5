/**
 * The part of the context's contract that is about who waits, and about revisions: see context.contract.ts.
 */
import { WATCHES_MAX, REVISIONS_MAX, type RevisionResult, type State } from '@arrivals/core';
import assert from 'node:assert/strict';
import { CLUSTER, CONTEXT, fact, inShort, NOW_MS, revision, waiter, whoWaits } from '../support/context.ts';
import type { ContextUnderTest } from './context-under-test.ts';

const answered: RevisionResult = { outcome: 'answered' };
const numbered = (revision: number): RevisionResult => ({ outcome: 'revision', revision });

export function awaitingContract(under: () => ContextUnderTest): void {
  let state: State;

  beforeEach(() => {
    ({ state } = under());
  });

  describe('who waits', () => {
    it('gets what is known already, links followed', async () => {
      await state.remember([fact('s', 'a', 1, { links: ['t'] }), fact('t', 'b', 2)], NOW_MS);
      const known = (await state.watch([waiter('me', 's')], NOW_MS)).get(CLUSTER);
      assert.deepEqual(
        [inShort(known?.get('s') ?? []), inShort(known?.get('t') ?? [])],
        [['written/a@1'], ['written/b@2']],
      );
    });

    it('is returned when a fact about its subject comes, and of no other', async () => {
      assert.deepEqual(await state.watch([waiter('me', 's'), waiter('you', 't')], NOW_MS), new Map());
      const [found, ...others] = await state.remember(
        [fact('s', 'a', 1), fact('u', 'a', 1, { links: ['t'] })],
        NOW_MS,
      );
      assert.deepEqual([found, others], [waiter('me', 's'), []]);
    });

    it('misses nothing: whichever comes first, one of the two knows of the other', async () => {
      const rounds = Array.from({ length: 30 }, (_unused, i) => `s${String(i)}`);
      const other = under().another();
      await Promise.all(
        rounds.map(async (name) => {
          const [known, affected] = await Promise.all([
            state.watch([waiter('me', name)], NOW_MS),
            other.remember([fact(name, 'a', 1)], NOW_MS),
          ]);
          assert.ok(known.get(CLUSTER)?.has(name) === true || whoWaits(affected).length === 1, name);
        }),
      );
    });

    it('is returned once a subject, however many facts come about it', async () => {
      await state.watch([waiter('me', 's'), waiter('me', 't'), waiter('you', 's')], NOW_MS);
      const facts = ['s', 't'].flatMap((name) =>
        Array.from({ length: 300 }, (_unused, i) => fact(name, String(i), i)),
      );
      assert.deepEqual(whoWaits(await state.remember(facts, NOW_MS)), ['me: s', 'me: t', 'you: s']);
    });

    it('is returned again when the same facts come again, also when they come too late to be kept', async () => {
      await state.watch([waiter('me', 's')], NOW_MS);
      const kind = { name: 'k', keep: 'newest', max: 1 } as const;
      for (const order of [2, 2, 1])
        assert.deepEqual(
          whoWaits(await state.remember([fact('s', String(order), order, { kind })], NOW_MS)),
          ['me: s'],
        );
    });

    it('counts once, with its last value', async () => {
      await state.watch([waiter('me', 's'), waiter('me', 's', { value: { who: 'still me' } })], NOW_MS);
      assert.deepEqual(whoWaits(await state.remember([fact('s', 'a', 1)], NOW_MS)), ['still me: s']);
    });

    it('is kept apart by cluster', async () => {
      await state.watch([waiter('me', 's')], NOW_MS);
      assert.deepEqual(await state.remember([fact('s', 'a', 1, { cluster: 'other' })], NOW_MS), []);
    });

    it('waits over a restart', async () => {
      await state.watch([waiter('me', 's')], NOW_MS);
      state = await under().reopen();
      assert.deepEqual(await state.remember([fact('s', 'a', 1)], NOW_MS), [waiter('me', 's')]);
    });

    it('waits until its time is over, counted from when it was last set', async () => {
      const { awaitMs } = CONTEXT;
      await state.watch([waiter('me', 's'), waiter('you', 's')], NOW_MS);
      await under().pass(1000, NOW_MS + 1000);
      await state.watch([waiter('you', 's')], NOW_MS + 1000);
      await under().pass(awaitMs - 1001, NOW_MS + awaitMs - 1);
      assert.deepEqual(whoWaits(await state.remember([fact('s', 'a', 1)], NOW_MS + awaitMs - 1)), [
        'me: s',
        'you: s',
      ]);
      await under().pass(1, NOW_MS + awaitMs);
      assert.deepEqual(whoWaits(await state.remember([fact('s', 'a', 1)], NOW_MS + awaitMs)), ['you: s']);
      await under().pass(1000, NOW_MS + awaitMs + 1000);
      assert.deepEqual(await state.remember([fact('s', 'a', 1)], NOW_MS + awaitMs + 1000), []);
    });

    it('is evicted, the oldest first, when too many wait for one subject', async () => {
      const names = Array.from({ length: WATCHES_MAX + 10 }, (_unused, i) => String(i));
      for (const [i, name] of names.entries()) await state.watch([waiter(name, 's')], NOW_MS + i);
      await state.watch([waiter('3', 's')], NOW_MS + 1000);
      const left = [...names.slice(11), '3'].map((name) => `${name}: s`);
      assert.deepEqual(whoWaits(await state.remember([fact('s', 'a', 1)], NOW_MS + 1000)), left.sort());
    });

    it('is evicted likewise when too many come at once', async () => {
      const names = Array.from({ length: 3 * WATCHES_MAX }, (_unused, i) => String(i));
      await state.watch([waiter('first', 's')], NOW_MS);
      await state.watch(
        names.map((name) => waiter(name, 's')),
        NOW_MS + 1,
      );
      const left = whoWaits(await state.remember([fact('s', 'a', 1)], NOW_MS + 1));
      assert.deepEqual([left.length, left.includes('first: s')], [WATCHES_MAX, false]);
    });

    it('may be many at once', async () => {
      const waiting = Array.from({ length: 700 }, (_unused, i) => waiter(String(i), `s${String(i % 100)}`));
      await state.remember([fact('s7', 'a', 1)], NOW_MS);
      assert.deepEqual([...((await state.watch(waiting, NOW_MS)).get(CLUSTER)?.keys() ?? [])], ['s7']);
      const facts = Array.from({ length: 100 }, (_unused, i) => fact(`s${String(i)}`, 'b', 1));
      assert.equal((await state.remember(facts, NOW_MS)).length, 700);
    });

    it('may hold anything, in any text', async () => {
      const strange = waiter('me', '__proto__\0\n"', {
        value: JSON.parse('{"__proto__": {"a": 1}, "\\u0000\\n": "\\u2028\\ud83d\\ude00"}') as never,
      });
      await state.watch([strange], NOW_MS);
      assert.deepEqual(await state.remember([fact('__proto__\0\n"', 'a', 1)], NOW_MS), [strange]);
    });

    it('may be nobody', async () => {
      assert.deepEqual(await state.watch([], NOW_MS), new Map());
    });
  });

  describe('revisions', () => {
    it('are numbered from 2, without gaps, each alert for itself', async () => {
      const results = await state.revise(
        ['x', 'y', 'z'].flatMap((cause) => [revision('a', cause, [cause]), revision('b', cause, [cause])]),
        NOW_MS,
      );
      assert.deepEqual(results, [2, 2, 3, 3, 4, 4].map(numbered));
      assert.deepEqual(
        await state.revise(
          [revision('a', 'v', ['v'], 1, { cluster: 'other' }), revision('a', 'v', ['v'])],
          NOW_MS,
        ),
        [numbered(2), numbered(5)],
      );
      assert.deepEqual(await state.revise([], NOW_MS), []);
    });

    it('keep their number when the same event asks again for the same cause, whatever came since', async () => {
      await state.revise([revision('a', 'x', ['q'], 1), revision('a', 'y', ['q', 'r'], 2)], NOW_MS);
      for (let i = 0; i < 2; i++) {
        assert.deepEqual(
          await state.revise([revision('a', 'x', ['q'], 1), revision('a', 'y', ['other'], 2)], NOW_MS),
          [numbered(2), numbered(3)],
        );
      }
    });

    it('are published by one event: for another with the same cause they are answered', async () => {
      const first = revision('a', 'x', ['q'], 1);
      await state.revise([first], NOW_MS);
      const others = [{ offset: 2 }, { partition: 0 }, { index: 1 }, { topic: 'other' }].map(
        (difference) => ({
          ...first,
          answers: ['something', 'new'],
          by: { ...first.by, ...difference },
        }),
      );
      assert.deepEqual(await state.revise(others, NOW_MS), [answered, answered, answered, answered]);
    });

    it('are answered when others answer all of it together', async () => {
      const requests = [
        revision('a', 'x', ['q', 'r']),
        revision('a', 'y', ['s']),
        revision('a', 'z', ['s', 'q']),
        revision('a', 'w', ['s', 't']),
        revision('a', 'v', ['t']),
      ];
      assert.deepEqual(await state.revise(requests, NOW_MS), [
        numbered(2),
        numbered(3),
        answered,
        numbered(4),
        answered,
      ]);
    });

    it('that answer nothing by name are each for themselves', async () => {
      assert.deepEqual(
        await state.revise(
          [revision('a', 'x', []), revision('a', 'y', []), revision('a', 'y', [], 2)],
          NOW_MS,
        ),
        [numbered(2), numbered(3), answered],
      );
    });

    it('end when there are as many as there may be, and those that there are stay', async () => {
      const requests = Array.from({ length: REVISIONS_MAX + 5 }, (_unused, i) =>
        revision('a', `c${String(i)}`, [`q${String(i)}`]),
      );
      const results = await state.revise(requests, NOW_MS);
      assert.deepEqual(
        results.slice(0, REVISIONS_MAX - 1),
        Array.from({ length: REVISIONS_MAX - 1 }, (_unused, i) => numbered(i + 2)),
      );
      assert.deepEqual(
        results.slice(REVISIONS_MAX - 1),
        Array<RevisionResult>(6).fill({ outcome: 'exhausted' }),
      );
      assert.deepEqual(await state.revise([...requests.slice(0, 2), revision('a', 'late', ['q3'])], NOW_MS), [
        numbered(2),
        numbered(3),
        answered,
      ]);
    });

    it('have no gap and no number twice when many ask at once', async () => {
      const other = under().another();
      const results = await Promise.all(
        Array.from({ length: REVISIONS_MAX - 1 }, (_unused, i) =>
          (i % 2 === 0 ? state : other).revise([revision('a', `c${String(i)}`, [`q${String(i)}`])], NOW_MS),
        ),
      );
      const numbers = results.flat().map((result) => (result.outcome === 'revision' ? result.revision : 0));
      assert.deepEqual(
        numbers.sort((a, b) => a - b),
        Array.from({ length: REVISIONS_MAX - 1 }, (_unused, i) => i + 2),
      );
    });

    it('are published by exactly one of many events that request one cause at once', async () => {
      const other = under().another();
      const results = await Promise.all(
        Array.from({ length: 20 }, (_unused, i) =>
          (i % 2 === 0 ? state : other).revise([revision('a', 'x', ['q'], i)], NOW_MS),
        ),
      );
      assert.equal(results.flat().filter(({ outcome }) => outcome === 'revision').length, 1);
      assert.equal(results.flat().filter(({ outcome }) => outcome === 'answered').length, 19);
    });

    it('are known over a restart', async () => {
      await state.revise([revision('a', 'x', ['q'])], NOW_MS);
      state = await under().reopen();
      assert.deepEqual(
        await state.revise(
          [revision('a', 'y', ['q']), revision('a', 'z', ['r']), revision('a', 'x', ['q'])],
          NOW_MS,
        ),
        [answered, numbered(3), numbered(2)],
      );
    });

    it('may be of any text, and as long as the bounds allow', async () => {
      const strange = ['__proto__', '', '"\\\0\n1 9 9 9 9 9\n[]', '\u{1f600}'.repeat(32), 'constructor'];
      assert.deepEqual(
        await state.revise(
          strange.map((text) => revision('a', text, [text])),
          NOW_MS,
        ),
        [2, 3, 4, 5, 6].map(numbered),
      );
      assert.deepEqual(
        await state.revise(
          strange.map((text) => revision('a', text, [text])),
          NOW_MS,
        ),
        [2, 3, 4, 5, 6].map(numbered),
      );
      assert.deepEqual(await state.revise([revision('a', 'other', strange)], NOW_MS), [answered]);
      const full = revision(
        'b',
        'x',
        Array.from({ length: 32 }, (_unused, i) => String(i).padEnd(64, 'é')),
        Number.MAX_SAFE_INTEGER,
      );
      assert.deepEqual(await state.revise([full, full], NOW_MS), [numbered(2), numbered(2)]);
    });

    it('may be many and large', async () => {
      const answers = (i: number) =>
        Array.from({ length: 32 }, (_unused, n) => `${String(i)} ${String(n)}`.padEnd(64, 'x'));
      const requests = Array.from({ length: 60 * (REVISIONS_MAX - 1) }, (_unused, i) =>
        revision(String(i % 60), String(i), answers(i)),
      );
      for (let i = 0; i < 2; i++) {
        assert.deepEqual(
          await state.revise(requests, NOW_MS),
          requests.map((_unused, n) => numbered(2 + Math.floor(n / 60))),
        );
      }
    });

    it('may be many at once, and are answered in order', async () => {
      const requests = Array.from({ length: 1000 }, (_unused, i) =>
        revision(String(i % 500), `c${String(i)}`, [`q${String(i)}`], 1, { cluster: `c${String(i % 3)}` }),
      );
      const results = await state.revise(requests, NOW_MS);
      const seen = new Map<string, number>();
      for (const [i, { identity, cluster }] of requests.entries()) {
        const key = `${cluster} ${identity.toString('hex')}`;
        seen.set(key, (seen.get(key) ?? 1) + 1);
        assert.deepEqual(results[i], numbered(seen.get(key) ?? 0));
      }
    });
  });
}
