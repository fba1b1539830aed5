/**
 * Signals of permissions that a pod or a namespace has: privileged containers, capabilities, accounts, Pod
 * Security levels, and a way to the host made by hand.
 */
import { hasSeenOwner, isByKubernetes } from '../excuses.ts';
import type { Facts } from '../facts.ts';
import { HOST_ACCESS_SIGNALS } from './host-access.ts';
import type { ContainerFacts } from '../pod-facts.ts';
import { type Finding, NAMESPACE, POD, type SignalRow } from './signal.ts';
import { quoted } from '../../text/wording.ts';

const KUBE_SYSTEM = 'kube-system';
const ENFORCE = 'pod-security.kubernetes.io/enforce';

/** With each of them there are known ways to the node (man 7 capabilities). ALL is all of them. */
const TO_THE_NODE: readonly string[] = [
  'ALL',
  'SYS_ADMIN',
  'SYS_MODULE',
  'SYS_PTRACE',
  'BPF',
  'DAC_READ_SEARCH',
  'SYS_RAWIO',
];
/** The node's network only together with hostNetwork. */
const DANGEROUS: readonly string[] = [...TO_THE_NODE, 'NET_ADMIN'];

const PRIVILEGED: SignalRow = {
  id: 'privileged-container',
  points: 40,
  isHard: true,
  techniques: ['T1611'],
  kinds: POD,
  looksAt: ['containers'],
  reads: ['object.spec (host access)', 'object.spec.containers', 'object.spec.containers.name'],
  excuses: ['infrastructure'],
  find: privileged,
  say: (what) => `Runs privileged, with the node’s devices and every capability: ${what}.`,
};

const CAPABILITIES: SignalRow = {
  id: 'capabilities',
  points: 25,
  isHard: false,
  techniques: ['T1611'],
  kinds: POD,
  looksAt: ['containers'],
  reads: ['object.spec.containers', 'object.spec.containers.name'],
  excuses: ['infrastructure'],
  find: (facts) => capabilities(facts, DANGEROUS),
  say: (what) => `Adds capabilities that reach beyond the container: ${what}.`,
};

export const PRIVILEGE_SIGNALS: readonly SignalRow[] = [
  PRIVILEGED,
  CAPABILITIES,
  {
    id: 'controller-account',
    points: 40,
    isHard: true,
    techniques: ['T1078.001'],
    kinds: POD,
    looksAt: ['serviceAccount', 'namespace'],
    reads: ['objectRef.namespace', 'object.spec.serviceAccountName'],
    excuses: [],
    find: controllerAccount,
    say: (what) =>
      `Runs with the service account ${what} of ${KUBE_SYSTEM}, which belongs to a controller of the control plane and to no pod.`,
  },
  {
    id: 'host-access-by-hand',
    points: 45,
    isHard: false,
    techniques: ['T1610', 'T1611'],
    kinds: POD,
    looksAt: ['actor', 'podSpec', 'volumes', 'containers'],
    reads: [
      'user.username',
      'object.spec (host access)',
      'object.spec.volumes',
      'object.spec.containers',
      'object.spec.containers.name',
      'annotations: audit.k8s.io/truncated',
    ],
    excuses: [
      'own-controller',
      'kubelet',
      'control-plane',
      'pipeline',
      'seen-owner',
      'infrastructure',
      'read-only-mount',
    ],
    find: hostAccessByHand,
    say: (what) =>
      `Made directly and not by a controller, with a way to its node (${what}), as pods are made to break out.`,
  },
  {
    id: 'privileged-namespace',
    points: 20,
    isHard: false,
    techniques: ['T1562'],
    kinds: NAMESPACE,
    looksAt: ['labels'],
    reads: ['object.metadata.labels'],
    excuses: [],
    find: ({ labels }) =>
      labels[ENFORCE] === 'privileged' ? [{ field: `object.labels["${ENFORCE}"]`, what: ENFORCE }] : [],
    say: (what) => `Its label ${what} is "privileged": Pod Security lets any pod in.`,
  },
];

function privileged({ pod }: Facts): readonly Finding[] {
  const hostProcess = pod.hostProcess
    ? [
        {
          field: 'object.securityContext.windowsOptions.hostProcess',
          what: 'all containers, as processes of a Windows node',
        },
      ]
    : [];
  return [
    ...hostProcess,
    ...pod.containers.flatMap((container) => {
      if (container.privileged && !container.expected.has('privileged'))
        return [{ field: `${container.field}.privileged`, what: containerName(container) }];
      return container.hostProcess
        ? [
            {
              field: `${container.field}.securityContext.windowsOptions.hostProcess`,
              what: containerName(container),
            },
          ]
        : [];
    }),
  ];
}

/** A privileged container has them all anyway. */
function capabilities({ pod }: Facts, names: readonly string[]): readonly Finding[] {
  return pod.containers
    .filter((container) => !container.privileged && !container.expected.has('capabilities'))
    .flatMap((container) =>
      names
        .filter((name) => container.capabilities.includes(name))
        .map((name) => ({
          field: `${container.field}.capabilitiesAdded`,
          what: `${name} in ${containerName(container)}`,
        })),
    );
}

function containerName({ kind, name }: ContainerFacts): string {
  switch (kind) {
    case 'regular':
      return quoted(name);
    case 'init':
      return `the init container ${quoted(name)}`;
    case 'ephemeral':
      return `the ephemeral container ${quoted(name)}`;
  }
}

function controllerAccount({ namespace, pod, lists }: Facts): readonly Finding[] {
  const { serviceAccountName } = pod;
  if (
    namespace !== KUBE_SYSTEM ||
    serviceAccountName === undefined ||
    !lists.controllerAccounts.includes(serviceAccountName)
  )
    return [];
  return [{ field: 'object.serviceAccountName', what: quoted(serviceAccountName) }];
}

/**
 * Each way to the host is rated by itself above, as the workloads of a cluster have them too: those come from
 * controllers. A pod without one is how break-outs are tried; every such pod of the published collections is
 * of this kind.
 */
function hostAccessByHand(facts: Facts): readonly Finding[] {
  const { actor } = facts;
  if (actor.username === undefined || isByKubernetes(facts) || actor.isPipeline) return [];
  // Operators make pods that others request; an owner that only the pod names is its creator's claim.
  if (hasSeenOwner(facts)) return [];
  const ways = [PRIVILEGED, ...HOST_ACCESS_SIGNALS].map(({ id, find }) => ({ id, first: find(facts)[0] }));
  return [...ways, { id: CAPABILITIES.id, first: capabilities(facts, TO_THE_NODE)[0] }].flatMap(
    ({ id, first }) => (first === undefined ? [] : [{ field: first.field, what: id }]),
  );
}
