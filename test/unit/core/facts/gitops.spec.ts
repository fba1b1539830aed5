/** GitOps tools: by whole service accounts, and by nothing that a client claims about itself. */
import { gitOpsOf } from '@arrivals/core/internal';
import assert from 'node:assert/strict';

describe('a GitOps tool', () => {
  for (const [username, tool] of [
    ['system:serviceaccount:argocd:argocd-application-controller', 'Argo CD'],
    ['system:serviceaccount:openshift-gitops:openshift-gitops-argocd-application-controller', 'Argo CD'],
    ['system:serviceaccount:flux-system:kustomize-controller', 'Flux'],
    ['system:serviceaccount:cattle-fleet-system:fleet-agent', 'Rancher Fleet'],
  ] as const)
    it(`is ${tool} for ${username}`, () => {
      assert.deepEqual(gitOpsOf(username), { tool });
    });

  for (const username of [
    'argocd-application-controller',
    'system:serviceaccount:team-m:argocd-application-controller',
    'system:serviceaccount:argocd:argocd-application-controller:x',
    'system:serviceaccount:flux-system:default',
    'x:system:serviceaccount:flux-system:kustomize-controller',
    '',
  ])
    it(`is none for ${JSON.stringify(username)}`, () => {
      assert.equal(gitOpsOf(username), null);
    });
});
