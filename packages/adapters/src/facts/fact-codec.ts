/**
 * A fact as both adapters keep it: a text of three lines, `1 ORDER`, the links as JSON or nothing, the value
 * as JSON.
 *
 * Invariant: the text is a format that outlives processes; a change takes a new version number, and what
 * cannot be read counts as absent. JSON has no line feeds, so that Redis' Lua finds order and links without
 * reading the value. Which of two facts wins, and what is kept of many, is decided by ids, orders and texts
 * alone, here as in lua/subjects.lua.
 */
import {
  asObject,
  asTexts,
  type Fact,
  type FactKind,
  fairShare,
  type JsonObject,
  type RecalledFact,
} from '@arrivals/core';
import { assertFact, valueText } from './bounds.ts';
import { parsed } from './waiting-codec.ts';

export interface PackedFact {
  readonly id: string;
  readonly order: number;
  readonly text: string;
}

export interface ReadFact {
  readonly order: number;
  readonly links: readonly string[];
  readonly value: JsonObject;
}

/** Facts of one kind about one subject: of each id the one that wins, and no more than are kept. */
export interface KindFacts {
  readonly kind: FactKind;
  readonly facts: readonly PackedFact[];
}

export interface SubjectFacts {
  readonly about: string;
  readonly kinds: readonly KindFacts[];
}

/** @throws RangeError */
function packFact(fact: Fact): PackedFact {
  assertFact(fact);
  const { id, order, links, value } = fact;
  const linksText = links.length === 0 ? '' : JSON.stringify(links.map((link) => link.toWellFormed()));
  return { id: id.toWellFormed(), order, text: `1 ${String(order)}\n${linksText}\n${valueText(value)}` };
}

const PACKED = /^1 (-?\d{1,16})\n([^\n]*)\n([^\n]*)$/;

/** Undefined for what is no fact of this version's. */
export function readFact(text: string): ReadFact | undefined {
  const [, order = '', links = '', value = ''] = PACKED.exec(text) ?? [];
  const read = asObject(parsed(value));
  return read === undefined
    ? undefined
    : { order: Number(order), links: links === '' ? [] : asTexts(parsed(links)), value: read };
}

type Kinds = Map<string, { readonly kind: FactKind; readonly packed: PackedFact[] }>;

/** By cluster and subject. @throws RangeError */
export function groupFacts(facts: readonly Fact[]): ReadonlyMap<string, readonly SubjectFacts[]> {
  const clusters = new Map<string, Map<string, Kinds>>();
  for (const fact of facts) {
    const packed = packFact(fact);
    const subjects = entry(clusters, fact.cluster, () => new Map<string, Kinds>());
    const kinds = entry(subjects, fact.about.toWellFormed(), (): Kinds => new Map());
    entry(kinds, fact.kind.name, () => ({ kind: fact.kind, packed: [] })).packed.push(packed);
  }
  return new Map(
    [...clusters].map(([cluster, subjects]) => [
      cluster,
      [...subjects].map(([about, kinds]) => ({ about, kinds: keptKinds(kinds) })),
    ]),
  );
}

function keptKinds(kinds: Kinds): readonly KindFacts[] {
  return [...kinds.values()].map(({ kind, packed }) => ({ kind, facts: kept(kind, packed) }));
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const present = map.get(key);
  if (present !== undefined) return present;
  const made = make();
  map.set(key, made);
  return made;
}

/**
 * Of each id the one that wins, and of these as many as the kind keeps; the same whatever the order they are
 * given in.
 */
export function kept({ keep, max }: FactKind, facts: Iterable<PackedFact>): readonly PackedFact[] {
  const standing = new Map<string, PackedFact>();
  for (const fact of facts) {
    const present = standing.get(fact.id);
    if (present === undefined || isBefore(fact, present, keep === 'newest' ? 'newest' : 'oldest'))
      standing.set(fact.id, fact);
  }
  const all = [...standing.values()];
  if (all.length <= max) return all;
  return fairShare(
    all.sort((a, b) => (isBefore(a, b, keep === 'oldest' ? 'oldest' : 'newest') ? -1 : 1)),
    max,
  );
}

/** Whether `a` would rather be kept than `b`. */
function isBefore(a: PackedFact, b: PackedFact, keep: 'newest' | 'oldest'): boolean {
  const difference = a.order - b.order || compareTexts(a.id, b.id) || compareTexts(a.text, b.text);
  return keep === 'newest' ? difference > 0 : difference < 0;
}

/** As recall gives them: by kind, then ascending order, then id. */
export function inOrder(facts: readonly RecalledFact[]): readonly RecalledFact[] {
  return [...facts].sort(
    (a, b) => compareTexts(a.kind, b.kind) || a.order - b.order || compareTexts(a.id, b.id),
  );
}

/** By bytes in UTF-8, as Redis does, and not by UTF-16 units, as JavaScript's < does. */
export function compareTexts(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));
}
