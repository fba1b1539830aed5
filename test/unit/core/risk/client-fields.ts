/**
 * For each field of the table that a client controls and nothing enforces: events without it, or with a plain
 * one, and with what somebody might write there.
 */
import type { EventField } from '@arrivals/core/internal';
import fc from 'fast-check';
import type { Json } from '../alert/creations.ts';
import { owned } from './risks.ts';

export interface Variation {
  /**
   * Without the field, or with a plain value where there must be one; undefined where the field cannot be
   * isolated.
   */
  readonly without: (event: Json) => Json | undefined;
  readonly with: fc.Arbitrary<(event: Json) => Json | undefined>;
}

/** A path into an event; "object" stands for both bodies. */
type Path = readonly string[];

/** The event with another value there; undefined takes it away. What is not there on the way stays so. */
export function changed(event: Json, [key = '', ...rest]: Path, change: (value: unknown) => unknown): Json {
  if (key === 'object')
    return ['requestObject', 'responseObject'].reduce(
      (made, body) => changed(made, [body, ...rest], change),
      event,
    );
  if (rest.length > 0 && !isObject(event[key])) return event;
  const value = rest.length === 0 ? change(event[key]) : changed(event[key] as Json, rest, change);
  return Object.fromEntries(
    Object.entries({ ...event, [key]: value }).filter(([, entry]) => entry !== undefined),
  );
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function at(path: Path, values: fc.Arbitrary<unknown>, plain?: unknown): Variation {
  return {
    without: (event) => changed(event, path, () => plain),
    with: values.map((value) => (event: Json) => changed(event, path, () => value)),
  };
}

const eachContainer = (change: (container: Json) => Json): ((event: Json) => Json) => {
  const of = (list: unknown): unknown =>
    Array.isArray(list) ? list.map((entry: unknown) => (isObject(entry) ? change(entry) : entry)) : list;
  return (event) =>
    ['containers', 'initContainers', 'ephemeralContainers'].reduce(
      (made, kind) => changed(made, ['object', 'spec', kind], of),
      event,
    );
};

const named = (name: string) => (event: Json) =>
  changed(
    changed(event, ['object', 'metadata', 'name'], () => name),
    ['objectRef', 'name'],
    () => name,
  );

const TOOLS = fc.constantFrom(
  'argocd-controller',
  'kustomize-controller',
  'kubectl-annotate',
  'kubelet/v1.35.4',
  'kube-controller-manager/v1.35.4',
  'helm',
  '',
  'x',
);
const NAMES = fc.constantFrom(
  'kube-proxy-x7k2p',
  'web-68d4f7dbbd-rpfj7',
  'coredns',
  'etcd-0',
  'calico-node-abcde',
  'a',
);
const WORDS = fc.dictionary(
  fc.constantFrom(
    ...[
      'app',
      'k8s-app',
      'kubernetes.io/config.mirror',
      'pod-template-hash',
      'controller-revision-hash',
      'app.kubernetes.io/managed-by',
      'tier',
    ],
    ...[
      'pod-security.kubernetes.io/enforce',
      'argocd.argoproj.io/tracking-id',
      'arrivals/cut',
      'arrivals/platform',
      'scheduler.alpha.kubernetes.io/critical-pod',
    ],
  ),
  fc.constantFrom('', 'true', 'system', 'kube-proxy', 'restricted', 'Helm', 'spec', 'gke'),
);
const KINDS: readonly (readonly [apiVersion: string, kind: string])[] = [
  ...['ConfigMap', 'Secret', 'ServiceAccount', 'Node', 'Pod', 'Service', 'ReplicationController'].map(
    (kind) => ['v1', kind] as const,
  ),
  ...['ReplicaSet', 'StatefulSet', 'DaemonSet', 'Deployment'].map((kind) => ['apps/v1', kind] as const),
  ...(['Job', 'CronJob'] as const).map((kind) => ['batch/v1', kind] as const),
  ...[
    ['extensions/v1beta1', 'ReplicaSet'] as const,
    ['ops.example/v1', 'Widget'] as const,
    ['argoproj.io/v1alpha1', 'Rollout'] as const,
  ],
];
const OWNERS = fc.array(
  fc.tuple(
    fc.constantFrom(...KINDS),
    fc.constantFrom('a', 'kube-proxy', 'kube-root-ca.crt', 'n-1', 'web-68d4f7dbbd'),
    fc.boolean(),
  ),
  {
    minLength: 1,
    maxLength: 2,
  },
);
/** Of the list of infrastructure, and what reads like it. */
const IMAGES = fc.constantFrom(
  ...[
    'registry.k8s.io/kube-proxy:v1.35.4',
    'quay.io/calico/node:v3',
    'index.docker.io:443/calico/node',
    'registry.example/calico/node',
  ],
  ...['docker.io/rancher/hardened-kubernetes@sha256:0', 'registry.example/app:2'],
);

/** A request that is answered with the object: then what was sent decides nothing. */
function withRequest(sent: unknown): (event: Json) => Json | undefined {
  return (event) =>
    isObject(event['responseObject']) && 'spec' in event['responseObject']
      ? changed(event, ['requestObject'], () => sent)
      : undefined;
}

export const CLIENT_FIELDS: Readonly<Partial<Record<EventField, Variation>>> = {
  auditID: at(['auditID'], fc.constantFrom('', 'x', 'a'.repeat(3000))),
  requestURI: {
    without: (event) => changed(event, ['requestURI'], (uri) => String(uri).split('?')[0]),
    with: TOOLS.map(
      (tool) => (event: Json) =>
        changed(
          event,
          ['requestURI'],
          (uri) => `${String(uri).split('?')[0] ?? ''}?fieldManager=${tool}&timeout=30s`,
        ),
    ),
  },
  'sourceIPs (all but the last)': {
    without: (event) => changed(event, ['sourceIPs'], (all) => (Array.isArray(all) ? all.slice(-1) : all)),
    with: fc
      .constantFrom('127.0.0.1', '10.0.0.1', '8.8.8.8', '')
      .map(
        (address) => (event: Json) =>
          changed(event, ['sourceIPs'], (all) =>
            Array.isArray(all) ? [address, ...(all.slice(-1) as unknown[])] : all,
          ),
      ),
  },
  userAgent: at(['userAgent'], TOOLS),
  'objectRef.name': at(['objectRef', 'name'], NAMES),
  requestObject: {
    without: (event) => withRequest(undefined)(event),
    with: fc
      .constantFrom<unknown>({}, { kind: 'Pod', metadata: { name: 'a' }, spec: { containers: [] } }, [], null)
      .map((sent) => withRequest(sent)),
  },
  'object.metadata.name': { without: named('plain'), with: NAMES.map((name) => named(name)) },
  'object.metadata.labels': at(['object', 'metadata', 'labels'], WORDS),
  'object.metadata.annotations': at(['object', 'metadata', 'annotations'], WORDS),
  'object.metadata.ownerReferences': {
    without: (event) => event,
    with: fc.tuple(OWNERS, fc.boolean()).map(
      ([owners, isAdded]) =>
        (event: Json) =>
          changed(event, ['object', 'metadata', 'ownerReferences'], (before) => [
            ...(isAdded && Array.isArray(before) ? (before as unknown[]) : []),
            ...owners.flatMap(([[apiVersion, kind], name, controller]) =>
              owned(apiVersion, kind, name).ownerReferences.map((owner) => ({ ...owner, controller })),
            ),
          ]),
    ),
  },
  'object.metadata.finalizers': at(['object', 'metadata', 'finalizers'], fc.constantFrom(['a'], [])),
  'object.metadata.managedFields': at(
    ['object', 'metadata', 'managedFields'],
    TOOLS.map((manager) => [{ manager, operation: 'Apply' }]),
  ),
  'object.spec.containers.name': {
    without: eachContainer((container) => ({ ...container, name: 'main' })),
    with: fc
      .constantFrom('kube-proxy', 'calico-node', 'sh')
      .map((name) => eachContainer((container) => ({ ...container, name }))),
  },
  'object.spec.containers.image': {
    without: eachContainer((container) => ({ ...container, image: 'registry.example/app:1' })),
    with: IMAGES.map((image) => eachContainer((container) => ({ ...container, image }))),
  },
  'object.spec (others)': at(['object', 'spec', 'hostname'], fc.constantFrom('kube-proxy', 'a')),
};
