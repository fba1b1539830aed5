/**
 * Asks the context about creations, tells it what events say, and finds which alerts have to be told anew for
 * it.
 *
 * Invariant: facts are taken in before anything is asked, so that a creation finds what stands in its own
 * batch. Whoever waits for more is entered before the last look, so that nothing falls between. Without the
 * state a chunk waits for as long as it does for claims; then it goes on without the context, and its facts
 * are lost to it (`arrivals rebuild` reads them again).
 */
import {
  type AlertFlag,
  type Answers,
  ArrivalsError,
  asArrivalsError,
  type Watch,
  type Bus,
  condensed,
  contextSubjects,
  type CreationContext,
  type FactStore,
  creationContextOf,
  type KnownFacts,
  isLessKnown,
  mergeRecalled,
  newAnswers,
  type Recalled,
  type RevisionMissed,
  type CreationQuery,
  creationQueryOf,
  type AttributionState,
  attributionStateOf,
  type Subject,
  type Telemetry,
  type NamedNamespaces,
} from '@arrivals/core';
import { waitingAlert } from './waiting-alert.ts';
import { readAgain } from './refetch.ts';
import type { Candidate, ExtractedFact } from './classify.ts';
import { StateOutage, type StateOutageOptions } from './state-outage.ts';
import { Yielder } from './yielder.ts';
import { type Requested, requestsOf, affectedAlerts } from './affected-alerts.ts';

/** Round 1 brings the owners, round 2 what follows from who is behind it. */
const RECALL_ROUNDS = 2;
/** What is learnt on waiting may open more. */
const AWAIT_ROUNDS = 3;
/** Alerts told anew for one chunk; the rest is counted, and told with whatever else becomes known of it. */
const REVISED_MAX = 500;
/** While the context does not answer, it is asked no more often. */
const ASK_AGAIN_MS = 5000;
/**
 * A chunk that is tried again has its contexts from before for so long: what comes to be known meanwhile
 * wakes its alerts, which wait already.
 */
const CONTEXTS_KEPT_MS = 10_000;

export interface EnricherOptions extends StateOutageOptions {
  readonly state: FactStore;
  readonly bus: Pick<Bus, 'read'>;
  /** Where events stand. */
  readonly topic: string;
  readonly telemetry: Telemetry;
  /** Lists of the operator. */
  readonly namespaces: NamedNamespaces;
}

export interface Revision {
  readonly candidate: Candidate;
  readonly context: CreationContext;
  readonly revision: number;
  /** Names of what is told otherwise. */
  readonly revised: readonly string[];
  readonly flags: readonly AlertFlag[];
}

/** An alert of which more may have become known, and that is not told anew. */
export interface Missed {
  readonly cluster: string;
  readonly reason: RevisionMissed;
}

export interface Enrichment {
  readonly contexts: ReadonlyMap<Candidate, CreationContext>;
  readonly revisions: readonly Revision[];
  readonly missed: readonly Missed[];
  /** The context could not be asked: alerts have none. */
  readonly skipped: boolean;
  /** Facts that are lost to the context. */
  readonly lostFacts: number;
}

const NONE: Enrichment = { contexts: new Map(), revisions: [], missed: [], skipped: false, lostFacts: 0 };

export class Enricher {
  readonly #options: EnricherOptions;
  readonly #outage: StateOutage<readonly ExtractedFact[]>;
  #askAgainMs = 0;
  /** Of the last tries. */
  readonly #kept = new WeakMap<Candidate, { readonly context: CreationContext; readonly untilMs: number }>();
  /** Why alerts go without the context at the moment. */
  #problem: ArrivalsError | undefined;

  constructor(options: EnricherOptions) {
    this.#options = options;
    this.#outage = new StateOutage(options);
  }

  /**
   * For readiness: as long as it goes without asking. Whether the context is back shows when it is asked
   * again.
   */
  get problems(): readonly string[] {
    return this.#problem === undefined || this.#options.now() >= this.#askAgainMs
      ? []
      : [
          `processor: alerts pass without the context, flagged: ${this.#problem.code}: ${this.#problem.message}`,
        ];
  }

  /**
   * The same list of facts again is the same chunk, tried again. `hasWaited`: its alerts pass unasked, so the
   * state was waited for already.
   * @throws ArrivalsError state_unavailable while the state is waited for, bus_unavailable
   */
  async enrich(
    extracted: readonly ExtractedFact[],
    candidates: readonly Candidate[],
    hasWaited: boolean,
    signal: AbortSignal,
  ): Promise<Enrichment> {
    if (extracted.length === 0 && candidates.length === 0) return NONE;
    if (this.#isOver(extracted, hasWaited) && this.#options.now() < this.#askAgainMs)
      return skipped(extracted);
    try {
      const affected = await this.#options.state.remember(
        condensed(extracted.map(({ fact }) => fact)),
        this.#options.now(),
      );
      const contexts = await this.#firstContextsOf(candidates);
      const revised = await this.#revisionsOf(affected, extracted, contexts, signal);
      this.#outage.succeeded();
      this.#problem = undefined;
      return { ...NONE, contexts, ...revised };
    } catch (thrown) {
      // What is no fault of the state's will not be better the next time.
      if (!(thrown instanceof ArrivalsError)) return this.#isolate(extracted, thrown);
      if (thrown.code !== 'state_unavailable') throw thrown;
      this.#outage.failed(thrown, extracted);
      if (!this.#isOver(extracted, hasWaited)) throw thrown;
      this.#askAgainMs = this.#options.now() + ASK_AGAIN_MS;
      this.#problem = thrown;
      return skipped(extracted);
    }
  }

  /** How much longer the chunk waits for the context before it goes on without, in ms. */
  leftMs(extracted: readonly ExtractedFact[]): number {
    return this.#outage.leftMs(extracted);
  }

  #isOver(extracted: readonly ExtractedFact[], hasWaited: boolean): boolean {
    return hasWaited || this.#outage.isOver(extracted);
  }

  #isolate(extracted: readonly ExtractedFact[], thrown: unknown): Enrichment {
    const { code, message } = asArrivalsError(thrown, 'internal');
    this.#options.telemetry.emit({
      type: 'step_isolated',
      step: 'process',
      code,
      detail: `context: ${message}`,
      records: 0,
    });
    return skipped(extracted);
  }

  async #firstContextsOf(candidates: readonly Candidate[]): Promise<Contexts> {
    const nowMs = this.#options.now();
    const isKept = (candidate: Candidate): boolean => (this.#kept.get(candidate)?.untilMs ?? 0) > nowMs;
    const contexts = await this.#contextsOf(
      candidates.filter((candidate) => !isKept(candidate)),
      asItSays,
    );
    for (const [candidate, context] of contexts)
      this.#kept.set(candidate, { context, untilMs: nowMs + CONTEXTS_KEPT_MS });
    return new Map(
      candidates.flatMap((candidate) => {
        const context = this.#kept.get(candidate)?.context;
        return context === undefined ? [] : [[candidate, context] as const];
      }),
    );
  }

  async #contextsOf(
    candidates: readonly Candidate[],
    answersOf: AnswersToKeep,
  ): Promise<Map<Candidate, CreationContext>> {
    const asking = candidates.flatMap((candidate) => {
      const query = creationQueryOf(candidate.created, candidate.event);
      return query === undefined ? [] : [{ candidate, query }];
    });
    let recalled: Recalled = new Map();
    const asked = new Set<string>();
    for (let round = 0; round < RECALL_ROUNDS; round++)
      recalled = mergeRecalled(recalled, await this.#recall(subjectsOf(asking, recalled, asked)));
    let states = await attributionStatesFrom(asking, recalled);
    const entered = new Set<string>();
    for (let round = 0; round < AWAIT_ROUNDS; round++) {
      const waiting = asking.flatMap((pending) =>
        waitingFor(pending, states.get(pending.candidate), entered, answersOf),
      );
      if (waiting.length === 0) break;
      recalled = mergeRecalled(recalled, await this.#options.state.watch(waiting, this.#options.now()));
      recalled = mergeRecalled(recalled, await this.#recall(subjectsOf(asking, recalled, asked)));
      const before = states;
      states = await attributionStatesFrom(asking, recalled);
      await this.#watchChanged(asking, before, states, answersOf);
    }
    return contextsFrom(asking, recalled, this.#options.namespaces);
  }

  /** Those who wait do so with what the alert is going to say. */
  async #watchChanged(
    asking: readonly PendingQuery[],
    before: AttributionStates,
    after: AttributionStates,
    answersOf: AnswersToKeep,
  ): Promise<void> {
    const changed = asking.flatMap((pending) => {
      const { candidate } = pending;
      const [old, now] = [before.get(candidate), after.get(candidate)];
      if (
        old === undefined ||
        now === undefined ||
        newAnswers(answersOf(candidate, old), answersOf(candidate, now)).length === 0
      )
        return [];
      return waitingFor(pending, now, new Set(), answersOf);
    });
    if (changed.length > 0) await this.#options.state.watch(changed, this.#options.now());
  }

  async #recall(subjects: readonly Subject[]): Promise<Recalled> {
    return subjects.length === 0 ? new Map() : this.#options.state.recall(subjects, this.#options.now());
  }

  async #revisionsOf(
    affected: readonly Watch[],
    extracted: readonly ExtractedFact[],
    fresh: Contexts,
    signal: AbortSignal,
  ): Promise<Revised> {
    const own = new Set([...fresh.keys()].map(({ identity }) => identity.toString('hex')));
    const alerts = affectedAlerts(affected, extracted).filter(
      ({ identity }) => !own.has(identity.toString('hex')),
    );
    const [some, tooMany] = [alerts.slice(0, REVISED_MAX), alerts.slice(REVISED_MAX)];
    const found = await readAgain(some, this.#options, signal);
    const missed: Missed[] = [
      ...tooMany.map(({ cluster }) => ({ cluster, reason: 'tooMany' as const })),
      ...some.flatMap((alert) =>
        found.has(alert) ? [] : [{ cluster: alert.cluster, reason: 'gone' as const }],
      ),
    ];
    const alertOf = new Map([...found].map(([alert, candidate]) => [candidate, alert]));
    const contexts = await this.#contextsOf(
      [...alertOf.keys()],
      (candidate, { answers }) => alertOf.get(candidate)?.waiting.answers ?? answers,
    );
    const requests: Requested[] = [];
    for (const [candidate, alert] of alertOf) {
      const context = contexts.get(candidate);
      if (context === undefined) continue;
      if (isLessKnown(alert.waiting.answers, context.answers))
        missed.push({ cluster: candidate.cluster, reason: 'forgotten' });
      else requests.push(...requestsOf(candidate, alert, context));
    }
    if (requests.length === 0) return { revisions: [], missed };
    const results = await this.#options.state.revise(
      requests.map(({ request }) => request),
      this.#options.now(),
    );
    const revisions: Revision[] = [];
    for (const [i, { candidate, context, answers }] of requests.entries()) {
      const result = results[i];
      if (result?.outcome === 'exhausted') missed.push({ cluster: candidate.cluster, reason: 'exhausted' });
      // Each number is told, also where two have the same to tell: there is no gap, and a redelivery that is
      // cut otherwise finds its own.
      if (result?.outcome !== 'revision') continue;
      const flags = result.afterLoss === true ? (['afterStateLoss'] as const) : [];
      revisions.push({
        candidate,
        context,
        revision: result.revision,
        revised: answers.map((answer) => answer.replace(/=.*$/, '')),
        flags,
      });
    }
    return { revisions, missed };
  }
}

type Revised = Pick<Enrichment, 'revisions' | 'missed'>;

/**
 * What whoever waits is noted to have said: what its first alert does. It stays that: what later revisions
 * have said the state knows by their numbers, and until they are committed they have said nothing.
 */
type AnswersToKeep = (candidate: Candidate, state: AttributionState) => Answers;

const asItSays: AnswersToKeep = (_candidate, { answers }) => answers;

type Contexts = ReadonlyMap<Candidate, CreationContext>;

type AttributionStates = ReadonlyMap<Candidate, AttributionState>;

interface PendingQuery {
  readonly candidate: Candidate;
  readonly query: CreationQuery;
}

function skipped(extracted: readonly ExtractedFact[]): Enrichment {
  return { ...NONE, skipped: true, lostFacts: extracted.length };
}

const NOTHING: KnownFacts = new Map();

/** Of each in turn, and others get theirs in between. */
async function ofEach<T>(
  asking: readonly PendingQuery[],
  make: (pending: PendingQuery) => T,
): Promise<Map<Candidate, T>> {
  const yielder = new Yielder();
  const made = new Map<Candidate, T>();
  for (const pending of asking) {
    made.set(pending.candidate, make(pending));
    await yielder.next();
  }
  return made;
}

function attributionStatesFrom(
  asking: readonly PendingQuery[],
  recalled: Recalled,
): Promise<AttributionStates> {
  return ofEach(asking, ({ candidate, query }) =>
    attributionStateOf(query, recalled.get(candidate.cluster) ?? NOTHING),
  );
}

function contextsFrom(
  asking: readonly PendingQuery[],
  recalled: Recalled,
  named: NamedNamespaces,
): Promise<Map<Candidate, CreationContext>> {
  return ofEach(asking, ({ candidate, query }) =>
    creationContextOf(query, recalled.get(candidate.cluster) ?? NOTHING, named),
  );
}

/** Those that nobody has asked for yet. */
function subjectsOf(
  asking: readonly PendingQuery[],
  recalled: Recalled,
  asked: Set<string>,
): readonly Subject[] {
  return asking.flatMap(({ candidate: { cluster }, query }) =>
    contextSubjects(query, recalled.get(cluster) ?? NOTHING).flatMap((about) => {
      const key = `${cluster} ${about}`;
      if (asked.has(key)) return [];
      asked.add(key);
      return [{ cluster, about }];
    }),
  );
}

function waitingFor(
  { candidate, query }: PendingQuery,
  context: AttributionState | undefined,
  entered: Set<string>,
  answersOf: AnswersToKeep,
): readonly Watch[] {
  if (context === undefined) return [];
  const { cluster, identity } = candidate;
  return context.pending.flatMap(({ about }) => {
    const key = `${identity.toString('hex')} ${about}`;
    if (entered.has(key)) return [];
    entered.add(key);
    return [
      {
        cluster,
        about,
        identity,
        value: waitingAlert(candidate, query.createdObject.action.received, answersOf(candidate, context)),
      },
    ];
  });
}
