/**
 * Who wrote the template that a pod was made from, going by its chain of owners: which owner's template counts, and whether its author wrote something
 * or set off what somebody wrote before.
 *
 * Invariant: a restart or a roll-back is told only where the content is shown to be an earlier one: by the digest of the template without what a restart
 * writes into it, or by the uid of the ReplicaSet. What a client calls itself decides nothing here.
 */
import { type Act } from './act.ts';
import { isBookkeeping, isMaker, isUnownedControllerWork } from './controllers.ts';
import { type Made, type Owner, ownerSubjects } from './facts/workloads.ts';
import { isFull, missingUntil } from './forgotten.ts';
import { KINDS } from './kinds.ts';
import { templateHint } from './managers.ts';
import { isSamePerson } from './person.ts';
import { type ChainLink, missing, type Missing, type TemplateAction, type Told, told } from './told.ts';
import { type Choice, presentAuthor, revisionAuthor, written } from './template-author.ts';
import { type KnownFacts, type Revision, revisionsOf, type Write } from './written.ts';

export interface TemplateAnswer {
  readonly author: Told;
  /** Which link of the chain he wrote; -1 for none. */
  readonly on: number;
  readonly action: TemplateAction;
  /** Who wrote what was restarted or rolled back to; none where the author did. */
  readonly content: Told;
}

export function noTemplate(why: Missing): TemplateAnswer {
  return { author: missing(why), on: -1, action: 'wrote', content: missing('none') };
}

/** @param writes of each link, in its order */
export function templateOf(made: Made, chain: readonly ChainLink[], writes: readonly (readonly Write[])[], facts: KnownFacts): TemplateAnswer {
  const [owner, above] = chain;
  if (owner === undefined) return noTemplate('notRecorded');
  const { created } = owner;
  switch (owner.kind) {
    case 'StatefulSet':
    case 'DaemonSet': {
      const hash = made.revisionHash;
      if (hash === undefined) return noTemplate('notRecorded');
      // The label is the revision's whole name for a StatefulSet, and its end for a DaemonSet.
      return byRevision(made, owner, 0, writes, facts, ({ name }) => name === hash || name === `${owner.name}-${hash}`);
    }
    case 'ReplicaSet':
      if (created === undefined) return noTemplate('notSeen');
      if (above?.kind === 'Deployment' && isMaker(created.username, 'ReplicaSet', 'Deployment')) return ofReplicaSet(made, owner, above, writes, facts);
      if (isUnownedControllerWork(created.username, owner.kind)) return noTemplate('notRecorded');
      return wrote(choice(presentAuthor(before(writes[0], made.act.received))), 0);
    case 'Job':
      if (created === undefined) return noTemplate('notSeen');
      if (above?.kind === 'CronJob' && isMaker(created.username, 'Job', 'CronJob')) {
        const shown = writes[0]?.find(({ kind }) => kind === 'created')?.template;
        return wrote(choice(presentAuthor(before(writes[1], created.received), shown)), 1);
      }
      // A Job's template never changes.
      return isUnownedControllerWork(created.username, owner.kind) ? noTemplate('notRecorded') : wrote(told(created), 0);
    default:
      return wrote(choice(presentAuthor(before(writes[0], made.act.received))), 0);
  }
}

function wrote(author: Told, on: number): TemplateAnswer {
  return { author, on: author.known ? on : -1, action: 'wrote', content: missing('none') };
}

/** The Deployment's author, unless somebody then wrote into the ReplicaSet itself, as a paused Deployment lets him. */
function ofReplicaSet(made: Made, owner: Owner, above: Owner, writes: readonly (readonly Write[])[], facts: KnownFacts): TemplateAnswer {
  const mine = ({ uid, name }: Revision): boolean => (uid === undefined ? name === owner.name : uid === owner.uid);
  const [about = ''] = ownerSubjects(made.namespace, above);
  const since = revisionsOf(facts, about, above.uid).findLast((revision) => revision.received <= made.act.received && mine(revision));
  const own = (writes[0] ?? []).filter(
    ({ kind, act, template, resource }) =>
      kind === 'changed' &&
      act.received > (since?.received ?? 0) &&
      !isBookkeeping(act.username, resource) &&
      (template === undefined || template !== since?.template),
  );
  const edited = presentAuthor(own);
  return edited === undefined ? byRevision(made, above, 1, writes, facts, mine) : wrote(choice(edited), 0);
}

function byRevision(
  made: Made,
  workload: Owner,
  on: number,
  allWrites: readonly (readonly Write[])[],
  facts: KnownFacts,
  matches: (revision: Revision) => boolean,
): TemplateAnswer {
  const writes = allWrites[on] ?? [];
  const [about = ''] = ownerSubjects(made.namespace, workload);
  const revisions = revisionsOf(facts, about, workload.uid);
  const missingTo = missingUntil(facts.get(about) ?? [], KINDS.changed);
  const authorOf = (revision: Revision): Told =>
    choice(revisionAuthor(revision, revisions, writes, missingTo), missingTo === undefined ? 'notSeen' : 'forgotten');
  const revision = revisions.findLast((candidate) => candidate.received <= made.act.received && matches(candidate));
  if (revision === undefined) return noTemplate(isFull(facts.get(about) ?? [], KINDS.current) ? 'forgotten' : 'notSeen');
  const author = authorOf(revision);
  if (!author.known) return wrote(author, on);
  const origin = originOf(revision, revisions);
  if (origin !== undefined) {
    const content = authorOf(origin.first);
    const isOwn = content.known && content.candidates.length === 1 && isSamePerson(content.act, author.act);
    return { author, on, action: origin.action, content: isOwn ? missing('none') : content };
  }
  // Without bodies an old revision that became current again, by an undo, is not seen: whoever wrote since may have done that.
  if (revision.uid !== undefined || revisions.some(({ received }) => received > revision.received && received <= made.act.received)) return wrote(author, on);
  const later = writes.filter(({ kind, act }) => kind === 'changed' && act.received > revision.received && act.received < made.act.received);
  return wrote({ ...author, candidates: somebodies([...author.candidates, ...written(later).map(({ act }) => act)]) }, on);
}

/** The first revision of the same content, where there was one before. */
function originOf(revision: Revision, revisions: readonly Revision[]): { readonly first: Revision; readonly action: TemplateAction } | undefined {
  const earlier = revisions.filter(({ received }) => received < revision.received);
  const previous = earlier.at(-1);
  const first = earlier.find((other) => isSameContent(other, revision));
  if (previous === undefined || first === undefined) return undefined;
  // An undo makes no ReplicaSet: the one of then becomes current again, also where what is undone was a restart.
  const isOld = revision.uid !== undefined && earlier.some(({ uid }) => uid === revision.uid);
  if (isOld || !isSameContent(previous, revision)) return { first, action: 'rolledBack' };
  // Made anew as it was, after somebody deleted it: neither.
  return previous.restartedAt === revision.restartedAt ? undefined : { first, action: 'restarted' };
}

function isSameContent(a: Revision, b: Revision): boolean {
  return (a.uid !== undefined && a.uid === b.uid) || (a.content !== undefined && a.content === b.content);
}

/**
 * Up to a moment. Where the creation was not seen, from the first that surely wrote the template on: those before may have left it as it was before the
 * stream began.
 */
function before(writes: readonly Write[] = [], moment: number): readonly Write[] {
  const earlier = writes.filter(({ act }) => act.received < moment);
  if (earlier.some(({ kind }) => kind === 'created')) return earlier;
  const first = earlier.findIndex(({ act, template }) => template !== undefined || templateHint(act.fieldManager) === 'changes');
  return first === -1 ? [] : earlier.slice(first);
}

function choice(choice: Choice | undefined, otherwise: Missing = 'notSeen'): Told {
  if (choice === undefined) return missing(otherwise);
  return { known: true, act: choice.write.act, candidates: somebodies([choice.write.act, ...choice.candidates.map(({ act }) => act)]) };
}

/** Each person once, by the first act: between a person's own writes there is nothing to decide. */
function somebodies(acts: readonly Act[]): readonly Act[] {
  return acts.filter((act, i) => acts.findIndex((other) => isSamePerson(other, act)) === i);
}
