/**
 * Which subjects are related to a requested one: the links of facts, followed within the port's bounds.
 *
 * Invariant: what is looked at depends on the facts alone, never on the order they are kept in;
 * lua/recall.lua does the same.
 */
import { RECALL_BYTES_MAX, RECALL_DEPTH, RECALL_SUBJECTS_MAX, type RecalledFact } from '@arrivals/core';
import { compareTexts, inOrder, readFact } from '../facts/fact-codec.ts';

export interface SubjectSeen {
  readonly bytes: number;
  readonly facts: readonly RecalledFact[];
  /** What its facts link to, and the highest order of one that does. */
  readonly links: ReadonlyMap<string, number>;
}

/** From the texts of a subject, by `KIND ID`. */
export function subjectSeen(texts: ReadonlyMap<string, string>): SubjectSeen {
  let bytes = 0;
  const facts: RecalledFact[] = [];
  const links = new Map<string, number>();
  for (const [name, text] of texts) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(text);
    const fact = readFact(text);
    const [, kind = '', id = ''] = /^([a-z]+) (.*)$/s.exec(name) ?? [];
    if (fact === undefined || kind === '') continue;
    facts.push({ kind, id, order: fact.order, value: fact.value });
    for (const link of fact.links) raise(links, link, fact.order);
  }
  return { bytes, facts: inOrder(facts), links };
}

/** Calls `look` for each subject, nearest first. */
export function follow(asked: string, look: (about: string) => SubjectSeen): void {
  const named = new Set([asked]);
  let level: readonly string[] = [asked];
  let count = 0;
  let bytes = 0;
  for (let depth = 0; depth <= RECALL_DEPTH; depth++) {
    const linked = new Map<string, number>();
    for (const about of level) {
      if (count >= RECALL_SUBJECTS_MAX || bytes >= RECALL_BYTES_MAX) return;
      const seen = look(about);
      count++;
      bytes += seen.bytes;
      for (const [link, order] of seen.links) if (!named.has(link)) raise(linked, link, order);
    }
    level = [...linked]
      .sort(([a, orderA], [b, orderB]) => orderB - orderA || compareTexts(a, b))
      .map(([about]) => about);
    for (const about of level) named.add(about);
  }
}

function raise(orders: Map<string, number>, name: string, order: number): void {
  orders.set(name, Math.max(orders.get(name) ?? order, order));
}
