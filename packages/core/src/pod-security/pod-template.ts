/**
 * The pod in an object: a Pod itself, or the template that a controller makes its pods from.
 *
 * Invariant: what is returned has a spec that is an object; whether it is complete is not checked. Decides by
 * the kind alone, so an object of another group that has a template in the same place is read likewise.
 */
import { asObject, at, type JsonObject, textAt } from '../base/json.ts';

export interface PodTemplate {
  readonly metadata: unknown;
  readonly spec: JsonObject;
  /** Where in the object it is: "" or a prefix of field paths, without a dot at its end. */
  readonly path: string;
}

const TEMPLATES: ReadonlyMap<string, readonly string[]> = new Map([
  ['Pod', []],
  ['Deployment', ['spec', 'template']],
  ['StatefulSet', ['spec', 'template']],
  ['DaemonSet', ['spec', 'template']],
  ['ReplicaSet', ['spec', 'template']],
  ['ReplicationController', ['spec', 'template']],
  ['Job', ['spec', 'template']],
  ['CronJob', ['spec', 'jobTemplate', 'spec', 'template']],
]);

/** Undefined for other kinds, and where there is no spec to evaluate. */
export function podTemplateOf(object: unknown): PodTemplate | undefined {
  const path = TEMPLATES.get(textAt(object, 'kind') ?? '');
  const spec = path === undefined ? undefined : asObject(at(object, ...path, 'spec'));
  if (path === undefined || spec === undefined) return undefined;
  return { metadata: at(object, ...path, 'metadata'), spec, path: path.join('.') };
}
