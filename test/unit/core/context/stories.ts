/** Stories of several events about one pod: what its alert shows once all of them were seen. */
import {
  type Alert,
  contextFactsOf,
  contextSubjects,
  creationContextOf,
  creationQueryOf,
} from '@arrivals/core';
import { type Author, readAuditEvent } from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import { MemoryContext } from '../../../support/memory-facts.ts';
import type { Json } from '../samples.ts';
import { CLUSTER, known } from './captures.ts';
import { alertWith } from './creations.ts';
import { at } from './seconds.ts';

export const CONTROLLERS = 'system:serviceaccount:kube-system:';
const NAMESPACE = 'shop';

export interface LruRow {
  readonly apiVersion: string;
  readonly kind: string;
  readonly resource: string;
  readonly name: string;
  readonly uid: string;
  readonly owner?: LruRow;
  readonly spec?: Json;
  readonly annotations?: Json;
  readonly status?: Json;
}

const builtIn =
  (apiVersion: string, kind: string, resource: string) =>
  (name: string, more: Partial<LruRow> = {}): LruRow => ({
    apiVersion,
    kind,
    resource,
    name,
    uid: `uid-of-${name}`,
    ...more,
  });

export const deployment = builtIn('apps/v1', 'Deployment', 'deployments');
export const replicaSet = builtIn('apps/v1', 'ReplicaSet', 'replicasets');
export const statefulSet = builtIn('apps/v1', 'StatefulSet', 'statefulsets');
export const job = builtIn('batch/v1', 'Job', 'jobs');
export const cronJob = builtIn('batch/v1', 'CronJob', 'cronjobs');
export const pod = builtIn('v1', 'Pod', 'pods');

export function image(name: string, restartedAt?: string): Json {
  const annotations = restartedAt === undefined ? {} : { 'kubectl.kubernetes.io/restartedAt': restartedAt };
  return {
    replicas: 2,
    template: {
      metadata: { labels: { app: 'web' }, annotations },
      spec: { containers: [{ name: 'c', image: name }] },
    },
  };
}

export function revision(number: number): Json {
  return { 'deployment.kubernetes.io/revision': String(number) };
}

/** The object as the server answers it. */
export function objectOf({ apiVersion, kind, name, uid, owner, spec, annotations, status }: LruRow): Json {
  const ownerReferences =
    owner === undefined
      ? undefined
      : [
          {
            apiVersion: owner.apiVersion,
            kind: owner.kind,
            name: owner.name,
            uid: owner.uid,
            controller: true,
          },
        ];
  return {
    apiVersion,
    kind,
    metadata: { name, namespace: NAMESPACE, uid, annotations, ownerReferences },
    spec,
    status,
  };
}

type Verb = 'create' | 'update' | 'patch' | 'delete';

/** A request about an object, recorded with its bodies. */
export function did(second: number, username: string, verb: Verb, row: LruRow, changes: Json = {}): Json {
  const group = row.apiVersion.includes('/') ? row.apiVersion.split('/')[0] : undefined;
  return at(second, username, {
    verb,
    requestURI: `/x/${row.name}`,
    objectRef: {
      resource: row.resource,
      namespace: NAMESPACE,
      name: row.name,
      ...(group === undefined ? {} : { apiGroup: group }),
    },
    responseStatus: { code: verb === 'create' ? 201 : 200 },
    requestObject: undefined,
    responseObject: objectOf(row),
    ...changes,
  });
}

/** The same at level Metadata. */
export function didUnseen(
  second: number,
  username: string,
  verb: Verb,
  row: LruRow,
  subresource?: string,
): Json {
  const event = did(second, username, verb, row, { level: 'Metadata', responseObject: undefined });
  return subresource === undefined
    ? event
    : { ...event, objectRef: { ...(event['objectRef'] as Json), subresource } };
}

/** A Deployment's first ReplicaSet and whatever follows it: by the controller. */
export function byDeployment(second: number, verb: 'create' | 'update', set: LruRow): Json {
  return did(second, `${CONTROLLERS}deployment-controller`, verb, set);
}

export function podOf(second: number, owner: LruRow, name = `${owner.name}-b`): Json {
  const makers: Readonly<Record<string, string>> = {
    ReplicaSet: 'replicaset-controller',
    StatefulSet: 'statefulset-controller',
    Job: 'job-controller',
  };
  return did(
    second,
    `${CONTROLLERS}${makers[owner.kind] ?? assert.fail(owner.kind)}`,
    'create',
    pod(name, { owner }),
  );
}

export interface Story {
  readonly author: Author;
  readonly alert: Alert;
  readonly headline: string;
  /** The answer to who made it. */
  readonly source: string;
}

/** Of the last event, which makes a pod, once all were seen. */
export async function toldOf(events: readonly Json[]): Promise<Story> {
  const context = new MemoryContext();
  for (const event of events) await context.remember(contextFactsOf(CLUSTER, readAuditEvent(event)), 0);
  const event = readAuditEvent(events.at(-1));
  const query = creationQueryOf('Pod', event) ?? assert.fail('no user or time');
  let abouts: readonly string[] = [];
  for (;;) {
    const facts = await known(context, abouts);
    const wanted = contextSubjects(query, facts).filter((about) => !abouts.includes(about));
    if (wanted.length > 0) {
      abouts = [...abouts, ...wanted];
      continue;
    }
    const found = creationContextOf(query, facts);
    const alert = alertWith(event, found);
    const source = alert.investigation.find(({ id }) => id === 'source')?.answer;
    return { author: found.author, alert, headline: alert.headline, source: source ?? '' };
  }
}
