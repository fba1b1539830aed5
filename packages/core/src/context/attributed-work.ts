/**
 * The people in a sentence about a creation: who did what to which object, by the author resolution.
 *
 * Invariant: the one place that chooses. The object is the one that the named person's own request was about,
 * never one that an owner reference merely names: a person who makes a ReplicaSet or a Job by hand may write
 * any owner into it.
 */
import type { Action } from '../facts/action.ts';
import type { Author } from './author.ts';
import { isMaker } from '../kubernetes/controllers.ts';
import type { Replaced } from './replaced.ts';
import type { Micros } from '../base/time.ts';
import { isSamePerson } from '../facts/person.ts';
import {
  type ChainLink,
  type KnownAttribution,
  type TemplateAction,
  type Attribution,
} from './attribution.ts';

export interface AttributedWork {
  /** Undefined where the stream has not shown him. */
  readonly person: KnownAttribution | undefined;
  readonly action: 'created' | 'changed' | 'scaled' | Exclude<TemplateAction, 'wrote'>;
  /** What he did it to; undefined for the creation itself. */
  readonly object: ChainLink | undefined;
  /** Which answer names him. */
  readonly source: 'creator' | 'templateAuthor' | 'scaler';
  /** The author of what was scaled, restarted or rolled back to, where that is another. */
  readonly of: KnownAttribution | undefined;
  /** The custom object that an operator made the object for. */
  readonly forCustom: ChainLink | undefined;
  readonly replaces: Replaced | undefined;
}

/** What follows a write within this time is reported together with it. */
const AT_ONCE_MICROS: Micros = 120_500_000;
const ACCOUNT = 'system:serviceaccount:';

/** @param moment of the creation */
export function attributedWorkOf(author: Author, moment: Micros): AttributedWork {
  const { creator, templateAuthor, scaler, chain, on, replaces } = author;
  const common = { forCustom: customOf(author), replaces };
  if (!author.madeByController)
    return {
      ...common,
      person: knownOf(creator),
      action: 'created',
      object: undefined,
      source: 'creator',
      of: undefined,
    };
  const wrote = templateAuthor.known ? templateAuthor : undefined;
  const creatorOrUndefined = knownOf(creator);
  const person = wrote ?? creatorOrUndefined;
  if (
    person !== undefined &&
    replaces === undefined &&
    scaler.known &&
    isScaledAtOnce(scaler.action, person.action, moment)
  )
    return {
      ...common,
      person: scaler,
      action: 'scaled',
      object: chain[on.scaler],
      source: 'scaler',
      of: other(person, scaler),
    };
  if (wrote === undefined)
    return {
      ...common,
      person: creatorOrUndefined,
      action: 'created',
      object: chain[on.creator] ?? shownOf(author),
      source: 'creator',
      of: undefined,
    };
  const action = author.templateAction === 'wrote' ? wroteAction(author, wrote) : author.templateAction;
  const object = chain[on.templateAuthor];
  return {
    ...common,
    person: wrote,
    action,
    object,
    source: 'templateAuthor',
    of: other(knownOf(author.contentAuthor), wrote),
  };
}

function knownOf(attribution: Attribution): KnownAttribution | undefined {
  return attribution.known ? attribution : undefined;
}

function other(
  attribution: KnownAttribution | undefined,
  than: KnownAttribution,
): KnownAttribution | undefined {
  return attribution === undefined ||
    (attribution.candidates.length < 2 && isSamePerson(attribution.action, than.action))
    ? undefined
    : attribution;
}

function isScaledAtOnce(scaled: Action, wrote: Action, moment: Micros): boolean {
  return (
    !isSameAction(scaled, wrote) &&
    scaled.received >= wrote.received &&
    moment - scaled.received < AT_ONCE_MICROS
  );
}

function wroteAction({ creator }: Author, { action }: KnownAttribution): 'created' | 'changed' {
  return creator.known && isSameAction(creator.action, action) ? 'created' : 'changed';
}

export function isSameAction(a: Action, b: Action): boolean {
  return isSamePerson(a, b) && a.received === b.received && a.auditId === b.auditId;
}

/** Where nobody is known: the highest owner that the owner's own controller confirms. */
function shownOf({ chain }: Author): ChainLink | undefined {
  const found = chain.findIndex(({ created, kind }, i) => {
    const above = chain[i + 1];
    return created === undefined || above === undefined || !isMaker(created.username, kind, above.kind);
  });
  return chain[found];
}

/**
 * An operator makes it for the author of the custom object. A person who makes something may write any owner
 * into it: that is not reported.
 */
function customOf({ chain, chainEnd, madeByController, creator, on }: Author): ChainLink | undefined {
  const start = madeByController ? on.creator : -1;
  if (chainEnd !== 'customKind' || !creator.known || (madeByController && start < 0)) return undefined;
  let link = start;
  let maker: Action | undefined = creator.action;
  while (link + 1 < chain.length && maker?.username.startsWith(ACCOUNT) === true) {
    link++;
    maker = chain[link]?.created;
  }
  return link > start ? chain[link] : undefined;
}
