/**
 * What happened, in one sentence that a person would write: who is behind it, what it is, how it came about.
 *
 * Invariant: says only what the alert says elsewhere too, with names bounded and in quotation marks; a few hundred characters at most, printable.
 */
import type { Act } from '../context/act.ts';
import type { FirstSeen } from '../context/actor.ts';
import { type Behind, behindOf, isSameAct } from '../context/behind.ts';
import { isController } from '../context/controllers.ts';
import type { CreationContext } from '../context/creation-context.ts';
import { gitOpsOf } from '../context/gitops.ts';
import { didBoth, isImpersonating, isProgram, isSamePerson, personOf } from '../context/person.ts';
import { named, span, who } from '../context/questions/wording.ts';
import type { Replaced } from '../context/replaced.ts';
import type { ChainLink, KnownTold } from '../context/told.ts';
import type { PodSecurity } from '../pod-security/evaluate.ts';
import { abilityWords, privilegedWord } from './abilities.ts';
import { ownChange } from '../risk/own-grant.ts';
import type { Risk, SignalId } from '../risk/risk.ts';
import type { Micros } from '../time.ts';
import type { Actor, AlertObject } from './alert.ts';
import { printable } from '../printable.ts';

const HEADLINE_MAX = 600;
/** What comes of a write within this time is told as one thing with it. */
const AT_ONCE_SECONDS = 120;
const HOUR_SECONDS = 3_600;
const NODE = 'system:node:';
const ANONYMOUS = 'system:anonymous';
const API_SERVER = 'system:apiserver';
/** Kinds whose pods stay; of the others one says that they are made. */
const DEPLOYED: readonly string[] = ['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'ReplicationController'];

export interface HeadlineParts {
  readonly object: AlertObject;
  readonly actor: Actor;
  readonly podSecurity: PodSecurity | null;
  readonly risk: Risk;
  readonly context: CreationContext | null;
  /** The server's answer does not tell whether the object was stored. */
  readonly isUnconfirmed: boolean;
}

export function headlineOf(parts: HeadlineParts): string {
  const { head, rest, doer, instead = '' } = clauseOf(parts);
  const tails = [grantTail(parts, doer), tokenTail(parts, doer)].map(commaBefore).join('');
  // Two things that it is "with" are not run together.
  const isNew = `${newWords(parts.context) !== '' && ableWords(parts) !== '' && rest === '' ? ',' : ''}${newWords(parts.context)}`;
  const place = commaBefore(placeTail(parts));
  const last = `${nameTail(parts)}${parts.isUnconfirmed ? '; whether it was stored is not known' : ''}`;
  const told = rest === '' ? `${head}${isNew}${tails}` : `${head}${tails}, ${rest}${isNew}`;
  const text = printable(`${told}${commaBefore(instead)}${place}${last}`);
  return text.length > HEADLINE_MAX ? `${text.slice(0, HEADLINE_MAX - 1).toWellFormed()}…` : text;
}

/** What was done; what came of it, where that is told after it; the act that it tells of, whose grant and token may follow; whose place it took. */
interface Clause {
  readonly head: string;
  readonly rest: string;
  readonly doer: Act | undefined;
  readonly instead?: string;
}

function clauseOf(parts: HeadlineParts): Clause {
  const { object, actor, context } = parts;
  const request = context?.grants.at(-1)?.act;
  const author = context?.author;
  const behind = author === undefined ? undefined : behindOf(author, request?.received ?? 0);
  const clause = (head: string): Clause => ({ head, rest: '', doer: request });
  if (object.kind === 'Namespace') return clause(`${maker(parts, behind)} created the namespace ${named(object.name ?? '?')}`);
  const name = objectName(object);
  if (author?.madeByController === true && author.chain.length === 0)
    return clause(`The controller ${maker(parts, behind)} created the ${level(parts)}pod ${name}${ableWords(parts)}; for whom is not recorded`);
  if (author?.madeByController === true && behind !== undefined) return byController(parts, behind, request);
  if (author?.chainEnd === 'node' && actor.username?.startsWith(NODE) === true)
    return clause(`The kubelet of node ${named(actor.username.slice(NODE.length))} reported the ${level(parts)}static pod ${name}${ableWords(parts)}`);
  return clause(`${maker(parts, behind)} created the ${level(parts)}pod ${name}${ableWords(parts)}${claimOf(behind?.forCustom)}`);
}

/** The workload is what a person made; its pod stands in brackets. */
function byController(parts: HeadlineParts, behind: Behind, request: Act | undefined): Clause {
  const { object } = parts;
  const pod = objectName(object);
  const { person, action, replaces } = behind;
  const workload = `${level(parts)}${behind.object?.kind ?? 'workload'} ${inNamespace(object.namespace, behind.object?.name ?? '?')}${ableWords(parts)}`;
  const of = ofCustom(behind.forCustom);
  const moment = request?.received ?? person?.act.received ?? 0;
  const instead = replaces === undefined ? '' : replacesWords(replaces, object.name, moment);
  if (person === undefined) {
    const head = `${somebody(parts.context)} is behind the ${workload} (its pod ${pod})${of}`;
    return { head, rest: '', doer: undefined, instead };
  }
  if (action === 'scaled') return { head: `${whoever(person)} scaled the ${workload}${whoseWords(behind)} (its pod ${pod})${of}`, rest: '', doer: undefined };
  const did = `${whoever(person)} ${verbOf(behind)}`;
  const seconds = secondsTo(moment, person.act);
  // A CronJob makes pods for years: what is told of them differs by the pod alone, so that they can be told from the rest.
  const isScheduled = behind.object?.kind === 'CronJob';
  if (seconds <= AT_ONCE_SECONDS && replaces === undefined && !(isScheduled && action === 'created'))
    return { head: `${did} the ${workload}${whoseWords(behind)} (its pod ${pod})${of}`, rest: '', doer: person.act };
  const head = `The ${workload}, which ${did}${isScheduled ? '' : ` ${ago(seconds)}`}${commaBefore(whoseWords(behind).trimStart())}`;
  return { head, rest: `has a new pod ${pod}${of}`, doer: person.act, instead };
}

/** Whom nobody can name. */
function somebody(context: CreationContext | null): string {
  const isForgotten = [context?.author.creator, context?.author.templateAuthor].some((told) => told?.known === false && told.why === 'forgotten');
  return isForgotten ? 'Somebody whose request is not kept any more' : 'Somebody whom the audit stream has not shown';
}

function verbOf({ action, object }: Behind): string {
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
function whoseWords({ action, of }: Behind): string {
  if (of === undefined) return '';
  switch (action) {
    case 'scaled':
      return ` of ${whoever(of)}`;
    case 'restarted':
      return ` as ${whoever(of)} wrote it`;
    case 'rolledBack':
      return ` to what ${whoever(of)} wrote`;
    case 'created':
    case 'changed':
      return '';
  }
}

/** Of a StatefulSet the new pod has the old one's name. */
function replacesWords({ name, how, act }: Replaced, podName: string | null, moment: Micros): string {
  const pod = name === podName ? 'the one of that name' : `the pod ${named(name)}`;
  const when = ago(secondsTo(moment, act));
  switch (how) {
    case 'nodeGone':
      return `which replaces ${pod}, deleted ${when} as its node was gone`;
    case 'preempted':
      return `which replaces ${pod} that the scheduler preempted ${when}`;
    case 'evicted':
      return `which replaces ${pod} that ${isController(act.username) ? 'the node controller' : who(act)} evicted ${when}`;
    case 'deleted':
      return `which replaces ${pod} that ${who(act)} deleted ${when}`;
  }
}

function maker({ actor, context }: HeadlineParts, behind: Behind | undefined): string {
  if (actor.username === null) return 'Somebody unnamed';
  if (actor.username === ANONYMOUS) return 'Somebody without credentials';
  if (actor.username === API_SERVER && actor.impersonatedUsername === null) return 'The API server itself';
  const act = behind?.person?.act ?? context?.grants.at(-1)?.act;
  if (act !== undefined) return who(act);
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

function whoever(told: KnownTold): string {
  if (told.act.username === ANONYMOUS) return 'somebody without credentials';
  const other = told.candidates.find((candidate) => !isSamePerson(candidate, told.act));
  return other === undefined ? who(told.act) : `${who(told.act)} or ${who(other)}`;
}

/** Whoever makes a pod can write any owner into it: said as his word where the stream has not shown that owner. */
function claimOf(owner: ChainLink | undefined): string {
  return owner !== undefined && owner.created === undefined ? `, by its own word${ofCustom(owner)}` : ofCustom(owner);
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
  const found = NEW.find(([what]) => context?.firstSeen.some((entry) => entry.what === what && isNever(entry)) === true);
  return found === undefined ? '' : ` ${found[1]} never seen before`;
}

function grantTail({ context, risk }: HeadlineParts, doer: Act | undefined): string {
  const [grant] = context?.grants ?? [];
  if (grant === undefined || doer === undefined || !isSameAct(grant.act, doer)) return '';
  const { act, answer } = grant;
  const role = named(answer.role?.name ?? '?');
  if (answer.selfGranted === true) {
    const own = ownChange(act, answer);
    if (own === undefined) return '';
    const self = isProgram(personOf(act)) ? 'itself' : 'himself';
    return `${after(own.secondsBefore)} granting ${self} ${own.of === 'role' ? `more by ${role}` : role}`;
  }
  // In routine work nobody would mention it.
  if (answer.selfGranted === null || risk.severity === 'INFO') return '';
  const given = answer.changes.findLast(({ gave }) => gave === true);
  if (given === undefined || given.secondsBefore > HOUR_SECONDS || didBoth(given.act, act) === true || isController(given.act.username)) return '';
  return `${after(given.secondsBefore)} ${who(given.act)} had granted the right by ${role}`;
}

/** Operators, proxies and GitOps tools call with their pods' tokens all day long: then it is told only where somebody else asked for the token. */
function tokenTail({ context }: HeadlineParts, doer: Act | undefined): string {
  const { through, creator, madeByController, chainEnd } = context?.author ?? {};
  const [nearest] = through ?? [];
  if (nearest === undefined || doer === undefined || creator?.known !== true || !isSameAct(creator.act, doer)) return '';
  const { pod, issuedTo } = nearest;
  const asked = issuedTo === undefined || issuedTo.startsWith(NODE) ? '' : ` that ${named(issuedTo)} had asked for`;
  const isForOthers = isImpersonating(doer) || doer.onBehalfOf !== undefined || gitOpsOf(doer.username) !== null;
  const isUsual = madeByController === true || chainEnd === 'customKind' || isForOthers;
  return isUsual && asked === '' ? '' : `with the token of the pod ${named(`${pod.namespace}/${pod.name}`)}${asked}`;
}

function placeTail({ object, risk, context }: HeadlineParts): string {
  const place = context?.surroundings?.namespace;
  if (object.kind !== 'Pod' || !has(risk, 'risky-in-new-namespace') || place?.ageSeconds === undefined) return '';
  return `in a namespace made ${ago(place.ageSeconds)}${place.created === undefined ? '' : ` by ${who(place.created)}`}`;
}

function nameTail({ risk }: HeadlineParts): string {
  return has(risk, 'system-like-namespace') ? '; the name of the namespace passes for a trusted one' : '';
}

function has(risk: Risk, id: SignalId): boolean {
  return risk.signals.some((signal) => signal.id === id);
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

function secondsTo(moment: Micros, { received }: Act): number {
  return Math.max(0, Math.round((moment - received) / 1_000_000));
}
