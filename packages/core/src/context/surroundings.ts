/**
 * The surroundings of an object: its namespace, what limits it there, what sends it traffic, what it stores,
 * and how critical it is.
 *
 * Invariant: as far as the stream has shown, each with since when; what is older than the stream is not seen,
 * so an empty list proves nothing. The namespace's labels are those of the moment; of all else the newest
 * state is kept, which may be younger: its `action` has the time.
 */
import { asObject, at, textAt } from '../base/json.ts';
import type { RecalledFact } from '../ports/fact-store.ts';
import type { Micros } from '../base/time.ts';
import { type Action, readAction } from '../facts/action.ts';
import { isFull } from './evicted.ts';
import { KINDS } from '../facts/kinds.ts';
import { type Labels, matches } from '../kubernetes/label-selector.ts';
import { namespaceAbout } from '../facts/subjects.ts';
import type { KnownFacts } from './workload-history.ts';

export interface NamespaceObject {
  readonly name: string;
  /** The write that was seen last: since then this state is known. */
  readonly action: Action;
  /**
   * False: a patch whose outcome is not recorded, or a selector that was not kept, leaves open whether it
   * still applies.
   */
  readonly confirmed: boolean;
}

export interface NamespaceAnswer {
  readonly name: string;
  /** Undefined when its creation was not seen. */
  readonly created: Action | undefined;
  readonly ageSeconds: number | undefined;
  /** Its creation may have been pushed out by others of its name. */
  readonly isEvicted: boolean;
  readonly labels: Labels | undefined;
  /** The labels were written since by a patch whose outcome is not recorded. */
  readonly labelsSure: boolean;
  readonly labelsSince: Micros | undefined;
  /** Pod Security levels by mode: enforce, audit, warn. */
  readonly podSecurity: Labels;
  readonly criticality: Criticality;
}

export type Criticality =
  | { readonly critical: true; readonly because: 'system' | 'labelled' | 'configured'; readonly what: string }
  | { readonly critical: false };

/** Lists of the operator: whole names, as the creator of a namespace chooses its name. */
export interface NamedNamespaces {
  readonly systemNamespaces: readonly string[];
  readonly criticalNamespaces: readonly string[];
}

export const NONE_NAMED: NamedNamespaces = { systemNamespaces: [], criticalNamespaces: [] };

export interface Surroundings {
  readonly namespace: NamespaceAnswer;
  readonly quotas: readonly NamespaceObject[];
  /** Of the pod; of the namespace where no pod is meant. */
  readonly networkPolicies: readonly NamespaceObject[];
  readonly services: readonly NamespaceObject[];
  /** Claims that the pod's volumes name. */
  readonly claims: readonly NamespaceObject[];
}

export interface PodPlacement {
  readonly namespace: string;
  /** Undefined when they were not seen, and for a namespace itself. */
  readonly labels: Labels | undefined;
  readonly claims: readonly string[];
  readonly moment: Micros;
}

const POD_SECURITY = 'pod-security.kubernetes.io/';
/** Keys, and their values that mark a critical namespace. */
const CRITICAL_KEY = /(?:^|[./-])(?:critical(?:ity)?|tier|importance)$/;
const CRITICAL_VALUE = /^(?:true|yes|critical|high|tier-?[01]|[01]|mission-critical|production-critical)$/i;

export function surroundingsOf(
  placement: PodPlacement,
  facts: KnownFacts,
  named: NamedNamespaces = NONE_NAMED,
): Surroundings {
  const known = facts.get(namespaceAbout(placement.namespace)) ?? [];
  const namespace = namespaceOf(placement, known, named);
  const from = namespace.created?.received ?? 0;
  const presentOf = (kind: string): readonly RecalledFact[] =>
    lastOfEach(known.filter((fact) => fact.kind === kind && fact.order >= from)).filter(
      ({ value }) => textAt(value, 'verb') !== 'delete',
    );
  const { labels } = placement;
  return {
    namespace,
    quotas: presentOf(KINDS.quota.name).flatMap((fact) => presentObject(fact, true)),
    networkPolicies: presentOf(KINDS.netpol.name).flatMap((fact) =>
      presentObject(fact, labels === undefined || matches(at(fact.value, 'selector'), labels)),
    ),
    services:
      labels === undefined
        ? []
        : presentOf(KINDS.service.name).flatMap((fact) =>
            presentObject(
              fact,
              selects(at(fact.value, 'selector'), labels, at(fact.value, 'known') === true),
            ),
          ),
    claims: presentOf(KINDS.claim.name).flatMap((fact) =>
      presentObject(fact, placement.claims.includes(textAt(fact.value, 'name') ?? '')),
    ),
  };
}

export function surroundingSubjects(namespace: string): readonly string[] {
  return [namespaceAbout(namespace)];
}

/** Of each object the last write, by any user. */
function lastOfEach(facts: readonly RecalledFact[]): readonly RecalledFact[] {
  const byName = new Map<string | undefined, RecalledFact>();
  for (const fact of facts) {
    const name = textAt(fact.value, 'name');
    const before = byName.get(name);
    if (before === undefined || before.order <= fact.order) byName.set(name, fact);
  }
  return [...byName.values()];
}

/** A Service's selector is a plain map; one without selects nothing. */
function selects(selector: unknown, labels: Labels, known: boolean): boolean | undefined {
  if (!known) return undefined;
  return Object.keys(asObject(selector) ?? {}).length > 0 && matches({ matchLabels: selector }, labels);
}

function presentObject({ value }: RecalledFact, applies: boolean | undefined): readonly NamespaceObject[] {
  const action = readAction(value);
  const name = textAt(value, 'name');
  if (applies === false || action === undefined || name === undefined) return [];
  return [{ name, action, confirmed: applies === true && at(value, 'known') === true }];
}

function namespaceOf(
  { namespace: name, moment }: PodPlacement,
  known: readonly RecalledFact[],
  named: NamedNamespaces,
): NamespaceAnswer {
  const all = history(known);
  // As it was at that moment; where nothing is known of then, as it was seen first.
  const earlier = all.filter(({ order }) => order <= moment);
  const writes = earlier.length > 0 ? earlier : all.slice(0, 1);
  const start = writes.findLastIndex(({ value }) => textAt(value, 'verb') === 'create');
  const own = writes.slice(Math.max(start, 0)).filter(({ value }) => textAt(value, 'verb') !== 'delete');
  // What is left of a name that was made so often is of later lives.
  const isEvicted = isFull(known, KINDS.namespacemade) && (start < 0 || earlier.length === 0);
  const created = start < 0 || isEvicted ? undefined : readAction(writes[start]?.value);
  const shown = own.findLast(({ value }) => asObject(at(value, 'labels')) !== undefined);
  const labels = shown === undefined ? undefined : labelsOf(at(shown.value, 'labels'));
  const levels = Object.entries(labels ?? {}).filter(
    ([key]) => key.startsWith(POD_SECURITY) && !key.endsWith('-version'),
  );
  return {
    name,
    created,
    isEvicted,
    ageSeconds:
      created === undefined ? undefined : Math.max(0, Math.round((moment - created.received) / 1_000_000)),
    labels,
    labelsSure: shown !== undefined && shown === own.at(-1),
    labelsSince: shown?.order,
    podSecurity: Object.fromEntries(levels.map(([key, level]) => [key.slice(POD_SECURITY.length), level])),
    criticality: criticalityOf(name, labels ?? {}, named),
  };
}

/** In order; what is of both kinds once. */
function history(known: readonly RecalledFact[]): readonly RecalledFact[] {
  const written = known.filter(({ kind }) => kind === KINDS.namespace.name);
  const made = known.filter(({ kind }) => kind === KINDS.namespacemade.name);
  const others = made.filter(({ id }) => !written.some((fact) => fact.id.endsWith(id)));
  return [...others, ...written].sort((a, b) => a.order - b.order);
}

function criticalityOf(
  name: string,
  labels: Labels,
  { systemNamespaces, criticalNamespaces }: NamedNamespaces,
): Criticality {
  if (criticalNamespaces.includes(name)) return { critical: true, because: 'configured', what: name };
  if (systemNamespaces.includes(name)) return { critical: true, because: 'system', what: name };
  const label = Object.entries(labels).find(
    ([key, value]) => CRITICAL_KEY.test(key) && CRITICAL_VALUE.test(value),
  );
  return label === undefined
    ? { critical: false }
    : { critical: true, because: 'labelled', what: `${label[0]}=${label[1]}` };
}

function labelsOf(value: unknown): Labels {
  return Object.fromEntries(
    Object.entries(asObject(value) ?? {}).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  );
}
