/**
 * What the context tells of one creation, all of it: who is behind it, by what right, what came before, where it stands.
 *
 * Invariant: pure, from the event and the facts recalled. Recalling takes two rounds, as whose grants and deeds are wanted follows from the
 * author: `contextSubjects` names those of a round from what is known so far, and none when all is there.
 */
import { findObject } from '../alert/found.ts';
import type { AuditEvent } from '../audit/event.ts';
import { asArray, asObject, at, textAt } from '../json.ts';
import type { CreatedKind } from '../select.ts';
import { type Act, actOf } from './act.ts';
import { actorSubjects, type FirstSeen, firstSeenOf, timelineOf, type TimelinePart } from './actor.ts';
import { type Author, authorOf, authorSubjects } from './author.ts';
import { boundSubjects, boundTo, type BoundTo, subjectsOfAccount } from './bound.ts';
import { isController } from './controllers.ts';
import { actorSights, imageSights, type Sight } from './facts/seen.ts';
import { type Made, madeOf } from './facts/workloads.ts';
import { grantMarks, grantOf, grantSubjects, type GrantAnswer } from './grant.ts';
import { type Answers, answersOf, grantedActs, type OpenSubject, openSubjectsOf } from './open.ts';
import { type NamedNamespaces, NONE_NAMED, surroundingsOf, surroundingSubjects, type Surroundings } from './surroundings.ts';
import type { Labels } from './selector.ts';
import type { KnownFacts } from './written.ts';

export interface GrantedAct {
  readonly act: Act;
  readonly answer: GrantAnswer;
}

/** Who is behind it and by what right: what else is wanted, and who waits for what, follows from it. */
export interface Standpoint {
  readonly author: Author;
  /** The author's first; for what a controller made, the controller's own behind it. */
  readonly grants: readonly GrantedAct[];
  /** What is told, in digests: what a later one is compared with. */
  readonly answers: Answers;
  readonly open: readonly OpenSubject[];
}

export interface CreationContext extends Standpoint {
  /** Of the pod's service account; undefined where that is not known. */
  readonly bound: readonly BoundTo[] | undefined;
  /** Of whoever is behind it. */
  readonly timeline: readonly TimelinePart[];
  readonly firstSeen: readonly FirstSeen[];
  /** Undefined where the namespace is not known. */
  readonly surroundings: Surroundings | undefined;
}

/** A creation as the context sees it; undefined for an event without a user or a time. */
export interface Seeker {
  readonly made: Made;
  readonly created: CreatedKind;
  readonly event: AuditEvent;
  readonly sights: readonly Sight[];
  readonly account: { readonly namespace: string; readonly name: string } | undefined;
  readonly namespace: string | undefined;
  readonly labels: Labels | undefined;
  readonly claims: readonly string[];
}

export function seekerOf(created: CreatedKind, event: AuditEvent): Seeker | undefined {
  const act = actOf(event);
  if (act === undefined) return undefined;
  const made = madeOf(event, act);
  const { metadata, spec } = findObject(created, event);
  const namespace = created === 'Namespace' ? made.name : made.namespace;
  const account = textAt(spec, 'serviceAccountName');
  return {
    made,
    created,
    event,
    sights: [...imageSights(event), ...actorSights(act, event.objectRef.namespace)],
    account: account === undefined || namespace === undefined ? undefined : { namespace, name: account },
    namespace,
    labels: metadata === undefined ? undefined : textsOf(at(metadata, 'labels')),
    claims: asArray(at(spec, 'volumes')).flatMap((volume) => textAt(volume, 'persistentVolumeClaim', 'claimName') ?? []),
  };
}

/** Whose facts to recall, beside those that are there. */
export function contextSubjects(seeker: Seeker, facts: KnownFacts): readonly string[] {
  const { made, sights, account, namespace } = seeker;
  const author = authorOf(made, facts);
  const acts = grantedActs(made, author);
  const wanted = [
    ...authorSubjects(made),
    ...acts.flatMap((act) => [...grantSubjects(act), ...grantMarks(act), ...actorSubjects(act, [])]),
    ...actorSubjects(made.act, [...sights, ...authorSights(seeker, acts)]),
    ...(account === undefined ? [] : boundSubjects(subjectsOfAccount(account.namespace, account.name))),
    ...(namespace === undefined ? [] : surroundingSubjects(namespace)),
  ];
  return [...new Set(wanted)];
}

export function standpointOf({ made }: Seeker, facts: KnownFacts): Standpoint {
  const author = authorOf(made, facts);
  const acts = grantedActs(made, author);
  const grants = acts.map((act) => ({ act, answer: grantOf(act, facts) }));
  return {
    author,
    grants,
    answers: answersOf(
      author,
      grants.map(({ answer }) => answer),
    ),
    open: openSubjectsOf(made, author, acts),
  };
}

export function creationContextOf(seeker: Seeker, facts: KnownFacts, named: NamedNamespaces = NONE_NAMED): CreationContext {
  const { made, sights, account, namespace, labels, claims } = seeker;
  const standpoint = standpointOf(seeker, facts);
  const acts = standpoint.grants.map(({ act }) => act);
  const moment = made.act.received;
  return {
    ...standpoint,
    bound: account === undefined ? undefined : boundTo(subjectsOfAccount(account.namespace, account.name), moment, facts),
    timeline: timelineOf(acts[0] ?? made.act, facts),
    firstSeen: [...firstSeenOf(moment, sights, facts), ...firstSeenOf(acts[0]?.received ?? moment, authorSights(seeker, acts), facts)],
    surroundings: namespace === undefined ? undefined : surroundingsOf({ namespace, labels, claims, moment }, facts, named),
  };
}

/** A controller acts for others: then it is the author whose name, address and client may be new. */
function authorSights({ made, namespace }: Seeker, [act]: readonly Act[]): readonly Sight[] {
  return act === undefined || act === made.act || !isController(made.act.username) ? [] : actorSights(act, namespace);
}

function textsOf(value: unknown): Labels {
  return Object.fromEntries(Object.entries(asObject(value) ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}
