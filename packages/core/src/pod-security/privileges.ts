/**
 * The controls of a process's privileges and how it may gain some: capabilities, privilege escalation, the
 * user it runs as. Rows of controls.ts.
 */
import type { Edition, PodSecurityControl } from './control.ts';
import { ofContainers, ofPodAndContainers } from './field-location.ts';
import {
  absentOrNotZero,
  fieldsMustBe,
  hasUserNamespace,
  isWindows,
  listWith,
  oneOf,
  podOrContainersMustBe,
} from './rules.ts';

/** What container runtimes give by default, without NET_RAW. */
const DEFAULT_CAPABILITIES = [
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
];

const ALL_DROPPED: Edition['rules'] = [
  fieldsMustBe(ofContainers('securityContext.capabilities.drop'), listWith('ALL')),
  fieldsMustBe(ofContainers('securityContext.capabilities.add[*]'), oneOf('NET_BIND_SERVICE')),
];

const NO_ESCALATION: Edition['rules'] = [
  fieldsMustBe(ofContainers('securityContext.allowPrivilegeEscalation'), oneOf(false)),
];
const NOT_ROOT: Edition['rules'] = [podOrContainersMustBe('securityContext.runAsNonRoot?', oneOf(true))];
const NOT_UID_0: Edition['rules'] = [
  fieldsMustBe(ofPodAndContainers('securityContext.runAsUser'), absentOrNotZero),
];

export const PRIVILEGES: readonly PodSecurityControl[] = [
  {
    id: 'capabilities_baseline',
    level: 'baseline',
    reason: 'non-default capabilities',
    editions: [
      {
        sinceMinor: 0,
        rules: [
          fieldsMustBe(ofContainers('securityContext.capabilities.add[*]'), oneOf(...DEFAULT_CAPABILITIES)),
        ],
      },
    ],
  },
  {
    id: 'capabilities_restricted',
    level: 'restricted',
    reason: 'unrestricted capabilities',
    overrides: ['capabilities_baseline'],
    editions: [
      { sinceMinor: 22, rules: ALL_DROPPED },
      { sinceMinor: 25, rules: ALL_DROPPED, exempt: isWindows },
    ],
  },
  {
    id: 'allowPrivilegeEscalation',
    level: 'restricted',
    reason: 'allowPrivilegeEscalation != false',
    editions: [
      { sinceMinor: 8, rules: NO_ESCALATION },
      { sinceMinor: 25, rules: NO_ESCALATION, exempt: isWindows },
    ],
  },
  {
    id: 'runAsNonRoot',
    level: 'restricted',
    reason: 'runAsNonRoot != true',
    editions: [
      { sinceMinor: 0, rules: NOT_ROOT },
      { sinceMinor: 35, rules: NOT_ROOT, exempt: hasUserNamespace },
    ],
  },
  {
    id: 'runAsUser',
    level: 'restricted',
    reason: 'runAsUser=0',
    editions: [
      { sinceMinor: 23, rules: NOT_UID_0 },
      { sinceMinor: 35, rules: NOT_UID_0, exempt: hasUserNamespace },
    ],
  },
];
