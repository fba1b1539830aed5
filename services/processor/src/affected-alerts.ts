/**
 * Waiting alerts that new facts affect, and the revisions to request for them.
 *
 * Invariant: requests depend only on the events and on the content of the first alert, never on how batches
 * are split: the same event at the same position always has the same cause, and a copy of it requests the
 * same revision and finds it taken.
 */
import {
  type Watch,
  type CreationContext,
  digestOf,
  type Fact,
  newAnswers,
  type RevisionRequest,
  type Subject,
} from '@arrivals/core';
import { readWaitingAlert, type WaitingAlert } from './waiting-alert.ts';
import type { Candidate, ExtractedFact } from './classify.ts';

export interface AffectedAlert {
  readonly cluster: string;
  readonly identity: Watch['identity'];
  readonly waiting: WaitingAlert;
  /** In the order of the batch. */
  readonly causes: readonly ExtractedFact[];
}

/**
 * Each alert once, with the facts that affect it, except those from after its creation: they do not explain
 * it, and are many. The order does not depend on the state's.
 */
export function affectedAlerts(
  affected: readonly Watch[],
  extracted: readonly ExtractedFact[],
): readonly AffectedAlert[] {
  const placesAbout = new Map<string, number[]>();
  for (const [i, { fact }] of extracted.entries()) {
    const key = keyOf(fact);
    const places = placesAbout.get(key);
    if (places === undefined) placesAbout.set(key, [i]);
    else places.push(i);
  }
  const alerts = new Map<
    string,
    { readonly watches: Watch; readonly waiting: WaitingAlert; readonly causes: Set<number> }
  >();
  for (const watches of affected) {
    const waiting = readWaitingAlert(watches.value);
    if (waiting === undefined) continue;
    const key = `${watches.cluster} ${watches.identity.toString('hex')}`;
    const alert = alerts.get(key) ?? { watches, waiting, causes: new Set<number>() };
    alerts.set(key, alert);
    for (const position of placesAbout.get(keyOf(watches)) ?? [])
      if ((extracted[position]?.fact.order ?? 0) <= waiting.moment) alert.causes.add(position);
  }
  return [...alerts]
    .filter(([, { causes }]) => causes.size > 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([
        ,
        {
          watches: { cluster, identity },
          waiting,
          causes,
        },
      ]) => ({ cluster, identity, waiting, causes: inTurn(causes, extracted) }),
    );
}

function inTurn(places: ReadonlySet<number>, extracted: readonly ExtractedFact[]): readonly ExtractedFact[] {
  return [...places].sort((a, b) => a - b).flatMap((position) => extracted[position] ?? []);
}

export interface Requested {
  readonly candidate: Candidate;
  readonly context: CreationContext;
  readonly answers: readonly string[];
  readonly request: RevisionRequest;
}

/**
 * One for each event that may have caused it, copies included: the first to ask before a crash has the
 * number, however the batch is split the next time, and all others find it taken.
 */
export function requestsOf(
  candidate: Candidate,
  { causes, waiting }: AffectedAlert,
  context: CreationContext,
): readonly Requested[] {
  const answers = newAnswers(waiting.answers, context.answers);
  if (answers.length === 0) return [];
  const { cluster, identity } = candidate;
  return causes.map(({ fact, by }) => ({
    candidate,
    context,
    answers,
    request: { cluster, identity, cause: causeOf(fact), answers, by },
  }));
}

/**
 * Ids are unique only within subject and kind, and an older fact of an id may follow a newer one, and contain
 * more.
 */
function causeOf({ about, kind, id, order }: Fact): string {
  return digestOf(about, kind.name, id, String(order));
}

function keyOf({ cluster, about }: Subject): string {
  return `${cluster} ${about}`;
}
