/** Which API groups are Kubernetes’ own, and which somebody’s. */
import assert from 'node:assert/strict';
import { contextFactsOf } from '@arrivals/core';
import { readAuditEvent } from '@arrivals/core/internal';
import { didUnseen, type LruRow } from '../context/stories.ts';

function isKept(group: string): boolean {
  const row: LruRow = { apiVersion: `${group}/v1`, kind: 'Widget', resource: 'widgets', name: 'w', uid: 'u' };
  return contextFactsOf('c', readAuditEvent(didUnseen(1, 'anna', 'create', row))).some(
    ({ kind }) => kind.name === 'created',
  );
}

describe('a group', () => {
  it('is somebody’s, however it ends, unless it is one of Kubernetes’ own', () => {
    for (const group of [
      'sparkoperator.k8s.io',
      'jobset.x-k8s.io',
      'kueue.x-k8s.io',
      'gateway.networking.k8s.io',
      'snapshot.storage.k8s.io',
      'argoproj.io',
      'kubevirt.io',
    ])
      assert.ok(isKept(group), group);
  });

  it('of Kubernetes itself brings no custom objects', () => {
    for (const group of [
      'coordination.k8s.io',
      'networking.k8s.io',
      'events.k8s.io',
      'flowcontrol.apiserver.k8s.io',
      'policy',
      'autoscaling',
    ])
      assert.ok(!isKept(group), group);
  });
});
