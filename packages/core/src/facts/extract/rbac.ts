/**
 * Facts about roles and bindings: each change of one, its content afterwards, and who is bound by it.
 *
 * Invariant: `subjects` and `rules` are those that the server answered with; a change whose outcome was not
 * recorded (a patch at level Metadata) has none. A deletion leaves none.
 */
import type { AuditEvent } from '../../audit/event.ts';
import { answeredMetadata } from '../../creation/identity.ts';
import { asArray, asObject, asTexts, at, defined, type JsonObject, textAt } from '../../base/json.ts';
import type { Fact, FactKind } from '../../ports/fact-store.ts';
import { type Action, actionValue } from '../action.ts';
import { factOf } from '../fact.ts';
import { KINDS } from '../kinds.ts';
import { bindingAbout, boundAbout, roleAbout } from '../subjects.ts';
import { digestOf } from '../../base/digest.ts';
import { bounded } from '../../text/bounded.ts';
import { actorsOwn } from '../actor-share.ts';

export const RBAC_GROUP = 'rbac.authorization.k8s.io';

const SUBJECTS_MAX = 12;
const RULES_MAX = 24;
const WORDS_MAX = 16;
/** The fields of a role or a binding that define the permissions and who has them. */
const RIGHTS: readonly string[] = ['rules', 'aggregationRule', 'subjects', 'roleRef'];

export function rbacFacts(cluster: string, event: AuditEvent, action: Action, id: string): readonly Fact[] {
  const { apiGroup, resource = '', subresource, namespace } = event.objectRef;
  const { verb = '' } = event;
  const name = event.objectRef.name ?? textAt(answeredMetadata(event), 'name');
  if (apiGroup !== RBAC_GROUP || subresource !== undefined || name === undefined) return [];
  if (verb !== 'create' && verb !== 'update' && verb !== 'patch' && verb !== 'delete') return [];
  const value = {
    ...actionValue(action),
    verb: event.code === 201 ? 'create' : verb,
    uid: uidOf(event),
    gives: givingOf(event),
  };
  switch (resource) {
    case 'roles':
    case 'clusterroles': {
      const rules = verb === 'delete' ? [] : rulesOf(event.responseObject);
      const aggregated =
        textAt(event.responseObject, 'kind') === 'ClusterRole' &&
        at(event.responseObject, 'aggregationRule') !== undefined;
      const added = addedIn(event, 'rules');
      const state = {
        ...value,
        rules,
        aggregated: aggregated || undefined,
        added: added.length === 0 ? undefined : compactRules(added),
      };
      return historyFacts({
        cluster,
        about: roleAbout(namespace, name),
        action,
        id,
        kind: KINDS.role,
        value: state,
        state: rules,
      });
    }
    case 'rolebindings':
    case 'clusterrolebindings':
      return bindingFacts(cluster, event, action, id, {
        value,
        namespace: resource === 'rolebindings' ? namespace : undefined,
        name,
      });
    default:
      return [];
  }
}

interface RbacWrite {
  readonly value: JsonObject;
  readonly namespace: string | undefined;
  readonly name: string;
}

function bindingFacts(
  cluster: string,
  event: AuditEvent,
  action: Action,
  id: string,
  { value, namespace, name }: RbacWrite,
): readonly Fact[] {
  const answer = event.responseObject;
  const about = bindingAbout(namespace, name);
  const role = roleOf(at(answer, 'roleRef'));
  const gone = event.verb === 'delete';
  const known = textAt(answer, 'kind')?.endsWith('RoleBinding') === true;
  // What a deletion answers with may be the binding as it was.
  const subjects = gone ? [] : known ? subjectsOf(answer, namespace) : undefined;
  const roleSubject =
    role === undefined ? undefined : roleAbout(role.kind === 'Role' ? namespace : undefined, role.name);
  const added = subjectsIn(addedIn(event, 'subjects'), namespace).slice(0, SUBJECTS_MAX);
  const history = historyFacts({
    cluster,
    about,
    action,
    id,
    kind: KINDS.binding,
    value: {
      ...value,
      role,
      subjects: subjects?.slice(0, SUBJECTS_MAX),
      of: subjects?.length,
      added: added.length === 0 ? undefined : added,
    },
    state: subjects === undefined ? undefined : { role, subjects },
    links: [roleSubject],
  });
  const all = namespace === undefined && role?.name === 'cluster-admin';
  const bound = (subjects ?? []).slice(0, SUBJECTS_MAX).map((subject) =>
    factOf({
      cluster,
      about: boundAbout(subject.kind, subject.namespace, subject.name),
      kind: all ? KINDS.boundall : KINDS.bound,
      id: actorsOwn(action.username, digestOf(about)),
      order: action.received,
      value: { ...actionValue(action), binding: defined({ namespace, name: bounded(name, 256) }), role },
      links: [about],
    }),
  );
  return [...history, ...bound];
}

interface HistoryParts {
  readonly cluster: string;
  readonly about: string;
  readonly action: Action;
  readonly id: string;
  readonly kind: FactKind;
  readonly value: JsonObject;
  /** Its content afterwards; undefined where that is not recorded, or after a deletion. */
  readonly state: unknown;
  readonly links?: readonly (string | undefined)[];
}

/**
 * A change among the last ones; among the creations and deletions, too; and as the first to leave a state.
 */
function historyFacts({
  cluster,
  about,
  action,
  id,
  kind,
  value,
  state,
  links = [],
}: HistoryParts): readonly Fact[] {
  const fact = (ofKind: FactKind, ownId: string): Fact =>
    factOf({ cluster, about, kind: ofKind, id: ownId, order: action.received, value, links });
  const isEnd = value['verb'] === 'create' || value['verb'] === 'delete';
  return [
    fact(kind, actorsOwn(action.username, id)),
    ...(isEnd ? [fact(KINDS.made, actorsOwn(action.username, id))] : []),
    ...(state === undefined || value['verb'] === 'delete'
      ? []
      : [fact(KINDS.given, actorsOwn(action.username, digestOf(JSON.stringify(state))))]),
  ];
}

/**
 * False for a patch whose recorded body changes no part of the permissions, as a label; undefined where that
 * is unknown.
 */
function givingOf({ verb, code, requestObject: body }: AuditEvent): false | undefined {
  if (verb !== 'patch' || code === 201) return undefined;
  if (Array.isArray(body))
    return asArray(body).some((step) => touchesRights(textAt(step, 'path') ?? '')) ? undefined : false;
  const keys = Object.keys(asObject(body) ?? { roleRef: true });
  return keys.some((key) => RIGHTS.includes(key) || key.startsWith('$')) ? undefined : false;
}

/** Of a JSON patch's path; the empty one is the whole object. */
function touchesRights(path: string): boolean {
  return path === '' || RIGHTS.includes(path.split('/')[1] ?? '');
}

/** What a recorded JSON patch adds to a list: the change itself shows what it granted. */
function addedIn({ verb, requestObject: body }: AuditEvent, list: 'rules' | 'subjects'): readonly unknown[] {
  if (verb !== 'patch') return [];
  return asArray(body).flatMap((step) => {
    const [, field, place, ...deeper] = (textAt(step, 'path') ?? '').split('/');
    const isEntry = field === list && place !== undefined && deeper.length === 0;
    return isEntry && textAt(step, 'op') === 'add' ? [at(step, 'value')] : [];
  });
}

function uidOf(event: AuditEvent): string | undefined {
  const uid = textAt(answeredMetadata(event), 'uid') ?? textAt(event.responseObject, 'details', 'uid');
  return uid === undefined ? undefined : bounded(uid, 64);
}

export interface RoleRef {
  readonly kind: string;
  readonly name: string;
}

export interface BindingSubject {
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}

function roleOf(reference: unknown): RoleRef | undefined {
  const kind = textAt(reference, 'kind');
  const name = textAt(reference, 'name');
  return kind === undefined || name === undefined
    ? undefined
    : { kind: bounded(kind, 64), name: bounded(name, 256) };
}

function subjectsOf(answer: unknown, namespace: string | undefined): readonly BindingSubject[] {
  return subjectsIn(asArray(at(answer, 'subjects')), namespace);
}

function subjectsIn(subjects: readonly unknown[], namespace: string | undefined): readonly BindingSubject[] {
  return subjects.flatMap((subject) => {
    const kind = textAt(subject, 'kind');
    const name = textAt(subject, 'name');
    if (kind === undefined || name === undefined) return [];
    const inside = kind === 'ServiceAccount' ? (textAt(subject, 'namespace') ?? namespace) : undefined;
    return [
      {
        kind: bounded(kind, 64),
        name: bounded(name, 256),
        ...(inside === undefined ? {} : { namespace: bounded(inside, 256) }),
      },
    ];
  });
}

/**
 * [groups, resources, verbs, names] of each rule that is about resources; undefined when not all are shown.
 */
export type CompactRule = readonly [
  groups: readonly string[],
  resources: readonly string[],
  verbs: readonly string[],
  names: readonly string[],
];

function rulesOf(answer: unknown): readonly CompactRule[] | undefined {
  if (textAt(answer, 'kind') !== 'Role' && textAt(answer, 'kind') !== 'ClusterRole') return undefined;
  return compactRules(asArray(at(answer, 'rules')));
}

function compactRules(shown: readonly unknown[]): readonly CompactRule[] | undefined {
  const rules = shown
    .map((rule): CompactRule => [
      asTexts(at(rule, 'apiGroups')),
      asTexts(at(rule, 'resources')),
      asTexts(at(rule, 'verbs')),
      asTexts(at(rule, 'resourceNames')),
    ])
    .filter(([, resources]) => resources.length > 0);
  const whole =
    rules.length <= RULES_MAX && rules.every((rule) => rule.every((words) => words.length <= WORDS_MAX));
  return whole
    ? rules.map((rule): CompactRule => [
        clipped(rule[0]),
        clipped(rule[1]),
        clipped(rule[2]),
        clipped(rule[3]),
      ])
    : undefined;
}

function clipped(words: readonly string[]): readonly string[] {
  return words.map((word) => bounded(word, 96));
}
