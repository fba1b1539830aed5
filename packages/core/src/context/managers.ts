/**
 * What a request says about its tool: the field manager, which kubectl's commands and GitOps controllers name, and what follows from it.
 *
 * Invariant: a client writes here what it likes. A hint decides only between writes that were all really made; it never makes an author of
 * somebody who wrote nothing.
 */

/** What a write with this field manager does to a workload's pod template. */
export type TemplateHint = 'changes' | 'restartsOrPauses' | 'leaves' | 'mayChange';

/** kubectl 1.35 (measured): the command's name stands in the manager's. `set` is for images, variables, resources and service accounts. */
const KUBECTL: Readonly<Record<string, TemplateHint>> = {
  'kubectl-set': 'changes',
  'kubectl-rollout': 'restartsOrPauses',
  'kubectl-annotate': 'leaves',
  'kubectl-label': 'leaves',
  'kubectl-scale': 'leaves',
  'kubectl-autoscale': 'leaves',
  'kubectl-expose': 'leaves',
};

export interface GitOps {
  readonly tool: string;
  /** The field manager, or the service account, that names it. */
  readonly by: string;
}

/** Field managers and service accounts of controllers that apply what stands in a repository. */
const GITOPS: readonly (readonly [tool: string, managers: readonly string[], accounts: readonly string[]])[] = [
  ['Argo CD', ['argocd-controller', 'argocd-application-controller'], ['argocd-application-controller']],
  ['Flux', ['kustomize-controller', 'helm-controller', 'flux', 'flux-client-side-apply'], ['kustomize-controller', 'helm-controller']],
  ['Rancher Fleet', ['fleetagent', 'fleet-agent'], ['fleet-agent']],
  ['Config Sync', ['configsync', 'config-sync'], ['root-reconciler']],
  ['kapp-controller', ['kapp-controller', 'kapp-server-side-apply'], ['kapp-controller-sa']],
];

/** As Go reads the query: the first one counts. */
export function fieldManagerOf(requestUri: string): string | undefined {
  const question = requestUri.indexOf('?');
  if (question === -1) return undefined;
  const manager = new URLSearchParams(`?${requestUri.slice(question + 1)}`).get('fieldManager');
  return manager === null || manager === '' ? undefined : manager;
}

export function templateHint(fieldManager: string | undefined): TemplateHint {
  return fieldManager !== undefined && Object.hasOwn(KUBECTL, fieldManager) ? (KUBECTL[fieldManager] ?? 'mayChange') : 'mayChange';
}

/** A GitOps controller's write: named as such by its field manager, its service account or the beginning of its user agent. */
export function gitOpsOf(username: string, fieldManager: string | undefined, userAgent: string | undefined): GitOps | null {
  const account = username.startsWith('system:serviceaccount:') ? (username.split(':')[3] ?? '') : '';
  // Whoever is no service account may call his tool as he likes.
  if (account === '') return null;
  const agent = userAgent?.split('/')[0];
  for (const [tool, managers, accounts] of GITOPS) {
    const by = managers.find((manager) => manager === fieldManager) ?? accounts.find((name) => name === account) ?? managers.find((name) => name === agent);
    if (by !== undefined) return { tool, by };
  }
  return null;
}
