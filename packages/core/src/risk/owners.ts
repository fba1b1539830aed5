/**
 * Whether an owner reference can be trusted: the pod's creator writes it, and it is true only where other
 * evidence agrees.
 *
 * Invariant: a reference excuses nothing by itself. It counts where the account that makes pods for that kind
 * made the pod, or where the stream has shown the owner; "contradicted" is only what is impossible, as other
 * controllers than Kubernetes' own make pods for built-in owners as well: OpenShift's deployer, vcluster's
 * syncer, a Job's managedBy.
 */
import { asArray, at, textAt } from '../base/json.ts';
import type { AuditEvent } from '../audit/event.ts';
import { groupOf, isController, isCustomGroup, isMaker, workloadOf } from '../kubernetes/controllers.ts';
import type { CreationContext } from '../context/creation-context.ts';
import type { RiskLists } from './lists.ts';
import { isServiceAccount } from './accounts.ts';

export type OwnerAssurance =
  /** Made by the account that makes the pods of such owners. */
  | 'ITS_CONTROLLER'
  /** A custom object that the stream has shown, made by somebody else. */
  | 'SEEN'
  /** Only the creator's claim. */
  | 'CLAIMED'
  /** Impossible. */
  | 'CONTRADICTED';

export interface Owner {
  readonly apiVersion: string | undefined;
  readonly kind: string | undefined;
  readonly name: string | undefined;
  readonly assurance: OwnerAssurance;
}

/** Who created the pod, where that is Kubernetes itself. */
export interface MakerFacts {
  /** The account of its owner's kind; where the owners were not seen, any controller's of Kubernetes. */
  readonly isOwnController: boolean;
  /** Of the node that runs it. */
  readonly isKubelet: boolean;
  /** On the list of system accounts; no service account. */
  readonly isControlPlane: boolean;
}

const NODE = 'system:node:';

/** Built-in kinds that no controller makes pods for. */
const NEVER_OWNERS: ReadonlySet<string> = new Set([
  ...[
    'ConfigMap',
    'Secret',
    'ServiceAccount',
    'Node',
    'Namespace',
    'Event',
    'Endpoints',
    'LimitRange',
    'ResourceQuota',
    'PersistentVolume',
  ].map((kind) => `/${kind}`),
  ...['Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding'].map(
    (kind) => `rbac.authorization.k8s.io/${kind}`,
  ),
  ...['NetworkPolicy', 'Ingress', 'IngressClass'].map((kind) => `networking.k8s.io/${kind}`),
  'apps/ControllerRevision',
  'coordination.k8s.io/Lease',
  'discovery.k8s.io/EndpointSlice',
  'policy/PodDisruptionBudget',
  'scheduling.k8s.io/PriorityClass',
  'storage.k8s.io/StorageClass',
  'apiextensions.k8s.io/CustomResourceDefinition',
]);

interface Reference {
  readonly apiVersion: string | undefined;
  readonly kind: string | undefined;
  readonly name: string | undefined;
  readonly uid: string | undefined;
}

/** @param context undefined or null where nothing of the stream is known */
export function readOwners(
  metadata: unknown,
  event: AuditEvent,
  context: CreationContext | null | undefined,
  lists: RiskLists,
): readonly Owner[] {
  return asArray(at(metadata, 'ownerReferences')).map((value) => {
    const reference = {
      apiVersion: textAt(value, 'apiVersion'),
      kind: textAt(value, 'kind'),
      name: textAt(value, 'name'),
      uid: textAt(value, 'uid'),
    };
    return {
      apiVersion: reference.apiVersion,
      kind: reference.kind,
      name: reference.name,
      assurance: ownerAssuranceOf(reference, event, context, lists),
    };
  });
}

function ownerAssuranceOf(
  reference: Reference,
  event: AuditEvent,
  context: CreationContext | null | undefined,
  lists: RiskLists,
): OwnerAssurance {
  const { apiVersion = '', kind = '', name = '' } = reference;
  const username = selfOf(event);
  const group = groupOf(apiVersion);
  const isBuiltIn = workloadOf(group, kind) !== undefined;
  if (username !== undefined && isBuiltIn && isMaker(username, 'Pod', kind)) return 'ITS_CONTROLLER';
  if (group === '' && kind === 'Node' && username === `${NODE}${name}`) return 'ITS_CONTROLLER';
  if (NEVER_OWNERS.has(`${group}/${kind}`)) return 'CONTRADICTED';
  if (isBuiltIn && isContradicted(event, name, lists)) return 'CONTRADICTED';
  return isCustomGroup(group) && isSeen(reference, event, context) ? 'SEEN' : 'CLAIMED';
}

/** Of a built-in workload whose controller did not make the pod. */
function isContradicted(
  { user, impersonatedUser }: AuditEvent,
  name: string,
  { systemAccounts, systemWorkloads }: RiskLists,
): boolean {
  const username = impersonatedUser?.username ?? user.username;
  if (username === undefined || systemAccounts.includes(username)) return false;
  return isController(username) || !isServiceAccount(username) || systemWorkloads.includes(name);
}

/** By somebody else: what the pod's creator made himself proves nothing. */
function isSeen(
  { kind, name, uid }: Reference,
  { user, impersonatedUser }: AuditEvent,
  context: CreationContext | null | undefined,
): boolean {
  const makers = [user.username, impersonatedUser?.username];
  return (context?.author.chain ?? []).some(
    (link) =>
      link.kind === kind &&
      link.name === name &&
      link.uid !== undefined &&
      link.uid === uid &&
      link.created !== undefined &&
      !makers.includes(link.created.username) &&
      (link.created.impersonatedUsername === undefined ||
        !makers.includes(link.created.impersonatedUsername)),
  );
}

/** @param owners undefined where they were not seen; so is nodeName without a spec */
export function readMaker(
  event: AuditEvent,
  owners: readonly Owner[] | undefined,
  nodeName: string | undefined,
  { systemAccounts }: RiskLists,
): MakerFacts {
  const username = selfOf(event);
  if (username === undefined) return { isOwnController: false, isKubelet: false, isControlPlane: false };
  const isNode = username.startsWith(NODE) && username.length > NODE.length;
  return {
    isOwnController:
      isController(username) &&
      (owners === undefined || owners.some(({ assurance }) => assurance === 'ITS_CONTROLLER')),
    isKubelet: isNode && (nodeName === undefined || username === `${NODE}${nodeName}`),
    isControlPlane: systemAccounts.includes(username),
  };
}

/** A user who acts under his own name. */
function selfOf({ user, impersonatedUser }: AuditEvent): string | undefined {
  return impersonatedUser === undefined ? user.username : undefined;
}
