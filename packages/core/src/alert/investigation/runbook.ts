/**
 * Why a new Pod or Namespace matters, what to find out about it and what to do, in our words: what is the
 * same for every alert. A record has the ids alone; `explain` and the documentation have the texts.
 *
 * Invariant: every field named here is one of the alert's (a test checks it against the schema), and step ids
 * never change their meaning. Nothing here reads an event.
 */
import type { AlertKind } from '../alert.ts';

/**
 * Observed: the stream shows it. Not observed: it would, but has shown none. Not observable: audit events do
 * not tell this, or not at this level.
 */
export type QuestionStatus = 'observed' | 'notObserved' | 'notObservable';

/** A step before anything is known. */
export interface Instruction {
  /** Stable, for a subscriber's own logic. */
  readonly id: string;
  readonly text: string;
  /** Where in the alert the facts for it are. */
  readonly fields: readonly string[];
  /** By status: what a question is answered with where a record has no answer of its own. */
  readonly answers?: Readonly<Partial<Record<QuestionStatus, string>>>;
}

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
      fields: ['author', 'actor', 'object.ownerReferences', 'provenance.auditId'],
    },
    {
      id: 'before',
      text: 'What did the author do in the half hour before?',
      fields: ['context.timeline'],
      answers: {
        notObserved:
          'In the half hour before: nothing refused, no Secrets read, no rights written, no way taken into a pod, no tokens asked for, no impersonation.',
      },
    },
    {
      id: 'first-seen',
      text: 'Is anything about it new to this cluster: the user, the address, the client, the image, the registry?',
      fields: ['context.firstSeen'],
      answers: {
        notObserved: 'Nothing about it is new: each of these names was seen before.',
        notObservable: 'Still learning what is usual.',
      },
    },
    {
      id: 'configuration',
      text: 'Compare name, labels, images, commands and ports with what should run in this namespace, and find the Services that would send it traffic.',
      fields: ['object.name', 'object.namespace', 'object.labels', 'object.containers'],
      answers: {
        notObservable: 'Its specification is not in the event.',
      },
    },
    {
      id: 'services',
      text: 'Which Services send it traffic?',
      fields: ['context.surroundings.services'],
      answers: {
        notObserved: 'No Service that selects it was seen; one from before watching began is not known.',
        notObservable: 'Its labels are not in the event, and selectors go by labels.',
      },
    },
    {
      id: 'activity',
      text: 'Look for what followed: exec, attach or port-forward into the pod, calls to the API with its own token, refused requests, unusual network or CPU use.',
      fields: ['object.uid', 'object.serviceAccountName'],
      answers: {
        notObserved: 'Nothing so far: this is written as the pod is made, and not again for what follows.',
      },
    },
    {
      id: 'resource-use',
      text: 'Does it use network or CPU in an unusual way?',
      fields: ['object.nodeName'],
      answers: {
        notObservable: 'Audit events tell of requests to the API, not of traffic or load.',
      },
    },
    {
      id: 'access-controls',
      text: 'Check by which binding the creation was allowed, what the pod’s service account may do, and which network policies apply to it.',
      fields: ['grant'],
    },
    {
      id: 'service-account',
      text: 'What may its service account do?',
      fields: ['context.serviceAccount', 'object.serviceAccountName'],
      answers: {
        notObservable: 'Which service account the pod runs as is not in its event.',
      },
    },
    {
      id: 'network-policies',
      text: 'Which NetworkPolicies apply to it?',
      fields: ['context.surroundings.networkPolicies'],
      answers: {
        notObserved:
          'No NetworkPolicy that applies to it was seen; one from before watching began is not known.',
        notObservable: 'Its labels are not in the event, and selectors go by labels.',
      },
    },
    {
      id: 'dependencies',
      text: 'Go through what the pod reaches: host paths, claims, Secrets, ConfigMaps and tokens it mounts.',
      fields: ['object.volumes', 'object.containers'],
      answers: {
        notObservable: 'Its specification is not in the event.',
        notObserved: 'It mounts no volumes.',
        observed: 'It mounts its token for the API, and nothing else.',
      },
    },
    {
      id: 'impact',
      text: 'Judge what is at stake: a system namespace, a control-plane node, access to the host, or a critical application.',
      fields: ['object.namespace', 'object.nodeName', 'object.hostAccess', 'context.surroundings.namespace'],
      answers: {
        observed: 'It asks for no access to its host.',
        notObservable: 'Its specification is not in the event, and nothing is known of its namespace.',
      },
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
      fields: [
        'object.name',
        'occurredAt',
        'object.labels',
        'object.annotations',
        'context.surroundings.namespace',
      ],
    },
    {
      id: 'permission',
      text: 'Check that the creator was meant to be allowed: by which binding, and whether that binding or its role was changed shortly before, and by whom.',
      fields: ['actor', 'grant'],
    },
    {
      id: 'actor-activity',
      text: 'Read the API server’s log around the creation for this actor: refused requests, Secrets read, RBAC written, commands executed in pods.',
      fields: ['context.timeline', 'actor', 'occurredAt', 'provenance.auditId'],
      answers: {
        notObserved:
          'In the half hour before: nothing refused, no Secrets read, no rights written, no way taken into a pod, no tokens asked for, no impersonation.',
      },
    },
    {
      id: 'first-seen',
      text: 'Is anything about its maker new to this cluster: the user, the address, the client?',
      fields: ['context.firstSeen'],
      answers: {
        notObserved: 'Nothing about it is new: each of these names was seen before.',
        notObservable: 'Still learning what is usual.',
      },
    },
    {
      id: 'network',
      text: 'Look for traffic of the namespace: Services, Ingresses and load balancers made inside it, connections to elsewhere.',
      fields: ['object.name'],
      answers: {
        notObservable:
          'Audit events tell of requests to the API, not of traffic. Services, Ingresses and load balancers made inside it are seen as they come.',
      },
    },
    {
      id: 'contents',
      text: 'List what is in the namespace and scan its images.',
      fields: ['object.name'],
      answers: {
        notObserved:
          'Nothing yet: this is written as the namespace is made. Pods that arrive in it are alerts of their own.',
      },
    },
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
  return kind === 'newPod' ? NEW_POD : NEW_NAMESPACE;
}

/** A step of a kind's investigation or resolution. Undefined for an id of another version. */
export function instructionOf(
  kind: AlertKind,
  list: 'investigation' | 'resolution',
  id: string,
): Instruction | undefined {
  return runbookOf(kind)[list].find((instruction) => instruction.id === id);
}
