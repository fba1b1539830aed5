/**
 * The permissions of a pod's service account, as far as bindings of it, or of its groups, were seen.
 *
 * Invariant: a binding counts when its newest known state names the subject; one that was changed since
 * without a recorded outcome is marked unconfirmed. Bindings from before the stream began are not seen: an
 * empty list does not prove that there are none.
 */
import type { GrantRole } from '../kubernetes/rbac-reason.ts';
import { asObject, textAt } from '../base/json.ts';
import type { Micros } from '../base/time.ts';
import { type Action, readAction } from '../facts/action.ts';
import type { BindingSubject } from '../facts/extract/rbac.ts';
import { KINDS } from '../facts/kinds.ts';
import { allowsAll, bindingChanges, roleChanges } from './rbac-history.ts';
import { bindingAbout, boundAbout, roleAbout } from '../facts/subjects.ts';
import type { KnownFacts } from './workload-history.ts';

export interface AccountBinding {
  readonly binding: {
    readonly kind: 'RoleBinding' | 'ClusterRoleBinding';
    readonly namespace: string | undefined;
    readonly name: string;
  };
  readonly role: GrantRole | undefined;
  readonly subject: BindingSubject;
  /** cluster-admin, or a role whose known rules allow everything; in its namespace only for a RoleBinding. */
  readonly allRights: boolean;
  /** Who last changed it. */
  readonly by: Action;
  /** False when the binding was changed since by a patch whose outcome is not recorded. */
  readonly confirmed: boolean;
}

/** The account itself and the groups that the server puts it in. */
export function subjectsOfAccount(namespace: string, name: string): readonly BindingSubject[] {
  return [
    { kind: 'ServiceAccount', namespace, name },
    // A binding may also name an account as a user.
    { kind: 'User', name: `system:serviceaccount:${namespace}:${name}` },
    { kind: 'Group', name: `system:serviceaccounts:${namespace}` },
    { kind: 'Group', name: 'system:serviceaccounts' },
    { kind: 'Group', name: 'system:authenticated' },
  ];
}

export function accountBindingSubjects(subjects: readonly BindingSubject[]): readonly string[] {
  return subjects.map(({ kind, namespace, name }) => boundAbout(kind, namespace, name));
}

export function accountBindings(
  subjects: readonly BindingSubject[],
  moment: Micros,
  facts: KnownFacts,
): readonly AccountBinding[] {
  return subjects.flatMap((subject) => {
    const known = facts.get(boundAbout(subject.kind, subject.namespace, subject.name)) ?? [];
    const bound = known.filter(({ kind }) => kind === KINDS.bound.name || kind === KINDS.boundall.name);
    return lastOfEach(bound.flatMap(({ value }) => readAccountBinding(value, subject, moment, facts) ?? []));
  });
}

/** Of each binding who changed it last. */
function lastOfEach(all: readonly AccountBinding[]): readonly AccountBinding[] {
  const byBinding = new Map<string, AccountBinding>();
  for (const bound of all) {
    const key = JSON.stringify([bound.binding.namespace ?? null, bound.binding.name]);
    const before = byBinding.get(key);
    if (before === undefined || before.by.received <= bound.by.received) byBinding.set(key, bound);
  }
  return [...byBinding.values()];
}

function readAccountBinding(
  value: unknown,
  subject: BindingSubject,
  moment: Micros,
  facts: KnownFacts,
): AccountBinding | undefined {
  const by = readAction(value);
  const binding = asObject(asObject(value)?.['binding']);
  const name = textAt(binding, 'name');
  if (by === undefined || name === undefined || by.received >= moment) return undefined;
  const namespace = textAt(binding, 'namespace');
  const history = bindingChanges(facts, bindingAbout(namespace, name), moment);
  const known = history.findLast(({ subjects, verb }) => subjects !== undefined || verb === 'delete');
  const still =
    known === undefined ||
    (known.verb !== 'delete' && known.subjects?.some((entry) => isSame(entry, subject)) === true);
  if (!still) return undefined;
  const [kind, roleName] = [textAt(value, 'role', 'kind'), textAt(value, 'role', 'name')];
  const role = kind === undefined || roleName === undefined ? undefined : { kind, name: roleName };
  const rules =
    role === undefined
      ? undefined
      : roleChanges(
          facts,
          roleAbout(role.kind === 'Role' ? namespace : undefined, role.name),
          moment,
        ).findLast((change) => change.rules !== undefined)?.rules;
  return {
    binding: { kind: namespace === undefined ? 'ClusterRoleBinding' : 'RoleBinding', namespace, name },
    role,
    subject,
    allRights:
      (role?.kind === 'ClusterRole' && role.name === 'cluster-admin') ||
      (rules !== undefined && allowsAll(rules)),
    by,
    confirmed: known === undefined || known === history.at(-1),
  };
}

function isSame(a: BindingSubject, b: BindingSubject): boolean {
  return a.kind === b.kind && a.name === b.name && a.namespace === b.namespace;
}
