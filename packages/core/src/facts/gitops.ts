/**
 * Controllers that apply the content of a repository: who wanted it is found there.
 *
 * Invariant: by the authenticated service account alone, namespace and name; a client's claims (field
 * manager, user agent) name no tool, nor does an account of such a name in another namespace.
 */
export interface GitOps {
  readonly tool: string;
}

/** Where the installation guides of each put them. */
const TOOLS: readonly (readonly [
  tool: string,
  namespaces: readonly string[],
  accounts: readonly string[],
])[] = [
  [
    'Argo CD',
    ['argocd', 'argo-cd'],
    ['argocd-application-controller', 'argo-cd-argocd-application-controller'],
  ],
  ['Argo CD', ['openshift-gitops'], ['openshift-gitops-argocd-application-controller']],
  ['Flux', ['flux-system'], ['kustomize-controller', 'helm-controller']],
  ['Rancher Fleet', ['cattle-fleet-system', 'cattle-fleet-local-system'], ['fleet-agent']],
  ['Config Sync', ['config-management-system'], ['root-reconciler']],
  ['kapp-controller', ['kapp-controller', 'tkg-system'], ['kapp-controller-sa']],
];

const ACCOUNT = /^system:serviceaccount:([^:]+):([^:]+)$/;

export function gitOpsOf(username: string): GitOps | null {
  const [, namespace, name] = ACCOUNT.exec(username) ?? [];
  if (namespace === undefined || name === undefined) return null;
  const found = TOOLS.find(
    ([, namespaces, accounts]) => namespaces.includes(namespace) && accounts.includes(name),
  );
  return found === undefined ? null : { tool: found[0] };
}
