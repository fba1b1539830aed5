/**
 * What the context tells of a creation, as the alert says it: shortened, printable, times as text.
 *
 * Invariant: everything the context answers passes a Shortener; what it does not answer is null, and in
 * `unknown` unless there is none. Judges and recalls nothing: context/ does.
 */
import type { Action } from '../facts/action.ts';
import type { TimelinePart as ContextTimeline, FirstSeen as Sighted } from '../context/actor-history.ts';
import type { Author as ContextAuthor } from '../context/author.ts';
import type { AccountBinding } from '../context/account-rights.ts';
import type { CreationContext, GrantedAction } from '../context/creation-context.ts';
import type { GrantChange as ContextChange } from '../context/grant.ts';
import { gitOpsOf } from '../facts/gitops.ts';
import { isImpersonating, isSamePerson, personOf } from '../facts/person.ts';
import type { Replaced } from '../context/replaced.ts';
import type {
  NamespaceObject as ContextStanding,
  Surroundings as ContextSurroundings,
} from '../context/surroundings.ts';
import type { Attribution } from '../context/attribution.ts';
import { formatMicros } from '../base/time.ts';
import { readDisplay, readOnBehalfOf } from './actor.ts';
import type { Shortener } from './bounds.ts';
import type {
  AccountRight,
  ActionGrant,
  AlertContext,
  Author,
  Doer,
  GrantChange,
  OwnerLink,
  ReplacedPod,
  NamespaceObject,
  Surroundings,
  TimelinePart,
} from './context.ts';
import type { Unknown } from '../creation/unknown.ts';
import { attributedWorkOf } from '../context/attributed-work.ts';
import type { RiskLists } from '../risk/lists.ts';
import { authorTypeOf } from './author-type.ts';
import { nullable } from '../base/json.ts';

/** What Avro's int holds, 68 years: only forged times are further apart. */
const SECONDS_MAX = 2 ** 31 - 1;

export function readAuthor(
  { author, grants }: CreationContext,
  lists: RiskLists,
  shortener: Shortener,
  unknown: Unknown[],
): Author {
  const { chain, chainEnd, madeByController, viaPods } = author;
  const path = 'author.chain';
  const { person } = attributedWorkOf(author, grants.at(-1)?.action.received ?? 0);
  return {
    type: authorTypeOf(person, lists),
    name: nullable(person, ({ action }) => shortener.name('author.name', personOf(action))),
    chain: shortener.list(path, chain).map((link) => readLink(path, link, shortener)),
    chainEnd,
    madeByController,
    creator: readAttribution('author.creator', author.creator, shortener, unknown),
    templateAuthor: readAttribution('author.templateAuthor', author.templateAuthor, shortener, unknown),
    templateAction: author.templateAction,
    contentAuthor: readAttribution('author.contentAuthor', author.contentAuthor, shortener, unknown),
    scaler: readAttribution('author.scaler', author.scaler, shortener, unknown),
    replaces: nullable(author.replaces, (replaced) => readReplaced(replaced, shortener)),
    viaPods: shortener.list('author.viaPods', viaPods).map(({ pod, issuedTo, creator, templateAuthor }) => ({
      namespace: shortener.name('author.viaPods', pod.namespace),
      name: shortener.name('author.viaPods', pod.name),
      uid: shortener.name('author.viaPods', pod.uid),
      tokenIssuedTo: nullable(issuedTo, (name) => shortener.name('author.viaPods', name)),
      creator: creator.known ? shortener.name('author.viaPods', personOf(creator.action)) : null,
      templateAuthor: templateAuthor.known
        ? shortener.name('author.viaPods', personOf(templateAuthor.action))
        : null,
    })),
  };
}

function readLink(
  path: string,
  { kind, apiVersion, name, uid, created, changed }: ContextAuthor['chain'][number],
  shortener: Shortener,
): OwnerLink {
  return {
    kind: shortener.name(path, kind),
    apiVersion: shortener.name(path, apiVersion),
    name: shortener.name(path, name),
    uid: nullable(uid, (text) => shortener.name(path, text)),
    auditId: nullable(created?.auditId, (text) => shortener.name(path, text)),
    createdBy: nullable(created, (action) => shortener.name(path, personOf(action))),
    createdThrough: throughName(path, created, shortener),
    changedBy: nullable(changed, (action) => shortener.name(path, personOf(action))),
    changedAt: nullable(changed?.done, formatMicros),
  };
}

/** Who authenticated, of an act of somebody else's identity. */
function throughName(path: string, action: Action | undefined, shortener: Shortener): string | null {
  return nullable(action === undefined || !isImpersonating(action) ? undefined : action.username, (text) =>
    shortener.name(path, text),
  );
}

function readReplaced({ name, uid, how, action }: Replaced, shortener: Shortener): ReplacedPod {
  const path = 'author.replaces';
  return {
    name: shortener.name(path, name),
    uid: nullable(uid, (text) => shortener.name(path, text)),
    how,
    by: readDoer(path, action, [action], shortener),
  };
}

function readAttribution(
  path: string,
  attribution: Attribution,
  shortener: Shortener,
  unknown: Unknown[],
): Doer | null {
  if (attribution.known) return readDoer(path, attribution.action, attribution.candidates, shortener);
  if (attribution.why === 'notSeen')
    unknown.push({
      path,
      reason: 'notSeen',
      detail: 'the audit stream has not shown it so far: it is from before, still under way, or lost',
    });
  if (attribution.why === 'forgotten')
    unknown.push({
      path,
      reason: 'notSeen',
      detail: 'it is not known any more: more were made or changed under the name of its owner than are kept',
    });
  if (attribution.why === 'notRecorded')
    unknown.push({
      path,
      reason: 'auditLevel',
      detail: 'the audit policy records it without the body that would tell',
    });
  return null;
}

function readDoer(path: string, action: Action, candidates: readonly Action[], shortener: Shortener): Doer {
  const name = (text: string): string => shortener.name(path, text);
  const others = candidates.filter((candidate) => !isSamePerson(candidate, action));
  return {
    username: name(action.username),
    impersonatedUsername: nullable(action.impersonatedUsername, name),
    display: readDisplay(path, action.display, shortener),
    onBehalfOf: readOnBehalfOf(path, action.onBehalfOf, shortener),
    at: formatMicros(action.done),
    auditId: nullable(action.auditId, name),
    address: nullable(action.address, name),
    userAgent: nullable(action.userAgent, (text) => shortener.text(path, text)),
    fieldManager: nullable(action.fieldManager, (text) => shortener.text(path, text)),
    gitOps: gitOpsOf(action.username)?.tool ?? null,
    alternatives: shortener.names(path, others.map(personOf)),
  };
}

export function readContext(
  context: CreationContext,
  isPod: boolean,
  shortener: Shortener,
  unknown: Unknown[],
): AlertContext {
  if (isPod && context.accountBindings === undefined)
    unknown.push({
      path: 'context.serviceAccount',
      reason: 'notInEvent',
      detail: 'which service account the pod runs as is not in its event',
    });
  if (context.surroundings === undefined)
    unknown.push({
      path: 'context.surroundings',
      reason: 'notInEvent',
      detail: 'in which namespace it was made is not in its event',
    });
  return {
    // How a controller came by its own right is of no interest.
    grants: context.grants
      .slice(0, 1)
      .map((grant) => readGrantOf(context.grants.length === 1 ? 'request' : 'author', grant, shortener)),
    serviceAccount:
      context.accountBindings === undefined || !isPod
        ? null
        : shortener
            .list('context.serviceAccount', context.accountBindings)
            .map((right) => readAccountRight('context.serviceAccount', right, shortener)),
    timeline: context.timeline
      .filter(({ count }) => count > 0)
      .map((part) => readTimeline('context.timeline', part, shortener)),
    ...readFirstSeen(context.firstSeen, shortener),
    surroundings:
      context.surroundings === undefined
        ? null
        : readSurroundings('context.surroundings', context.surroundings, shortener),
  };
}

function readGrantOf(
  of: 'author' | 'request',
  { action, answer }: GrantedAction,
  shortener: Shortener,
): ActionGrant {
  const path = 'context.grants[0]';
  const name = (text: string): string => shortener.name(path, text);
  const { binding, role, subject, changes } = answer;
  return {
    of,
    username: name(action.username),
    impersonatedUsername: nullable(action.impersonatedUsername, name),
    at: formatMicros(action.done),
    authorizer: answer.authorizer,
    binding: nullable(binding, (part) => ({
      kind: part.kind,
      namespace: nullable(part.namespace ?? undefined, name),
      name: name(part.name),
    })),
    role: nullable(role, (part) => ({ kind: name(part.kind), name: name(part.name) })),
    subject: nullable(subject, (part) => ({
      kind: name(part.kind),
      namespace: nullable(part.namespace ?? undefined, name),
      name: name(part.name),
    })),
    allRights: answer.allRights,
    // The newest are the ones that matter.
    changes: shortener
      .list(`${path}.changes`, [...changes].reverse())
      .map((change) => readChange(`${path}.changes`, change, shortener)),
    selfGranted: answer.selfGranted,
    wholeHistory: answer.wholeHistory,
  };
}

function readChange(
  path: string,
  { of, what, action, secondsBefore, gave }: ContextChange,
  shortener: Shortener,
): GrantChange {
  return {
    of,
    what,
    by: shortener.name(path, action.username),
    impersonatedUsername: nullable(action.impersonatedUsername, (text) => shortener.name(path, text)),
    address: nullable(action.address, (text) => shortener.name(path, text)),
    at: formatMicros(action.done),
    secondsBefore: Math.min(secondsBefore, SECONDS_MAX),
    gave,
  };
}

function readAccountRight(
  path: string,
  { binding, role, subject, allRights, by, confirmed }: AccountBinding,
  shortener: Shortener,
): AccountRight {
  const name = (text: string): string => shortener.name(path, text);
  return {
    binding: { kind: binding.kind, namespace: nullable(binding.namespace, name), name: name(binding.name) },
    role: nullable(role, (part) => ({ kind: name(part.kind), name: name(part.name) })),
    subject: {
      kind: name(subject.kind),
      namespace: nullable(subject.namespace, name),
      name: name(subject.name),
    },
    allRights,
    boundBy: name(personOf(by)),
    boundThrough: throughName(path, by, shortener),
    boundAt: formatMicros(by.done),
    confirmed,
  };
}

function readTimeline(
  path: string,
  { operation, count, atLeast, newest }: ContextTimeline,
  shortener: Shortener,
): TimelinePart {
  return {
    operation,
    count,
    atLeast,
    newest: shortener.list(path, newest).map((entry) => ({
      at: formatMicros(entry.at),
      what: shortener.text(path, entry.what),
      target: nullable(entry.target, (text) => shortener.name(path, text)),
      auditId: nullable(entry.auditId, (text) => shortener.name(path, text)),
      address: nullable(entry.address, (text) => shortener.name(path, text)),
      username: nullable(entry.username, (text) => shortener.name(path, text)),
      impersonatedUsername: nullable(entry.impersonatedUsername, (text) => shortener.name(path, text)),
    })),
  };
}

function readFirstSeen(
  all: CreationContext['firstSeen'],
  shortener: Shortener,
): Pick<AlertContext, 'firstSeen' | 'learning' | 'watchedSince'> {
  const path = 'context.firstSeen';
  const learning = all.filter(({ seen }) => seen.status === 'learning');
  const watched = learning.flatMap(({ seen }) => (seen.status === 'learning' ? [seen.watchedSince] : []))[0];
  const first = all.flatMap(({ what, name, seen }) =>
    seen.status === 'first' ? [{ what, name, since: seen.since }] : [],
  );
  return {
    firstSeen: shortener.list(path, first).map(({ what, name, since }) => ({
      what,
      name: readSighted(path, what, name, shortener),
      since: nullable(since, formatMicros),
    })),
    learning: [...new Set(learning.map(({ what }) => what))],
    watchedSince: nullable(watched, formatMicros),
  };
}

function readSighted(path: string, what: Sighted['what'], name: string, shortener: Shortener): string {
  if (what === 'image' || what === 'registry') return shortener.image(path, name);
  if (what === 'address') return shortener.address(path, name);
  return what === 'userAgent' ? shortener.text(path, name) : shortener.name(path, name);
}

function readSurroundings(
  path: string,
  { namespace, quotas, networkPolicies, services, claims }: ContextSurroundings,
  shortener: Shortener,
): Surroundings {
  const { name, created, ageSeconds, labels, podSecurity, criticality } = namespace;
  const readObjects = (list: string, all: readonly ContextStanding[]): readonly NamespaceObject[] =>
    shortener.list(`${path}.${list}`, all).map(({ name: what, action, confirmed }) => ({
      name: shortener.name(`${path}.${list}`, what),
      by: shortener.name(`${path}.${list}`, personOf(action)),
      through: throughName(`${path}.${list}`, action, shortener),
      since: formatMicros(action.done),
      confirmed,
    }));
  return {
    namespace: shortener.name(path, name),
    namespaceCreatedBy: nullable(created, (action) => shortener.name(path, personOf(action))),
    namespaceCreatedThrough: throughName(path, created, shortener),
    namespaceCreatedAt: nullable(created, (action) => formatMicros(action.done)),
    namespaceAgeSeconds: nullable(ageSeconds, (seconds) => Math.min(seconds, SECONDS_MAX)),
    namespaceLabels: nullable(labels, (all) => shortener.map(`${path}.namespaceLabels`, Object.entries(all))),
    podSecurityLabels: shortener.map(`${path}.podSecurityLabels`, Object.entries(podSecurity)),
    criticalBecause: criticality.critical
      ? shortener.text(path, `${criticality.because}: ${criticality.what}`)
      : null,
    quotas: readObjects('quotas', quotas),
    networkPolicies: readObjects('networkPolicies', networkPolicies),
    services: readObjects('services', services),
    claims: readObjects('claims', claims),
  };
}
