/** The pod in an object of each workload kind: found in its place, and evaluated as the bare pod is. */
import { evaluatePodSecurity, podTemplateOf } from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import type { Json } from '../samples.ts';
import { readNodePods, readPolicyPods } from './pods.ts';

const templated = (template: unknown) => ({ template });
const PLACES: readonly (readonly [kind: string, path: string, specOf: (template: unknown) => Json])[] = [
  ['Deployment', 'spec.template', templated],
  ['StatefulSet', 'spec.template', templated],
  ['DaemonSet', 'spec.template', templated],
  ['ReplicaSet', 'spec.template', templated],
  ['ReplicationController', 'spec.template', templated],
  ['Job', 'spec.template', templated],
  ['CronJob', 'spec.jobTemplate.spec.template', (template) => ({ jobTemplate: { spec: { template } } })],
];

describe('podTemplateOf', () => {
  it('gives a Pod as it is', () => {
    const pod = { kind: 'Pod', metadata: { name: 'a' }, spec: { containers: [] }, status: {} };
    assert.deepEqual(podTemplateOf(pod), { metadata: { name: 'a' }, spec: { containers: [] }, path: '' });
  });

  for (const [kind, path, specOf] of PLACES)
    it(`gives the template of a ${kind}, which is evaluated as the bare pod`, () => {
      const pods = [...readNodePods(), ...readPolicyPods()].map(
        ({ sent }) => sent as { readonly metadata: Json; readonly spec: Json },
      );
      assert.equal(pods.length, 116);
      for (const pod of pods) {
        const { metadata, spec } = pod;
        const template = podTemplateOf({
          kind,
          metadata: { annotations: { mine: 'alone' } },
          spec: specOf({ metadata, spec }),
        });
        assert.deepEqual(template, { metadata, spec, path });
        assert.deepEqual(evaluatePodSecurity(template), evaluatePodSecurity(pod));
      }
    });

  it('is undefined for other kinds', () => {
    const spec = { template: { spec: { containers: [] } }, containers: [] };
    for (const kind of [
      'Namespace',
      'PodList',
      'pod',
      '',
      '__proto__',
      'constructor',
      7,
      null,
      undefined,
      ['Pod'],
    ])
      assert.equal(podTemplateOf({ kind, spec }), undefined);
  });

  it('is undefined where there is no spec to evaluate', () => {
    const none: readonly unknown[] = [undefined, null, 'x', 7, [], true];
    for (const value of [...none, {}]) assert.equal(podTemplateOf(value), undefined);
    for (const spec of none) assert.equal(podTemplateOf({ kind: 'Pod', spec }), undefined);
    for (const [kind, , specOf] of PLACES) {
      for (const value of none) assert.equal(podTemplateOf({ kind, spec: value }), undefined);
      for (const spec of none) assert.equal(podTemplateOf({ kind, spec: specOf({ spec }) }), undefined);
      for (const template of [...none, {}])
        assert.equal(podTemplateOf({ kind, spec: specOf(template) }), undefined);
    }
  });

  it('lets metadata be missing or odd', () => {
    for (const metadata of [undefined, null, 'x'])
      assert.equal(podTemplateOf({ kind: 'Pod', metadata, spec: {} })?.metadata, metadata);
  });
});
