/**
 * The controls of the kernel's confinement: AppArmor, SELinux, seccomp, the masks of /proc, sysctls. Rows of
 * controls.ts.
 */
import type { Edition, PodSecurityControl } from './control.ts';
import { ofContainers, ofPodAndContainers, type FieldLocation } from './field-location.ts';
import {
  absentOr,
  absentOrText,
  annotationsMustBe,
  containerNames,
  fieldsMustBe,
  hasUserNamespace,
  isWindows,
  oneOf,
  podOrContainersMustBe,
  profile,
} from './rules.ts';

const APPARMOR_ANNOTATION = 'container.apparmor.security.beta.kubernetes.io/';
const SECCOMP_POD_ANNOTATION = 'seccomp.security.alpha.kubernetes.io/pod';
const SECCOMP_CONTAINER_ANNOTATION = 'container.seccomp.security.alpha.kubernetes.io/';

const aConfiningProfile = oneOf('RuntimeDefault', 'Localhost');

/** In the plural for several values; of annotations each counts, of fields each different one. */
function appArmorReason(violations: readonly FieldLocation[]): string {
  const values = new Set(
    violations.map(({ path, value }) => (path.startsWith('metadata.') ? path : (value ?? ''))),
  );
  return values.size === 1 ? 'forbidden AppArmor profile' : 'forbidden AppArmor profiles';
}

/** The container's annotation is found by its name, so the name has to be one. */
const SECCOMP_ANNOTATIONS: Edition['rules'] = [
  fieldsMustBe(ofContainers('name'), absentOrText),
  annotationsMustBe(
    (pod) => {
      const keys = new Set([
        SECCOMP_POD_ANNOTATION,
        ...containerNames(pod).map((name) => `${SECCOMP_CONTAINER_ANNOTATION}${name}`),
      ]);
      return (key) => keys.has(key);
    },
    profile(['runtime/default', 'docker/default']),
  ),
];

const SECCOMP_CONFINES: Edition['rules'] = [
  podOrContainersMustBe('securityContext.seccompProfile?.type', aConfiningProfile),
];

const PROC_MASKED: Edition['rules'] = [
  fieldsMustBe(ofContainers('securityContext.procMount'), absentOr('Default')),
];

function seLinux(types: readonly string[]): Edition['rules'] {
  return [
    fieldsMustBe(ofPodAndContainers('securityContext.seLinuxOptions.type'), absentOr('', ...types)),
    fieldsMustBe(ofPodAndContainers('securityContext.seLinuxOptions.user'), absentOr('')),
    fieldsMustBe(ofPodAndContainers('securityContext.seLinuxOptions.role'), absentOr('')),
  ];
}

const SELINUX_TYPES = ['container_t', 'container_init_t', 'container_kvm_t'];

/** Which sysctls are namespaced and safe, and since which minor they count as such. */
const SAFE_SYSCTLS: readonly (readonly [sinceMinor: number, sysctls: readonly string[]])[] = [
  [
    0,
    [
      'kernel.shm_rmid_forced',
      'net.ipv4.ip_local_port_range',
      'net.ipv4.tcp_syncookies',
      'net.ipv4.ping_group_range',
      'net.ipv4.ip_unprivileged_port_start',
    ],
  ],
  [27, ['net.ipv4.ip_local_reserved_ports']],
  [
    29,
    [
      'net.ipv4.tcp_keepalive_time',
      'net.ipv4.tcp_fin_timeout',
      'net.ipv4.tcp_keepalive_intvl',
      'net.ipv4.tcp_keepalive_probes',
    ],
  ],
  [32, ['net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem']],
  [37, ['net.ipv4.tcp_slow_start_after_idle', 'net.ipv4.tcp_notsent_lowat']],
];

export const CONFINEMENT: readonly PodSecurityControl[] = [
  {
    id: 'appArmorProfile',
    level: 'baseline',
    reason: appArmorReason,
    editions: [
      {
        sinceMinor: 0,
        rules: [
          fieldsMustBe(ofPodAndContainers('securityContext.appArmorProfile?.type'), aConfiningProfile),
          annotationsMustBe(
            () => (key) => key.startsWith(APPARMOR_ANNOTATION),
            (value) => value === null || profile(['', 'runtime/default'])(value),
          ),
        ],
      },
    ],
  },
  {
    id: 'seLinuxOptions',
    level: 'baseline',
    reason: 'seLinuxOptions',
    editions: [
      { sinceMinor: 0, rules: seLinux(SELINUX_TYPES) },
      { sinceMinor: 31, rules: seLinux([...SELINUX_TYPES, 'container_engine_t']) },
    ],
  },
  {
    id: 'seccompProfile_baseline',
    level: 'baseline',
    reason: 'seccompProfile',
    editions: [
      { sinceMinor: 0, rules: SECCOMP_ANNOTATIONS },
      {
        sinceMinor: 19,
        rules: [fieldsMustBe(ofPodAndContainers('securityContext.seccompProfile?.type'), aConfiningProfile)],
      },
    ],
  },
  {
    id: 'seccompProfile_restricted',
    level: 'restricted',
    reason: 'seccompProfile',
    overrides: ['seccompProfile_baseline'],
    editions: [
      { sinceMinor: 19, rules: SECCOMP_CONFINES },
      { sinceMinor: 25, rules: SECCOMP_CONFINES, exempt: isWindows },
    ],
  },
  {
    id: 'procMount',
    level: 'baseline',
    reason: 'procMount',
    editions: [
      { sinceMinor: 0, rules: PROC_MASKED },
      { sinceMinor: 35, rules: PROC_MASKED, exempt: hasUserNamespace },
    ],
  },
  {
    id: 'procMount_restricted',
    level: 'restricted',
    reason: 'procMount',
    overrides: ['procMount'],
    editions: [{ sinceMinor: 35, rules: PROC_MASKED }],
  },
  {
    id: 'sysctls',
    level: 'baseline',
    reason: 'forbidden sysctls',
    editions: SAFE_SYSCTLS.map(([sinceMinor], i) => ({
      sinceMinor,
      rules: [
        fieldsMustBe(
          ['spec.securityContext.sysctls[*].name'],
          oneOf(...SAFE_SYSCTLS.slice(0, i + 1).flatMap(([, sysctls]) => sysctls)),
        ),
      ],
    })),
  },
];
