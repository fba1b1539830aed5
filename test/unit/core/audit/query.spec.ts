/** The parameters of a request's query. That dry runs are told as Go tells them is in dry-run.spec.ts. */
import { parametersOf } from '@arrivals/core';
import assert from 'node:assert/strict';

describe('parametersOf', () => {
  const cases: readonly (readonly [uri: string, parameters: readonly (readonly [string, string])[]])[] = [
    ['', []],
    ['/pods', []],
    ['/pods?', []],
    ['/pods?a=b&c', [['a', 'b'], ['c', '']]], // prettier-ignore
    ['/pods?a=1&a=2', [['a', '1'], ['a', '2']]], // prettier-ignore
    ['/pods?%61=%62+c', [['a', 'b c']]],
    ['/pods??a=b', [['?a', 'b']]],
    ['/a%3Fb=c?d=e?f', [['d', 'e?f']]],
    ['/pods?a=b#c', [['a', 'b#c']]],
    [`/pods?a=b${'&'.repeat(9_999)}`, [['a', 'b']]],
    [`/pods?a=b${'&'.repeat(10_000)}`, []],
  ];
  for (const [uri, parameters] of cases) {
    it(`of ${JSON.stringify(uri.slice(0, 80))} (${String(uri.length)} characters) are ${JSON.stringify(parameters)}`, () => {
      assert.deepStrictEqual([...parametersOf(uri)], parameters);
    });
  }
});
