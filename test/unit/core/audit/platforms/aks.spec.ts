/** AKS: which of Azure's resource logs hold audit events, and what becomes of the others. */
import assert from 'node:assert/strict';
import { azureRecord, eventTextsOf, kindsOf, logged, unwrapped } from '../../platform-logs.ts';
import { CREATION } from '../../samples.ts';

const EVENT = logged(CREATION);

describe('a resource log of AKS', () => {
  for (const category of ['kube-audit', 'kube-audit-admin', undefined]) {
    it(`is an audit event in category ${category ?? 'none'}`, () => {
      assert.deepEqual(eventTextsOf(azureRecord(`${EVENT}\n`, { category })), [EVENT]);
    });
  }

  for (const category of [
    'kube-apiserver',
    'guard',
    'cluster-autoscaler',
    'kube-controller-manager',
    'Administrative',
  ]) {
    it(`is another log in category ${category}, alone and among records`, () => {
      const other = azureRecord('I1122 14:09:19.000000       1 trace.go:205] text', { category });
      assert.deepEqual(kindsOf(other), ['AKS other']);
      assert.deepEqual(kindsOf({ records: [azureRecord(EVENT), other] }), ['AKS event', 'AKS other']);
      assert.deepEqual(
        kindsOf(azureRecord(EVENT, { category })),
        ['AKS other'],
        'whatever its text looks like',
      );
    });
  }

  it('is another log also without properties.log, as of another resource', () => {
    const metric = { category: 'AllMetrics', resourceId: '/SUBSCRIPTIONS/S', properties: { count: 1 } };
    assert.deepEqual(kindsOf({ records: [metric] }), ['AKS other']);
  });

  const bad: readonly (readonly [what: string, log: unknown])[] = [
    ['cut', EVENT.slice(0, 100)],
    ['plain text', 'I1122 14:09:19 text'],
    ['empty', ''],
    ['a number', 7],
    ['a list', [EVENT]],
    ['null', null],
    ['two documents', `${EVENT}${EVENT}`],
  ];
  for (const [what, log] of bad) {
    it(`is set aside when its log is ${what}`, () => {
      const parts = unwrapped({ records: [azureRecord(log), azureRecord(EVENT)] }) ?? assert.fail();
      assert.deepEqual(
        parts.map((part) => (part.kind === 'refused' ? part.reason : part.kind)),
        ['event_not_json', 'event'],
      );
    });
  }
});
