/**
 * Which container a log record names as its origin.
 *
 * Invariant: anyone who may run a container can have it print what looks like an audit event, so of records
 * that name their container only those of the API server's own count. A record that names none is accepted as
 * sent. Namespaces and names are as the shipper wrote them.
 */
import type { JsonView } from '../platforms/json-view.ts';

export type Origin =
  /** It names none. */
  | 'untold'
  | 'api_server'
  /** A container that is called like an API server's, in a namespace where others may create pods. */
  | 'look_alike'
  /** Another container, or the API server's stderr, which holds no audit events. */
  | 'other';

/** Reads a text of a record by the path to it. */
export type TextAt = (...path: readonly string[]) => string | undefined;

const CONTAINER_PATHS = [
  ['kubernetes', 'container_name'],
  ['kubernetes', 'container', 'name'],
  ['k8s.container.name'],
  ['container'],
  ['container_name'],
];
const NAMESPACE_PATHS = [
  ['kubernetes', 'namespace_name'],
  ['kubernetes', 'pod_namespace'],
  ['kubernetes', 'namespace'],
  ['k8s.namespace.name'],
  ['namespace'],
  ['namespace_name'],
];
const FILE_PATHS = [
  ['file'],
  ['filename'],
  ['filepath'],
  ['log', 'file', 'path'],
  ['log.file.path'],
  ['source'],
  ['tag'],
  ['_tag'],
  ['fluent.tag'],
];

/**
 * kubelet: /var/log/pods/NAMESPACE_POD_UID/CONTAINER/N.log, and links
 * /var/log/containers/POD_NAMESPACE_CONTAINER-ID.log.
 */
const POD_LOG = /\/pods\/([^/_]{1,63})_[^/_]{1,253}_[^/]{1,63}\/([^/]{1,63})\//;
const CONTAINER_LOG = /containers[./][^_/]{1,253}_([^_/]{1,63})_([^_/]{1,63})-[0-9a-f]{64}\.log/;
const FILE_TEXT_MAX = 1000;

/** Where an API server writes, and no user creates pods. */
const API_SERVER_NAMESPACE = /^(?:kube-system|openshift-(?:kube-|oauth-)?apiserver)$/;
const API_SERVER = 'apiserver';

export function originOf(record: JsonView): Origin {
  return originFrom((...path) => record.text(...path));
}

export function originFrom(text: TextAt): Origin {
  if (text('stream') === 'stderr' || text('log.iostream') === 'stderr') return 'other';
  const file = fileOrigin(text);
  const container = first(text, CONTAINER_PATHS) ?? file?.container;
  if (container === undefined) return 'untold';
  if (!container.includes(API_SERVER)) return 'other';
  const namespace = first(text, NAMESPACE_PATHS) ?? file?.namespace;
  return namespace === undefined || API_SERVER_NAMESPACE.test(namespace) ? 'api_server' : 'look_alike';
}

function fileOrigin(
  text: TextAt,
): { readonly namespace: string | undefined; readonly container: string | undefined } | undefined {
  for (const path of FILE_PATHS) {
    const file = text(...path)?.slice(0, FILE_TEXT_MAX);
    const match = file === undefined ? null : (POD_LOG.exec(file) ?? CONTAINER_LOG.exec(file));
    if (match !== null) return { namespace: match[1], container: match[2] };
  }
  return undefined;
}

function first(text: TextAt, paths: readonly (readonly string[])[]): string | undefined {
  for (const path of paths) {
    const found = text(...path);
    if (found !== undefined) return found;
  }
  return undefined;
}
