/** Label selectors as the API server reads them (meta/v1, LabelSelectorRequirement). */
import { surroundingsOf } from '@arrivals/core/internal';
import assert from 'node:assert/strict';

const LABELS = { app: 'web', tier: 'front' };

function applies(selector: unknown, labels: Readonly<Record<string, string>> = LABELS): boolean | 'unsure' {
  const value = { by: 'a', at: 1, name: 'p', verb: 'create', known: true, selector };
  const facts = new Map([['namespace/n', [{ kind: 'netpol', id: 'p', order: 1, value }]]]);
  const [policy] = surroundingsOf({ namespace: 'n', labels, claims: [], moment: 2 }, facts).networkPolicies;
  return policy === undefined ? false : policy.confirmed || 'unsure';
}

describe('a label selector', () => {
  const cases: readonly (readonly [selector: unknown, expected: boolean | 'unsure'])[] = [
    [{}, true],
    [{ matchLabels: {} }, true],
    [{ matchLabels: { app: 'web' } }, true],
    [{ matchLabels: { app: 'web', tier: 'back' } }, false],
    [{ matchExpressions: [{ key: 'app', operator: 'In', values: ['a', 'web'] }] }, true],
    [{ matchExpressions: [{ key: 'no', operator: 'In', values: ['web'] }] }, false],
    [{ matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] }, false],
    [{ matchExpressions: [{ key: 'no', operator: 'NotIn', values: ['web'] }] }, true],
    [{ matchExpressions: [{ key: 'app', operator: 'Exists' }] }, true],
    [{ matchExpressions: [{ key: 'no', operator: 'Exists' }] }, false],
    [{ matchExpressions: [{ key: 'no', operator: 'DoesNotExist' }] }, true],
    [{ matchExpressions: [{ key: 'app', operator: 'DoesNotExist' }] }, false],
    [
      { matchLabels: { app: 'web' }, matchExpressions: [{ key: 'tier', operator: 'In', values: ['back'] }] },
      false,
    ],
    [{ matchExpressions: [{ key: 'app', operator: 'Gt', values: ['1'] }] }, 'unsure'],
    [{ matchLabels: { constructor: 'x' } }, false],
    [undefined, 'unsure'],
  ];
  for (const [selector, expected] of cases)
    it(`${JSON.stringify(selector)}: ${String(expected)}`, () => {
      assert.equal(applies(selector), expected);
    });
});
