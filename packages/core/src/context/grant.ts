/**
 * The grant of an action: the binding and role that allowed it, the history of both, and whether the actor
 * changed them.
 *
 * Invariant: the server's own reason names the grant; history is what the stream has shown. "Granted to
 * themselves" needs every change that may have given the right to be the actor's own, after a state without
 * it; where only some are, where the right may be older than the stream, or where changes were evicted, it is
 * null, with the reason. A change that leaves the right alone gave nothing. The parser of reasons is
 * kubernetes/rbac-reason.ts; the rights of a service account are in account-rights.ts.
 */
import type { GrantBinding, GrantRole, GrantSubject } from '../kubernetes/rbac-reason.ts';
import { parseRbacReason } from '../kubernetes/rbac-reason.ts';
import type { FactKind } from '../ports/fact-store.ts';
import type { Micros } from '../base/time.ts';
import type { Action, Operation } from '../facts/action.ts';
import type { BindingSubject } from '../facts/extract/rbac.ts';
import { evictedAt, evictedSubject, isFull } from './evicted.ts';
import { KINDS } from '../facts/kinds.ts';
import { didBoth } from '../facts/person.ts';
import {
  allows,
  allowsAll,
  type BindingChange,
  bindingChanges,
  bringers,
  type RoleChange,
  roleChanges,
} from './rbac-history.ts';
import { bindingAbout, roleAbout } from '../facts/subjects.ts';
import type { KnownFacts } from './workload-history.ts';

export type Authorizer =
  | 'rbac'
  /** The group that every authorizer lets through. */
  | 'systemMasters'
  | 'node'
  /** Another one, with a reason. */
  | 'other'
  /** One without a reason. */
  | 'noReason';

export interface GrantChange {
  readonly of: 'binding' | 'role';
  readonly what: 'created' | 'updated' | 'patched' | 'deleted';
  readonly action: Action;
  readonly secondsBefore: number;
  /** Whether this change gave the right: it, and no other, may have. Null: one of several, or unknown. */
  readonly gave: boolean | null;
}

export type UnknownGrant =
  /** Several changes may have given it, and which of them did is not recorded. */
  | 'several'
  /** He changed it, but it may have been his before the stream began. */
  | 'older'
  /** Changes of it were evicted. */
  | 'forgotten'
  /** Of the grant or its use only an account that acts for others is known. */
  | 'through';

export interface GrantAnswer {
  readonly authorizer: Authorizer;
  /** The authorizer's reason; undefined when it gave none. */
  readonly reason: string | undefined;
  readonly binding: GrantBinding | undefined;
  readonly role: GrantRole | undefined;
  readonly subject: GrantSubject | undefined;
  /** cluster-admin, or a role whose rules are known to allow everything. */
  readonly allRights: boolean;
  /**
   * Up to the action, in order. Deletions belong to it: a binding of that name may have been created again.
   */
  readonly changes: readonly GrantChange[];
  readonly selfGranted: boolean | null;
  /** Why that is null. */
  readonly unknownBecause: UnknownGrant | undefined;
  /** The stream has shown the binding being made, so its history is whole. */
  readonly wholeHistory: boolean;
}

const DAY_MICROS = 86_400_000_000;

export function grantOf(action: Action, facts: KnownFacts): GrantAnswer {
  const none = {
    binding: undefined,
    role: undefined,
    subject: undefined,
    allRights: false,
    changes: [],
    selfGranted: false,
    unknownBecause: undefined,
    wholeHistory: true,
  };
  if ('authorizer' in action.authorization)
    return {
      ...none,
      authorizer: action.authorization.authorizer,
      reason: undefined,
      allRights: action.authorization.authorizer === 'systemMasters',
    };
  const { reason } = action.authorization;
  const rbac = parseRbacReason(reason);
  if (rbac === undefined) return { ...none, authorizer: 'other', reason };
  const { binding, role, subject } = rbac;
  const [bindingSubject, roleSubject] = [
    bindingAbout(binding.namespace ?? undefined, binding.name),
    roleSubjectOf(role, binding),
  ];
  const bindings = bindingChanges(facts, bindingSubject, action.received);
  const roles = roleChanges(facts, roleSubject, action.received);
  const bound = bringers(bindings, ({ subjects }) =>
    subjects === undefined ? undefined : subjects.some((entry) => isSame(entry, subject)),
  );
  const allowed = bringers(roles, ({ rules }) =>
    rules === undefined ? undefined : allows(rules, action.operation),
  );
  // A role that was right when the subject was bound to it gave nothing by having been made.
  const widened = allowed.changes.filter(
    ({ action: change, verb }) => !(verb === 'create' && isFirst(change, bound.changes)),
  );
  const last = roles.findLast(({ rules }) => rules !== undefined)?.rules ?? [];
  const isWider = isWidened(widened, roles, action.operation);
  const addsSubject = ({ added }: BindingChange): boolean => added.some((entry) => isSame(entry, subject));
  const addsRule = ({ added }: RoleChange): boolean => allows(added, action.operation);
  const parts = [
    {
      own: ownDoing(action, bound.changes, bound.since, addsSubject),
      lost: isLost(facts, bindingSubject, KINDS.binding, action.received, bound.since),
    },
    {
      own: ownDoing(action, widened, isWider, addsRule),
      lost: isLost(facts, roleSubject, KINDS.role, action.received, allowed.since),
    },
  ];
  return {
    authorizer: 'rbac',
    reason,
    binding,
    role,
    subject,
    allRights: (role.kind === 'ClusterRole' && role.name === 'cluster-admin') || allowsAll(last),
    changes: changesOf(
      action.received,
      given(bindings, bound.changes, bound.since, addsSubject),
      given(roles, widened, isWider, addsRule),
    ),
    ...verdictOf(parts),
    wholeHistory: bound.since,
  };
}

type Own = { readonly selfGranted: boolean } | { readonly unknownBecause: UnknownGrant };

function verdictOf(
  parts: readonly { readonly own: Own; readonly lost: boolean }[],
): Pick<GrantAnswer, 'selfGranted' | 'unknownBecause'> {
  if (parts.some(({ own }) => 'selfGranted' in own && own.selfGranted))
    return { selfGranted: true, unknownBecause: undefined };
  const unknown = parts.flatMap(({ own }) => ('unknownBecause' in own ? [own.unknownBecause] : []))[0];
  // Evictions first: whose change was evicted is unknown.
  const because = parts.some(({ lost }) => lost) ? 'forgotten' : unknown;
  return because === undefined
    ? { selfGranted: false, unknownBecause: undefined }
    : { selfGranted: null, unknownBecause: because };
}

/**
 * Changes of the day before may be missing: pushed out by others, or evicted with the binding or the role.
 */
function isLost(facts: KnownFacts, about: string, kind: FactKind, moment: Micros, since: boolean): boolean {
  if (isFull(facts.get(about) ?? [], kind)) return true;
  const evicted = evictedAt(facts, about);
  return !since && evicted !== undefined && evicted >= moment - DAY_MICROS;
}

/** What recall has to bring for a grant. */
export function grantSubjects(action: Action): readonly string[] {
  const rbac = 'reason' in action.authorization ? parseRbacReason(action.authorization.reason) : undefined;
  if (rbac === undefined) return [];
  return [
    bindingAbout(rbac.binding.namespace ?? undefined, rbac.binding.name),
    roleSubjectOf(rbac.role, rbac.binding),
  ];
}

/** What recall has to bring to know about evictions. */
export function grantMarks(action: Action): readonly string[] {
  return grantSubjects(action).map(evictedSubject);
}

export function roleSubjectOf(role: GrantRole, binding: Pick<GrantBinding, 'namespace'>): string {
  return roleAbout(role.kind === 'Role' ? (binding.namespace ?? undefined) : undefined, role.name);
}

function isFirst(change: Action, binding: readonly BindingChange[]): boolean {
  return binding.length === 0 || binding.every(({ action }) => action.received >= change.received);
}

/**
 * The state right before the first of them is known not to have allowed the action; or there was none, as the
 * first made the role.
 */
function isWidened(
  widened: readonly RoleChange[],
  roles: readonly RoleChange[],
  operation: Operation,
): boolean {
  const first = widened[0];
  const before = first === undefined ? undefined : roles[roles.indexOf(first) - 1];
  return (
    first?.verb === 'create' ||
    before?.verb === 'delete' ||
    (before?.rules !== undefined && !allows(before.rules, operation))
  );
}

function isSame(entry: BindingSubject, subject: GrantSubject): boolean {
  return (
    entry.kind === subject.kind &&
    entry.name === subject.name &&
    (subject.kind !== 'ServiceAccount' || (entry.namespace ?? null) === subject.namespace)
  );
}

/**
 * True: all changes that may have given it are the actor's, or one itself shows that it did. False: none is.
 * Unknown: some are, or it may be older.
 */
function ownDoing<T extends BindingChange | RoleChange>(
  action: Action,
  changes: readonly T[],
  since: boolean,
  isShown: (change: T) => boolean,
): Own {
  const own = changes.filter((change) => didBoth(change.action, action) === true);
  if (own.length === 0)
    return changes.some((change) => didBoth(change.action, action) === null)
      ? { unknownBecause: 'through' }
      : { selfGranted: false };
  if (own.some(isShown) || (since && own.length === changes.length)) return { selfGranted: true };
  return { unknownBecause: since ? 'several' : 'older' };
}

const WORDS = { create: 'created', update: 'updated', patch: 'patched', delete: 'deleted' } as const;

interface Given<T> {
  readonly change: T;
  readonly gave: boolean | null;
}

/**
 * Which of them gave the right: certain where it is the only possible one, and the right was absent before.
 */
function given<T extends BindingChange | RoleChange>(
  changes: readonly T[],
  givers: readonly T[],
  since: boolean,
  isShown: (change: T) => boolean,
): readonly Given<T>[] {
  const isOnly = givers.length === 1 && (since || givers.some(isShown));
  return changes.map((change) => ({
    change,
    gave: givers.includes(change) ? (isOnly ? true : null) : false,
  }));
}

function changesOf(
  moment: Micros,
  ...all: readonly (readonly Given<BindingChange | RoleChange>[])[]
): readonly GrantChange[] {
  return all
    .flat()
    .sort((a, b) => a.change.action.received - b.change.action.received)
    .map(({ change, gave }) => ({
      of: change.of,
      what: WORDS[change.verb],
      action: change.action,
      secondsBefore: Math.max(0, Math.round((moment - change.action.received) / 1_000_000)),
      gave,
    }));
}
