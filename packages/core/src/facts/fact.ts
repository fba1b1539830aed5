/**
 * Makes facts that keep the port's bounds.
 *
 * Invariant: every value has at most FACT_BYTES_MAX bytes; what does not fit loses its least important parts
 * first, and lists them under `shed`.
 */
import { Buffer } from 'node:buffer';
import { defined, type JsonObject } from '../base/json.ts';
import { type Fact, FACT_BYTES_MAX, type FactKind } from '../ports/fact-store.ts';
import { fairShare } from '../ports/fair-share.ts';

const LINKS_MAX = 8;

/** Lists and maps, which others fill, go first; who did it stays. */
const SHED_IN_TURN: readonly string[] = [
  'labels',
  'rules',
  'subjects',
  'selector',
  'agent',
  'behalf',
  'display',
  'reason',
  'manager',
  'pod',
  'owner',
  'credential',
  'as',
];

export interface FactParts {
  readonly cluster: string;
  readonly about: string;
  readonly kind: FactKind;
  readonly id: string;
  readonly order: number;
  readonly value: JsonObject;
  readonly links?: readonly (string | undefined)[];
}

export function factOf({ links = [], value, ...parts }: FactParts): Fact {
  const others = [...new Set(links)].filter(
    (link): link is string => link !== undefined && link !== parts.about,
  );
  return { ...parts, value: fitting(defined(value)), links: others.slice(0, LINKS_MAX) };
}

function fitting(value: JsonObject): JsonObject {
  let kept = value;
  const shed: string[] = [];
  for (const key of SHED_IN_TURN) {
    if (Buffer.byteLength(JSON.stringify(kept)) <= FACT_BYTES_MAX) break;
    if (!Object.hasOwn(kept, key)) continue;
    shed.push(key);
    kept = { ...Object.fromEntries(Object.entries(kept).filter(([name]) => name !== key)), shed };
  }
  return kept;
}

/**
 * Of facts that are stored together, those that can still matter: of one id the one that wins, of a kind
 * about a subject as many as are kept. Storing these leaves the same context as storing all.
 */
export function condensed(facts: readonly Fact[]): readonly Fact[] {
  const groups = new Map<string, Map<string, Fact>>();
  for (const fact of facts) {
    const key = JSON.stringify([fact.cluster, fact.about, fact.kind.name]);
    const group = groups.get(key) ?? new Map<string, Fact>();
    groups.set(key, group);
    const before = group.get(fact.id);
    const stands =
      before !== undefined &&
      (fact.kind.keep === 'newest' ? before.order >= fact.order : before.order <= fact.order);
    if (!stands) group.set(fact.id, fact);
  }
  return [...groups.values()].flatMap((group) => {
    const ordered = [...group.values()].sort((a, b) => a.order - b.order || (a.id < b.id ? -1 : 1));
    const { keep, max } = ordered[0]?.kind ?? { keep: 'newest', max: 0 };
    return fairShare(keep === 'oldest' ? ordered : ordered.reverse(), max);
  });
}
