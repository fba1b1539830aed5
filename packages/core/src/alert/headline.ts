/**
 * What happened, in one sentence that a person would write: who is behind it, what it is, how it came about.
 *
 * Invariant: says only what the alert says elsewhere too, with names bounded and in quotation marks; a few hundred characters at most, printable.
 */
import type { Act } from '../context/act.ts';
import type { FirstSeen } from '../context/actor.ts';
import { isController } from '../context/controllers.ts';
import type { CreationContext } from '../context/creation-context.ts';
import { gitOpsOf } from '../context/gitops.ts';
import { didBoth, isImpersonating, isProgram, isSamePerson, personOf } from '../context/person.ts';
import { named, span, who } from '../context/questions/wording.ts';
import type { ChainLink, Told } from '../context/told.ts';
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
  const { head, rest, doer } = clauseOf(parts);
  const tails = [grantTail(parts, doer), tokenTail(parts, doer)].map(commaBefore).join('');
  // Two things that it is "with" are not run together.
  const isNew = `${newWords(parts.context) !== '' && ableWords(parts) !== '' && rest === '' ? ',' : ''}${newWords(parts.context)}`;
  const place = commaBefore(placeTail(parts));
  const last = `${nameTail(parts)}${parts.isUnconfirmed ? '; whether it was stored is not known' : ''}`;
  const text = printable(rest === '' ? `${head}${isNew}${tails}${place}${last}` : `${head}${tails}, ${rest}${isNew}${place}${last}`);
  return text.length > HEADLINE_MAX ? `${text.slice(0, HEADLINE_MAX - 1).toWellFormed()}…` : text;
}

type Known = Extract<Told, { readonly known: true }>;

/** What was done; what came of it, where that is told after it; and the act that it tells of, whose grant and token may follow. */
interface Clause {
  readonly head: string;
  readonly rest: string;
  readonly doer: Act | undefined;
}

function clauseOf(parts: HeadlineParts): Clause {
  const { object, actor, context } = parts;
  const doer = context?.grants.at(-1)?.act;
  const clause = (head: string): Clause => ({ head, rest: '', doer });
  if (object.kind === 'Namespace') return clause(`${maker(parts)} created the namespace ${named(object.name ?? '?')}`);
  const name = objectName(object);
  const author = context?.author;
  if (author?.madeByController === true && author.chain.length === 0)
    return clause(`The controller ${maker(parts)} created the ${level(parts)}pod ${name}${ableWords(parts)}; for whom is not recorded`);
  if (author?.madeByController === true) return byController(parts, author);
  if (author?.chainEnd === 'node' && actor.username?.startsWith(NODE) === true)
    return clause(`The kubelet of node ${named(actor.username.slice(NODE.length))} reported the ${level(parts)}static pod ${name}${ableWords(parts)}`);
  return clause(
    `${maker(parts)} created the ${level(parts)}pod ${name}${ableWords(parts)}${author?.chainEnd === 'customKind' ? claimOf(parts, author.chain.at(-1)) : ''}`,
  );
}

/** The workload is what a person made; its pod stands in brackets. */
function byController(parts: HeadlineParts, author: CreationContext['author']): Clause {
  const { object, context } = parts;
  const pod = objectName(object);
  const custom = author.chainEnd === 'customKind' && author.chain.length > 1 ? author.chain.at(-1) : undefined;
  const root = author.chain.at(custom === undefined ? -1 : -2);
  const workload = `${level(parts)}${root?.kind ?? 'workload'} ${inNamespace(object.namespace, root?.name ?? '?')}${ableWords(parts)}`;
  const of = ofCustom(custom);
  const behind = [author.templateAuthor, author.creator].find((told) => told.known);
  if (behind?.known !== true)
    return { head: `Somebody whom the audit stream has not shown is behind the ${workload} (its pod ${pod})${of}`, rest: '', doer: undefined };
  const moment = context?.grants.at(-1)?.act.received ?? behind.act.received;
  const scaler = scalerAtOnce(author, behind.act, moment);
  if (scaler !== undefined) return { head: `${whoever(scaler)} scaled the ${workload} of ${whoever(behind)} (its pod ${pod})${of}`, rest: '', doer: undefined };
  const did = `${whoever(behind)} ${verbOf(author, behind.act, root)}`;
  const seconds = secondsTo(moment, behind.act);
  return seconds <= AT_ONCE_SECONDS
    ? { head: `${did} the ${workload} (its pod ${pod})${of}`, rest: '', doer: behind.act }
    : { head: `The ${workload}, which ${did} ${ago(seconds)}`, rest: `has a new pod ${pod}${of}`, doer: behind.act };
}

/** Who scaled it after its template was written, if that is what the pod comes of. */
function scalerAtOnce({ scaler }: CreationContext['author'], behind: Act, moment: Micros): Known | undefined {
  if (!scaler.known || isSame(scaler.act, behind) || scaler.act.received < behind.received) return undefined;
  return secondsTo(moment, scaler.act) <= AT_ONCE_SECONDS ? scaler : undefined;
}

function verbOf({ creator }: CreationContext['author'], behind: Act, root: ChainLink | undefined): string {
  if (!creator.known || !isSame(creator.act, behind)) return 'changed';
  return DEPLOYED.includes(root?.kind ?? '') ? 'deployed' : 'created';
}

function maker({ actor, context }: HeadlineParts): string {
  if (actor.username === null) return 'Somebody unnamed';
  if (actor.username === ANONYMOUS) return 'Somebody without credentials';
  if (actor.username === API_SERVER && actor.impersonatedUsername === null) return 'The API server itself';
  const act = context?.grants.at(-1)?.act;
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

function whoever(told: Known): string {
  if (told.act.username === ANONYMOUS) return 'somebody without credentials';
  const other = told.candidates.find((candidate) => !isSamePerson(candidate, told.act));
  return other === undefined ? who(told.act) : `${who(told.act)} or ${who(other)}`;
}

/** Whoever makes a pod can write any owner into it: said of operators alone, and as their word where the stream has not shown that owner. */
function claimOf({ actor }: HeadlineParts, owner: ChainLink | undefined): string {
  if (actor.username?.startsWith('system:serviceaccount:') !== true) return '';
  return owner?.created === undefined && owner !== undefined ? `, by its own word${ofCustom(owner)}` : ofCustom(owner);
}

/** An operator makes it; whoever wrote the custom object wanted it. */
function ofCustom(custom: ChainLink | undefined): string {
  if (custom === undefined) return '';
  const { kind, name, created } = custom;
  return ` for the ${/^[A-Z][A-Za-z0-9]{0,39}$/.test(kind) ? kind : named(kind)} ${named(name)}${created === undefined ? '' : ` of ${who(created)}`}`;
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
  if (grant === undefined || doer === undefined || !isSame(grant.act, doer)) return '';
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
  if (nearest === undefined || doer === undefined || creator?.known !== true || !isSame(creator.act, doer)) return '';
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

function isSame(a: Act, b: Act): boolean {
  return a.username === b.username && a.received === b.received && a.auditId === b.auditId;
}

function secondsTo(moment: Micros, { received }: Act): number {
  return Math.max(0, Math.round((moment - received) / 1_000_000));
}
