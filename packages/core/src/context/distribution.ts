/**
 * Distributions whose own controllers write their components as an administrator, not under an account of
 * their own.
 *
 * Invariant: only from the API server's own machine, where the administrator's credential gives control of
 * the cluster anyway. The client's name, its own claim, distinguishes the controller from a person who works
 * there with the same credential, and proves nothing from anywhere else. Source: k3s-io/k3s pkg/deploy, and
 * the audit logs of RKE2 servers.
 */
import type { Action } from '../facts/action.ts';

const LOOPBACK = /^(?:127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1)$/;
/** deploy@HOST/VERSION (platform) rke2/COMMIT */
const DEPLOYER = /^deploy@[A-Za-z0-9.-]{1,253}\/v[\w.+-]{1,64} \([\w/]{1,32}\) (rke2|k3s)\/\w{1,64}/;
const NAMES: Readonly<Record<string, string>> = { rke2: 'RKE2', k3s: 'K3s' };

/** The distribution whose deploy controller it is. */
export function distributionOf({
  username,
  impersonatedUsername,
  isUnnamed,
  address,
  userAgent,
}: Pick<Action, 'username' | 'impersonatedUsername' | 'isUnnamed' | 'address' | 'userAgent'>):
  string | undefined {
  if (
    username !== 'system:admin' ||
    impersonatedUsername !== undefined ||
    isUnnamed ||
    !LOOPBACK.test(address ?? '')
  )
    return undefined;
  const [, name = ''] = DEPLOYER.exec(userAgent ?? '') ?? [];
  return Object.hasOwn(NAMES, name) ? NAMES[name] : undefined;
}
