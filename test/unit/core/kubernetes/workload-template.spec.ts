/**
 * The digest of a pod template: one for what is the same template, whatever its depth, width and order of
 * keys.
 */
import { templateDigest } from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { SEED } from '../samples.ts';

const digest = (template: unknown): string =>
  templateDigest({ spec: { template } }) ?? assert.fail('no digest');

type Json = null | number | string | boolean | readonly Json[] | { readonly [key: string]: Json };

/** The same with its keys in another order, and with more members that change nothing. */
function rewritten(value: Json): Json {
  if (Array.isArray(value)) return value.map(rewritten);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, member]) => [key, rewritten(member)] as const);
  return Object.fromEntries([
    ...entries.reverse(),
    ['~null', null],
    ['~empty', {}],
    ['~list', []],
    ['~nested', { a: { b: null, c: [] } }],
  ]);
}

describe('templateDigest', () => {
  it('is the same whatever the order of keys, and with members that change nothing', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })), (spec) => {
        const template = { spec: JSON.parse(JSON.stringify(spec)) as Json };
        assert.equal(digest(rewritten(template)), digest(template));
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  it('is another one for another value, wherever it stands', () => {
    const templates = [
      '{"a":1}',
      '{"a":2}',
      '{"b":1}',
      '{"a":"1"}',
      '{"a":[1]}',
      '{"a":[[1]]}',
      '{"a":[1,2]}',
      '{"a":[2,1]}',
      '{"a":[null]}',
      '{"a":[{}]}',
      '{"a":{"b":1}}',
      '{"a":[1],"b":1}',
    ];
    assert.equal(
      new Set(templates.map((spec) => digest({ spec: JSON.parse(spec) as unknown }))).size,
      templates.length,
    );
  });

  it('takes any depth and any width in time by the size', () => {
    const deep = (levels: number, inner: string): unknown =>
      JSON.parse(`${'{"a":['.repeat(levels)}${inner}${']}'.repeat(levels)}`);
    const text = JSON.stringify('x'.repeat(500_000));
    const before = process.cpuUsage();
    assert.equal(digest(deep(8_000, text)), digest(deep(8_000, text)));
    assert.notEqual(digest(deep(8_000, '1')), digest(deep(8_000, '2')));
    digest({ spec: { containers: Array.from({ length: 100_000 }, (_, i) => ({ name: i })) } });
    digest({ spec: Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`k${String(i)}`, {}])) });
    const { user } = process.cpuUsage(before);
    assert.ok(user < 3_000_000, `${String(user / 1000)} ms of CPU`);
  });
});
