/** Signals of names and places: where each is raised, and the nearest that does not raise it. */
import { namespaceCreated, type Json } from '../alert/creations.ts';
import { as, CONTROLLER, describeSignals, inKubeSystem, NODE, OWNED, pod } from './risks.ts';

const namedPod = (name: string, event: Json = {}, metadata: Json = {}) => pod({}, event, { name, ...metadata });

describeSignals({
  'mirror-pod': {
    raised: [['the annotation', pod({}, NODE, { annotations: { 'kubernetes.io/config.mirror': 'abc' } })]],
    not: [['another of the kubelet’s annotations', pod({}, NODE, { annotations: { 'kubernetes.io/config.source': 'file' } })]],
  },
  'system-namespace': {
    raised: [
      ['a person in kube-system', pod({}, {}, inKubeSystem)],
      ['the administrator of k3s', pod({}, as('system:admin', 'system:masters'), inKubeSystem)],
      ['somebody’s service account', pod({}, as('system:serviceaccount:shop:web'), inKubeSystem)],
      ['a controller’s identity that was taken on', pod({}, { impersonatedUser: CONTROLLER.user }, inKubeSystem)],
    ],
    not: [
      ['a controller', pod({}, CONTROLLER, inKubeSystem)],
      ['a kubelet', pod({}, NODE, inKubeSystem)],
      ['the controller manager with one identity', pod({}, as('system:kube-controller-manager'), inKubeSystem)],
      ['an account of the provider', pod({}, as('eks:addon-manager'), inKubeSystem)],
      ['a namespace of somebody', pod({})],
    ],
  },
  'controller-style-name': {
    raised: [
      ['a Deployment’s pod', namedPod('shop-68d4f7dbbd-rpfj7')],
      ['the same, completed by the server', namedPod('shop-68d4f7dbbd-rpfj7', {}, { generateName: 'shop-68d4f7dbbd-' })],
      ['a pod of kube-proxy', namedPod('kube-proxy-bv61v')],
      ['a static pod of the control plane', namedPod('kube-apiserver-master-1')],
      ['a DaemonSet’s pod of kube-system', namedPod('calico-node-x7k2p')],
      ['a ReplicaSet that did not make it', namedPod('web-1', {}, OWNED)],
    ],
    not: [
      ['a real one', namedPod('shop-68d4f7dbbd-rpfj7', CONTROLLER, OWNED)],
      ['a static pod by its kubelet', namedPod('kube-apiserver-n-1', NODE)],
      [
        'an operator’s pod of such a name, with its owner',
        namedPod('shop-68d4f7dbbd-rpfj7', as('system:serviceaccount:ops:operator'), {
          ownerReferences: [{ apiVersion: 'ops.example/v1', kind: 'Rollout', name: 'a' }],
        }),
      ],
      ['a generated name', namedPod('batch-m277j', {}, { generateName: 'batch-' })],
      ['vowels, which no hash has', namedPod('shop-frontend-a1b2c')],
      ['a hash that is too short', namedPod('shop-68d4f7-rpfj7')],
      ['a debugger of a node', namedPod('node-debugger-n-1-b4qsr')],
      ['a StatefulSet’s pod', namedPod('etcd-0')],
      [
        'an operator’s pod',
        namedPod('web-1', as('system:serviceaccount:ops:operator'), { ownerReferences: [{ apiVersion: 'ops.example/v1', kind: 'Job', name: 'a' }] }),
      ],
    ],
  },
  'system-like-namespace': {
    raised: [
      ['kube-systern', namespaceCreated({ metadata: { name: 'kube-systern' } })],
      ['the reserved prefix', namespaceCreated({ metadata: { name: 'kube-tools' } })],
      ['a pod in kube-systern', pod({}, {}, { namespace: 'kube-systern' })],
      ['a name of one’s own', namespaceCreated({ metadata: { name: 'paymnets' } }), { knownNamespaces: ['payments'] }],
    ],
    not: [
      ['an ordinary name', namespaceCreated({ metadata: { name: 'default-apps' } })],
      ['a pod behind the reserved prefix, which its namespace told', pod({}, {}, { namespace: 'kube-tools' })],
      ['a pod in kube-system', pod({}, CONTROLLER, inKubeSystem)],
    ],
  },
});
