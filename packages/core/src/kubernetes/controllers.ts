/**
 * Kubernetes' built-in controllers, what each creates and writes on its own, and the built-in kinds and their
 * resources.
 *
 * Invariant: exact names only. With patterns, anyone who may create service accounts in kube-system could
 * name one anything-controller and never be an author. Sources: k8s.io/kubernetes pkg/controlplane and
 * cmd/kube-controller-manager; makers measured on 1.35.
 */
const PREFIX = 'system:serviceaccount:kube-system:';

/**
 * All controllers act as this one when the controller manager runs without --use-service-account-credentials.
 */
const MANAGER = 'system:kube-controller-manager';

/** Whose owner makes what: "Pod of a ReplicaSet" by the replicaset-controller. */
const MAKERS: Readonly<Record<string, string>> = {
  'Pod of ReplicaSet': 'replicaset-controller',
  'Pod of ReplicationController': 'replication-controller',
  'Pod of StatefulSet': 'statefulset-controller',
  'Pod of DaemonSet': 'daemon-set-controller',
  'Pod of Job': 'job-controller',
  'ReplicaSet of Deployment': 'deployment-controller',
  'ControllerRevision of StatefulSet': 'statefulset-controller',
  'ControllerRevision of DaemonSet': 'daemon-set-controller',
  'Job of CronJob': 'cronjob-controller',
};

/** What each writes besides, for its own bookkeeping. */
const BOOKKEEPERS: Readonly<Record<string, readonly string[]>> = {
  'deployment-controller': ['replicasets', 'deployments'],
  'replicaset-controller': ['replicasets'],
  'replication-controller': ['replicationcontrollers'],
  'statefulset-controller': ['statefulsets', 'controllerrevisions'],
  'daemon-set-controller': ['daemonsets', 'controllerrevisions'],
  'job-controller': ['jobs'],
  'cronjob-controller': ['cronjobs', 'jobs'],
  'ttl-after-finished-controller': ['jobs'],
};

const OTHERS: readonly string[] = [
  'attachdetach-controller',
  'certificate-controller',
  'clusterrole-aggregation-controller',
  'disruption-controller',
  'endpoint-controller',
  'endpointslice-controller',
  'endpointslicemirroring-controller',
  'ephemeral-volume-controller',
  'expand-controller',
  'generic-garbage-collector',
  'legacy-service-account-token-cleaner',
  'namespace-controller',
  'node-controller',
  'persistent-volume-binder',
  'pod-garbage-collector',
  'pv-protection-controller',
  'pvc-protection-controller',
  'resource-claim-controller',
  'resourcequota-controller',
  'root-ca-cert-publisher',
  'selinux-warning-controller',
  'service-account-controller',
  'service-cidrs-controller',
  'validatingadmissionpolicy-status-controller',
];

/** The horizontal-pod-autoscaler is none of these: that it scaled is an answer. */
const BUILT_IN: ReadonlySet<string> = new Set(
  [...Object.values(MAKERS), ...Object.keys(BOOKKEEPERS), ...OTHERS].map((name) => `${PREFIX}${name}`),
);

/** A part of Kubernetes that acts on what others wrote. */
export function isController(username: string): boolean {
  return username === MANAGER || BUILT_IN.has(username);
}

/**
 * Whether what is `made` for an owner of this kind was really made by that kind's controller: an owner
 * reference is easily forged.
 */
export function isMaker(username: string, made: string, ownerKind: string): boolean {
  const maker = Object.hasOwn(MAKERS, `${made} of ${ownerKind}`)
    ? MAKERS[`${made} of ${ownerKind}`]
    : undefined;
  return maker !== undefined && (username === `${PREFIX}${maker}` || username === MANAGER);
}

const POD_MAKERS: ReadonlySet<string> = new Set(
  Object.entries(MAKERS).flatMap(([what, name]) => (what.startsWith('Pod of ') ? [`${PREFIX}${name}`] : [])),
);

/** Whether this account makes pods for owners of some kind. */
export function isPodMaker(username: string): boolean {
  return username === MANAGER || POD_MAKERS.has(username);
}

/** Made by a controller for an owner that its event does not show. */
export function isUnownedControllerWork(username: string, kind: string): boolean {
  return (
    (kind === 'ReplicaSet' && isMaker(username, kind, 'Deployment')) ||
    (kind === 'Job' && isMaker(username, kind, 'CronJob'))
  );
}

/** A write that a controller makes for itself. The garbage collector takes dead owners out of any object. */
export function isBookkeeping(username: string, resource: string): boolean {
  if (username === MANAGER || username === `${PREFIX}generic-garbage-collector`) return true;
  const name = username.startsWith(PREFIX) ? username.slice(PREFIX.length) : '';
  return Object.hasOwn(BOOKKEEPERS, name) && (BOOKKEEPERS[name] ?? []).includes(resource);
}

export interface Workload {
  readonly group: string;
  readonly resource: string;
}

const WORKLOADS: Readonly<Record<string, Workload>> = {
  ReplicationController: { group: '', resource: 'replicationcontrollers' },
  Deployment: { group: 'apps', resource: 'deployments' },
  ReplicaSet: { group: 'apps', resource: 'replicasets' },
  StatefulSet: { group: 'apps', resource: 'statefulsets' },
  DaemonSet: { group: 'apps', resource: 'daemonsets' },
  ControllerRevision: { group: 'apps', resource: 'controllerrevisions' },
  Job: { group: 'batch', resource: 'jobs' },
  CronJob: { group: 'batch', resource: 'cronjobs' },
};

const RESOURCES: ReadonlySet<string> = new Set(
  Object.values(WORKLOADS).map(({ group, resource }) => `${group}/${resource}`),
);

/** Undefined for a kind that is not built in, or of that name in another group. */
export function workloadOf(group: string, kind: string): Workload | undefined {
  const workload = Object.hasOwn(WORKLOADS, kind) ? WORKLOADS[kind] : undefined;
  return workload?.group === group ? workload : undefined;
}

export function isWorkload(group: string, resource: string): boolean {
  return RESOURCES.has(`${group}/${resource}`);
}

/**
 * The groups of Kubernetes itself with a dot in their names. The ending proves nothing: a reviewed custom
 * group may have it too (sparkoperator.k8s.io, gateway.networking.k8s.io, snapshot.storage.k8s.io).
 */
const OWN_GROUPS: ReadonlySet<string> = new Set([
  'admission.k8s.io',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'apiregistration.k8s.io',
  'auditregistration.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'certificates.k8s.io',
  'coordination.k8s.io',
  'discovery.k8s.io',
  'events.k8s.io',
  'flowcontrol.apiserver.k8s.io',
  'imagepolicy.k8s.io',
  'internal.apiserver.k8s.io',
  'networking.k8s.io',
  'node.k8s.io',
  'rbac.authorization.k8s.io',
  'resource.k8s.io',
  'scheduling.k8s.io',
  'settings.k8s.io',
  'storage.k8s.io',
  'storagemigration.k8s.io',
]);

/**
 * Every group with a dot that is not Kubernetes' own is one of custom kinds (or an aggregated API): the
 * server takes no custom group without one.
 */
export function isCustomGroup(group: string): boolean {
  return group.includes('.') && !OWN_GROUPS.has(group);
}

/** "apps" of "apps/v1", "" of "v1". */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash === -1 ? '' : apiVersion.slice(0, slash);
}
