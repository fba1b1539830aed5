/**
 * A workload's pod template and number of replicas, as a body shows them, so that a write that changed the template is told from one that did not.
 *
 * Invariant: one template has one digest wherever it stands: in a Deployment, in the ReplicaSet made of it, in a ControllerRevision. What the
 * server or a controller adds on the way does not count.
 */
import { asArray, asInteger, asObject, at, textAt } from '../json.ts';
import { digestOf } from './act.ts';

/** What controllers and the server add to the template of a ReplicaSet and of a Job. */
const ADDED_LABELS: readonly string[] = [
  'pod-template-hash',
  'controller-uid',
  'job-name',
  'batch.kubernetes.io/controller-uid',
  'batch.kubernetes.io/job-name',
];

/** Undefined when the body shows no template, as that of a Scale. */
export function templateDigest(object: unknown): string | undefined {
  const spec = at(object, 'spec');
  const template = asObject(at(spec, 'template')) ?? asObject(at(spec, 'jobTemplate', 'spec', 'template')) ?? asObject(at(object, 'data', 'spec', 'template'));
  if (template === undefined) return undefined;
  const { $patch: _patch, metadata, ...rest } = template;
  const { creationTimestamp: _created, labels, ...others } = asObject(metadata) ?? {};
  const own = Object.fromEntries(Object.entries(asObject(labels) ?? {}).filter(([key]) => !ADDED_LABELS.includes(key)));
  return digestOf(canonical({ ...rest, metadata: { ...others, labels: own } }));
}

export function replicasOf(object: unknown): number | undefined {
  return asInteger(at(object, 'spec', 'replicas'));
}

/** When the template was last restarted, in the words of `kubectl rollout restart`. */
export function restartedAt(object: unknown): string | undefined {
  const annotations = at(object, 'spec', 'template', 'metadata', 'annotations') ?? at(object, 'data', 'spec', 'template', 'metadata', 'annotations');
  return textAt(annotations, 'kubectl.kubernetes.io/restartedAt');
}

/** Number of the revision that a ReplicaSet or ControllerRevision stands for now. */
export function revisionNumber(object: unknown): number | undefined {
  const number = asInteger(at(object, 'revision')) ?? Number(textAt(object, 'metadata', 'annotations', 'deployment.kubernetes.io/revision'));
  return Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

/** No template of Kubernetes' own types is half as deep; what lies deeper, where anything may stand, counts as one. */
const DEPTH_MAX = 64;

/** JSON with keys in order, without what is null or empty. */
function canonical(value: unknown, depth = 0): string {
  if (depth > DEPTH_MAX) return '"…"';
  if (Array.isArray(value))
    return `[${asArray(value)
      .map((entry) => canonical(entry, depth + 1))
      .join(',')}]`;
  const object = asObject(value);
  if (object === undefined) return JSON.stringify(value);
  const entries = Object.entries(object)
    .map(([key, entry]) => [key, canonical(entry, depth + 1)] as const)
    .filter(([, text]) => text !== 'null' && text !== '{}' && text !== '[]')
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, text]) => `${JSON.stringify(key)}:${text}`).join(',')}}`;
}
