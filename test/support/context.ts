/** Context for tests: settings, and facts with as little said as can be. */
import type { Watch, Fact, FactKind, RecalledFact, RevisionRequest, State } from '@arrivals/core';
import { createHash } from 'node:crypto';

export const CONTEXT = { contextTtlMs: 3_600_000, contextSubjectsMax: 1000, awaitMs: 60_000 } as const;

export const NOW_MS = 1_800_000_000_000;
export const CLUSTER = 'prod';
export const NEWEST: FactKind = { name: 'written', keep: 'newest', max: 64 };
export const OLDEST: FactKind = { name: 'seen', keep: 'oldest', max: 64 };

export const fact = (about: string, id: string, order: number, more: Partial<Fact> = {}): Fact => ({
  cluster: CLUSTER,
  about,
  kind: NEWEST,
  id,
  order,
  value: { is: `${id}@${String(order)}` },
  links: [],
  ...more,
});

/** As it comes back. */
export const asRecalled = ({ kind, id, order, value }: Fact): RecalledFact => ({
  kind: kind.name,
  id,
  order,
  value,
});

export const about = (
  ...names: readonly string[]
): readonly { readonly cluster: string; readonly about: string }[] =>
  names.map((name) => ({ cluster: CLUSTER, about: name }));

export async function factsAbout(
  state: State,
  name: string,
  nowMs: number = NOW_MS,
  cluster: string = CLUSTER,
): Promise<readonly RecalledFact[]> {
  return (await state.recall([{ cluster, about: name }], nowMs)).get(cluster)?.get(name) ?? [];
}

/** `kind/id@order` of each. */
export const inShort = (facts: readonly RecalledFact[]): readonly string[] =>
  facts.map(({ kind, id, order }) => `${kind}/${id}@${String(order)}`);

const identity = (text: string): Buffer => createHash('sha256').update(text).digest();

export const waiter = (who: string, name: string, more: Partial<Watch> = {}): Watch => ({
  cluster: CLUSTER,
  about: name,
  identity: identity(who),
  value: { who },
  ...more,
});

export const whoWaits = (told: readonly Watch[]): readonly string[] =>
  told.map(({ about: name, value }) => `${String(value['who'])}: ${name}`).sort();

export const revision = (
  who: string,
  cause: string,
  answers: readonly string[],
  offset = 1,
  more: Partial<RevisionRequest> = {},
): RevisionRequest => ({
  cluster: CLUSTER,
  identity: identity(who),
  cause,
  answers,
  by: { topic: 'k8s.audit.events', partition: 3, offset, index: 0 },
  ...more,
});
