/**
 * What a pod may do beyond the Baseline standard, in the words of a headline: each ability by its own name.
 *
 * Invariant: "privileged" is said of a privileged container alone; all else is named as the pod's own field
 * is. At most ABILITIES_MAX are named, the most telling first, and how many more there are. Judges nothing.
 */
import { listed, named } from './investigation/wording.ts';
import type { PodSecurityCheck } from '../pod-security/control.ts';
import type { AlertObject, AlertPodSecurity, AlertViolation, HostAccess } from './alert.ts';

const ABILITIES_MAX = 3;

type AssessedObject = Pick<AlertObject, 'hostAccess'>;

/** "privileged ", or nothing. */
export function privilegedWord({ hostAccess }: AssessedObject): string {
  return (hostAccess?.privilegedContainers.length ?? 0) > 0 ? 'privileged ' : '';
}

/** " with host network and hostPath “/etc”", or nothing. */
export function abilityWords({ hostAccess }: AssessedObject, podSecurity: AlertPodSecurity | null): string {
  const violations = (podSecurity?.violations ?? []).filter(({ level }) => level === 'baseline');
  const words = [...(hostAccess === null ? [] : hostWords(hostAccess)), ...violations.flatMap(wordsOf)];
  return words.length === 0 ? '' : ` with ${listed(words, ABILITIES_MAX)}`;
}

function hostWords({ network, pid, ipc, paths, ports }: HostAccess): readonly string[] {
  const [path] = paths;
  const [port] = ports;
  const others = (count: number): string => (count > 1 ? ` and ${String(count - 1)} more` : '');
  return [
    ...(path === undefined ? [] : [`hostPath ${named(path)}${others(paths.length)}`]),
    ...(network ? ['host network'] : []),
    ...(pid ? ['host PID'] : []),
    ...(ipc ? ['host IPC'] : []),
    ...(port === undefined ? [] : [`hostPort ${String(port)}${others(ports.length)}`]),
  ];
}

/** Null of those that the access to the host tells already. */
const WORDS: Readonly<Record<PodSecurityCheck, string | null>> = {
  privileged: null,
  hostNamespaces: null,
  hostPathVolumes: null,
  hostPorts: null,
  windowsHostProcess: 'a HostProcess container',
  capabilities_baseline: 'added capabilities',
  hostProbesAndHostLifecycle: 'a probe of another host',
  appArmorProfile: 'AppArmor turned off',
  seccompProfile_baseline: 'seccomp turned off',
  seLinuxOptions: 'SELinux options of its own',
  procMount: '/proc unmasked',
  sysctls: 'unsafe sysctls',
  allowPrivilegeEscalation: null,
  capabilities_restricted: null,
  procMount_restricted: null,
  restrictedVolumes: null,
  runAsNonRoot: null,
  runAsUser: null,
  seccompProfile_restricted: null,
};

function wordsOf({ check, fields }: AlertViolation): readonly string[] {
  if (check === 'capabilities_baseline') return [`the added capability ${capabilityOf(fields) ?? '?'}`];
  const words = Object.hasOwn(WORDS, check) ? WORDS[check] : null;
  return words === null ? [] : [words];
}

/** The first that violates; a value of the violation is JSON. */
function capabilityOf(fields: AlertViolation['fields']): string | undefined {
  const value = fields[0]?.value ?? undefined;
  return value === undefined ? undefined : named(value.replace(/^"|"$/g, ''));
}
