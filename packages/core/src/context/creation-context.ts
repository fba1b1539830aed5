/**
 * What the context shows of one creation: its author, the authorization, what came before, its surroundings.
 *
 * Invariant: pure, from the event and the facts recalled. Recalling takes two rounds, as the author decides
 * whose grants and actions are needed: `contextSubjects` names those of a round from what is known so far,
 * and none when nothing is missing.
 */
import { findObject } from '../creation/created-object.ts';
import type { AuditEvent } from '../audit/event.ts';
import { asArray, asObject, at, textAt } from '../base/json.ts';
import type { CreatedKind } from '../creation/select.ts';
import { type Action, actionOf } from '../facts/action.ts';
import {
  actorSubjects,
  type FirstSeen,
  firstSeenOf,
  timelineOf,
  type TimelinePart,
} from './actor-history.ts';
import { type Author, authorOf, authorSubjects } from './author.ts';
import {
  accountBindingSubjects,
  accountBindings,
  type AccountBinding,
  subjectsOfAccount,
} from './account-rights.ts';
import { isController } from '../kubernetes/controllers.ts';
import { actorObservations, imageObservations, type Observation } from '../facts/extract/first-seen.ts';
import { type CreatedObject, createdObjectOf } from '../facts/extract/workloads.ts';
import { grantMarks, grantOf, grantSubjects, type GrantAnswer } from './grant.ts';
import {
  type Answers,
  answersOf,
  grantedActions,
  type PendingSubject,
  pendingSubjectsOf,
} from './pending.ts';
import {
  type NamedNamespaces,
  NONE_NAMED,
  surroundingsOf,
  surroundingSubjects,
  type Surroundings,
} from './surroundings.ts';
import type { Labels } from '../kubernetes/label-selector.ts';
import type { KnownFacts } from './workload-history.ts';

export interface GrantedAction {
  readonly action: Action;
  readonly answer: GrantAnswer;
}

/** The author and the grant: what else to recall and to watch follows from them. */
export interface AttributionState {
  readonly author: Author;
  /** The author's first; for what a controller made, the controller's own after it. */
  readonly grants: readonly GrantedAction[];
  /** The answers, in digests: a later resolution is compared with them. */
  readonly answers: Answers;
  readonly pending: readonly PendingSubject[];
}

export interface CreationContext extends AttributionState {
  /** Of the pod's service account; undefined where that is not known. */
  readonly accountBindings: readonly AccountBinding[] | undefined;
  /** Of the author. */
  readonly timeline: readonly TimelinePart[];
  readonly firstSeen: readonly FirstSeen[];
  /** Undefined where the namespace is not known. */
  readonly surroundings: Surroundings | undefined;
}

/** A creation as the context sees it; undefined for an event without a user or a time. */
export interface CreationQuery {
  readonly createdObject: CreatedObject;
  readonly created: CreatedKind;
  readonly event: AuditEvent;
  readonly observations: readonly Observation[];
  readonly account: { readonly namespace: string; readonly name: string } | undefined;
  readonly namespace: string | undefined;
  readonly labels: Labels | undefined;
  readonly claims: readonly string[];
}

export function creationQueryOf(created: CreatedKind, event: AuditEvent): CreationQuery | undefined {
  const action = actionOf(event);
  if (action === undefined) return undefined;
  const createdObject = createdObjectOf(event, action);
  const { metadata, spec } = findObject(created, event);
  const namespace = created === 'Namespace' ? createdObject.name : createdObject.namespace;
  const account = textAt(spec, 'serviceAccountName');
  return {
    createdObject,
    created,
    event,
    observations: [...imageObservations(event), ...actorObservations(action, event.objectRef.namespace)],
    account: account === undefined || namespace === undefined ? undefined : { namespace, name: account },
    namespace,
    labels: metadata === undefined ? undefined : textsOf(at(metadata, 'labels')),
    claims: asArray(at(spec, 'volumes')).flatMap(
      (volume) => textAt(volume, 'persistentVolumeClaim', 'claimName') ?? [],
    ),
  };
}

/** Whose facts to recall, beside those that are there. */
export function contextSubjects(query: CreationQuery, facts: KnownFacts): readonly string[] {
  const { createdObject, observations, account, namespace } = query;
  const author = authorFrom(createdObject, facts);
  const actions = grantedActions(createdObject, author);
  const wanted = [
    ...authorSubjects(createdObject),
    ...actions.flatMap((action) => [
      ...grantSubjects(action),
      ...grantMarks(action),
      ...actorSubjects(action, []),
    ]),
    ...actorSubjects(createdObject.action, [...observations, ...authorObservations(query, actions)]),
    ...(account === undefined
      ? []
      : accountBindingSubjects(subjectsOfAccount(account.namespace, account.name))),
    ...(namespace === undefined ? [] : surroundingSubjects(namespace)),
  ];
  return [...new Set(wanted)];
}

/** The answers to one creation, for as long as the same facts are asked: no facts are added to a map later. */
const ANSWERED = new WeakMap<
  CreatedObject,
  { readonly facts: KnownFacts; readonly author: Author; state: AttributionState | undefined }
>();

/** What is wanted next and what is answered rest on the same author: he is looked for once. */
function authorFrom(createdObject: CreatedObject, facts: KnownFacts): Author {
  const before = ANSWERED.get(createdObject);
  if (before?.facts === facts) return before.author;
  const author = authorOf(createdObject, facts);
  ANSWERED.set(createdObject, { facts, author, state: undefined });
  return author;
}

export function attributionStateOf({ createdObject }: CreationQuery, facts: KnownFacts): AttributionState {
  const author = authorFrom(createdObject, facts);
  const answered = ANSWERED.get(createdObject);
  if (answered?.state !== undefined) return answered.state;
  const state = stateFrom(createdObject, author, facts);
  if (answered !== undefined) answered.state = state;
  return state;
}

function stateFrom(createdObject: CreatedObject, author: Author, facts: KnownFacts): AttributionState {
  const actions = grantedActions(createdObject, author);
  const grants = actions.map((action) => ({ action, answer: grantOf(action, facts) }));
  return {
    author,
    grants,
    answers: answersOf(
      author,
      grants.map(({ answer }) => answer),
    ),
    pending: pendingSubjectsOf(createdObject, author, actions),
  };
}

export function creationContextOf(
  query: CreationQuery,
  facts: KnownFacts,
  named: NamedNamespaces = NONE_NAMED,
): CreationContext {
  const { createdObject, observations, account, namespace, labels, claims } = query;
  const state = attributionStateOf(query, facts);
  const actions = state.grants.map(({ action }) => action);
  const moment = createdObject.action.received;
  return {
    ...state,
    accountBindings:
      account === undefined
        ? undefined
        : accountBindings(subjectsOfAccount(account.namespace, account.name), moment, facts),
    timeline: timelineOf(actions[0] ?? createdObject.action, facts),
    firstSeen: [
      ...firstSeenOf(moment, observations, facts),
      ...firstSeenOf(actions[0]?.received ?? moment, authorObservations(query, actions), facts),
    ],
    surroundings:
      namespace === undefined
        ? undefined
        : surroundingsOf({ namespace, labels, claims, moment }, facts, named),
  };
}

/** A controller acts for others: then it is the author whose name, address and client may be new. */
function authorObservations(
  { createdObject, namespace }: CreationQuery,
  [action]: readonly Action[],
): readonly Observation[] {
  return action === undefined ||
    action === createdObject.action ||
    !isController(createdObject.action.username)
    ? []
    : observationsOf(action, namespace);
}

const OBSERVED = new WeakMap<
  Action,
  { readonly namespace: string | undefined; readonly observations: readonly Observation[] }
>();

/** Of each author once: they are asked for with every round of facts. */
function observationsOf(action: Action, namespace: string | undefined): readonly Observation[] {
  const before = OBSERVED.get(action);
  if (before !== undefined && before.namespace === namespace) return before.observations;
  const observations = actorObservations(action, namespace);
  OBSERVED.set(action, { namespace, observations });
  return observations;
}

function textsOf(value: unknown): Labels {
  return Object.fromEntries(
    Object.entries(asObject(value) ?? {}).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  );
}
