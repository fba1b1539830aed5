/**
 * Everything that makes a creation less severe than it looks, or names a person for it: each with its
 * evidence and what takes it away again.
 *
 * Invariant: `rests` holds only fields that are evidence (audit/field-controllers.ts), except for rows with a
 * reason in `because`; a test checks that, and each signal's use of the excuses that it names. How an excuse
 * is decided is elsewhere: owners.ts, infrastructure.ts, accounts.ts.
 */
import type { EventField } from '../audit/field-controllers.ts';
import type { Facts } from './facts.ts';

export type ExcuseId =
  | 'own-controller'
  | 'kubelet'
  | 'control-plane'
  | 'system-actor'
  | 'distribution'
  | 'pipeline'
  | 'seen-owner'
  | 'infrastructure'
  | 'read-only-mount'
  | 'own-network'
  | 'limited-namespace'
  | 'trusted-name'
  | 'gitops-tool'
  | 'requester'
  | 'display-name';

export interface Excuse {
  readonly id: ExcuseId;
  readonly does: 'lowers' | 'names';
  /** The condition, as text. */
  readonly what: string;
  readonly rests: readonly EventField[];
  /** What takes the excuse away; any client may write it. */
  readonly endsBy: readonly EventField[];
  /** Why it rests on what a client writes. */
  readonly because?: string;
}

export const EXCUSES: readonly Excuse[] = [
  {
    id: 'own-controller',
    does: 'lowers',
    what: 'made by the Kubernetes account that makes pods for this kind of owner',
    rests: ['user.username', 'impersonatedUser'],
    endsBy: ['object.metadata.ownerReferences'],
  },
  {
    id: 'kubelet',
    does: 'lowers',
    what: 'reported by the kubelet of the node that runs it, as static pods are',
    rests: ['user.username', 'impersonatedUser', 'object.spec.nodeName'],
    endsBy: [],
  },
  {
    id: 'control-plane',
    does: 'lowers',
    what: 'made by a user of the list system-accounts, acting for itself; service accounts of kube-system are none',
    rests: ['user.username', 'impersonatedUser'],
    endsBy: [],
  },
  {
    id: 'system-actor',
    does: 'lowers',
    what: 'in a namespace of the system, by a part of it: its service accounts, kubelets, the list system-accounts',
    rests: ['user.username', 'impersonatedUser', 'stream: authors'],
    endsBy: [],
  },
  {
    id: 'distribution',
    does: 'lowers',
    what: 'in a namespace of the system, a template of the deploy controller of RKE2 or K3s: system:admin, acting for itself, from the API server’s own machine',
    rests: ['user.username', 'impersonatedUser', 'sourceIPs (the last)', 'userAgent', 'stream: authors'],
    endsBy: [],
    because:
      'the client’s name only distinguishes the controller from a person on that machine; it counts for nothing from anywhere else',
  },
  {
    id: 'pipeline',
    does: 'lowers',
    what: 'made, or its template written, by a user of the list pipeline-accounts',
    rests: ['user.username', 'impersonatedUser', 'stream: authors'],
    endsBy: [],
  },
  {
    id: 'seen-owner',
    does: 'lowers',
    what: 'by a service account, for a custom object whose creation the stream has shown, under this uid, and by somebody else',
    rests: ['stream: creations', 'user.username'],
    endsBy: ['object.metadata.ownerReferences'],
  },
  {
    id: 'infrastructure',
    does: 'lowers',
    what: 'in a namespace of the system, by the own controller or kubelet, an image of the list that runs its own program and no shell, with a template that nobody but the workload’s creator or the platform is known to have written; where that is a person, only a container without a command or arguments',
    rests: [
      'user.username',
      'impersonatedUser',
      'objectRef.namespace',
      'object.spec.containers',
      'object.spec.containers.image',
      'stream: authors',
    ],
    endsBy: ['object.metadata.ownerReferences'],
    because:
      'only the image’s registry distinguishes one agent of a node from another; it counts for nothing without the controller’s account',
  },
  {
    id: 'read-only-mount',
    does: 'lowers',
    what: 'a path of the node that is mounted for reading only, or is harmless to read',
    rests: ['object.spec.volumes', 'object.spec.containers'],
    endsBy: [],
  },
  {
    id: 'own-network',
    does: 'lowers',
    what: 'from a network of the list own-networks',
    rests: ['sourceIPs (the last)'],
    endsBy: [],
  },
  {
    id: 'limited-namespace',
    does: 'lowers',
    what: 'in a namespace with a quota, or with a NetworkPolicy for the pod',
    rests: ['stream: namespaces', 'object.metadata.labels'],
    endsBy: [],
    because: 'a policy holds exactly the pods whose labels it selects: with the label it holds this one',
  },
  {
    id: 'trusted-name',
    does: 'lowers',
    what: 'in the namespace with the very name that others imitate',
    rests: ['objectRef.namespace'],
    endsBy: [],
  },
  {
    id: 'gitops-tool',
    does: 'names',
    what: 'named as the tool whose service account, by namespace and name, made it',
    rests: ['user.username'],
    endsBy: [],
  },
  {
    id: 'requester',
    does: 'names',
    what: 'named as the user whom the platform’s own account, by its whole name, wrote into the object',
    rests: ['user.username', 'impersonatedUser', 'object.metadata.annotations', 'object.metadata.labels'],
    endsBy: [],
    because:
      'the account is the platform’s, and what it writes there is not its users’ choice; of anybody else nothing is read',
  },
  {
    id: 'display-name',
    does: 'names',
    what: 'named by what the authenticator gave beside the user name, with its source',
    rests: ['user.extra', 'impersonatedUser'],
    endsBy: [],
  },
];

/** Nobody made it by hand: Kubernetes itself did, by the signal's own evidence. */
export function isByKubernetes({ maker }: Pick<Facts, 'maker'>): boolean {
  return maker.isOwnController || maker.isKubelet || maker.isControlPlane;
}

/** A service account's pod for a custom object that somebody else is known to have made. */
export function hasSeenOwner({ actor, owners }: Pick<Facts, 'actor' | 'owners'>): boolean {
  return actor.isServiceAccount && owners.some(({ assurance }) => assurance === 'SEEN');
}
