/**
 * The controls of a pod's access to its host: namespaces, ports, files, and being the host's own process.
 * Rows of controls.ts.
 */
import type { PodSecurityControl } from './control.ts';
import { ofContainers, ofPodAndContainers } from './field-location.ts';
import { absent, absentOr, fieldsMustBe, volumeSourcesMustBe } from './rules.ts';

export const HOST_ACCESS: readonly PodSecurityControl[] = [
  {
    id: 'hostNamespaces',
    level: 'baseline',
    reason: 'host namespaces',
    editions: [
      {
        sinceMinor: 0,
        rules: [fieldsMustBe(['spec.hostNetwork', 'spec.hostPID', 'spec.hostIPC'], absentOr(false))],
      },
    ],
  },
  {
    id: 'privileged',
    level: 'baseline',
    reason: 'privileged',
    editions: [
      { sinceMinor: 0, rules: [fieldsMustBe(ofContainers('securityContext.privileged'), absentOr(false))] },
    ],
  },
  {
    id: 'windowsHostProcess',
    level: 'baseline',
    reason: 'hostProcess',
    editions: [
      {
        sinceMinor: 0,
        rules: [
          fieldsMustBe(ofPodAndContainers('securityContext.windowsOptions.hostProcess'), absentOr(false)),
        ],
      },
    ],
  },
  {
    id: 'hostPorts',
    level: 'baseline',
    reason: 'hostPort',
    editions: [{ sinceMinor: 0, rules: [fieldsMustBe(ofContainers('ports[*].hostPort'), absentOr(0))] }],
  },
  {
    id: 'hostProbesAndHostLifecycle',
    level: 'baseline',
    reason: 'probe or lifecycle host',
    editions: [
      {
        sinceMinor: 34,
        rules: [
          fieldsMustBe(
            [
              'livenessProbe',
              'readinessProbe',
              'startupProbe',
              'lifecycle.postStart',
              'lifecycle.preStop',
            ].flatMap((handler) => [
              ...ofContainers(`${handler}.httpGet.host`),
              ...ofContainers(`${handler}.tcpSocket.host`),
            ]),
            absentOr(''),
          ),
        ],
      },
    ],
  },
  {
    id: 'hostPathVolumes',
    level: 'baseline',
    reason: 'hostPath volumes',
    editions: [{ sinceMinor: 0, rules: [fieldsMustBe(['spec.volumes[*].hostPath'], absent)] }],
  },
  {
    id: 'restrictedVolumes',
    level: 'restricted',
    reason: 'restricted volume types',
    overrides: ['hostPathVolumes'],
    editions: [
      {
        sinceMinor: 0,
        rules: [
          volumeSourcesMustBe([
            'configMap',
            'csi',
            'downwardAPI',
            'emptyDir',
            'ephemeral',
            'image',
            'persistentVolumeClaim',
            'projected',
            'secret',
          ]),
        ],
      },
    ],
  },
];
