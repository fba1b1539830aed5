/**
 * isDryRun against Go's own reading of 3,000 queries, against what kube-apiserver 1.35.4 did with each of
 * them, and against how random queries were built. test/fixtures/SOURCES.md describes how the fixture was
 * made.
 */
import { isDryRun } from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { CREATED_BY_QUERY, DRY_RUN_BY_QUERY, SEED } from '../samples.ts';

interface ReadByGo {
  readonly query: string;
  /** Whether url.URL.Query of Go has the value All for dryRun. */
  readonly go: boolean;
  /** What a POST of a pod with this query did; "nothing" is a success after which no pod was there. */
  readonly server: 'created' | 'nothing' | 'refused';
}

function queriesReadByGo(): readonly ReadByGo[] {
  const file = path.resolve(import.meta.dirname, '../../../../fixtures/query/go-queries.jsonl');
  return readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as ReadByGo);
}

/** A parameter as it stands in a query, and what Go reads of it: nothing where it is broken. */
interface Parameter {
  readonly text: string;
  readonly read: readonly [name: string, value: string] | undefined;
}

/** The text with each byte as it is, where a query allows that, or escaped: `escapes` decides in turn. */
function spelled(text: string, escapes: readonly boolean[]): string {
  return [...Buffer.from(text)]
    .map((byte, i) => {
      const character = String.fromCharCode(byte);
      if (byte === 0x20) return escapes[i % escapes.length] === true ? '%20' : '+';
      const plain = /[a-zA-Z0-9._~!'()*,:@/?$[\]-]/.test(character) && escapes[i % escapes.length] !== true;
      return plain ? character : `%${byte.toString(16).padStart(2, '0')}`;
    })
    .join('');
}

const names = fc.oneof(
  { weight: 3, arbitrary: fc.constant('dryRun') },
  fc.constantFrom('dryrun', 'dryRun ', 'fieldManager', ''),
  fc.string({ unit: 'grapheme' }),
);
const values = fc.oneof(
  { weight: 3, arbitrary: fc.constant('All') },
  fc.constantFrom('all', 'All ', 'All;', ''),
  fc.string({ unit: 'grapheme' }),
);
const escapes = fc.array(fc.boolean(), { minLength: 1, maxLength: 12 });

const whole: fc.Arbitrary<Parameter> = fc
  .tuple(names, values, escapes, escapes)
  .map(([name, value, first, second]) => ({
    text: `${spelled(name, first)}=${spelled(value, second)}`,
    read: [name, value] as const,
  }));

/** With a semicolon, or a percent sign that begins no escape, before or after it. */
const broken: fc.Arbitrary<Parameter> = fc
  .tuple(whole, fc.constantFrom(';', '%z', '%g0'), fc.constantFrom(';', '%', '%4'), fc.boolean())
  .map(([{ text }, before, behind, first]) => ({
    text: first ? before + text : text + behind,
    read: undefined,
  }));

describe('isDryRun', () => {
  describe('is true where nothing was created', () => {
    for (const [query, means] of DRY_RUN_BY_QUERY) {
      it(means, () => {
        assert.equal(isDryRun(`/api/v1/namespaces/a/pods${query}`), true);
      });
    }
  });

  describe('is false where the object was created', () => {
    for (const [query, means] of CREATED_BY_QUERY) {
      it(means, () => {
        assert.equal(isDryRun(`/api/v1/namespaces/a/pods${query}`), false);
      });
    }
  });

  it('is false for a path that only looks like it', () => {
    for (const uri of [
      '',
      '/',
      '/dryRun=All',
      '/x&dryRun=All',
      'dryRun=All',
      '/%3FdryRun=All',
      '/namespaces/dryRun=All/pods?dryRun=None',
    ])
      assert.equal(isDryRun(uri), false, uri);
  });

  it('reads 3,000 adversarial queries as Go does', () => {
    const queries = queriesReadByGo();
    for (const { query, go } of queries)
      assert.equal(isDryRun(`/api/v1/namespaces/a/pods?${query}`), go, query.slice(0, 200));
    assert.equal(queries.length, 3000);
    for (const wanted of [true, false])
      assert.ok(queries.filter(({ go }) => go === wanted).length > 1000, String(wanted));
  });

  it('is true of just those that a real API server answered with success and without a pod', () => {
    const done = queriesReadByGo().filter(({ server }) => server !== 'refused');
    for (const { query, server } of done)
      assert.equal(isDryRun(`/api/v1/namespaces/a/pods?${query}`), server === 'nothing', query.slice(0, 200));
    for (const wanted of ['created', 'nothing'])
      assert.ok(done.filter(({ server }) => server === wanted).length > 500, wanted);
  });

  it('finds the parameter in any query that was built with it, and in no other', () => {
    const parameters = fc.array(
      fc.oneof(
        { weight: 3, arbitrary: whole },
        { weight: 1, arbitrary: broken },
        fc.constant<Parameter>({ text: '', read: undefined }),
      ),
    );
    let dry = 0;
    let runs = 0;
    fc.assert(
      fc.property(parameters, (list) => {
        const built = list.some(({ read }) => read?.[0] === 'dryRun' && read[1] === 'All');
        runs++;
        if (built) dry++;
        assert.equal(isDryRun(`/api/v1/namespaces/a/pods?${list.map(({ text }) => text).join('&')}`), built);
      }),
      { seed: SEED, numRuns: 2000 },
    );
    assert.ok(
      dry > runs / 5 && dry < (runs * 4) / 5,
      `dry runs are tried: ${String(dry)} of ${String(runs)}`,
    );
  });
});
