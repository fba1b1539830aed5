/**
 * Alerts that facts have woken, and the revisions to ask for.
 *
 * Invariant: what is asked for follows from the events and from what the first alert said alone, never from how the batch is cut: the same
 * event from the same place asks with the same cause each time, and a copy of it asks for the same and is told that it is taken.
 */
import { type Awaiting, type CreationContext, digestOf, type Fact, newAnswers, type RevisionRequest, type Subject } from '@arrivals/core';
import { readWaitingAlert, type WaitingAlert } from './awaiting.ts';
import type { Candidate, ToldFact } from './sift.ts';

export interface WokenAlert {
  readonly cluster: string;
  readonly identity: Awaiting['identity'];
  readonly waiting: WaitingAlert;
  /** In the order of the batch. */
  readonly causes: readonly ToldFact[];
}

/**
 * Each alert once, with the facts that woke it, but for those that came after its creation: they tell nothing of it, and are many. In an order that does
 * not depend on the state's.
 */
export function wokenAlerts(woken: readonly Awaiting[], told: readonly ToldFact[]): readonly WokenAlert[] {
  const placesAbout = new Map<string, number[]>();
  for (const [i, { fact }] of told.entries()) {
    const key = keyOf(fact);
    const places = placesAbout.get(key);
    if (places === undefined) placesAbout.set(key, [i]);
    else places.push(i);
  }
  const alerts = new Map<string, { readonly awaiting: Awaiting; readonly waiting: WaitingAlert; readonly causes: Set<number> }>();
  for (const awaiting of woken) {
    const waiting = readWaitingAlert(awaiting.value);
    if (waiting === undefined) continue;
    const key = `${awaiting.cluster} ${awaiting.identity.toString('hex')}`;
    const alert = alerts.get(key) ?? { awaiting, waiting, causes: new Set<number>() };
    alerts.set(key, alert);
    for (const place of placesAbout.get(keyOf(awaiting)) ?? []) if ((told[place]?.fact.order ?? 0) <= waiting.moment) alert.causes.add(place);
  }
  return [...alerts]
    .filter(([, { causes }]) => causes.size > 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([
        ,
        {
          awaiting: { cluster, identity },
          waiting,
          causes,
        },
      ]) => ({ cluster, identity, waiting, causes: inTurn(causes, told) }),
    );
}

function inTurn(places: ReadonlySet<number>, told: readonly ToldFact[]): readonly ToldFact[] {
  return [...places].sort((a, b) => a - b).flatMap((place) => told[place] ?? []);
}

export interface Requested {
  readonly candidate: Candidate;
  readonly context: CreationContext;
  readonly answers: readonly string[];
  readonly request: RevisionRequest;
}

/**
 * One for each event that may have caused it, copies included: whichever asked first before a crash has the number, however the batch is cut
 * the next time, and all others are told that it is taken.
 */
export function requestsOf(candidate: Candidate, { causes, waiting }: WokenAlert, context: CreationContext): readonly Requested[] {
  const answers = newAnswers(waiting.answers, context.answers);
  if (answers.length === 0) return [];
  const { cluster, identity } = candidate;
  return causes.map(({ fact, by }) => ({ candidate, context, answers, request: { cluster, identity, cause: causeOf(fact), answers, by } }));
}

/** Ids are unique within subject and kind alone, and an older fact of one id may follow a newer one, and tell more. */
function causeOf({ about, kind, id, order }: Fact): string {
  return digestOf(about, kind.name, id, String(order));
}

function keyOf({ cluster, about }: Subject): string {
  return `${cluster} ${about}`;
}
