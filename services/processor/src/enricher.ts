/**
 * Asks the context about creations, tells it what events say, and finds which alerts have to be told anew for it.
 *
 * Invariant: facts are taken in before anything is asked, so that a creation finds what stands in its own batch. Whoever waits for more is
 * entered before the last look, so that nothing falls between. Without the state a chunk waits for as long as it does for claims; then it
 * goes on without the context, and its facts are lost to it (`arrivals rebuild` reads them again).
 */
import { decodeAuditBatch } from '@arrivals/adapters/avro';
import {
  ArrivalsError,
  asArrivalsError,
  type Awaiting,
  type Bus,
  condensed,
  contextSubjects,
  type CreationContext,
  creationContextOf,
  eventsOf,
  type Fact,
  type KnownFacts,
  mergeRecalled,
  newAnswers,
  parseAuditEvent,
  type Recalled,
  type RevisionRequest,
  type Seeker,
  seekerOf,
  select,
  type State,
  type Subject,
  type Telemetry,
} from '@arrivals/core';
import { readWaitingAlert, type WaitingAlert, waitingAlert } from './awaiting.ts';
import type { OnStateLoss } from './deduplicator.ts';
import { type Candidate, candidateOf, type ToldFact } from './sift.ts';

/** Round 1 brings the owners, round 2 what follows from who is behind it. */
const RECALL_ROUNDS = 2;
/** What is learnt on waiting may open more. */
const AWAIT_ROUNDS = 3;
/** Alerts told anew for one chunk; the rest is told by what comes next, or not at all. */
const REVISED_MAX = 500;
/** While the context does not answer, it is asked no more often. */
const ASK_AGAIN_MS = 5000;
const READ_WAIT_MS = 0;

export interface EnricherOptions {
  readonly state: Pick<State, 'remember' | 'recall' | 'await' | 'revise'>;
  readonly bus: Pick<Bus, 'read'>;
  readonly telemetry: Telemetry;
  readonly onStateLoss: OnStateLoss;
  readonly waitMs: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export interface Revision {
  readonly candidate: Candidate;
  readonly context: CreationContext;
  readonly revision: number;
  /** Names of what is told otherwise. */
  readonly revised: readonly string[];
}

export interface Enrichment {
  readonly contexts: ReadonlyMap<Candidate, CreationContext>;
  readonly revisions: readonly Revision[];
  /** The context could not be asked for too long: alerts have none. */
  readonly skipped: boolean;
}

const SKIPPED: Enrichment = { contexts: new Map(), revisions: [], skipped: true };

export class Enricher {
  readonly #options: EnricherOptions;
  #awaySinceMs: number | undefined;
  #askAgainMs = 0;

  constructor(options: EnricherOptions) {
    this.#options = options;
  }

  /** @throws ArrivalsError state_unavailable while the state is waited for, bus_unavailable */
  async enrich(told: readonly ToldFact[], candidates: readonly Candidate[], signal: AbortSignal): Promise<Enrichment> {
    if (told.length === 0 && candidates.length === 0) return { contexts: new Map(), revisions: [], skipped: false };
    if (this.#isOver() && this.#options.now() < this.#askAgainMs) return this.#skip(told);
    try {
      const woken = await this.#options.state.remember(condensed(told.map(({ fact }) => fact)), this.#options.now());
      const contexts = await this.#contextsOf(candidates);
      const revisions = await this.#revisionsOf(woken, told, contexts, signal);
      this.#awaySinceMs = undefined;
      return { contexts, revisions, skipped: false };
    } catch (thrown) {
      const error = asArrivalsError(thrown, 'state_unavailable');
      if (error.code !== 'state_unavailable') throw error;
      this.#awaySinceMs ??= this.#options.now();
      if (!this.#isOver()) throw error;
      this.#askAgainMs = this.#options.now() + ASK_AGAIN_MS;
      return this.#skip(told);
    }
  }

  #isOver(): boolean {
    const { onStateLoss, waitMs, now } = this.#options;
    return onStateLoss === 'pass' && this.#awaySinceMs !== undefined && now() - this.#awaySinceMs >= waitMs;
  }

  #skip(told: readonly ToldFact[]): Enrichment {
    if (told.length > 0) this.#options.telemetry.emit({ type: 'context_skipped', facts: told.length });
    return SKIPPED;
  }

  async #contextsOf(candidates: readonly Candidate[]): Promise<Map<Candidate, CreationContext>> {
    const seekers = candidates.flatMap((candidate) => {
      const seeker = seekerOf(candidate.created, candidate.event);
      return seeker === undefined ? [] : [{ candidate, seeker }];
    });
    let recalled: Recalled = new Map();
    const asked = new Set<string>();
    for (let round = 0; round < RECALL_ROUNDS; round++) recalled = mergeRecalled(recalled, await this.#recall(subjectsOf(seekers, recalled, asked)));
    let contexts = contextsFrom(seekers, recalled);
    const entered = new Set<string>();
    for (let round = 0; round < AWAIT_ROUNDS; round++) {
      const waiting = seekers.flatMap(({ candidate }) => waitingFor(candidate, contexts.get(candidate), entered));
      if (waiting.length === 0) break;
      recalled = mergeRecalled(recalled, await this.#options.state.await(waiting, this.#options.now()));
      recalled = mergeRecalled(recalled, await this.#recall(subjectsOf(seekers, recalled, asked)));
      const before = contexts;
      contexts = contextsFrom(seekers, recalled);
      await this.#tellAnew(seekers, before, contexts);
    }
    return contexts;
  }

  /** Those who wait do so with what the alert is going to say. */
  async #tellAnew(seekers: readonly Asking[], before: Contexts, after: Contexts): Promise<void> {
    const changed = seekers.flatMap(({ candidate }) => {
      const [old, now] = [before.get(candidate), after.get(candidate)];
      if (old === undefined || now === undefined || newAnswers(old.answers, now.answers).length === 0) return [];
      return waitingFor(candidate, now, new Set());
    });
    if (changed.length > 0) await this.#options.state.await(changed, this.#options.now());
  }

  async #recall(subjects: readonly Subject[]): Promise<Recalled> {
    return subjects.length === 0 ? new Map() : this.#options.state.recall(subjects, this.#options.now());
  }

  async #revisionsOf(woken: readonly Awaiting[], told: readonly ToldFact[], fresh: Contexts, signal: AbortSignal): Promise<readonly Revision[]> {
    const own = new Set([...fresh.keys()].map(({ identity }) => identity.toString('hex')));
    const alerts = wokenAlerts(woken, told).filter(({ identity }) => !own.has(identity.toString('hex')));
    const found: { readonly candidate: Candidate; readonly alert: WokenAlert }[] = [];
    for (const alert of alerts.slice(0, REVISED_MAX)) {
      const candidate = await this.#readAgain(alert, signal);
      if (candidate !== undefined) found.push({ candidate, alert });
    }
    if (found.length === 0) return [];
    const contexts = await this.#contextsOf(found.map(({ candidate }) => candidate));
    const requests = found.flatMap(({ candidate, alert }) => requestsOf(candidate, alert, contexts.get(candidate)));
    const results = await this.#options.state.revise(
      requests.map(({ request }) => request),
      this.#options.now(),
    );
    const revisions = new Map<Candidate, Revision>();
    for (const [i, { candidate, context, answers }] of requests.entries()) {
      const result = results[i];
      if (result?.outcome === 'exhausted') this.#options.telemetry.emit({ type: 'revisions_exhausted', cluster: candidate.cluster });
      if (result?.outcome === 'revision' && !revisions.has(candidate))
        revisions.set(candidate, { candidate, context, revision: result.revision, revised: answers.map((answer) => answer.replace(/=.*$/, '')) });
    }
    return [...revisions.values()];
  }

  /** The creation, from where it stands on the bus; undefined when it is gone, or is no longer what it was. */
  async #readAgain({ cluster, identity, waiting }: WokenAlert, signal: AbortSignal): Promise<Candidate | undefined> {
    const { place, first } = waiting;
    const [record] = await this.#options.bus.read({ ...place, recordsMax: 1, waitMs: READ_WAIT_MS, signal });
    if (record?.offset !== place.offset) return undefined;
    try {
      const batch = decodeAuditBatch(record.value);
      const entry = [...eventsOf(batch)][place.index];
      if (entry === undefined || batch.cluster !== cluster) return undefined;
      const event = parseAuditEvent(entry.bytes);
      const selection = select(event);
      if (!('created' in selection)) return undefined;
      const candidate = candidateOf(
        { cluster, receivedAtMicros: batch.receivedAtMicros, bytes: entry.bytes, coordinates: first },
        event,
        selection.created,
        place,
      );
      return candidate.identity.equals(identity) ? candidate : undefined;
    } catch (error) {
      if (error instanceof ArrivalsError || error instanceof SyntaxError) return undefined;
      throw error;
    }
  }
}

type Contexts = ReadonlyMap<Candidate, CreationContext>;

interface Asking {
  readonly candidate: Candidate;
  readonly seeker: Seeker;
}

const NOTHING: KnownFacts = new Map();

function contextsFrom(seekers: readonly Asking[], recalled: Recalled): Map<Candidate, CreationContext> {
  return new Map(seekers.map(({ candidate, seeker }) => [candidate, creationContextOf(seeker, recalled.get(candidate.cluster) ?? NOTHING)]));
}

/** Those that nobody has asked for yet. */
function subjectsOf(seekers: readonly Asking[], recalled: Recalled, asked: Set<string>): readonly Subject[] {
  return seekers.flatMap(({ candidate: { cluster }, seeker }) =>
    contextSubjects(seeker, recalled.get(cluster) ?? NOTHING).flatMap((about) => {
      const key = `${cluster} ${about}`;
      if (asked.has(key)) return [];
      asked.add(key);
      return [{ cluster, about }];
    }),
  );
}

function waitingFor(candidate: Candidate, context: CreationContext | undefined, entered: Set<string>): readonly Awaiting[] {
  if (context === undefined) return [];
  const { cluster, identity } = candidate;
  return context.open.flatMap(({ about }) => {
    const key = `${identity.toString('hex')} ${about}`;
    if (entered.has(key)) return [];
    entered.add(key);
    return [{ cluster, about, identity, value: waitingAlert(candidate, context.answers) }];
  });
}

interface WokenAlert {
  readonly cluster: string;
  readonly identity: Buffer;
  readonly waiting: WaitingAlert;
  readonly causes: readonly ToldFact[];
}

/** Each alert once, with the facts that woke it, in the order of the batch. */
function wokenAlerts(woken: readonly Awaiting[], told: readonly ToldFact[]): readonly WokenAlert[] {
  const factsAbout = new Map<string, ToldFact[]>();
  for (const one of told) {
    const key = keyOf(one.fact);
    factsAbout.set(key, [...(factsAbout.get(key) ?? []), one]);
  }
  const alerts = new Map<string, WokenAlert>();
  for (const awaiting of woken) {
    const waiting = readWaitingAlert(awaiting.value);
    if (waiting === undefined) continue;
    const key = `${awaiting.cluster} ${awaiting.identity.toString('hex')}`;
    const causes = new Set([...(alerts.get(key)?.causes ?? []), ...(factsAbout.get(keyOf(awaiting)) ?? [])]);
    alerts.set(key, { cluster: awaiting.cluster, identity: awaiting.identity, waiting, causes: told.filter((one) => causes.has(one)) });
  }
  return [...alerts.values()];
}

function keyOf({ cluster, about }: Subject): string {
  return `${cluster} ${about}`;
}

interface Requested {
  readonly candidate: Candidate;
  readonly context: CreationContext;
  readonly answers: readonly string[];
  readonly request: RevisionRequest;
}

/**
 * One for each event that may have caused it: whichever asked first before a crash has the number, however the batch is cut the next
 * time, and all others are told that it is taken.
 */
function requestsOf(candidate: Candidate, { causes, waiting }: WokenAlert, context: CreationContext | undefined): readonly Requested[] {
  if (context === undefined) return [];
  const answers = newAnswers(waiting.answers, context.answers);
  if (answers.length === 0) return [];
  const { cluster, identity } = candidate;
  const byEvent = new Map(causes.map(({ fact, by }) => [causeOf(fact), by]));
  return [...byEvent].map(([cause, by]) => ({ candidate, context, answers, request: { cluster, identity, cause, answers, by } }));
}

function causeOf({ id }: Fact): string {
  return id;
}
