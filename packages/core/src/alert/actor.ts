/**
 * Who made the request and by which grant, as the event tells it.
 *
 * Invariant: only the last of sourceIPs is called the peer; the others are claims. The user is the
 * authenticated one, also under impersonation; whom people call him by is told of the effective one. Sources:
 * Kubernetes' audit documentation; keys of user.extra measured on kube-apiserver 1.35.
 */
import { type AuditEvent, extraOf } from '../audit/event.ts';
import { displayOf, extrasOf } from '../facts/display.ts';
import { requesterOf } from '../facts/requesters.ts';
import { nullable, textAt } from '../base/json.ts';
import type { Actor, DisplayName, Grant, OnBehalfOf, Unknown } from './alert.ts';
import type { Shortener } from './bounds.ts';
import { parseRbacReason } from '../kubernetes/rbac-reason.ts';

export function readActor(event: AuditEvent, shortener: Shortener, unknown: Unknown[]): Actor {
  const { user, impersonatedUser, sourceIps } = event;
  const name = (field: string, value: string | undefined): string | null =>
    nullable(value, (text) => shortener.name(`actor.${field}`, text));
  const actor: Actor = {
    username: name('username', user.username),
    groups: shortener.names('actor.groups', present(user.groups)),
    impersonatedUsername: name('impersonatedUsername', impersonatedUser?.username),
    impersonatedGroups: shortener.names('actor.impersonatedGroups', present(impersonatedUser?.groups ?? [])),
    display: readDisplay('actor.display', displayOf(event), shortener),
    onBehalfOf: readOnBehalfOf('actor.onBehalfOf', requesterOf(event), shortener),
    extra: shortener.list('actor.extra', extrasOf(event)).map(({ field, value, from }) => ({
      field,
      value: shortener.masked('actor.extra', value),
      from: shortener.masked('actor.extra', from),
    })),
    peerAddress: nullable(present(sourceIps).at(-1), (text) => shortener.address('actor.peerAddress', text)),
    claimedAddresses: shortener
      .list('actor.claimedAddresses', present(sourceIps).slice(0, -1))
      .map((text) => shortener.address('actor.claimedAddresses', text)),
    userAgent: nullable(event.userAgent, (text) => shortener.text('actor.userAgent', text)),
    credential: name('credential', extraOf(user, 'authentication.kubernetes.io/credential-id')),
    podName: name('podName', extraOf(user, 'authentication.kubernetes.io/pod-name')),
  };
  for (const field of ['username', 'peerAddress', 'userAgent'] as const) {
    if (actor[field] === null)
      unknown.push({ path: `actor.${field}`, reason: 'notInEvent', detail: 'the server did not write it' });
  }
  if (actor.credential === null)
    unknown.push({
      path: 'actor.credential',
      reason: 'notInEvent',
      detail: 'the server records an id for client certificates and service account tokens only',
    });
  return actor;
}

export function readDisplay(
  path: string,
  display: DisplayName | undefined,
  shortener: Shortener,
): DisplayName | null {
  return nullable(display, ({ name, from }) => ({
    name: shortener.name(path, name),
    from: shortener.name(path, from),
  }));
}

export function readOnBehalfOf(
  path: string,
  requester: OnBehalfOf | undefined,
  shortener: Shortener,
): OnBehalfOf | null {
  return nullable(requester, ({ what, name, from }) => ({
    what,
    name: shortener.name(path, name),
    from: shortener.name(path, from),
  }));
}

export function readGrant(event: AuditEvent, shortener: Shortener, unknown: Unknown[]): Grant | null {
  const decision = textAt(event.annotations, 'authorization.k8s.io/decision');
  if (decision === undefined) {
    unknown.push({
      path: 'grant',
      reason: 'notInEvent',
      detail: 'the server wrote no authorization decision',
    });
    return null;
  }
  const raw = textAt(event.annotations, 'authorization.k8s.io/reason');
  const rbac = raw === undefined ? undefined : parseRbacReason(raw);
  if (rbac === undefined) {
    const detail =
      raw === undefined
        ? 'allowed without a reason, as for the group system:masters and by the Node authorizer'
        : 'the reason is not the RBAC authorizer’s';
    for (const field of ['binding', 'role', 'subject'])
      unknown.push({ path: `grant.${field}`, reason: 'notRbac', detail });
  }
  return {
    decision: shortener.text('grant.decision', decision),
    // What its parts say whole is not said twice.
    reason: nullable(rbac === undefined ? raw : undefined, (text) => shortener.text('grant.reason', text)),
    binding: nullable(rbac?.binding, (binding) => named('grant.binding', binding, shortener)),
    role: nullable(rbac?.role, (role) => ({ ...role, name: shortener.name('grant.role.name', role.name) })),
    subject: nullable(rbac?.subject, (subject) => named('grant.subject', subject, shortener)),
  };
}

function named<T extends { readonly name: string; readonly namespace: string | null }>(
  path: string,
  part: T,
  shortener: Shortener,
): T {
  return {
    ...part,
    name: shortener.name(`${path}.name`, part.name),
    namespace: part.namespace === null ? null : shortener.name(`${path}.namespace`, part.namespace),
  };
}

function present(texts: readonly string[]): readonly string[] {
  return texts.filter((text) => text !== '');
}
