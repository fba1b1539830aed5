/**
 * Facts about a namespace and its content: its labels, quotas, network policies, services and claims.
 *
 * Invariant: one fact for each object and who wrote it; the last write wins, a deletion included. What a
 * patch made of it is unknown where patches have no bodies: `known` is then false, and nothing of the old
 * state is repeated.
 */
import { maskEntry } from '../../text/mask.ts';
import type { AuditEvent } from '../../audit/event.ts';
import { answeredMetadata } from '../../creation/identity.ts';
import { asArray, asObject, asTexts, at, type JsonObject, textAt } from '../../base/json.ts';
import type { Fact, FactKind } from '../../ports/fact-store.ts';
import { type Action, actionValue } from '../action.ts';
import { factOf } from '../fact.ts';
import { KINDS } from '../kinds.ts';
import { namespaceAbout } from '../subjects.ts';
import { digestOf } from '../../base/digest.ts';
import { bounded } from '../../text/bounded.ts';
import { actorsOwn } from '../actor-share.ts';

const ENTRIES_MAX = 24;

interface NamespaceObjectKind {
  readonly kind: FactKind;
  readonly carries: (object: unknown) => JsonObject;
}

const NAMESPACE_OBJECTS: Readonly<Record<string, NamespaceObjectKind>> = {
  '/resourcequotas': {
    kind: KINDS.quota,
    carries: (object) => ({ hard: texts(at(object, 'spec', 'hard')) }),
  },
  '/services': {
    kind: KINDS.service,
    carries: (object) => ({
      selector: texts(at(object, 'spec', 'selector')),
      type: text(object, 'spec', 'type'),
    }),
  },
  '/persistentvolumeclaims': {
    kind: KINDS.claim,
    carries: (object) => ({
      class: text(object, 'spec', 'storageClassName'),
      volume: text(object, 'spec', 'volumeName'),
    }),
  },
  'networking.k8s.io/networkpolicies': {
    kind: KINDS.netpol,
    carries: (object) => ({
      selector: selectorOf(at(object, 'spec', 'podSelector')),
      types: asTexts(at(object, 'spec', 'policyTypes'))
        .slice(0, 2)
        .map((type) => bounded(type, 32)),
    }),
  },
};

const VERBS: readonly string[] = ['create', 'update', 'patch', 'delete'];

export function namespaceFacts(
  cluster: string,
  event: AuditEvent,
  action: Action,
  id: string,
): readonly Fact[] {
  const { apiGroup = '', resource = '', subresource, namespace } = event.objectRef;
  const { verb = '' } = event;
  const name = event.objectRef.name ?? textAt(answeredMetadata(event), 'name');
  if (subresource !== undefined || name === undefined || !VERBS.includes(verb)) return [];
  const metadata = verb === 'delete' ? undefined : answeredMetadata(event);
  const common = {
    ...actionValue(action),
    verb: event.code === 201 ? 'create' : verb,
    name: bounded(name, 256),
    known: metadata !== undefined,
  };
  if (apiGroup === '' && resource === 'namespaces') {
    const labels = metadata === undefined ? undefined : texts(at(metadata, 'labels'));
    const parts = {
      cluster,
      about: namespaceAbout(name),
      id: actorsOwn(action.username, id),
      order: action.received,
      value: { ...common, labels },
    };
    const made = common.verb === 'create' || common.verb === 'delete';
    return [
      factOf({ ...parts, kind: KINDS.namespace }),
      ...(made ? [factOf({ ...parts, id, kind: KINDS.namespacemade })] : []),
    ];
  }
  const key = `${apiGroup}/${resource}`;
  const kind = Object.hasOwn(NAMESPACE_OBJECTS, key) ? NAMESPACE_OBJECTS[key] : undefined;
  if (kind === undefined || namespace === undefined) return [];
  const value = { ...common, ...(metadata === undefined ? {} : kind.carries(event.responseObject)) };
  return [
    factOf({
      cluster,
      about: namespaceAbout(namespace),
      kind: kind.kind,
      id: actorsOwn(action.username, digestOf(name)),
      order: action.received,
      value,
    }),
  ];
}

/** Undefined when it is too large to be kept whole: part of a selector would match too much. */
function selectorOf(selector: unknown): JsonObject | undefined {
  const parts = [
    ...Object.keys(asObject(at(selector, 'matchLabels')) ?? {}),
    ...asArray(at(selector, 'matchExpressions')).flatMap((expression) => asTexts(at(expression, 'values'))),
  ];
  if (parts.length > ENTRIES_MAX) return undefined;
  const expressions = asArray(at(selector, 'matchExpressions'))
    .slice(0, ENTRIES_MAX)
    .map((expression) => ({
      key: text(expression, 'key') ?? '',
      operator: text(expression, 'operator') ?? '',
      values: asTexts(at(expression, 'values'))
        .slice(0, ENTRIES_MAX)
        .map((value) => bounded(value, 64)),
    }));
  return { matchLabels: texts(at(selector, 'matchLabels')), matchExpressions: expressions };
}

function texts(value: unknown): JsonObject {
  const entries = Object.entries(asObject(value) ?? {}).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string' && entry[0] !== '__proto__',
  );
  return Object.fromEntries(
    entries
      .slice(0, ENTRIES_MAX)
      .map(([key, entry]) => [bounded(key, 320), bounded(maskEntry(key, entry), 64)]),
  );
}

function text(value: unknown, ...path: readonly string[]): string | undefined {
  const found = textAt(value, ...path);
  return found === undefined ? undefined : bounded(found, 128);
}
