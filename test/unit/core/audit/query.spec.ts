/** The parameters of a request's query. That dry runs are recognised as Go does is in dry-run.spec.ts. */
import { parametersOf } from '@arrivals/core/internal';
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
  ];

  it('end where a request line would: whatever is longer takes no longer to read', () => {
    assert.equal(parametersOf(`/pods?${'a&'.repeat(500_000)}b=1`).get('b'), '1');
    assert.equal(parametersOf(`/pods?c=2${'&a'.repeat(5_000_000)}&b=1`).get('c'), '2');
    assert.equal(parametersOf(`/pods?${'a&'.repeat(5_000_000)}b=1`).get('b'), null);
  });

  for (const [uri, parameters] of cases) {
    it(`of ${JSON.stringify(uri)} are ${JSON.stringify(parameters)}`, () => {
      assert.deepStrictEqual([...parametersOf(uri)], parameters);
    });
  }
});
