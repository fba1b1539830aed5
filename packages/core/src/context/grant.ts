/**
 * By what right: the binding and role that allowed an act, how they came to say what they say, and whether the actor had a hand in it.
 *
 * Invariant: the server's own reason names the grant; history is what the stream has shown. "Granted to himself" needs every change that may have given
 * the right to be his own; where only some are, or their outcome is not recorded and does not follow, it is null.
 * The parser of reasons is alert/grant.ts; the rights a service account has are in bound.ts.
 */
import type { GrantBinding, GrantRole, GrantSubject } from '../alert/alert.ts';
import { parseRbacReason } from '../alert/grant.ts';
import type { Micros } from '../time.ts';
import type { Act, Deed } from './act.ts';
import type { BoundSubject } from './facts/rbac.ts';
import { allows, allowsAll, type BindingChange, bindingChanges, bringers, type RoleChange, roleChanges } from './standing.ts';
import { bindingAbout, roleAbout } from './subjects.ts';
import type { KnownFacts } from './written.ts';

export type Authorizer =
  | 'RBAC'
  /** The group that every authorizer lets through. */
  | 'system:masters'
  | 'Node'
  /** Another one, which gave a reason of its own. */
  | 'other'
  /** None that says anything. */
  | 'notTold';

export interface GrantChange {
  readonly of: 'binding' | 'role';
  readonly what: 'created' | 'updated' | 'patched' | 'deleted';
  readonly act: Act;
  readonly secondsBefore: number;
  /** Whether this change gave the right: it, and no other, may have. Null: it is among several, or cannot be told. */
  readonly gave: boolean | null;
}

export interface GrantAnswer {
  readonly authorizer: Authorizer;
  /** The authorizer's own words; undefined when it gave none. */
  readonly reason: string | undefined;
  readonly binding: GrantBinding | undefined;
  readonly role: GrantRole | undefined;
  readonly subject: GrantSubject | undefined;
  /** cluster-admin, or a role whose rules are known to allow everything. */
  readonly allRights: boolean;
  /** Up to the act, in order. Deletions belong to it: a binding of that name may have been made anew. */
  readonly changes: readonly GrantChange[];
  readonly selfGranted: boolean | null;
  /** The stream has shown the binding being made, so its history is whole. */
  readonly wholeHistory: boolean;
}

export function grantOf(act: Act, facts: KnownFacts): GrantAnswer {
  const none = { binding: undefined, role: undefined, subject: undefined, allRights: false, changes: [], selfGranted: false, wholeHistory: true };
  if ('authorizer' in act.right) return { ...none, authorizer: act.right.authorizer, reason: undefined, allRights: act.right.authorizer === 'system:masters' };
  const { reason } = act.right;
  const rbac = parseRbacReason(reason);
  if (rbac === undefined) return { ...none, authorizer: 'other', reason };
  const { binding, role, subject } = rbac;
  const bindings = bindingChanges(facts, bindingAbout(binding.namespace ?? undefined, binding.name), act.received);
  const roles = roleChanges(facts, roleSubjectOf(role, binding), act.received);
  const bound = bringers(bindings, ({ subjects }) => (subjects === undefined ? undefined : subjects.some((entry) => isSame(entry, subject))));
  const allowed = bringers(roles, ({ rules }) => (rules === undefined ? undefined : allows(rules, act.deed)));
  // A role that was right when the subject was bound to it gave nothing by having been made.
  const widened = allowed.changes.filter(({ act: change, verb }) => !(verb === 'create' && isFirst(change, bound.changes)));
  const last = roles.findLast(({ rules }) => rules !== undefined)?.rules ?? [];
  return {
    authorizer: 'RBAC',
    reason,
    binding,
    role,
    subject,
    allRights: (role.kind === 'ClusterRole' && role.name === 'cluster-admin') || allowsAll(last),
    changes: changesOf(act.received, bindings, roles, bound.changes, widened),
    selfGranted: either(ownDoing(act, bound.changes), ownDoing(act, decisive(widened, roles, act.deed))),
    wholeHistory: bound.since,
  };
}

/** What recall has to bring for a grant. */
export function grantSubjects(act: Act): readonly string[] {
  const rbac = 'reason' in act.right ? parseRbacReason(act.right.reason) : undefined;
  if (rbac === undefined) return [];
  return [bindingAbout(rbac.binding.namespace ?? undefined, rbac.binding.name), roleSubjectOf(rbac.role, rbac.binding)];
}

export function roleSubjectOf(role: GrantRole, binding: Pick<GrantBinding, 'namespace'>): string {
  return roleAbout(role.kind === 'Role' ? (binding.namespace ?? undefined) : undefined, role.name);
}

function isFirst(change: Act, binding: readonly BindingChange[]): boolean {
  return binding.length === 0 || binding.every(({ act }) => act.received >= change.received);
}

/** Role changes count only where the role is known not to have allowed the deed before: most changes of a role give nothing new. */
function decisive(widened: readonly RoleChange[], roles: readonly RoleChange[], deed: Deed): readonly RoleChange[] {
  const first = widened[0];
  const before = first === undefined ? undefined : roles[roles.indexOf(first) - 1];
  const refused = before?.rules !== undefined && !allows(before.rules, deed);
  return refused || first?.verb === 'create' ? widened : [];
}

function isSame(entry: BoundSubject, subject: GrantSubject): boolean {
  return entry.kind === subject.kind && entry.name === subject.name && (subject.kind !== 'ServiceAccount' || (entry.namespace ?? null) === subject.namespace);
}

/** True: all changes that may have given the right are his. False: none is. Null: some are. */
function ownDoing(act: Act, changes: readonly (BindingChange | RoleChange)[]): boolean | null {
  const own = changes.filter((change) => change.act.username === act.username).length;
  if (own === 0) return false;
  return own === changes.length ? true : null;
}

function either(a: boolean | null, b: boolean | null): boolean | null {
  if (a === true || b === true) return true;
  return a === false && b === false ? false : null;
}

const WORDS = { create: 'created', update: 'updated', patch: 'patched', delete: 'deleted' } as const;

function changesOf(
  moment: Micros,
  bindings: readonly BindingChange[],
  roles: readonly RoleChange[],
  bound: readonly BindingChange[],
  widened: readonly RoleChange[],
): readonly GrantChange[] {
  const gave = <T>(change: T, givers: readonly T[]): boolean | null => (givers.includes(change) ? (givers.length === 1 ? true : null) : false);
  const all = [...bindings.map((change) => ({ change, gave: gave(change, bound) })), ...roles.map((change) => ({ change, gave: gave(change, widened) }))];
  return all
    .sort((a, b) => a.change.act.received - b.change.act.received)
    .map(({ change, gave: given }) => ({
      of: change.of,
      what: WORDS[change.verb],
      act: change.act,
      secondsBefore: Math.max(0, Math.round((moment - change.act.received) / 1_000_000)),
      gave: given,
    }));
}
