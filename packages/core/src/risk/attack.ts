/**
 * The techniques of MITRE ATT&CK that the signals name.
 *
 * Source: ATT&CK for Enterprise v17.1 (May 2025, https://attack.mitre.org/versions/v17/). Ids outlive
 * versions, names and tactics do not always: a join on them needs the version, so every assessment carries
 * it.
 */

export const ATTACK_VERSION = '17.1';

export interface Technique {
  readonly id: TechniqueId;
  readonly name: string;
}

const NAMES = {
  'T1036.005': 'Masquerading: Match Legitimate Resource Name or Location',
  T1059: 'Command and Scripting Interpreter',
  T1078: 'Valid Accounts',
  'T1078.001': 'Valid Accounts: Default Accounts',
  'T1098.006': 'Account Manipulation: Additional Container Cluster Roles',
  T1105: 'Ingress Tool Transfer',
  T1134: 'Access Token Manipulation',
  T1496: 'Resource Hijacking',
  T1528: 'Steal Application Access Token',
  T1562: 'Impair Defenses',
  T1610: 'Deploy Container',
  T1611: 'Escape to Host',
  T1613: 'Container and Resource Discovery',
} as const;

export type TechniqueId = keyof typeof NAMES;

/** Of an id that this version does not know: undefined. */
export function techniqueName(id: string): string | undefined {
  return Object.hasOwn(NAMES, id) ? NAMES[id as TechniqueId] : undefined;
}

export function technique(id: TechniqueId): Technique {
  return { id, name: NAMES[id] };
}
