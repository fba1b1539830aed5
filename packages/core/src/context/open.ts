/**
 * What is still open about a creation: the subjects of which more may become known, and whether an answer has become another.
 *
 * Invariant: an answer's name holds a digest of what it says, so that one answer makes one revision, whoever delivers what led to it, and a better one
 * makes another.
 */
import { type Act, actValue, digestOf } from './act.ts';
import type { Author } from './author.ts';
import { isController, isMaker } from './controllers.ts';
import { type Made, ownerSubjects } from './facts/workloads.ts';
import { grantSubjects, type GrantAnswer } from './grant.ts';
import { replacedSubjects } from './replaced.ts';
import { credentialAbout, objectAbout } from './subjects.ts';
import type { Told } from './told.ts';

export interface OpenSubject {
  readonly about: string;
  /** What would become known, or better known. */
  readonly answers: readonly string[];
}

/** By the name of each answer, how much it knows, a colon, and a digest of what it says. Small enough to be kept with who waits. */
export type Answers = Readonly<Record<string, string>>;

/**
 * Also of what is known already: a write that comes late may have been nearer.
 * @param acts whose grants are told
 */
export function openSubjectsOf(made: Made, author: Author, acts: readonly Act[]): readonly OpenSubject[] {
  const open = new Map<string, Set<string>>();
  const add = (abouts: readonly string[], answers: readonly string[]): void => {
    for (const about of abouts) open.set(about, new Set([...(open.get(about) ?? []), ...answers]));
  };
  const whole = ['author.chain', 'author.creator', 'author.templateAuthor', 'author.contentAuthor', 'author.scaler'];
  // What somebody made with his own hands has an author already; its owners are told all the same.
  const answers = author.madeByController ? whole : ['author.chain'];
  add(ownerSubjects(made.namespace, made.owner), answers);
  for (const link of author.chain) add(ownerSubjects(made.namespace, link), answers);
  if (author.madeByController) add(replacedSubjects(made), ['author.replaces']);
  for (const { pod, credential, chain } of author.through) {
    const owners = chain.flatMap((link) => ownerSubjects(pod.namespace, link));
    add([objectAbout(pod.uid), ...(credential === undefined ? [] : [credentialAbout(credential)]), ...owners], ['author.through']);
  }
  // All pods wait for the bindings of controllers, which nobody changes: there would be no room left for others.
  for (const act of acts) if (!isController(act.username)) add(grantSubjects(act), ['grant.changes']);
  return [...open].map(([about, names]) => ({ about, answers: [...names] }));
}

/** The grants that an alert tells: that of the author's write for a pod that a controller made, else the maker's own. */
export function grantedActs(made: Made, author: Author): readonly Act[] {
  const told = [author.templateAuthor, author.creator].find((candidate) => candidate.known);
  const direct = made.owner === undefined || !isMaker(made.act.username, 'Pod', made.owner.kind);
  return direct || told === undefined ? [made.act] : [told.act, made.act];
}

export function answersOf(author: Author, grants: readonly GrantAnswer[]): Answers {
  const through = author.through.map(({ pod, issuedTo, creator, templateAuthor }) => [pod.uid, issuedTo ?? '', toldText(creator), toldText(templateAuthor)]);
  const changes = grants.flatMap(({ changes: all }) => all);
  return {
    'author.chain': answer(author.chain.filter(({ created }) => created !== undefined).length, [
      author.chainEnd === 'forgotten' ? 'notSeen' : author.chainEnd,
      ...author.chain.map(({ kind, name, uid, created, changed }) => `${kind}/${name}/${uid ?? ''}/${actText(created)}/${actText(changed)}`),
    ]),
    'author.creator': answer(known(author.creator), [toldText(author.creator)]),
    'author.templateAuthor': answer(known(author.templateAuthor), [toldText(author.templateAuthor)]),
    'author.contentAuthor': answer(known(author.contentAuthor), [author.templateAction, toldText(author.contentAuthor)]),
    'author.replaces': answer(author.replaces === undefined ? 0 : 1, [author.replaces?.name ?? '', actText(author.replaces?.act)]),
    'author.scaler': answer(known(author.scaler), [toldText(author.scaler)]),
    'author.through': answer(author.through.length, through.flat()),
    'grant.changes': answer(changes.length, [
      ...grants.map(({ selfGranted }) => String(selfGranted)),
      ...changes.map(({ act, of, what, gave }) => `${of}/${what}/${String(gave)}/${actText(act)}`),
    ]),
  };
}

/**
 * Whether `after` would take back what `before` has told, as the facts for it have been pushed out by newer ones since: a revision must not replace
 * an answer by none. What hangs on the author, his grants for one, is less only where he is the same.
 */
export function knowsLess(before: Answers, after: Answers): boolean {
  const less = (name: string): boolean => knowledge(after[name]) < knowledge(before[name]);
  const sameAuthor = AUTHOR.every((name) => before[name] === after[name]);
  return [...AUTHOR, 'author.scaler'].some(less) || (sameAuthor && (less('author.through') || less('grant.changes')));
}

const AUTHOR: readonly string[] = ['author.creator', 'author.templateAuthor'];

function knowledge(answered: string | undefined): number {
  return Number(answered?.split(':')[0] ?? 0);
}

/** That there is none is known as well. */
function known(told: Told): number {
  return told.known || told.why === 'none' ? 1 : 0;
}

function answer(knows: number, parts: readonly string[]): string {
  return `${String(knows)}:${digestOf(...parts).slice(0, 16)}`;
}

/** What `after` says that `before` did not, as names for a revision. */
export function newAnswers(before: Answers, after: Answers): readonly string[] {
  return Object.entries(after).flatMap(([name, digest]) => (before[name] === digest ? [] : [`${name}=${digest}`]));
}

/** That what nobody knows has been forgotten since is nothing to revise an alert for. */
function toldText(told: Told): string {
  if (!told.known) return told.why === 'forgotten' ? 'notSeen' : told.why;
  return told.candidates.map(actText).sort().join(' ') + actText(told.act);
}

function actText(act: Act | undefined): string {
  return act === undefined ? '' : JSON.stringify(actValue(act));
}
