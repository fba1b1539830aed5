/**
 * What a sentence about a creation says of people: who did what to which object, as the author resolution answers it.
 *
 * Invariant: the one place that chooses. The object is the one that the named person's own request was about, never one that an owner reference
 * merely names: whoever makes a ReplicaSet or a Job by hand may write any owner into it.
 */
import type { Act } from './act.ts';
import type { Author } from './author.ts';
import { isMaker } from './controllers.ts';
import type { Replaced } from './replaced.ts';
import type { Micros } from '../time.ts';
import { isSamePerson } from './person.ts';
import { type ChainLink, type KnownTold, type TemplateAction, type Told } from './told.ts';

export interface Behind {
  /** Undefined where the stream has not shown him. */
  readonly person: KnownTold | undefined;
  readonly action: 'created' | 'changed' | 'scaled' | Exclude<TemplateAction, 'wrote'>;
  /** What he did it to; undefined for the creation itself. */
  readonly object: ChainLink | undefined;
  /** Which answer names him. */
  readonly source: 'creator' | 'templateAuthor' | 'scaler';
  /** Whose work it is that was scaled, restarted or rolled back to, where that is another's. */
  readonly of: KnownTold | undefined;
  /** The custom object that an operator made the object for. */
  readonly forCustom: ChainLink | undefined;
  readonly replaces: Replaced | undefined;
}

/** What comes of a write within this time is told as one thing with it. */
const AT_ONCE_MICROS: Micros = 120_500_000;
const ACCOUNT = 'system:serviceaccount:';

/** @param moment of the creation */
export function behindOf(author: Author, moment: Micros): Behind {
  const { creator, templateAuthor, scaler, chain, on, replaces } = author;
  const common = { forCustom: customOf(author), replaces };
  if (!author.madeByController) return { ...common, person: knownOf(creator), action: 'created', object: undefined, source: 'creator', of: undefined };
  const wrote = templateAuthor.known ? templateAuthor : undefined;
  const made = knownOf(creator);
  const person = wrote ?? made;
  if (person !== undefined && replaces === undefined && scaler.known && isScaledAtOnce(scaler.act, person.act, moment))
    return { ...common, person: scaler, action: 'scaled', object: chain[on.scaler], source: 'scaler', of: other(person, scaler) };
  if (wrote === undefined)
    return { ...common, person: made, action: 'created', object: chain[on.creator] ?? shownOf(author), source: 'creator', of: undefined };
  const action = author.templateAction === 'wrote' ? wroteAction(author, wrote) : author.templateAction;
  const object = chain[on.templateAuthor];
  return { ...common, person: wrote, action, object, source: 'templateAuthor', of: other(knownOf(author.contentAuthor), wrote) };
}

function knownOf(told: Told): KnownTold | undefined {
  return told.known ? told : undefined;
}

function other(told: KnownTold | undefined, than: KnownTold): KnownTold | undefined {
  return told === undefined || (told.candidates.length < 2 && isSamePerson(told.act, than.act)) ? undefined : told;
}

function isScaledAtOnce(scaled: Act, wrote: Act, moment: Micros): boolean {
  return !isSameAct(scaled, wrote) && scaled.received >= wrote.received && moment - scaled.received < AT_ONCE_MICROS;
}

function wroteAction({ creator }: Author, { act }: KnownTold): 'created' | 'changed' {
  return creator.known && isSameAct(creator.act, act) ? 'created' : 'changed';
}

export function isSameAct(a: Act, b: Act): boolean {
  return isSamePerson(a, b) && a.received === b.received && a.auditId === b.auditId;
}

/** Where nobody is known: the highest owner that the owner's own controller vouches for. */
function shownOf({ chain }: Author): ChainLink | undefined {
  const found = chain.findIndex(({ created, kind }, i) => {
    const above = chain[i + 1];
    return created === undefined || above === undefined || !isMaker(created.username, kind, above.kind);
  });
  return chain[found];
}

/** An operator makes it; whoever wrote the custom object wanted it. A person who makes something may write any owner into it: that is not told. */
function customOf({ chain, chainEnd, madeByController, creator, on }: Author): ChainLink | undefined {
  const start = madeByController ? on.creator : -1;
  if (chainEnd !== 'customKind' || !creator.known || (madeByController && start < 0)) return undefined;
  let link = start;
  let maker: Act | undefined = creator.act;
  while (link + 1 < chain.length && maker?.username.startsWith(ACCOUNT) === true) {
    link++;
    maker = chain[link]?.created;
  }
  return link > start ? chain[link] : undefined;
}
