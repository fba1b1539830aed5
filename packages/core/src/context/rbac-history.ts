/**
 * Bindings and roles over time: their content after every change that the stream has shown.
 *
 * Invariant: a change whose outcome is not recorded leaves the content unknown; from then on until the next
 * known state nothing is assumed.
 */
import { asArray, asTexts, at, textAt } from '../base/json.ts';
import type { RecalledFact } from '../ports/fact-store.ts';
import type { Micros } from '../base/time.ts';
import { type Action, type Operation, readAction } from '../facts/action.ts';
import type { BindingSubject, CompactRule, RoleRef } from '../facts/extract/rbac.ts';
import { KINDS } from '../facts/kinds.ts';
import type { KnownFacts } from './workload-history.ts';

export type RbacVerb = 'create' | 'update' | 'patch' | 'delete';

interface Change {
  readonly action: Action;
  readonly verb: RbacVerb;
  /** Its recorded body changes no part of the right: it granted and revoked nothing. */
  readonly isIdle: boolean;
}

export interface BindingChange extends Change {
  readonly of: 'binding';
  /** Undefined when not recorded, or when there were more than are kept. */
  readonly subjects: readonly BindingSubject[] | undefined;
  readonly role: RoleRef | undefined;
  /** What the change itself added. */
  readonly added: readonly BindingSubject[];
}

export interface RoleChange extends Change {
  readonly of: 'role';
  readonly rules: readonly CompactRule[] | undefined;
  readonly aggregated: boolean;
  /** What the change itself added. */
  readonly added: readonly CompactRule[];
}

const VERBS: readonly string[] = ['create', 'update', 'patch', 'delete'] satisfies readonly RbacVerb[];

export function bindingChanges(facts: KnownFacts, about: string, before: Micros): readonly BindingChange[] {
  return changes(facts, about, KINDS.binding.name, before).map(({ change, value }) => {
    const subjects =
      at(value, 'subjects') === undefined || asArray(at(value, 'subjects')).length !== at(value, 'of')
        ? undefined
        : readSubjects(at(value, 'subjects'));
    const [kind, name] = [textAt(value, 'role', 'kind'), textAt(value, 'role', 'name')];
    const added = readSubjects(at(value, 'added'));
    return {
      ...change,
      of: 'binding',
      subjects,
      added,
      role: kind === undefined || name === undefined ? undefined : { kind, name },
    };
  });
}

export function roleChanges(facts: KnownFacts, about: string, before: Micros): readonly RoleChange[] {
  return changes(facts, about, KINDS.role.name, before).map(({ change, value }) => ({
    ...change,
    of: 'role',
    rules: at(value, 'rules') === undefined ? undefined : readRules(at(value, 'rules')),
    aggregated: at(value, 'aggregated') === true,
    added: readRules(at(value, 'added')),
  }));
}

function readRules(value: unknown): readonly CompactRule[] {
  return asArray(value).map((rule): CompactRule => {
    const [groups, resources, verbs, names] = asArray(rule).map(asTexts);
    return [groups ?? [], resources ?? [], verbs ?? [], names ?? []];
  });
}

function changes(
  facts: KnownFacts,
  about: string,
  kind: string,
  before: Micros,
): readonly { readonly change: Change; readonly value: RecalledFact['value'] }[] {
  const kinds = [kind, KINDS.made.name, KINDS.given.name];
  // One event's facts of several kinds have one value.
  const once = new Map(
    (facts.get(about) ?? [])
      .filter((fact) => kinds.includes(fact.kind))
      .map(({ value }) => [JSON.stringify(value), value]),
  );
  const found = [...once.values()].flatMap((value) => {
    const action = readAction(value);
    const verb = textAt(value, 'verb');
    if (action === undefined || verb === undefined || !VERBS.includes(verb) || action.received >= before)
      return [];
    return [{ change: { action, verb: verb as RbacVerb, isIdle: at(value, 'gives') === false }, value }];
  });
  return found.sort((a, b) => a.change.action.received - b.change.action.received);
}

function readSubjects(value: unknown): readonly BindingSubject[] {
  return asArray(value).flatMap((entry) => {
    const [kind, name, namespace] = [
      textAt(entry, 'kind'),
      textAt(entry, 'name'),
      textAt(entry, 'namespace'),
    ];
    return kind === undefined || name === undefined
      ? []
      : [{ kind, name, ...(namespace === undefined ? {} : { namespace }) }];
  });
}

/**
 * Which changes may have brought about what holds now and did not hold before: those after the last state in
 * which it is known not to have held, up to the first in which it is known to. What holds at the end is
 * proven by its use. Changes that touch nothing of it are not among them, but what they show holds before
 * them as well. `since` is false when no state without it was seen: then it may have held before the stream
 * began.
 */
export function bringers<T extends Change>(
  history: readonly T[],
  holds: (change: T) => boolean | undefined,
): { readonly since: boolean; readonly changes: readonly T[] } {
  const states = history.map((change) => (change.verb === 'delete' ? false : holds(change)));
  const lastWithout = states.lastIndexOf(false);
  const created = history.findLastIndex(({ verb }) => verb === 'create');
  // Before its creation there was nothing that could hold.
  const from = Math.max(lastWithout + 1, created);
  const firstWith = states.indexOf(true, Math.max(from, 0));
  const to = firstWith === -1 ? history.length : firstWith + 1;
  return {
    since: lastWithout >= 0 || created >= 0,
    changes: history.slice(Math.max(from, 0), to).filter(({ isIdle }) => !isIdle),
  };
}

/** Whether rules allow a verb on a resource, as RBAC reads them. */
export function allows(rules: readonly CompactRule[], { group, resource, verb }: Operation): boolean {
  const has = (words: readonly string[], wanted: string): boolean =>
    words.includes('*') || words.includes(wanted);
  return rules.some(
    ([groups, resources, verbs, names]) =>
      has(groups, group) &&
      (has(resources, resource) ||
        (resource.includes('/') && resources.includes(`*/${resource.split('/')[1] ?? ''}`))) &&
      has(verbs, verb) &&
      (names.length === 0 || verb !== 'create'),
  );
}

/** All permissions, as cluster-admin has them. */
export function allowsAll(rules: readonly CompactRule[]): boolean {
  return rules.some(
    ([groups, resources, verbs, names]) =>
      groups.includes('*') && resources.includes('*') && verbs.includes('*') && names.length === 0,
  );
}
