/**
 * Who requested what a platform's own account made: annotations and labels that platforms write into what
 * they make, and the accounts that write them.
 *
 * Invariant: a row counts only for the accounts that it lists, by their whole names. Anybody can write such
 * an annotation into an object of his own, so from anybody else it proves nothing. A proxy that acts as a
 * person forwards what that person wrote, so a row holds under impersonation only where the account is a tool
 * that itself applies a repository. Sources: the documentation of each platform; k8s accounts as their own
 * manifests and charts name them.
 */
import type { AuditEvent } from '../audit/event.ts';
import { answeredMetadata } from '../creation/identity.ts';
import { at, textAt } from '../base/json.ts';
import { maskName } from '../text/mask.ts';
import { gitOpsOf } from './gitops.ts';

export interface OnBehalfOf {
  /**
   * requester, or what kind of object: Application, Kustomization, HelmRelease, release, Tenant, parent
   * namespace.
   */
  readonly what: string;
  readonly name: string;
  /** For example annotations: openshift.io/requester. */
  readonly from: string;
}

interface Row {
  readonly what: string;
  readonly in: 'annotations' | 'labels';
  readonly key: string;
  /** Whole user names, or the GitOps tools whose accounts facts/gitops.ts lists. */
  readonly accounts: readonly string[];
  readonly tools: readonly string[];
  /** Of the same place: precedes the name, with a slash. */
  readonly namespaceKey?: string;
  /** What of the text is the name; undefined when the text is not about this object. */
  readonly read?: (text: string, object: Subject) => string | undefined;
}

interface Subject {
  readonly kind: string | undefined;
  readonly name: string | undefined;
}

const SA = 'system:serviceaccount:';
const RANCHER: readonly string[] = [
  `${SA}cattle-system:rancher`,
  `${SA}cattle-system:cattle`,
  `${SA}cattle-system:kontainer-engine`,
];

const account = (
  what: string,
  source: 'annotations' | 'labels',
  key: string,
  accounts: readonly string[],
): Row => ({
  what,
  in: source,
  key,
  accounts,
  tools: [],
});
const tool = (
  what: string,
  source: 'annotations' | 'labels',
  key: string,
  tools: readonly string[],
  more: Pick<Row, 'namespaceKey' | 'read'> = {},
): Row => ({
  what,
  in: source,
  key,
  accounts: [],
  tools,
  ...more,
});

/** The first that is there and counts is used. */
export const REQUESTERS: readonly Row[] = [
  // OpenShift: the project API takes it from the request's user.
  account('requester', 'annotations', 'openshift.io/requester', [
    `${SA}openshift-apiserver:openshift-apiserver-sa`,
    `${SA}openshift-apiserver:default`,
    'system:openshift-master',
    'system:apiserver',
  ]),
  // Rancher: the directory's name where it is written, else Rancher's own id.
  account('requester', 'annotations', 'field.cattle.io/creator-principal-name', RANCHER),
  account('requester', 'annotations', 'field.cattle.io/creatorId', RANCHER),
  // The hierarchical namespace controller makes a subnamespace for anyone who may write an anchor into its
  // parent.
  account('parent namespace', 'annotations', 'hnc.x-k8s.io/subnamespace-of', [
    `${SA}hnc-system:default`,
    `${SA}hnc-system:hnc-controller-manager`,
  ]),
  account('Tenant', 'labels', 'capsule.clastix.io/tenant', [
    `${SA}capsule-system:capsule`,
    `${SA}capsule-system:capsule-controller-manager`,
  ]),
  tool('Application', 'annotations', 'argocd.argoproj.io/tracking-id', ['Argo CD'], { read: trackedBy }),
  tool('Kustomization', 'labels', 'kustomize.toolkit.fluxcd.io/name', ['Flux'], {
    namespaceKey: 'kustomize.toolkit.fluxcd.io/namespace',
  }),
  tool('HelmRelease', 'labels', 'helm.toolkit.fluxcd.io/name', ['Flux'], {
    namespaceKey: 'helm.toolkit.fluxcd.io/namespace',
  }),
  tool('release', 'annotations', 'meta.helm.sh/release-name', ['Flux', 'Rancher Fleet', 'kapp-controller'], {
    namespaceKey: 'meta.helm.sh/release-namespace',
  }),
];

const TEXT_MAX = 512;

export function requesterOf(event: AuditEvent): OnBehalfOf | undefined {
  const { username } = event.user;
  if (username === undefined) return undefined;
  const isItself = event.impersonatedUser === undefined;
  const toolName = gitOpsOf(username)?.tool;
  const rows = REQUESTERS.filter(
    ({ accounts, tools }) =>
      (isItself && accounts.includes(username)) || (toolName !== undefined && tools.includes(toolName)),
  );
  if (rows.length === 0) return undefined;
  const metadata = answeredMetadata(event) ?? at(event.requestObject, 'metadata');
  const object = {
    kind: textAt(event.responseObject, 'kind') ?? textAt(event.requestObject, 'kind'),
    name: event.objectRef.name ?? textAt(metadata, 'name'),
  };
  for (const row of rows) {
    const name = nameBy(row, at(metadata, row.in), object);
    if (name !== undefined) return { what: row.what, name: maskName(name), from: `${row.in}: ${row.key}` };
  }
  return undefined;
}

function nameBy({ key, namespaceKey, read }: Row, entries: unknown, object: Subject): string | undefined {
  const text = textAt(entries, key)?.slice(0, TEXT_MAX);
  if (text === undefined || text === '') return undefined;
  const name = read === undefined ? text : read(text, object);
  const namespace =
    namespaceKey === undefined ? undefined : textAt(entries, namespaceKey)?.slice(0, TEXT_MAX);
  return name === undefined || namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;
}

/** "checkout:apps/Deployment:checkout/api", which was copied from elsewhere where it names another object. */
function trackedBy(text: string, { kind, name }: Subject): string | undefined {
  const [application = '', groupAndKind = '', source = ''] = text.split(':');
  const isThis = kind === undefined || groupAndKind.split('/').at(-1) === kind;
  const isNamed = name === undefined || source.split('/').at(-1) === name;
  return application !== '' && isThis && isNamed ? application : undefined;
}
