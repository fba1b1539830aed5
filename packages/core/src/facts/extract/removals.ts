/**
 * Facts about pods that were removed while their owner still wants them: deleted, evicted, preempted, or gone
 * with their node.
 *
 * Invariant: what a controller removes to have fewer pods, or other ones, is left out, as nothing takes its
 * place; so is the kubelet's own deletion, which only ends another's. A fact is about the owner's name in its
 * namespace: an event without a body shows no owner, and controllers call a pod by its owner's name, a dash
 * and what has no dash.
 */
import type { AuditEvent } from '../../audit/event.ts';
import { answeredMetadata } from '../../creation/identity.ts';
import { asArray, at, textAt } from '../../base/json.ts';
import type { Fact } from '../../ports/fact-store.ts';
import { type Action, actionValue } from '../action.ts';
import { isController } from '../../kubernetes/controllers.ts';
import { factOf } from '../fact.ts';
import { KINDS } from '../kinds.ts';
import { removedAbout } from '../subjects.ts';
import { ownerOf } from './workloads.ts';
import { digestOf } from '../../base/digest.ts';
import { bounded } from '../../text/bounded.ts';
import { actorsOwn } from '../actor-share.ts';

/** Of one deletion of a collection. */
const PODS_MAX = 64;
const FINISHED: readonly string[] = ['Succeeded', 'Failed'];
const NODE = 'system:node:';

export type RemovalHow = 'deleted' | 'evicted' | 'preempted' | 'nodeGone';

/** The parts of Kubernetes that remove what its owner still wants. */
const HOW: Readonly<Record<string, RemovalHow>> = {
  'system:kube-scheduler': 'preempted',
  // For a taint of the node that the pod does not tolerate: unreachable, for one.
  'system:serviceaccount:kube-system:node-controller': 'evicted',
  'system:serviceaccount:kube-system:pod-garbage-collector': 'nodeGone',
};

export function removalFacts(
  cluster: string,
  event: AuditEvent,
  action: Action,
  id: string,
): readonly Fact[] {
  const how = howOf(event, action.username);
  const { namespace, name } = event.objectRef;
  if (how === undefined || namespace === undefined) return [];
  const factId = actorsOwn(action.username, id);
  const factsOf = (metadata: unknown, podName: string | undefined): readonly Fact[] => {
    const owner = ownerOf(metadata);
    const ownerName = owner?.name ?? (metadata === undefined ? nameOfOwner(podName) : undefined);
    if (podName === undefined || ownerName === undefined) return [];
    const uid = textAt(metadata, 'uid');
    const value = {
      ...actionValue(action),
      how,
      name: bounded(podName, 256),
      uid: uid === undefined ? undefined : bounded(uid, 64),
      owner,
    };
    return [
      factOf({
        cluster,
        about: removedAbout(namespace, ownerName),
        kind: KINDS.removed,
        id: factId,
        order: action.received,
        value,
      }),
    ];
  };
  if (event.verb !== 'deletecollection')
    return isFinished(event.responseObject) ? [] : factsOf(answeredMetadata(event), name);
  const pods = asArray(at(event.responseObject, 'items')).slice(0, PODS_MAX);
  return pods
    .filter((pod) => !isFinished(pod))
    .flatMap((pod) => factsOf(at(pod, 'metadata'), textAt(pod, 'metadata', 'name')))
    .map((fact) => ({
      ...fact,
      id: actorsOwn(action.username, digestOf(id, textAt(fact.value, 'name') ?? '')),
    }));
}

function howOf({ objectRef, verb }: AuditEvent, username: string): RemovalHow | undefined {
  const { apiGroup = '', resource, subresource } = objectRef;
  if (apiGroup !== '' && apiGroup !== 'policy') return undefined;
  const isEviction = resource === 'pods' && subresource === 'eviction' && verb === 'create';
  const isDeletion =
    resource === 'pods' && subresource === undefined && (verb === 'delete' || verb === 'deletecollection');
  if ((!isEviction && !isDeletion) || username.startsWith(NODE)) return undefined;
  const how = Object.hasOwn(HOW, username) ? HOW[username] : undefined;
  if (how === undefined && isController(username)) return undefined;
  return isEviction ? 'evicted' : (how ?? 'deleted');
}

/** Its owner has made another already, or wants none. */
function isFinished(pod: unknown): boolean {
  return FINISHED.includes(textAt(pod, 'status', 'phase') ?? '');
}

function nameOfOwner(podName = ''): string | undefined {
  const dash = podName.lastIndexOf('-');
  return dash <= 0 ? undefined : bounded(podName.slice(0, dash), 256);
}
