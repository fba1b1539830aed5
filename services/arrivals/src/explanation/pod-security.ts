/**
 * The Pod Security level of a pod, and each check that keeps it from a stricter one, with where and what was
 * found.
 */
import {
  type Alert,
  type PodSecurityLevel,
  podSecurityReason,
  type PodSecurityStandard,
  type ViolatedField,
} from '@arrivals/core';
import { item, type Line, row } from './section.ts';

type AlertPodSecurity = NonNullable<Alert['podSecurity']>;

const STANDARDS: readonly PodSecurityStandard[] = ['baseline', 'restricted'];

export function podSecurityLines({ podSecurity }: Alert): readonly Line[] {
  if (podSecurity === null) return [row('Pod Security', 'not judged in this record')];
  const { level, version } = podSecurity;
  const by = version === 'latest' ? '' : `, by the standards of ${version}`;
  return [
    row('Pod Security', `${levelWords(level)}${by}`),
    ...STANDARDS.flatMap((standard) => violationLines(podSecurity, standard)),
  ];
}

function levelWords(level: PodSecurityLevel): string {
  switch (level) {
    case 'privileged':
      return 'privileged: it meets neither baseline nor restricted';
    case 'baseline':
      return 'baseline: it does not meet restricted';
    case 'restricted':
      return 'restricted: it meets the strictest standard';
  }
}

function violationLines({ violations }: AlertPodSecurity, standard: PodSecurityStandard): readonly Line[] {
  const ofStandard = violations.filter(({ level }) => level === standard);
  if (ofStandard.length === 0) return [];
  const lines = ofStandard.map(({ check, reason, fields, fieldsLeftOut }) => {
    const words = reason ?? podSecurityReason(check) ?? check;
    const more = fieldsLeftOut === null ? [] : [`${String(fieldsLeftOut)} more`];
    const parts = [...locationWords(fields), ...more];
    return item(parts.length === 0 ? words : `${words}: ${parts.join(', ')}`);
  });
  return [item(`against ${standard}`, lines)];
}

/**
 * Places that differ in their positions alone are told together, with the values that were found:
 * spec.containers[0,1].name = "a", "b".
 */
function locationWords(fields: readonly ViolatedField[]): readonly string[] {
  const groups = new Map<string, ViolatedField[]>();
  for (const field of fields) {
    const shape = `${field.value === null ? 'absent' : 'present'} ${field.path.replace(POSITION, '[]')}`;
    groups.set(shape, [...(groups.get(shape) ?? []), field]);
  }
  return [...groups.values()].map((group) => {
    const values = distinct(group.flatMap(({ value }) => value ?? []));
    return `${commonPath(group.map(({ path }) => path))} ${values.length === 0 ? 'is not set' : `= ${values.join(', ')}`}`;
  });
}

const POSITION = /\[(\d+)\]/g;

function commonPath(paths: readonly string[]): string {
  const positions = paths.map((path) => Array.from(path.matchAll(POSITION), ([, position = '']) => position));
  let i = 0;
  return (paths[0] ?? '').replace(POSITION, () => {
    const at = i++;
    return `[${distinct(positions.map((row) => row[at] ?? '')).join(',')}]`;
  });
}

function distinct(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)];
}
