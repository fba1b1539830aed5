/**
 * What happened, in one sentence that a person would write: the author, what it is, how it came about.
 *
 * Invariant: says only what the alert says elsewhere too, with names bounded and in quotation marks; a few
 * hundred characters at most, printable.
 */
import type { Action } from '../facts/action.ts';
import type { FirstSeen } from '../context/actor-history.ts';
import { type AttributedWork, attributedWorkOf, isSameAction } from '../context/attributed-work.ts';
import { isController } from '../kubernetes/controllers.ts';
import type { CreationContext } from '../context/creation-context.ts';
import { gitOpsOf } from '../facts/gitops.ts';
import { didBoth, isImpersonating, isSamePerson } from '../facts/person.ts';
import { named, span, who } from './investigation/wording.ts';
import type { Replaced } from '../context/replaced.ts';
import type { ChainLink, KnownAttribution } from '../context/attribution.ts';
import { abilityWords, privilegedWord } from './abilities.ts';
import { ownChange } from '../risk/own-grant.ts';
import type { RiskSeverity, SignalId } from '../risk/risk.ts';
import type { Micros } from '../base/time.ts';
import type { Actor, AlertObject, AlertPodSecurity, AlertRisk } from './alert.ts';
import { printable } from '../text/printable.ts';

const HEADLINE_MAX = 600;
/** What comes of a write within this time is told as one thing with it. */
const AT_ONCE_SECONDS = 120;
const HOUR_SECONDS = 3_600;
const NODE = 'system:node:';
const ANONYMOUS = 'system:anonymous';
const API_SERVER = 'system:apiserver';
/** Kinds whose pods stay; of the others one says that they are made. */
const DEPLOYED: readonly string[] = [
  'Deployment',
  'ReplicaSet',
  'StatefulSet',
  'DaemonSet',
  'ReplicationController',
];

export interface HeadlineParts {
  readonly object: AlertObject;
  readonly actor: Actor;
  readonly podSecurity: AlertPodSecurity | null;
  readonly risk: Pick<AlertRisk, 'signalIds'>;
  readonly severity: RiskSeverity;
  readonly context: CreationContext | null;
  /** The server's answer does not tell whether the object was stored. */
  readonly isUnconfirmed: boolean;
}

export function headlineOf(parts: HeadlineParts): string {
  const { head, rest, doer, instead = '' } = clauseOf(parts);
  const tails = [grantTail(parts, doer), tokenTail(parts, doer)].map(commaBefore).join('');
  // Two things that it is "with" are not run together.
  const isNew = `${newWords(parts.context) !== '' && ableWords(parts) !== '' && rest === '' ? ',' : ''}${newWords(parts.context)}`;
  const where = commaBefore(whereTail(parts));
  const last = `${nameTail(parts)}${parts.isUnconfirmed ? '; whether it was stored is not known' : ''}`;
  const sentence = rest === '' ? `${head}${isNew}${tails}` : `${head}${tails}, ${rest}${isNew}`;
  const text = printable(`${sentence}${commaBefore(instead)}${where}${last}`);
  return text.length > HEADLINE_MAX ? `${text.slice(0, HEADLINE_MAX - 1).toWellFormed()}…` : text;
}

/**
 * What was done; what came of it, where that is told after it; the act that it tells of, whose grant and
 * token may follow; whose place it took.
 */
interface Clause {
  readonly head: string;
  readonly rest: string;
  readonly doer: Action | undefined;
  readonly instead?: string;
}

function clauseOf(parts: HeadlineParts): Clause {
  const { object, actor, context } = parts;
  const request = context?.grants.at(-1)?.action;
  const author = context?.author;
  const work = author === undefined ? undefined : attributedWorkOf(author, request?.received ?? 0);
  const clause = (head: string): Clause => ({ head, rest: '', doer: request });
  if (object.kind === 'Namespace')
    return clause(`${maker(parts, work)} created the namespace ${named(object.name ?? '?')}`);
  const name = objectName(object);
  if (author?.madeByController === true && author.chain.length === 0)
    return clause(
      `The controller ${maker(parts, work)} created the ${level(parts)}pod ${name}${ableWords(parts)}; for whom is not recorded`,
    );
  if (author?.madeByController === true && work !== undefined) return byController(parts, work, request);
  if (author?.chainEnd === 'node' && actor.username?.startsWith(NODE) === true)
    return clause(
      `The kubelet of node ${named(actor.username.slice(NODE.length))} reported the ${level(parts)}static pod ${name}${ableWords(parts)}`,
    );
  return clause(
    `${maker(parts, work)} created the ${level(parts)}pod ${name}${ableWords(parts)}${claimOf(work?.forCustom)}`,
  );
}

/** The workload is what a person made; its pod stands in brackets. */
function byController(parts: HeadlineParts, work: AttributedWork, request: Action | undefined): Clause {
  const { object } = parts;
  const pod = objectName(object);
  const { person, action, replaces } = work;
  const workload = `${level(parts)}${work.object?.kind ?? 'workload'} ${inNamespace(object.namespace, work.object?.name ?? '?')}${ableWords(parts)}`;
  const of = ofCustom(work.forCustom);
  const moment = request?.received ?? person?.action.received ?? 0;
  const instead = replaces === undefined ? '' : replacesWords(replaces, object.name, moment);
  if (person === undefined) {
    const head = `${somebody(parts.context)} is behind the ${workload} (its pod ${pod})${of}`;
    return { head, rest: '', doer: undefined, instead };
  }
  if (action === 'scaled')
    return {
      head: `${personWords(person)} scaled the ${workload}${whoseWords(work)} (its pod ${pod})${of}`,
      rest: '',
      doer: undefined,
    };
  const did = `${personWords(person)} ${verbOf(work)}`;
  const seconds = secondsTo(moment, person.action);
  // A CronJob makes pods for years: what is told of them differs by the pod alone, so that they can be told
  // from the rest.
  const isScheduled = work.object?.kind === 'CronJob';
  if (seconds <= AT_ONCE_SECONDS && replaces === undefined && !(isScheduled && action === 'created'))
    return {
      head: `${did} the ${workload}${whoseWords(work)} (its pod ${pod})${of}`,
      rest: '',
      doer: person.action,
    };
  const head = `The ${workload}, which ${did}${isScheduled ? '' : ` ${ago(seconds)}`}${commaBefore(whoseWords(work).trimStart())}`;
  return { head, rest: `has a new pod ${pod}${of}`, doer: person.action, instead };
}

/** Whom nobody can name. */
function somebody(context: CreationContext | null): string {
  const isEvicted = [context?.author.creator, context?.author.templateAuthor].some(
    (attribution) => attribution?.known === false && attribution.why === 'forgotten',
  );
  return isEvicted
    ? 'Somebody whose request is not kept any more'
    : 'Somebody whom the audit stream has not shown';
}

function verbOf({ action, object }: AttributedWork): string {
  switch (action) {
    case 'created':
      return DEPLOYED.includes(object?.kind ?? '') ? 'deployed' : 'created';
    case 'rolledBack':
      return 'rolled back';
    case 'changed':
    case 'restarted':
    case 'scaled':
      return action;
  }
}

/** Whose it is that somebody else scaled, or set off once more. */
function whoseWords({ action, of }: AttributedWork): string {
  if (of === undefined) return '';
  switch (action) {
    case 'scaled':
      return ` of ${personWords(of)}`;
    case 'restarted':
      return ` as ${personWords(of)} wrote it`;
    case 'rolledBack':
      return ` to what ${personWords(of)} wrote`;
    case 'created':
    case 'changed':
      return '';
  }
}

/** Of a StatefulSet the new pod has the old one's name. */
function replacesWords({ name, how, action }: Replaced, podName: string | null, moment: Micros): string {
  const pod = name === podName ? 'the one of that name' : `the pod ${named(name)}`;
  const when = ago(secondsTo(moment, action));
  switch (how) {
    case 'nodeGone':
      return `which replaces ${pod}, deleted ${when} as its node was gone`;
    case 'preempted':
      return `which replaces ${pod} that the scheduler preempted ${when}`;
    case 'evicted':
      return `which replaces ${pod} that ${isController(action.username) ? 'the node controller' : who(action)} evicted ${when}`;
    case 'deleted':
      return `which replaces ${pod} that ${who(action)} deleted ${when}`;
  }
}

function maker({ actor, context }: HeadlineParts, work: AttributedWork | undefined): string {
  if (actor.username === null) return 'Somebody unnamed';
  if (actor.username === ANONYMOUS) return 'Somebody without credentials';
  if (actor.username === API_SERVER && actor.impersonatedUsername === null) return 'The API server itself';
  const action = work?.person?.action ?? context?.grants.at(-1)?.action;
  if (action !== undefined) return who(action);
  return who({
    username: actor.username,
    impersonatedUsername: actor.impersonatedUsername ?? undefined,
    isUnnamed: false,
    display: actor.display ?? undefined,
    onBehalfOf: actor.onBehalfOf ?? undefined,
    address: actor.peerAddress ?? undefined,
    userAgent: actor.userAgent ?? undefined,
  });
}

function personWords(attribution: KnownAttribution): string {
  if (attribution.action.username === ANONYMOUS) return 'somebody without credentials';
  const other = attribution.candidates.find((candidate) => !isSamePerson(candidate, attribution.action));
  return other === undefined ? who(attribution.action) : `${who(attribution.action)} or ${who(other)}`;
}

/**
 * Whoever makes a pod can write any owner into it: said as his word where the stream has not shown that
 * owner.
 */
function claimOf(owner: ChainLink | undefined): string {
  return owner !== undefined && owner.created === undefined
    ? `, by its own word${ofCustom(owner)}`
    : ofCustom(owner);
}

/** An operator makes it; whoever wrote the custom object, and whoever changed it, wanted it. */
function ofCustom(custom: ChainLink | undefined): string {
  if (custom === undefined) return '';
  const { kind, name, created, changed } = custom;
  const owner = ` for the ${/^[A-Z][A-Za-z0-9]{0,39}$/.test(kind) ? kind : named(kind)} ${named(name)}${created === undefined ? '' : ` of ${who(created)}`}`;
  if (changed === undefined || (created !== undefined && isSamePerson(created, changed))) return owner;
  return `${owner}${created === undefined ? '' : ','} last changed by ${who(changed)}`;
}

function level({ object }: HeadlineParts): string {
  return privilegedWord(object);
}

function ableWords({ object, podSecurity }: HeadlineParts): string {
  return object.kind === 'Pod' ? abilityWords(object, podSecurity) : '';
}

function objectName({ namespace, name, generateName }: AlertObject): string {
  return inNamespace(namespace, name ?? (generateName === null ? '?' : `${generateName}…`));
}

function inNamespace(namespace: string | null, name: string): string {
  return named(namespace === null ? name : `${namespace}/${name}`);
}

const NEW: readonly (readonly [what: FirstSeen['what'], words: string])[] = [
  ['registry', 'from a registry'],
  ['image', 'with an image'],
  ['actor', 'as a user'],
  ['impersonator', 'by acting as somebody else, as which the account was'],
  ['address', 'from an address'],
  ['userAgent', 'with a client'],
];

/** The most telling one; all of them are in the alert. */
function newWords(context: CreationContext | null): string {
  const isNever = ({ seen }: FirstSeen): boolean => seen.status === 'first' && seen.since === undefined;
  const found = NEW.find(
    ([what]) => context?.firstSeen.some((entry) => entry.what === what && isNever(entry)) === true,
  );
  return found === undefined ? '' : ` ${found[1]} never seen before`;
}

function grantTail({ context, severity }: HeadlineParts, doer: Action | undefined): string {
  const [grant] = context?.grants ?? [];
  if (grant === undefined || doer === undefined || !isSameAction(grant.action, doer)) return '';
  const { action, answer } = grant;
  const role = named(answer.role?.name ?? '?');
  if (answer.selfGranted === true) {
    const own = ownChange(action, answer);
    if (own === undefined) return '';
    return `${after(own.secondsBefore)} granting themselves ${own.of === 'role' ? `more by ${role}` : role}`;
  }
  // In routine work nobody would mention it.
  if (answer.selfGranted === null || severity === 'informational') return '';
  const given = answer.changes.findLast(({ gave }) => gave === true);
  if (
    given === undefined ||
    given.secondsBefore > HOUR_SECONDS ||
    didBoth(given.action, action) === true ||
    isController(given.action.username)
  )
    return '';
  return `${after(given.secondsBefore)} ${who(given.action)} had granted the right by ${role}`;
}

/**
 * Operators, proxies and GitOps tools call with their pods' tokens all day long: then it is told only where
 * somebody else asked for the token.
 */
function tokenTail({ context }: HeadlineParts, doer: Action | undefined): string {
  const { viaPods, creator, madeByController, chainEnd } = context?.author ?? {};
  const [nearest] = viaPods ?? [];
  if (
    nearest === undefined ||
    doer === undefined ||
    creator?.known !== true ||
    !isSameAction(creator.action, doer)
  )
    return '';
  const { pod, issuedTo } = nearest;
  const asked =
    issuedTo === undefined || issuedTo.startsWith(NODE) ? '' : ` that ${named(issuedTo)} had asked for`;
  const isForOthers =
    isImpersonating(doer) || doer.onBehalfOf !== undefined || gitOpsOf(doer.username) !== null;
  const isUsual = madeByController === true || chainEnd === 'customKind' || isForOthers;
  return isUsual && asked === ''
    ? ''
    : `with the token of the pod ${named(`${pod.namespace}/${pod.name}`)}${asked}`;
}

function whereTail({ object, risk, context }: HeadlineParts): string {
  const where = context?.surroundings?.namespace;
  if (object.kind !== 'Pod' || !has(risk, 'risky-in-new-namespace') || where?.ageSeconds === undefined)
    return '';
  return `in a namespace made ${ago(where.ageSeconds)}${where.created === undefined ? '' : ` by ${who(where.created)}`}`;
}

function nameTail({ risk }: Pick<HeadlineParts, 'risk'>): string {
  return has(risk, 'system-like-namespace') ? '; the name of the namespace passes for a trusted one' : '';
}

function has({ signalIds }: HeadlineParts['risk'], id: SignalId): boolean {
  return signalIds.includes(id);
}

function commaBefore(text: string): string {
  return text === '' ? '' : `, ${text}`;
}

function ago(seconds: number): string {
  return seconds === 0 ? 'just before' : `${span(seconds)} before`;
}

function after(seconds: number): string {
  return seconds === 0 ? 'right after' : `${span(seconds)} after`;
}

function secondsTo(moment: Micros, { received }: Action): number {
  return Math.max(0, Math.round((moment - received) / 1_000_000));
}
