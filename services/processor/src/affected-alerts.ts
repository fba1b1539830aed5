/**
 * Alerts that facts have woken, and the revisions to ask for.
 *
 * Invariant: what is asked for follows from the events and from what the first alert said alone, never from
 * how the batch is cut: the same event from the same place asks with the same cause each time, and a copy of
 * it asks for the same and is told that it is taken.
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
 * Each alert once, with the facts that woke it, but for those that came after its creation: they tell nothing
 * of it, and are many. In an order that does not depend on the state's.
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
 * One for each event that may have caused it, copies included: whichever asked first before a crash has the
 * number, however the batch is cut the next time, and all others are told that it is taken.
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
 * Ids are unique within subject and kind alone, and an older fact of one id may follow a newer one, and tell
 * more.
 */
function causeOf({ about, kind, id, order }: Fact): string {
  return digestOf(about, kind.name, id, String(order));
}

function keyOf({ cluster, about }: Subject): string {
  return `${cluster} ${about}`;
}
