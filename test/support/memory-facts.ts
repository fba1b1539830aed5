/**
 * The context of a test: the port's promises over Maps, for running events through facts to answers without a
 * store.
 *
 * Keeps what the port says is kept, by ids and orders alone. Forgets nothing with time: `nowMs` is not read.
 */
import {
  type Watch,
  WATCHES_MAX,
  type Fact,
  type FactStore,
  fairShare,
  RECALL_DEPTH,
  RECALL_SUBJECTS_MAX,
  type Recalled,
  type RecalledFact,
  type RevisionRequest,
  type RevisionResult,
  REVISIONS_MAX,
  type Subject,
} from '@arrivals/core';

interface Kept {
  readonly byKind: Map<string, Map<string, Fact>>;
  readonly waiting: Map<string, Watch>;
}

interface Attribution {
  readonly revision: number;
  readonly cause: string;
  readonly answers: readonly string[];
  readonly by: string;
}

export class MemoryContext implements FactStore {
  readonly #kept = new Map<string, Kept>();
  readonly #told = new Map<string, Attribution[]>();
  readonly #awaitingMax: number;

  /** @param awaitingMax more than the port's, for tests in which everything comes at once */
  constructor(awaitingMax: number = WATCHES_MAX) {
    this.#awaitingMax = awaitingMax;
  }

  remember(facts: readonly Fact[], _nowMs: number): Promise<readonly Watch[]> {
    for (const fact of facts) {
      const { byKind } = this.#of(fact);
      const ofKind = byKind.get(fact.kind.name) ?? new Map<string, Fact>();
      byKind.set(fact.kind.name, ofKind);
      const before = ofKind.get(fact.id);
      // Through JSON, as every store's values go.
      const stands =
        before !== undefined &&
        (fact.kind.keep === 'newest' ? before.order >= fact.order : before.order <= fact.order);
      if (!stands) ofKind.set(fact.id, JSON.parse(JSON.stringify(fact)) as Fact);
      if (ofKind.size <= fact.kind.max) continue;
      const ordered = inOrder([...ofKind.values()]);
      const kept = new Set(
        fairShare(fact.kind.keep === 'oldest' ? ordered : [...ordered].reverse(), fact.kind.max),
      );
      for (const each of ordered) if (!kept.has(each)) ofKind.delete(each.id);
    }
    return Promise.resolve(
      [...new Set(facts.map(keyOf))].flatMap((key) => [...(this.#kept.get(key)?.waiting.values() ?? [])]),
    );
  }

  recall(subjects: readonly Subject[], _nowMs: number): Promise<Recalled> {
    const recalled = new Map<string, Map<string, readonly RecalledFact[]>>();
    for (const { cluster, about } of subjects) {
      let next = [about];
      const reached = new Set(next);
      for (let depth = 0; depth <= RECALL_DEPTH; depth++) {
        const links: string[] = [];
        for (const name of next) {
          const kept = this.#kept.get(keyOf({ cluster, about: name }));
          if (kept === undefined || kept.byKind.size === 0) continue;
          const facts = [...kept.byKind.entries()]
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .flatMap(([, ofKind]) => inOrder([...ofKind.values()]));
          const ofCluster = recalled.get(cluster) ?? new Map<string, readonly RecalledFact[]>();
          recalled.set(cluster, ofCluster);
          ofCluster.set(
            name,
            facts.map(({ kind, id, order, value }) => ({ kind: kind.name, id, order, value })),
          );
          links.push(...facts.flatMap((fact) => fact.links));
        }
        next = [...new Set(links)]
          .filter((name) => !reached.has(name))
          .slice(0, Math.max(0, RECALL_SUBJECTS_MAX - reached.size));
        for (const name of next) reached.add(name);
      }
    }
    return Promise.resolve(recalled);
  }

  watch(waiting: readonly Watch[], nowMs: number): Promise<Recalled> {
    for (const entry of waiting) {
      const of = this.#of(entry).waiting;
      of.set(entry.identity.toString('hex'), entry);
      const [oldest] = of.keys();
      if (of.size > this.#awaitingMax && oldest !== undefined) of.delete(oldest);
    }
    return this.recall(waiting, nowMs);
  }

  revise(requests: readonly RevisionRequest[], _nowMs: number): Promise<readonly RevisionResult[]> {
    return Promise.resolve(requests.map((request) => this.#revise(request)));
  }

  #revise({ cluster, identity, cause, answers, by }: RevisionRequest): RevisionResult {
    const key = `${cluster} ${identity.toString('hex')}`;
    const told = this.#told.get(key) ?? [];
    this.#told.set(key, told);
    const place = JSON.stringify(by);
    const same = told.find((entry) => entry.cause === cause);
    if (same !== undefined)
      return same.by === place ? { outcome: 'revision', revision: same.revision } : { outcome: 'answered' };
    if (answers.every((answer) => told.some((entry) => entry.answers.includes(answer))))
      return { outcome: 'answered' };
    if (told.length + 1 >= REVISIONS_MAX) return { outcome: 'exhausted' };
    told.push({ revision: told.length + 2, cause, answers, by: place });
    return { outcome: 'revision', revision: told.length + 1 };
  }

  #of(subject: Subject): Kept {
    const key = keyOf(subject);
    const kept = this.#kept.get(key) ?? {
      byKind: new Map<string, Map<string, Fact>>(),
      waiting: new Map<string, Watch>(),
    };
    this.#kept.set(key, kept);
    return kept;
  }
}

function keyOf({ cluster, about }: Subject): string {
  return `${cluster}/${about}`;
}

function inOrder(facts: readonly Fact[]): readonly Fact[] {
  return [...facts].sort((a, b) => a.order - b.order || (a.id < b.id ? -1 : 1));
}
