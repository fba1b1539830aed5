/**
 * What happened, in one sentence that a person would write: who is behind it, what it is, how it came about.
 *
 * Invariant: says only what the alert says elsewhere too, with names in quotation marks; a few hundred characters at most, printable.
 */
import type { CreationContext } from '../context/creation-context.ts';
import { named, span, who } from '../context/questions/wording.ts';
import type { Actor, AlertObject } from './alert.ts';
import { printable } from './bounds.ts';
import type { PodSecurity } from '../pod-security/evaluate.ts';

const HEADLINE_MAX = 600;

export interface HeadlineParts {
  readonly object: AlertObject;
  readonly actor: Actor;
  readonly podSecurity: PodSecurity | null;
  readonly context: CreationContext | null;
}

export function headlineOf(parts: HeadlineParts): string {
  const { object, context } = parts;
  const grant = context?.grants[0]?.answer;
  const given = grant?.changes.findLast(({ gave }) => gave === true);
  const tails = [
    firstSeen(context),
    grant?.selfGranted === true && given !== undefined ? `${span(given.secondsBefore)} after granting himself ${named(grant.role?.name ?? '?')}` : '',
    context?.author.through[0] === undefined ? '' : `with the token of pod ${named(context.author.through[0].pod.name)}`,
  ].filter((text) => text !== '');
  const what = object.kind === 'Namespace' ? `the namespace ${objectName(object)}` : podWords(parts);
  return printable(`${subject(parts)} ${what}${tails.map((tail) => `, ${tail}`).join('')}`.slice(0, HEADLINE_MAX));
}

function subject({ actor, context }: HeadlineParts): string {
  const author = context?.author;
  if (author?.madeByController === true) {
    const behind = author.templateAuthor.known ? author.templateAuthor : author.creator;
    return behind.known ? `${who(behind.act)} is behind` : 'Somebody not seen is behind';
  }
  if (actor.username === null) return 'Somebody unnamed created';
  return `${named(actor.username)}${actor.impersonatedUsername === null ? '' : ` acting as ${named(actor.impersonatedUsername)}`} created`;
}

function podWords({ object, podSecurity, context }: HeadlineParts): string {
  const level = podSecurity?.level === 'privileged' ? 'privileged ' : '';
  const [owner] = context?.author.madeByController === true ? context.author.chain.slice(-1) : [];
  const of = owner === undefined ? '' : ` of ${owner.kind} ${named(owner.name)}`;
  return `the ${level}pod ${objectName(object)}${of}`;
}

function objectName({ namespace, name, generateName }: AlertObject): string {
  const own = name ?? (generateName === null ? '?' : `${generateName}…`);
  return named(namespace === null ? own : `${namespace}/${own}`);
}

function firstSeen(context: CreationContext | null): string {
  const words: Readonly<Record<string, string>> = { registry: 'a registry', image: 'an image', address: 'an address', actor: 'a user', userAgent: 'a client' };
  const found = ['registry', 'image', 'actor', 'address', 'userAgent'].find(
    (what) => context?.firstSeen.some((seen) => seen.what === what && seen.seen.status === 'first') === true,
  );
  return found === undefined ? '' : `with ${words[found] ?? ''} never seen before`;
}
