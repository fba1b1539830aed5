/**
 * Why a new Pod or Namespace matters, what to find out about it and what to do, in our words.
 *
 * Invariant: every field named here is one of the alert's (a test checks it against the schema), and step ids
 * never change their meaning. Later editions add an answer to each step; nothing here reads an event.
 */
import type { AlertKind, Step } from '../alert.ts';

/** A step as it is asked or told, before anything is known. */
export type Instruction = Pick<Step, 'id' | 'text' | 'fields'>;

export interface Runbook {
  readonly title: string;
  readonly whyItMatters: string;
  readonly investigation: readonly Instruction[];
  readonly resolution: readonly Instruction[];
}

const NEW_POD: Runbook = {
  title: 'New K8s Pod',
  whyItMatters:
    'A pod is code that now runs inside the cluster, with a service account’s rights, a place on the network and perhaps a way to its node. ' +
    'Whoever can make one can bring in a miner, a shell or a foothold that outlives the credential it was made with. ' +
    'Most new pods are routine; this record is there to tell quickly whether this one is.',
  investigation: [
    {
      id: 'source',
      text: 'Establish who made the pod: the authenticated user, whom it acted as, with which credential, from which address and with which client. If a controller made it, its owner leads to the author.',
      fields: ['actor', 'object.ownerReferences', 'provenance.auditId'],
    },
    {
      id: 'configuration',
      text: 'Compare name, labels, images, commands and ports with what should run in this namespace, and find the Services that would send it traffic.',
      fields: ['object.name', 'object.namespace', 'object.labels', 'object.containers'],
    },
    {
      id: 'activity',
      text: 'Look for what followed: exec, attach or port-forward into the pod, calls to the API with its own token, refused requests, unusual network or CPU use.',
      fields: ['object.uid', 'object.serviceAccountName'],
    },
    {
      id: 'access-controls',
      text: 'Check by which binding the creation was allowed, what the pod’s service account may do, and which network policies apply to it.',
      fields: ['grant', 'object.serviceAccountName'],
    },
    {
      id: 'dependencies',
      text: 'Go through what the pod reaches: host paths, claims, Secrets, ConfigMaps and tokens it mounts.',
      fields: ['object.volumes', 'object.containers'],
    },
    {
      id: 'impact',
      text: 'Judge what is at stake: a system namespace, a control-plane node, access to the host, or a critical application.',
      fields: ['object.namespace', 'object.nodeName', 'object.hostAccess'],
    },
  ],
  resolution: [
    {
      id: 'preserve-evidence',
      text: 'Save the pod’s manifest and logs before anything is changed.',
      fields: ['object.namespace', 'object.name'],
    },
    {
      id: 'isolate',
      text: 'Cut the pod off with a NetworkPolicy that denies all traffic to and from its labels.',
      fields: ['object.labels'],
    },
    {
      id: 'remove',
      text: 'Remove the pod where it comes from: a bare pod by its uid; an owned one through its owner, or it comes back.',
      fields: ['object.uid', 'object.ownerReferences'],
    },
    {
      id: 'review-access',
      text: 'Review the actor’s rights and the binding used, and take away what is not needed. Rotate the credential when it may be in other hands.',
      fields: ['actor', 'grant'],
    },
    {
      id: 'check-related',
      text: 'Look through everything else the actor and the pod’s service account made since.',
      fields: ['actor', 'object.serviceAccountName'],
    },
    {
      id: 'harden',
      text: 'Keep it from happening again: a Pod Security level on the namespace, a default-deny NetworkPolicy, a smaller role.',
      fields: ['object.namespace', 'grant.role'],
    },
    {
      id: 'monitor',
      text: 'Watch the actor, the images and the service account for some time.',
      fields: ['actor.username', 'object.containers', 'object.serviceAccountName'],
    },
  ],
};

const NEW_NAMESPACE: Runbook = {
  title: 'New K8s Namespace',
  whyItMatters:
    'A namespace is a boundary that somebody chose to draw: it begins without quotas, network policies or a Pod Security level, and its maker often has every right inside. ' +
    'It is a quiet place to hide workloads, above all under a name that looks like the system’s own.',
  investigation: [
    {
      id: 'details',
      text: 'Note name, time of creation, labels and annotations; ask whether the name imitates a known one.',
      fields: ['object.name', 'occurredAt', 'object.labels', 'object.annotations'],
    },
    {
      id: 'permission',
      text: 'Check that the creator was meant to be allowed: by which binding, and whether that binding or its role was changed shortly before, and by whom.',
      fields: ['actor', 'grant'],
    },
    {
      id: 'actor-activity',
      text: 'Read the API server’s log around the creation for this actor: refused requests, Secrets read, RBAC written, commands executed in pods.',
      fields: ['actor', 'occurredAt', 'provenance.auditId'],
    },
    {
      id: 'network',
      text: 'Look for traffic of the namespace: Services, Ingresses and load balancers made inside it, connections to elsewhere.',
      fields: ['object.name'],
    },
    { id: 'contents', text: 'List what is in the namespace and scan its images.', fields: ['object.name'] },
    {
      id: 'ask',
      text: 'If the creator is a legitimate user, ask what the namespace is for, and write the answer down.',
      fields: ['actor.username', 'actor.impersonatedUsername'],
    },
  ],
  resolution: [
    {
      id: 'halt',
      text: 'A namespace cannot be disabled: stop new pods with a quota of none, scale what runs to zero and enforce the restricted Pod Security level.',
      fields: ['object.name'],
    },
    {
      id: 'isolate',
      text: 'Deny all ingress and egress in it, and remove the role bindings made inside.',
      fields: ['object.name'],
    },
    {
      id: 'take-inventory',
      text: 'Record what was made in it, by whom, before anything is deleted.',
      fields: ['object.name', 'object.uid'],
    },
    {
      id: 'remove',
      text: 'Delete its contents, owners before what they own, and the namespace last.',
      fields: ['object.name', 'object.uid'],
    },
    {
      id: 'find-root-cause',
      text: 'Follow the grants back to whoever gave the right to create it.',
      fields: ['grant', 'actor'],
    },
    {
      id: 'remediate',
      text: 'Correct the roles and bindings that made it possible, and rotate credentials that may be in other hands.',
      fields: ['grant.role', 'grant.binding', 'actor.credential'],
    },
  ],
};

export function runbookOf(kind: AlertKind): Runbook {
  return kind === 'NewPod' ? NEW_POD : NEW_NAMESPACE;
}
