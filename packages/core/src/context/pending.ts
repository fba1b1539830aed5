/**
 * What is still open about a creation: the subjects of which more may become known, and which answers have
 * changed.
 *
 * Invariant: an answer's name holds a digest of its content, so that one answer makes one revision, whichever
 * event led to it, and a better one makes another.
 */
import { type Action, actionValue } from '../facts/action.ts';
import type { Author } from './author.ts';
import { isController, isMaker } from '../kubernetes/controllers.ts';
import { type CreatedObject, ownerSubjects } from '../facts/extract/workloads.ts';
import { grantSubjects, type GrantAnswer } from './grant.ts';
import { replacedSubjects } from './replaced.ts';
import { credentialAbout, objectAbout } from '../facts/subjects.ts';
import type { Attribution } from './attribution.ts';
import { digestOf } from '../base/digest.ts';

export interface PendingSubject {
  readonly about: string;
  /** What would become known, or better known. */
  readonly answers: readonly string[];
}

/**
 * By the name of each answer, how much it knows, a colon, and a digest of its content. Small enough to be
 * kept with the watch.
 */
export type Answers = Readonly<Record<string, string>>;

/**
 * Also for what is known already: a late write may have been nearer.
 * @param actions whose grants are reported
 */
export function pendingSubjectsOf(
  createdObject: CreatedObject,
  author: Author,
  actions: readonly Action[],
): readonly PendingSubject[] {
  const pending = new Map<string, Set<string>>();
  const add = (abouts: readonly string[], answers: readonly string[]): void => {
    for (const about of abouts) pending.set(about, new Set([...(pending.get(about) ?? []), ...answers]));
  };
  const whole = [
    'author.chain',
    'author.creator',
    'author.templateAuthor',
    'author.contentAuthor',
    'author.scaler',
  ];
  // What a person made directly has an author already; its owners are reported all the same.
  const answers = author.madeByController ? whole : ['author.chain'];
  add(ownerSubjects(createdObject.namespace, createdObject.owner), answers);
  for (const link of author.chain) add(ownerSubjects(createdObject.namespace, link), answers);
  if (author.madeByController) add(replacedSubjects(createdObject), ['author.replaces']);
  for (const { pod, credential, chain } of author.viaPods) {
    const owners = chain.flatMap((link) => ownerSubjects(pod.namespace, link));
    add(
      [objectAbout(pod.uid), ...(credential === undefined ? [] : [credentialAbout(credential)]), ...owners],
      ['author.viaPods'],
    );
  }
  // All pods would watch the bindings of controllers, which nobody changes, and evict other watches.
  for (const action of actions)
    if (!isController(action.username)) add(grantSubjects(action), ['grant.changes']);
  return [...pending].map(([about, names]) => ({ about, answers: [...names] }));
}

/**
 * The grants in an alert: that of the author's write for a pod that a controller made, else the creator's
 * own.
 */
export function grantedActions(createdObject: CreatedObject, author: Author): readonly Action[] {
  const attribution = [author.templateAuthor, author.creator].find((candidate) => candidate.known);
  const direct =
    createdObject.owner === undefined ||
    !isMaker(createdObject.action.username, 'Pod', createdObject.owner.kind);
  return direct || attribution === undefined
    ? [createdObject.action]
    : [attribution.action, createdObject.action];
}

export function answersOf(author: Author, grants: readonly GrantAnswer[]): Answers {
  const through = author.viaPods.map(({ pod, issuedTo, creator, templateAuthor }) => [
    pod.uid,
    issuedTo ?? '',
    attributionText(creator),
    attributionText(templateAuthor),
  ]);
  const changes = grants.flatMap(({ changes: all }) => all);
  return {
    'author.chain': answer(author.chain.filter(({ created }) => created !== undefined).length, [
      author.chainEnd === 'forgotten' ? 'notSeen' : author.chainEnd,
      ...author.chain.map(
        ({ kind, name, uid, created, changed }) =>
          `${kind}/${name}/${uid ?? ''}/${actionText(created)}/${actionText(changed)}`,
      ),
    ]),
    'author.creator': answer(known(author.creator), [attributionText(author.creator)]),
    'author.templateAuthor': answer(known(author.templateAuthor), [attributionText(author.templateAuthor)]),
    'author.contentAuthor': answer(known(author.contentAuthor), [
      author.templateAction,
      attributionText(author.contentAuthor),
    ]),
    'author.replaces': answer(author.replaces === undefined ? 0 : 1, [
      author.replaces?.name ?? '',
      actionText(author.replaces?.action),
    ]),
    'author.scaler': answer(known(author.scaler), [attributionText(author.scaler)]),
    'author.viaPods': answer(author.viaPods.length, through.flat()),
    'grant.changes': answer(changes.length, [
      ...grants.map(({ selfGranted }) => String(selfGranted)),
      ...changes.map(({ action, of, what, gave }) => `${of}/${what}/${String(gave)}/${actionText(action)}`),
    ]),
  };
}

/**
 * Whether `after` knows less than `before`, as newer facts have pushed out those for it: a revision must not
 * replace an answer by none. What depends on the author, his grants for one, is less only where he is the
 * same.
 */
export function isLessKnown(before: Answers, after: Answers): boolean {
  const less = (name: string): boolean => knowledge(after[name]) < knowledge(before[name]);
  const sameAuthor = AUTHOR.every((name) => before[name] === after[name]);
  return (
    [...AUTHOR, 'author.scaler'].some(less) ||
    (sameAuthor && (less('author.viaPods') || less('grant.changes')))
  );
}

const AUTHOR: readonly string[] = ['author.creator', 'author.templateAuthor'];

function knowledge(answered: string | undefined): number {
  return Number(answered?.split(':')[0] ?? 0);
}

/** Knowing that there is none counts too. */
function known(attribution: Attribution): number {
  return attribution.known || attribution.why === 'none' ? 1 : 0;
}

function answer(knows: number, parts: readonly string[]): string {
  return `${String(knows)}:${digestOf(...parts).slice(0, 16)}`;
}

/** What `after` has that `before` did not, as names for a revision. */
export function newAnswers(before: Answers, after: Answers): readonly string[] {
  return Object.entries(after).flatMap(([name, digest]) =>
    before[name] === digest ? [] : [`${name}=${digest}`],
  );
}

/** An unknown whose facts have been evicted since is no reason to revise an alert. */
function attributionText(attribution: Attribution): string {
  if (!attribution.known) return attribution.why === 'forgotten' ? 'notSeen' : attribution.why;
  return attribution.candidates.map(actionText).sort().join(' ') + actionText(attribution.action);
}

function actionText(action: Action | undefined): string {
  if (action === undefined) return '';
  const before = TEXTS.get(action);
  if (before !== undefined) return before;
  const text = JSON.stringify(actionValue(action));
  TEXTS.set(action, text);
  return text;
}

/** One action stands in several answers. */
const TEXTS = new WeakMap<Action, string>();
