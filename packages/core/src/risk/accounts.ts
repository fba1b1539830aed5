/** What a user name alone shows: a service account's, the control plane's. */
import type { RiskLists } from './lists.ts';

const SERVICE_ACCOUNT = /^system:serviceaccount:([^:]+):/;
const NODE = /^system:node:./;

/**
 * Of the control plane, or a kubelet. Not all that begins with `system:`: system:admin is the person who
 * installed k3s or OpenShift.
 */
export function isSystemUser(username: string, { systemNamespaces, systemAccounts }: RiskLists): boolean {
  const [, namespace] = SERVICE_ACCOUNT.exec(username) ?? [];
  return namespace === undefined
    ? NODE.test(username) || systemAccounts.includes(username)
    : systemNamespaces.includes(namespace);
}

export function isServiceAccount(username: string): boolean {
  return SERVICE_ACCOUNT.test(username);
}
