/**
 * A pod whose spec the event does not show, and what the server shows of it all the same.
 *
 * Invariant: what is read here comes from the server, the authorizer or admission: level, the reason for
 * allowing it, Pod Security's annotations. A pod's creator can keep its spec from being recorded (server-side
 * apply, padding), so that never makes it harmless.
 */
import { parseRbacReason } from '../kubernetes/rbac-reason.ts';
import type { FoundObject } from '../creation/created-object.ts';
import { missingBody } from '../creation/created-object.ts';
import type { UnknownReason } from '../creation/unknown.ts';
import { type CutPart, cutParts } from '../audit/truncate.ts';
import type { AuditEvent } from '../audit/event.ts';
import { textAt } from '../base/json.ts';
import type { LeftOut } from './pod-facts.ts';

export interface UnseenSpec {
  readonly reason: UnknownReason;
  /** More exactly than the reason. */
  readonly detail?: string;
  /** Checks of the baseline level that admission found violated. */
  readonly violations: readonly string[];
  /** What did not restrict the creator: its permissions, the namespace's level. */
  readonly unheld: readonly { readonly field: string; readonly what: string }[];
}

const SPEC_PARTS: readonly CutPart[] = [
  'spec',
  'volumes',
  'containers',
  'containerParts',
  'command',
  'args',
  'env',
  'otherFields',
];
const POD_SECURITY = 'pod-security.kubernetes.io/';
const MASTERS = 'system:masters';
/** How admission names what only a privileged pod has (k8s.io/pod-security-admission, policy). */
const BASELINE: readonly (readonly [words: string, what: string])[] = [
  ['privileged (', 'privileged'],
  ['host namespaces (', 'host namespaces'],
  ['hostPath volumes (', 'hostPath volumes'],
  ['non-default capabilities (', 'capabilities'],
  ['hostProcess (', 'a process of a Windows node'],
];

export function readUnseenSpec(event: AuditEvent, { specFrom }: FoundObject): UnseenSpec | undefined {
  const cut = cutParts(event.annotations);
  const isCut = SPEC_PARTS.some((part) => cut.has(part));
  if (specFrom !== null && !isCut) return undefined;
  const annotation = (name: string): string => textAt(event.annotations, `${POD_SECURITY}${name}`) ?? '';
  // Names of containers and volumes are in quotation marks.
  const violated = annotation('audit-violations').replace(/"[^"]{0,300}"/g, '""');
  return {
    reason: isCut ? 'truncated' : missingBody(event).reason,
    violations: BASELINE.filter(([words]) => violated.includes(words)).map(([, what]) => what),
    unheld: [
      ...(holdsEverything(event)
        ? [{ field: 'grant', what: 'its creator may do everything in the cluster' }]
        : []),
      ...(annotation('enforce-policy').startsWith('privileged:')
        ? [{ field: 'object.namespace', what: 'Pod Security lets any pod in' }]
        : []),
    ],
  };
}

/**
 * More containers or host paths than are looked at: no workload has them, and what is dangerous may be among
 * the others.
 */
export function leftOutOfSpec(leftOut: readonly LeftOut[]): UnseenSpec | undefined {
  const details = leftOut.filter(({ what }) => what !== 'texts').map(({ detail }) => detail);
  return details.length === 0
    ? undefined
    : { reason: 'truncated', detail: details.join(', '), violations: [], unheld: [] };
}

function holdsEverything({ user, impersonatedUser, annotations }: AuditEvent): boolean {
  if ((impersonatedUser ?? user).groups.includes(MASTERS)) return true;
  const grant = parseRbacReason(textAt(annotations, 'authorization.k8s.io/reason') ?? '');
  return (
    grant?.role.kind === 'ClusterRole' &&
    grant.role.name === 'cluster-admin' &&
    grant.binding.kind === 'ClusterRoleBinding'
  );
}
