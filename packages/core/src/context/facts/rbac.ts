/**
 * What an event tells of roles and bindings: each change of one, what it says afterwards, and who is bound by it.
 *
 * Invariant: `subjects` and `rules` are those that the server answered with; a change whose outcome was not recorded (a patch at level Metadata) is
 * told of without them. A deletion leaves none.
 */
import type { AuditEvent } from '../../audit/event.ts';
import { answeredMetadata } from '../../identity.ts';
import { asArray, asTexts, at, type JsonObject, textAt } from '../../json.ts';
import type { Fact } from '../../ports/context.ts';
import { type Act, actValue, bounded, defined, digestOf } from '../act.ts';
import { factOf } from '../fact.ts';
import { KINDS } from '../kinds.ts';
import { bindingAbout, boundAbout, roleAbout } from '../subjects.ts';

export const RBAC_GROUP = 'rbac.authorization.k8s.io';

const SUBJECTS_MAX = 12;
const RULES_MAX = 24;
const WORDS_MAX = 16;

export function rbacFacts(cluster: string, event: AuditEvent, act: Act, id: string): readonly Fact[] {
  const { apiGroup, resource = '', subresource, namespace } = event.objectRef;
  const { verb = '' } = event;
  const name = event.objectRef.name ?? textAt(answeredMetadata(event), 'name');
  if (apiGroup !== RBAC_GROUP || subresource !== undefined || name === undefined) return [];
  if (verb !== 'create' && verb !== 'update' && verb !== 'patch' && verb !== 'delete') return [];
  const value = { ...actValue(act), verb: event.code === 201 ? 'create' : verb, uid: uidOf(event) };
  switch (resource) {
    case 'roles':
    case 'clusterroles': {
      const rules = verb === 'delete' ? [] : rulesOf(event.responseObject);
      const aggregated = textAt(event.responseObject, 'kind') === 'ClusterRole' && at(event.responseObject, 'aggregationRule') !== undefined;
      const about = roleAbout(namespace, name);
      return [factOf({ cluster, about, kind: KINDS.role, id, order: act.received, value: { ...value, rules, aggregated: aggregated || undefined } })];
    }
    case 'rolebindings':
    case 'clusterrolebindings':
      return bindingFacts(cluster, event, act, id, { value, namespace: resource === 'rolebindings' ? namespace : undefined, name });
    default:
      return [];
  }
}

interface Written {
  readonly value: JsonObject;
  readonly namespace: string | undefined;
  readonly name: string;
}

function bindingFacts(cluster: string, event: AuditEvent, act: Act, id: string, { value, namespace, name }: Written): readonly Fact[] {
  const answer = event.responseObject;
  const about = bindingAbout(namespace, name);
  const role = roleOf(at(answer, 'roleRef'));
  const gone = event.verb === 'delete';
  const known = textAt(answer, 'kind')?.endsWith('RoleBinding') === true;
  // What a deletion answers with may be the binding as it was.
  const subjects = gone ? [] : known ? subjectsOf(answer, namespace) : undefined;
  const roleSubject = role === undefined ? undefined : roleAbout(role.kind === 'Role' ? namespace : undefined, role.name);
  const links = [roleSubject];
  const history = factOf({
    cluster,
    about,
    kind: KINDS.binding,
    id,
    order: act.received,
    value: { ...value, role, subjects: subjects?.slice(0, SUBJECTS_MAX), of: subjects === undefined ? undefined : subjects.length },
    links,
  });
  const key = digestOf(about);
  const bound = (subjects ?? []).slice(0, SUBJECTS_MAX).map((subject) =>
    factOf({
      cluster,
      about: boundAbout(subject.kind, subject.namespace, subject.name),
      kind: KINDS.bound,
      id: key,
      order: act.received,
      value: { ...actValue(act), binding: defined({ namespace, name: bounded(name, 256) }), role },
      links: [about],
    }),
  );
  return [history, ...bound];
}

function uidOf(event: AuditEvent): string | undefined {
  const uid = textAt(answeredMetadata(event), 'uid') ?? textAt(event.responseObject, 'details', 'uid');
  return uid === undefined ? undefined : bounded(uid, 64);
}

export interface RoleRef {
  readonly kind: string;
  readonly name: string;
}

export interface BoundSubject {
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}

function roleOf(reference: unknown): RoleRef | undefined {
  const kind = textAt(reference, 'kind');
  const name = textAt(reference, 'name');
  return kind === undefined || name === undefined ? undefined : { kind: bounded(kind, 64), name: bounded(name, 256) };
}

function subjectsOf(answer: unknown, namespace: string | undefined): readonly BoundSubject[] {
  return asArray(at(answer, 'subjects')).flatMap((subject) => {
    const kind = textAt(subject, 'kind');
    const name = textAt(subject, 'name');
    if (kind === undefined || name === undefined) return [];
    const inside = kind === 'ServiceAccount' ? (textAt(subject, 'namespace') ?? namespace) : undefined;
    return [{ kind: bounded(kind, 64), name: bounded(name, 256), ...(inside === undefined ? {} : { namespace: bounded(inside, 256) }) }];
  });
}

/** [groups, resources, verbs, names] of each rule that is about resources; undefined when not all are shown. */
export type CompactRule = readonly [groups: readonly string[], resources: readonly string[], verbs: readonly string[], names: readonly string[]];

function rulesOf(answer: unknown): readonly CompactRule[] | undefined {
  if (textAt(answer, 'kind') !== 'Role' && textAt(answer, 'kind') !== 'ClusterRole') return undefined;
  const rules = asArray(at(answer, 'rules'))
    .map((rule): CompactRule => [
      asTexts(at(rule, 'apiGroups')),
      asTexts(at(rule, 'resources')),
      asTexts(at(rule, 'verbs')),
      asTexts(at(rule, 'resourceNames')),
    ])
    .filter(([, resources]) => resources.length > 0);
  const whole = rules.length <= RULES_MAX && rules.every((rule) => rule.every((words) => words.length <= WORDS_MAX));
  return whole ? rules.map((rule): CompactRule => [clipped(rule[0]), clipped(rule[1]), clipped(rule[2]), clipped(rule[3])]) : undefined;
}

function clipped(words: readonly string[]): readonly string[] {
  return words.map((word) => bounded(word, 96));
}
