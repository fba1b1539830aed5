/**
 * What was asked of the API server, out of the names that GKE's log gives it:
 *   methodName    io.k8s.core.v1.pods.status.patch, io.k8s.authorization.rbac.v1.roles.create, io.k8s.readyz
 *   resourceName  core/v1/namespaces/shop/pods/web-1/status, apps/v1/namespaces/shop/deployments, core/v1/namespaces/shop, readyz
 *
 * Invariant: the group is that of resourceName where there is one. methodName has it backwards, and
 * io.k8s.core is also how a group core.k8s.io would read. Total: any two texts give a verb and a path.
 */

export interface GkeRequest {
  readonly verb: string;
  /** Of the URI; the query is not known. */
  readonly path: string;
  readonly objectRef: GkeObjectRef | undefined;
}

export interface GkeObjectRef {
  readonly resource: string;
  readonly apiVersion: string;
  readonly apiGroup?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
}

const VERSION = /^v\d+(?:(?:alpha|beta)\d+)?$/;
/** The legacy group, in newer and older logs. */
const CORE: readonly string[] = ['core', 'io.k8s.core'];

export function requestOf(methodName: string, resourceName: string | undefined): GkeRequest {
  const method = methodName.split('.');
  const last = method.at(-1) ?? '';
  const verb = last === '' ? methodName : last;
  const version = method.findLastIndex((word, i) => i < method.length - 2 && VERSION.test(word));
  const path = resourceName?.split('/') ?? [];
  if (version === -1)
    return { verb, path: rooted(path.length > 0 ? path : [methodName]), objectRef: undefined };
  const objectRef = objectRefOf(method, version, path);
  return { verb, path: pathOf(objectRef), objectRef };
}

function objectRefOf(method: readonly string[], version: number, path: readonly string[]): GkeObjectRef {
  const [resource = '', subresource] = method.slice(version + 1, -1);
  const group = (path.length > 2 ? path[0] : method.slice(0, version).join('.')) ?? '';
  const namespaced = path[2] === 'namespaces' && resource !== 'namespaces';
  const [name, below] = path.slice(namespaced ? 5 : 3);
  return {
    resource,
    apiVersion: (path.length > 2 ? path[1] : undefined) ?? method[version] ?? '',
    ...present('apiGroup', CORE.includes(group) ? undefined : group),
    ...present('namespace', namespaced ? path[3] : undefined),
    ...present('name', name),
    ...present('subresource', subresource ?? below),
  };
}

function present<K extends string>(key: K, text: string | undefined): Partial<Readonly<Record<K, string>>> {
  return text === undefined || text === '' ? {} : ({ [key]: text } as Partial<Readonly<Record<K, string>>>);
}

/**
 * The object's own, also where it was posted to its collection: it distinguishes what has no uid from others
 * of the same moment.
 */
function pathOf({ resource, apiVersion, apiGroup, namespace, name, subresource }: GkeObjectRef): string {
  return rooted([
    ...(apiGroup === undefined ? ['api'] : ['apis', apiGroup]),
    apiVersion,
    ...(namespace === undefined ? [] : ['namespaces', namespace]),
    resource,
    ...(name === undefined ? [] : [name]),
    ...(subresource === undefined ? [] : [subresource]),
  ]);
}

/** Well-formed first, as encodeURIComponent throws at half a surrogate pair. */
function rooted(segments: readonly string[]): string {
  return `/${segments.map((segment) => encodeURIComponent(segment.toWellFormed())).join('/')}`;
}
