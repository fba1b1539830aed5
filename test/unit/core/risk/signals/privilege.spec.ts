/** Signals of rights: where each is raised, and the nearest that does not raise it. */
import { CONTAINER, namespaceCreated } from '../../alert/creations.ts';
import {
  as,
  capable,
  CI,
  CONTROLLER,
  describeSignals,
  hostPath,
  inKubeSystem,
  OWNED,
  owned,
  pod,
  podWith,
  PRIVILEGED,
} from '../risks.ts';

describeSignals({
  'privileged-container': {
    raised: [
      ['a container', podWith(PRIVILEGED)],
      ['an init container', pod({ initContainers: [{ name: 'i', ...PRIVILEGED }] })],
      ['an ephemeral container', pod({ ephemeralContainers: [{ name: 'e', ...PRIVILEGED }] })],
      [
        'a process of a Windows node',
        podWith({ securityContext: { windowsOptions: { hostProcess: true } } }),
      ],
      [
        'all as processes of a Windows node',
        pod({ securityContext: { windowsOptions: { hostProcess: true } } }),
      ],
      [
        'another container than the one of the infrastructure',
        pod(
          {
            containers: [
              { name: 'a', image: 'quay.io/calico/node', ...PRIVILEGED },
              { ...CONTAINER, ...PRIVILEGED },
            ],
          },
          CONTROLLER,
          { ...inKubeSystem, ...OWNED },
        ),
      ],
      [
        'an image of the infrastructure in somebody’s namespace',
        pod({ containers: [{ name: 'a', image: 'quay.io/calico/node', ...PRIVILEGED }] }, CONTROLLER),
      ],
      [
        'an image of the infrastructure by somebody',
        pod({ containers: [{ name: 'a', image: 'quay.io/calico/node', ...PRIVILEGED }] }, {}, inKubeSystem),
      ],
      [
        'an image of the infrastructure that runs a shell',
        pod(
          {
            containers: [
              { name: 'a', image: 'quay.io/calico/node', command: ['/bin/sh', '-c', 'x'], ...PRIVILEGED },
            ],
          },
          CONTROLLER,
          {
            ...inKubeSystem,
            ...OWNED,
          },
        ),
      ],
      [
        'the infrastructure’s name in another registry',
        pod(
          { containers: [{ name: 'a', image: 'registry.example/calico/node', ...PRIVILEGED }] },
          CONTROLLER,
          { ...inKubeSystem, ...OWNED },
        ),
      ],
    ],
    not: [
      [
        'privilege escalation',
        podWith({ securityContext: { allowPrivilegeEscalation: true, runAsUser: 0 } }),
      ],
      [
        'an image of the infrastructure',
        pod({ containers: [{ name: 'a', image: 'quay.io/calico/node:v3', ...PRIVILEGED }] }, CONTROLLER, {
          ...inKubeSystem,
          ...OWNED,
        }),
      ],
    ],
  },
  capabilities: {
    raised: [
      ['SYS_ADMIN', podWith(capable('SYS_ADMIN'))],
      ['with the prefix of the kernel', podWith(capable('CAP_SYS_PTRACE'))],
      ['in small letters', podWith(capable('bpf'))],
      ['ALL', podWith(capable('ALL'))],
      ['NET_ADMIN', podWith(capable('NET_ADMIN'))],
      ['an init container', pod({ initContainers: [{ name: 'i', ...capable('SYS_MODULE') }] })],
    ],
    not: [
      ['NET_BIND_SERVICE', podWith(capable('NET_BIND_SERVICE', 'CHOWN'))],
      ['dropping them', podWith({ securityContext: { capabilities: { drop: ['ALL', 'SYS_ADMIN'] } } })],
      [
        'a privileged container, which has them anyway',
        podWith({ securityContext: { privileged: true, capabilities: { add: ['SYS_ADMIN'] } } }),
      ],
    ],
  },
  'controller-account': {
    raised: [
      ['an account of a controller', pod({ serviceAccountName: 'replicaset-controller' }, {}, inKubeSystem)],
    ],
    not: [
      ['the same name elsewhere', pod({ serviceAccountName: 'replicaset-controller' })],
      ['an account that pods have', pod({ serviceAccountName: 'coredns' }, {}, inKubeSystem)],
    ],
  },
  'host-access-by-hand': {
    raised: [
      ['a person', pod({ hostPID: true })],
      ['the administrator of k3s', pod({ hostPID: true }, as('system:admin', 'system:masters'))],
      ['a service account', podWith(PRIVILEGED, { event: as('system:serviceaccount:shop:web') })],
      [
        'a person who claims an owner',
        pod({ hostIPC: true }, {}, { ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'c' }] }),
      ],
      [
        'an account that claims an owner of a custom kind, which nobody has seen',
        pod({ hostPID: true }, as('system:serviceaccount:ops:operator'), {
          ownerReferences: [{ apiVersion: 'ops.example/v1', kind: 'Agent', name: 'a' }],
        }),
      ],
      ...['ConfigMap', 'Node', 'Service', 'Pod'].map(
        (kind) =>
          [
            `an account that claims a ${kind} as owner`,
            pod({ hostPID: true }, CI, owned('v1', kind)),
          ] as const,
      ),
      [
        'a service account of kube-system that is no controller',
        pod({ hostPID: true }, as('system:serviceaccount:kube-system:helm'), inKubeSystem),
      ],
      ['a controller’s account without the owner that its pods have', pod({ hostPID: true }, CONTROLLER)],
      ['a capability', podWith(capable('SYS_ADMIN'))],
      ['the node’s files', pod(hostPath('/', true))],
    ],
    not: [
      ['a controller', pod({ hostPID: true }, CONTROLLER, OWNED)],
      ['a listed pipeline', pod({ hostPID: true }), { pipelineAccounts: ['alice'] }],
      ['a pod without a way to its node', podWith({ ...capable('NET_ADMIN'), image: 'ubuntu' })],
    ],
  },
  'privileged-namespace': {
    raised: [
      [
        'the label',
        namespaceCreated({ metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'privileged' } } }),
      ],
    ],
    not: [
      [
        'a warning level',
        namespaceCreated({
          metadata: {
            labels: {
              'pod-security.kubernetes.io/warn': 'privileged',
              'pod-security.kubernetes.io/audit': 'privileged',
            },
          },
        }),
      ],
      [
        'baseline',
        namespaceCreated({ metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'baseline' } } }),
      ],
      [
        'a pod with the label',
        pod({}, {}, { labels: { 'pod-security.kubernetes.io/enforce': 'privileged' } }),
      ],
    ],
  },
});
