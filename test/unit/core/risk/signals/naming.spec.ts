/** Signals of names and places: where each is raised, and the nearest that does not raise it. */
import { namespaceCreated, type Json } from '../../alert/creations.ts';
import { as, CI, CONTROLLER, describeSignals, inKubeSystem, NODE, OWNED, owned, pod } from '../risks.ts';

const namedPod = (name: string, event: Json = {}, metadata: Json = {}) =>
  pod({}, event, { name, ...metadata });

describeSignals({
  'mirror-pod': {
    raised: [['the annotation', pod({}, NODE, { annotations: { 'kubernetes.io/config.mirror': 'abc' } })]],
    not: [
      [
        'another of the kubelet’s annotations',
        pod({}, NODE, { annotations: { 'kubernetes.io/config.source': 'file' } }),
      ],
    ],
  },
  'system-namespace': {
    raised: [
      ['a person in kube-system', pod({}, {}, inKubeSystem)],
      ['the administrator of k3s', pod({}, as('system:admin', 'system:masters'), inKubeSystem)],
      ['somebody’s service account', pod({}, as('system:serviceaccount:shop:web'), inKubeSystem)],
      [
        'a controller’s identity that was taken on',
        pod({}, { impersonatedUser: CONTROLLER.user }, inKubeSystem),
      ],
    ],
    not: [
      ['a controller', pod({}, CONTROLLER, inKubeSystem)],
      ['a kubelet', pod({}, NODE, inKubeSystem)],
      [
        'the controller manager with one identity',
        pod({}, as('system:kube-controller-manager'), inKubeSystem),
      ],
      ['an account of the provider', pod({}, as('eks:addon-manager'), inKubeSystem)],
      ['a namespace of somebody', pod({})],
    ],
  },
  'controller-style-name': {
    raised: [
      ['a Deployment’s pod', namedPod('shop-68d4f7dbbd-rpfj7')],
      [
        'the same, completed by the server',
        namedPod('shop-68d4f7dbbd-rpfj7', {}, { generateName: 'shop-68d4f7dbbd-' }),
      ],
      ['a pod of kube-proxy', namedPod('kube-proxy-bv61v')],
      ['a static pod of the control plane', namedPod('kube-apiserver-master-1')],
      ['a DaemonSet’s pod of kube-system', namedPod('calico-node-x7k2p')],
      [
        'a Deployment’s pod whose owner only its maker names',
        namedPod('shop-68d4f7dbbd-rpfj7', as('system:serviceaccount:ci:deployer'), OWNED),
      ],
      [
        'an operator’s pod of such a name, with an owner that nobody has seen',
        namedPod('shop-68d4f7dbbd-rpfj7', as('system:serviceaccount:ops:operator'), {
          ownerReferences: [{ apiVersion: 'ops.example/v1', kind: 'Rollout', name: 'a' }],
        }),
      ],
      ['a kubelet’s account, on no node', namedPod('kube-apiserver-n-1', NODE)],
      [
        'some service account of kube-system',
        namedPod('kube-proxy-bv61v', as('system:serviceaccount:kube-system:helm')),
      ],
    ],
    not: [
      ['a real one', namedPod('shop-68d4f7dbbd-rpfj7', CONTROLLER, OWNED)],
      ['a static pod by its kubelet', pod({ nodeName: 'n-1' }, NODE, { name: 'kube-apiserver-n-1' })],
      ['a generated name', namedPod('batch-m277j', {}, { generateName: 'batch-' })],
      ['vowels, which no hash has', namedPod('shop-frontend-a1b2c')],
      ['a hash that is too short', namedPod('shop-68d4f7-rpfj7')],
      ['a debugger of a node', namedPod('node-debugger-n-1-b4qsr')],
      ['a StatefulSet’s pod', namedPod('etcd-0')],
      [
        'an operator’s pod',
        namedPod('web-1', as('system:serviceaccount:ops:operator'), {
          ownerReferences: [{ apiVersion: 'ops.example/v1', kind: 'Job', name: 'a' }],
        }),
      ],
    ],
  },
  'contradicted-owner': {
    raised: [
      ['a ReplicaSet that a person names', namedPod('web-1', {}, OWNED)],
      ['a Deployment, which owns no pod', namedPod('web-1', {}, owned('apps/v1', 'Deployment'))],
      ...['ConfigMap', 'Secret', 'ServiceAccount', 'Node', 'Namespace'].map(
        (kind) => [`a ${kind}`, namedPod('web-1', CI, owned('v1', kind))] as const,
      ),
      ['a Role', namedPod('web-1', CI, owned('rbac.authorization.k8s.io/v1', 'Role'))],
      ['a kubelet that names another node', namedPod('web-1', NODE, owned('v1', 'Node', 'n-2'))],
      [
        'a DaemonSet of the system named by somebody’s account',
        namedPod('web-1', CI, owned('apps/v1', 'DaemonSet', 'kube-proxy')),
      ],
      [
        'a controller that makes pods for another kind',
        namedPod('web-1', CONTROLLER, owned('apps/v1', 'DaemonSet')),
      ],
    ],
    not: [
      ['a ReplicaSet’s own controller', namedPod('web-1', CONTROLLER, OWNED)],
      [
        'the controller manager with one account',
        namedPod('web-1', as('system:kube-controller-manager'), OWNED),
      ],
      ['the kubelet of the node', namedPod('web-1', NODE, owned('v1', 'Node', 'n-1'))],
      [
        'OpenShift’s deployer',
        namedPod(
          'web-3-deploy',
          as('system:serviceaccount:openshift-infra:deployer-controller'),
          owned('v1', 'ReplicationController'),
        ),
      ],
      [
        'vcluster’s syncer',
        namedPod('web-x', as('system:serviceaccount:team-v:vc-my-vcluster'), owned('apps/v1', 'StatefulSet')),
      ],
      [
        'vcluster’s syncer that names its Service',
        namedPod('web-x', as('system:serviceaccount:team-v:vc-my-vcluster'), owned('v1', 'Service')),
      ],
      [
        'who makes the pods of a Job with managedBy',
        namedPod('web-x', as('system:serviceaccount:kueue-system:kueue'), owned('batch/v1', 'Job')),
      ],
      [
        'a driver that names its own pod',
        namedPod('web-x', as('system:serviceaccount:spark:spark'), owned('v1', 'Pod')),
      ],
      ['a custom kind', namedPod('web-x', CI, owned('ops.example/v1', 'ConfigMap'))],
    ],
  },
  'system-like-namespace': {
    raised: [
      ['kube-systern', namespaceCreated({ metadata: { name: 'kube-systern' } })],
      ['the reserved prefix', namespaceCreated({ metadata: { name: 'kube-tools' } })],
      ['a pod in kube-systern', pod({}, {}, { namespace: 'kube-systern' })],
      [
        'a name of one’s own',
        namespaceCreated({ metadata: { name: 'paymnets' } }),
        { knownNamespaces: ['payments'] },
      ],
    ],
    not: [
      ['an ordinary name', namespaceCreated({ metadata: { name: 'default-apps' } })],
      [
        'a pod with the reserved prefix, which its namespace’s alert has',
        pod({}, {}, { namespace: 'kube-tools' }),
      ],
      ['a pod in kube-system', pod({}, CONTROLLER, inKubeSystem)],
    ],
  },
});
