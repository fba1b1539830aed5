/**
 * The names of an alert as words of a command line: what a command may be about.
 *
 * Invariant: a name is there only if the alert has it whole, neither shortened nor masked, and if an object
 * of Kubernetes could have it; each is shell words that are no option but the one they say, whatever the name
 * holds. So a command is about what the alert is about, or is not given.
 */
import { MASK } from '../../text/masking/secret-value.ts';
import { shellWord } from '../../text/shell.ts';
import type { Alert, OwnerReference } from '../alert.ts';
/** What of an alert its commands are about. */
export type Described = Pick<Alert, 'alertId' | 'object' | 'actor' | 'grant' | 'author' | 'cuts'>;

export interface Targets {
  /** "pod/web --namespace=shop", or "namespace/shop". */
  readonly object: string | undefined;
  /** "--namespace=shop", of a namespace itself. */
  readonly inNamespace: string | undefined;
  /** "namespace/shop", also of a pod. */
  readonly namespace: string | undefined;
  /** "node/edge-1" */
  readonly node: string | undefined;
  /** "replicaset.apps/web-1 --namespace=shop" */
  readonly controller: string | undefined;
  readonly binding: string | undefined;
  readonly role: string | undefined;
  /** "secret/db --namespace=shop" */
  readonly secrets: readonly string[];
  readonly claims: readonly string[];
  /** "--as=…": the pod's service account. */
  readonly asAccount: string | undefined;
  /** "--as=… --as-group=…": whoever the request was judged as. */
  readonly asActor: string | undefined;
  /** Who authenticated. */
  readonly username: string | undefined;
  /** "--raw=…": where the API server has the object. */
  readonly raw: string | undefined;
  readonly uid: string | undefined;
}

export function targetsOf(alert: Described): Targets {
  const { object, actor } = alert;
  const isPod = object.kind === 'Pod';
  const name = objectName(alert, 'object.name', object.name);
  const space = isPod ? objectName(alert, 'object.namespace', object.namespace) : name;
  const account = objectName(alert, 'object.serviceAccountName', object.serviceAccountName);
  const namesOf = (type: string): readonly string[] =>
    (object.volumes ?? [])
      .filter((volume) => volume.type === type)
      .flatMap(({ source }) => objectName(alert, 'object.volumes', source) ?? []);
  const paths = isPod
    ? joined('/api/v1/namespaces/', space, '/pods/', name)
    : joined('/api/v1/namespaces/', name);
  return {
    object: isPod ? reference('pod', name, space) : reference('namespace', name),
    inNamespace: option('namespace', space),
    namespace: reference('namespace', space),
    node: reference('node', objectName(alert, 'object.nodeName', object.nodeName)),
    controller: controllerOf(alert, space),
    binding: bindingOf(alert),
    role: roleOf(alert),
    secrets: namesOf('secret').flatMap((secret) => reference('secret', secret, space) ?? []),
    claims: namesOf('persistentVolumeClaim').flatMap(
      (claim) => reference('persistentvolumeclaim', claim, space) ?? [],
    ),
    asAccount: option('as', joined('system:serviceaccount:', space, ':', account)),
    asActor: asActor(alert),
    username: present(whole(alert, 'actor.username', actor.username), shellWord),
    raw: option('raw', paths),
    uid: present(whole(alert, 'object.uid', object.uid), (uid) => (UID.test(uid) ? uid : undefined)),
  };
}

const UID = /^[0-9A-Za-z-]{1,64}$/;

/** Kubernetes' own names end here. */
const NAME_MAX = 253;

/** A text that the alert has as it was. */
function whole({ cuts }: Described, path: string, value: string | null): string | undefined {
  const isCut = cuts.some((cut) => cut.path === path || cut.path.startsWith(`${path}[`));
  return isCut || value === null || value === '' || value.includes(MASK) || value.includes('\ufffd')
    ? undefined
    : value;
}

/** What could not stand in a path of the API is no name (apimachinery, IsValidPathSegmentName). */
function objectName(alert: Described, path: string, value: string | null): string | undefined {
  return present(whole(alert, path, value), (name) =>
    name.length > NAME_MAX || name === '.' || name === '..' || /[/%?#]/.test(name) ? undefined : name,
  );
}

function present<T>(value: string | undefined, use: (value: string) => T): T | undefined {
  return value === undefined ? undefined : use(value);
}

function joined(...parts: readonly (string | undefined)[]): string | undefined {
  return parts.includes(undefined) ? undefined : parts.join('');
}

function option(name: string, value: string | undefined): string | undefined {
  return present(value, (text) => shellWord(`--${name}=${text}`));
}

/** In a namespace only where one is meant; undefined for one that is not known. */
function reference(
  kind: string,
  name: string | undefined,
  ...spaces: readonly (string | undefined)[]
): string | undefined {
  const words = [
    present(name, (text) => shellWord(`${kind}/${text}`)),
    ...spaces.map((space) => option('namespace', space)),
  ];
  return words.includes(undefined) ? undefined : words.join(' ');
}

function controllerOf(alert: Described, space: string | undefined): string | undefined {
  const controller = alert.object.ownerReferences?.find((owner) => owner.controller);
  if (controller === undefined) return undefined;
  const name = objectName(alert, 'object.ownerReferences', controller.name);
  // Of what owns pods only a node is in no namespace.
  return present(resourceOf(controller), (resource) =>
    resource === 'node' ? reference(resource, name) : reference(resource, name, space),
  );
}

/** A kind and its group name a resource to kubectl: replicaset.apps. */
function resourceOf({ kind, apiVersion }: OwnerReference): string | undefined {
  const [group = '', version] = (apiVersion ?? '').split('/');
  const resource = `${(kind ?? '').toLowerCase()}${version === undefined ? '' : `.${group}`}`;
  return /^[a-z][a-z0-9.-]*$/.test(resource) ? resource : undefined;
}

function bindingOf(alert: Described): string | undefined {
  const binding = alert.grant?.binding ?? null;
  if (binding === null) return undefined;
  const name = objectName(alert, 'grant.binding.name', binding.name);
  return binding.kind === 'ClusterRoleBinding'
    ? reference('clusterrolebinding', name)
    : reference('rolebinding', name, objectName(alert, 'grant.binding.namespace', binding.namespace));
}

/** A Role stands in the namespace of its binding. */
function roleOf(alert: Described): string | undefined {
  const { role = null, binding = null } = alert.grant ?? {};
  if (role === null) return undefined;
  const name = objectName(alert, 'grant.role.name', role.name);
  return role.kind === 'ClusterRole'
    ? reference('clusterrole', name)
    : reference('role', name, objectName(alert, 'grant.binding.namespace', binding?.namespace ?? null));
}

const GROUPS_MAX = 12;

/** With the groups: rights that are given to them are the actor's too. */
function asActor(alert: Described): string | undefined {
  const { username, groups, impersonatedUsername, impersonatedGroups } = alert.actor;
  const isAnother = impersonatedUsername !== null;
  const name = isAnother
    ? whole(alert, 'actor.impersonatedUsername', impersonatedUsername)
    : whole(alert, 'actor.username', username);
  const all = (isAnother ? impersonatedGroups : groups).map((group) =>
    option('as-group', whole(alert, isAnother ? 'actor.impersonatedGroups' : 'actor.groups', group)),
  );
  const words = [option('as', name), ...all];
  return words.includes(undefined) || all.length > GROUPS_MAX ? undefined : words.join(' ');
}
