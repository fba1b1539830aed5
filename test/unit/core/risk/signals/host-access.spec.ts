/** Signals of a pod’s ways to its node: where each is raised, and the nearest that does not raise it. */
import { CONTAINER } from '../../alert/creations.ts';
import { CONTROLLER, describeSignals, hostPath, inKubeSystem, OWNED, pod, podWith } from '../risks.ts';

describeSignals({
  'runtime-socket': {
    raised: [
      ['the socket', pod(hostPath('/var/run/docker.sock'))],
      ['read only, which a socket does not mind', pod(hostPath('/run/containerd/containerd.sock', true))],
      ['its folder', pod(hostPath('/run/containerd'))],
      ['a volume that nothing mounts yet', pod(hostPath('/run/crio/crio.sock', false, 'other'))],
    ],
    not: [
      ['a neighbour of the socket', pod(hostPath('/run/udev'))],
      [
        'an emptyDir mounted there',
        podWith(
          { volumeMounts: [{ name: 'v', mountPath: '/var/run/docker.sock' }] },
          { spec: { volumes: [{ name: 'v', emptyDir: {} }] } },
        ),
      ],
    ],
  },
  'host-path-writable': {
    raised: [
      ['the root of the node', pod(hostPath('/'))],
      ['a mount that says readOnly: false', pod(hostPath('/etc', false))],
      ['one that nothing mounts yet', pod(hostPath('/root', true, 'other'))],
      ['what is only harmless to read', pod(hostPath('/etc/localtime'))],
      [
        'an init container that writes, where the other reads',
        pod({
          ...hostPath('/etc', true),
          initContainers: [{ name: 'i', volumeMounts: [{ name: 'v', mountPath: '/h' }] }],
        }),
      ],
      [
        'an image of the infrastructure outside the system’s namespaces',
        pod(
          {
            volumes: [{ name: 'v', hostPath: { path: '/' } }],
            containers: [{ name: 'c', image: 'quay.io/calico/node', volumeMounts: [{ name: 'v' }] }],
          },
          CONTROLLER,
        ),
      ],
    ],
    not: [
      [
        'an image of the infrastructure',
        pod(
          {
            volumes: [{ name: 'v', hostPath: { path: '/' } }],
            containers: [{ name: 'c', image: 'quay.io/calico/node', volumeMounts: [{ name: 'v' }] }],
          },
          CONTROLLER,
          { ...inKubeSystem, ...OWNED },
        ),
      ],
      ['a path of no importance', pod(hostPath('/data'))],
      ['a sensitive one read only', pod(hostPath('/etc', true))],
      ['logs read only', pod(hostPath('/var/log', true))],
      ['the runtime’s socket, which is a signal of its own', pod(hostPath('/run/docker.sock'))],
    ],
  },
  'whole-node-writable': {
    raised: [
      ['the root of the node', pod(hostPath('/'))],
      ['another spelling of it', pod(hostPath('//./'))],
      ['a volume that nothing mounts yet', pod(hostPath('/', true, 'other'))],
      ['the drive of a Windows node', pod(hostPath('C:\\'))],
    ],
    not: [
      ['the root read only', pod(hostPath('/', true))],
      ['a folder below it', pod(hostPath('/etc'))],
      [
        'an image of the infrastructure',
        pod(
          {
            volumes: [{ name: 'v', hostPath: { path: '/' } }],
            containers: [{ name: 'c', image: 'quay.io/calico/node', volumeMounts: [{ name: 'v' }] }],
          },
          CONTROLLER,
          { ...inKubeSystem, ...OWNED },
        ),
      ],
    ],
  },
  'host-path-read-only': {
    raised: [
      ['the root of the node', pod(hostPath('/', true))],
      ['a kubelet’s folder', pod(hostPath('/var/lib/kubelet/pods', true))],
    ],
    not: [
      ['a writable one, which weighs more', pod(hostPath('/'))],
      ['the time zone', pod(hostPath('/etc/localtime', true))],
      ['kernel modules', pod(hostPath('/lib/modules', true))],
    ],
  },
  'host-pid': {
    raised: [['hostPID', pod({ hostPID: true })]],
    not: [
      ['hostPID: false', pod({ hostPID: false })],
      ['a text', pod({ hostPID: 'true' })],
    ],
  },
  'host-network': {
    raised: [
      ['hostNetwork', pod({ hostNetwork: true })],
      [
        'a sidecar beside an image of the infrastructure',
        pod(
          { hostNetwork: true, containers: [{ name: 'a', image: 'registry.k8s.io/kube-proxy' }, CONTAINER] },
          CONTROLLER,
          { ...inKubeSystem, ...OWNED },
        ),
      ],
    ],
    not: [
      ['a port of the node', podWith({ ports: [{ containerPort: 80, hostPort: 80 }] })],
      [
        'an image of the infrastructure',
        pod(
          { hostNetwork: true, containers: [{ name: 'a', image: 'registry.k8s.io/kube-proxy:v1.35.4' }] },
          CONTROLLER,
          { ...inKubeSystem, ...OWNED },
        ),
      ],
    ],
  },
  'host-ipc': {
    raised: [['hostIPC', pod({ hostIPC: true })]],
    not: [['shared processes within the pod', pod({ shareProcessNamespace: true })]],
  },
});
