/**
 * Who a user name of Kubernetes stands for, in words.
 *
 * Source: Kubernetes documentation, "Authenticating" and "Using Node Authorization". A name says who
 * authenticated and no more: whoever holds the credential has the name.
 */
import type { Actor } from '@arrivals/core';
import { named } from './format.ts';

export const MASTERS = 'system:masters';

const SERVICE_ACCOUNT = /^system:serviceaccount:([^:]+):(.+)$/;
const NODE = /^system:node:(.+)$/;

/** Of kube-system, each with the kind of the objects that it makes pods for. */
const POD_CONTROLLERS: Readonly<Record<string, string>> = {
  'replicaset-controller': 'ReplicaSet',
  'replication-controller': 'ReplicationController',
  'statefulset-controller': 'StatefulSet',
  'daemon-set-controller': 'DaemonSet',
  'job-controller': 'Job',
};

const KNOWN: Readonly<Record<string, string>> = {
  'system:anonymous': 'an unauthenticated client',
  'system:apiserver': 'the API server itself',
  'system:kube-controller-manager': 'the controller manager',
  'system:kube-scheduler': 'the scheduler',
};

export interface ServiceAccount {
  readonly namespace: string;
  readonly name: string;
}

export function serviceAccountOf(username: string): ServiceAccount | undefined {
  const [, namespace, name] = SERVICE_ACCOUNT.exec(username) ?? [];
  return namespace === undefined || name === undefined ? undefined : { namespace, name };
}

export function nodeOf(username: string): string | undefined {
  return NODE.exec(username)?.[1];
}

/** The kind that this user makes pods for, if it is a controller of the control plane. */
export function controlledKind(username: string): string | undefined {
  const { namespace, name = '' } = serviceAccountOf(username) ?? {};
  return namespace === 'kube-system' && Object.hasOwn(POD_CONTROLLERS, name)
    ? POD_CONTROLLERS[name]
    : undefined;
}

/**
 * @param podName the pod that the token was made for; a controller of the control plane runs in none that is
 * known.
 */
export function principal(username: string, podName: string | null): string {
  const inPod = podName === null ? '' : ` in the pod ${named(podName)}`;
  const kind = controlledKind(username);
  if (kind !== undefined && podName === null) return `the ${kind} controller`;
  const account = serviceAccountOf(username);
  if (account !== undefined)
    return `the service account ${named(`${account.namespace}/${account.name}`)}${inPod}`;
  const node = nodeOf(username);
  if (node !== undefined) return `the node ${named(node)}`;
  return (Object.hasOwn(KNOWN, username) ? KNOWN[username] : undefined) ?? named(username);
}

/** A server of an earlier version knows no display names, and nobody on whose behalf something was done. */
export type Identity = Pick<Actor, 'impersonatedUsername'> &
  Partial<Pick<Actor, 'display' | 'onBehalfOf'>> & { readonly username: string };

interface Words {
  /** A user name. */
  readonly user: (username: string) => string;
  /** Any other name. */
  readonly name: (text: string) => string;
  /** In a sentence that goes on. */
  readonly isAside?: boolean;
}

/**
 * Who it was, with both identities where there are two: "“anna” through “system:serviceaccount:…”", "“admin”
 * acting as “anna”". A program that takes on an identity does so for its holder; a person who does is the one
 * who acts. Behind a name stands what people call it, and for whom a platform's account acts.
 */
export function identityWords(
  { username, impersonatedUsername, display, onBehalfOf }: Identity,
  words: Words = { user: named, name: named },
): string {
  const { user, name, isAside } = words;
  const shown = (text: string, of: string): string =>
    `${user(text)}${display?.from.startsWith(`${of}.`) === true ? ` (${name(display.name)})` : ''}`;
  const account = shown(username, 'user');
  const wanted =
    onBehalfOf === null || onBehalfOf === undefined
      ? ''
      : ` for ${onBehalfOf.what === 'requester' ? '' : `the ${onBehalfOf.what} `}${name(onBehalfOf.name)}`;
  if (impersonatedUsername === null) return `${account}${wanted}`;
  const person = shown(impersonatedUsername, 'impersonatedUser');
  if (username.startsWith('system:')) return `${person} through ${account}${wanted}`;
  return isAside === true
    ? `${account}, acting as ${person}${wanted},`
    : `${account} acting as ${person}${wanted}`;
}
