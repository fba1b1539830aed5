/**
 * Who wrote the template that a pod was made from, by its chain of owners: which owner's template counts, and
 * whether its author wrote something or started what somebody wrote before.
 *
 * Invariant: a restart or a roll-back is reported only where the content is shown to be an earlier one: by
 * the digest of the template without what a restart writes into it, or by the uid of the ReplicaSet. A
 * client's name for itself decides nothing here.
 */
import { type Action } from '../facts/action.ts';
import { isBookkeeping, isMaker, isUnownedControllerWork } from '../kubernetes/controllers.ts';
import { type CreatedObject, type Owner, ownerSubjects } from '../facts/extract/workloads.ts';
import { isFull, missingUntil } from './evicted.ts';
import { KINDS } from '../facts/kinds.ts';
import { templateHint } from '../kubernetes/field-managers.ts';
import { isSamePerson } from '../facts/person.ts';
import {
  type ChainLink,
  unattributed,
  type UnknownBecause,
  type TemplateAction,
  type Attribution,
  attributedTo,
} from './attribution.ts';
import { type Choice, presentAuthor, revisionAuthor, written } from './template-author.ts';
import { type KnownFacts, type Revision, revisionsOf, type Write } from './workload-history.ts';

export interface TemplateAnswer {
  readonly author: Attribution;
  /** Which link of the chain he wrote; -1 for none. */
  readonly on: number;
  readonly action: TemplateAction;
  /** Who wrote what was restarted or rolled back to; none where the author did. */
  readonly content: Attribution;
}

export function noTemplate(why: UnknownBecause): TemplateAnswer {
  return { author: unattributed(why), on: -1, action: 'wrote', content: unattributed('none') };
}

/** @param writes of each link, in its order */
export function templateOf(
  createdObject: CreatedObject,
  chain: readonly ChainLink[],
  writes: readonly (readonly Write[])[],
  facts: KnownFacts,
): TemplateAnswer {
  const [owner, above] = chain;
  if (owner === undefined) return noTemplate('notRecorded');
  const { created } = owner;
  switch (owner.kind) {
    case 'StatefulSet':
    case 'DaemonSet': {
      const hash = createdObject.revisionHash;
      if (hash === undefined) return noTemplate('notRecorded');
      // The label is the revision's whole name for a StatefulSet, and its end for a DaemonSet.
      return byRevision(
        createdObject,
        owner,
        0,
        writes,
        facts,
        ({ name }) => name === hash || name === `${owner.name}-${hash}`,
      );
    }
    case 'ReplicaSet':
      if (created === undefined) return noTemplate('notSeen');
      if (above?.kind === 'Deployment' && isMaker(created.username, 'ReplicaSet', 'Deployment'))
        return ofReplicaSet(createdObject, owner, above, writes, facts);
      if (isUnownedControllerWork(created.username, owner.kind)) return noTemplate('notRecorded');
      return wrote(choice(presentAuthor(before(writes[0], createdObject.action.received))), 0);
    case 'Job':
      if (created === undefined) return noTemplate('notSeen');
      if (above?.kind === 'CronJob' && isMaker(created.username, 'Job', 'CronJob')) {
        const shown = writes[0]?.find(({ kind }) => kind === 'created')?.template;
        return wrote(choice(presentAuthor(before(writes[1], created.received), shown)), 1);
      }
      // A Job's template never changes.
      return isUnownedControllerWork(created.username, owner.kind)
        ? noTemplate('notRecorded')
        : wrote(attributedTo(created), 0);
    default:
      return wrote(choice(presentAuthor(before(writes[0], createdObject.action.received))), 0);
  }
}

function wrote(author: Attribution, on: number): TemplateAnswer {
  return { author, on: author.known ? on : -1, action: 'wrote', content: unattributed('none') };
}

/**
 * The Deployment's author, unless somebody then wrote into the ReplicaSet itself, as a paused Deployment
 * allows.
 */
function ofReplicaSet(
  createdObject: CreatedObject,
  owner: Owner,
  above: Owner,
  writes: readonly (readonly Write[])[],
  facts: KnownFacts,
): TemplateAnswer {
  const mine = ({ uid, name }: Revision): boolean =>
    uid === undefined ? name === owner.name : uid === owner.uid;
  const [about = ''] = ownerSubjects(createdObject.namespace, above);
  const since = revisionsOf(facts, about, above.uid).findLast(
    (revision) => revision.received <= createdObject.action.received && mine(revision),
  );
  const own = (writes[0] ?? []).filter(
    ({ kind, action, template, resource }) =>
      kind === 'changed' &&
      action.received > (since?.received ?? 0) &&
      !isBookkeeping(action.username, resource) &&
      (template === undefined || template !== since?.template),
  );
  const edited = presentAuthor(own);
  return edited === undefined
    ? byRevision(createdObject, above, 1, writes, facts, mine)
    : wrote(choice(edited), 0);
}

function byRevision(
  createdObject: CreatedObject,
  workload: Owner,
  on: number,
  allWrites: readonly (readonly Write[])[],
  facts: KnownFacts,
  matches: (revision: Revision) => boolean,
): TemplateAnswer {
  const writes = allWrites[on] ?? [];
  const [about = ''] = ownerSubjects(createdObject.namespace, workload);
  const revisions = revisionsOf(facts, about, workload.uid);
  const missingTo = missingUntil(facts.get(about) ?? [], KINDS.changed);
  const authorOf = (revision: Revision): Attribution =>
    choice(
      revisionAuthor(revision, revisions, writes, missingTo),
      missingTo === undefined ? 'notSeen' : 'forgotten',
    );
  const revision = revisions.findLast(
    (candidate) => candidate.received <= createdObject.action.received && matches(candidate),
  );
  if (revision === undefined)
    return noTemplate(isFull(facts.get(about) ?? [], KINDS.current) ? 'forgotten' : 'notSeen');
  const author = authorOf(revision);
  if (!author.known) return wrote(author, on);
  const origin = originOf(revision, revisions);
  if (origin !== undefined) {
    const content = authorOf(origin.first);
    const isOwn =
      content.known && content.candidates.length === 1 && isSamePerson(content.action, author.action);
    return { author, on, action: origin.action, content: isOwn ? unattributed('none') : content };
  }
  // Without bodies an old revision that became current again, by an undo, is not seen: a later writer may
  // have done that.
  if (
    revision.uid !== undefined ||
    revisions.some(
      ({ received }) => received > revision.received && received <= createdObject.action.received,
    )
  )
    return wrote(author, on);
  const later = writes.filter(
    ({ kind, action }) =>
      kind === 'changed' &&
      action.received > revision.received &&
      action.received < createdObject.action.received,
  );
  return wrote(
    {
      ...author,
      candidates: somebodies([...author.candidates, ...written(later).map(({ action }) => action)]),
    },
    on,
  );
}

/** The first revision of the same content, where there was one before. */
function originOf(
  revision: Revision,
  revisions: readonly Revision[],
): { readonly first: Revision; readonly action: TemplateAction } | undefined {
  const earlier = revisions.filter(({ received }) => received < revision.received);
  const previous = earlier.at(-1);
  const first = earlier.find((other) => isSameContent(other, revision));
  if (previous === undefined || first === undefined) return undefined;
  // An undo makes no ReplicaSet: the earlier one becomes current again, also where what is undone was a
  // restart.
  const isOld = revision.uid !== undefined && earlier.some(({ uid }) => uid === revision.uid);
  if (isOld || !isSameContent(previous, revision)) return { first, action: 'rolledBack' };
  // Created again as it was, after somebody deleted it: neither.
  return previous.restartedAt === revision.restartedAt ? undefined : { first, action: 'restarted' };
}

function isSameContent(a: Revision, b: Revision): boolean {
  return (a.uid !== undefined && a.uid === b.uid) || (a.content !== undefined && a.content === b.content);
}

/**
 * Up to a moment. Where the creation was not seen, from the first that surely wrote the template on: those
 * before may have left it as it was before the stream began.
 */
function before(writes: readonly Write[] = [], moment: number): readonly Write[] {
  const earlier = writes.filter(({ action }) => action.received < moment);
  if (earlier.some(({ kind }) => kind === 'created')) return earlier;
  const first = earlier.findIndex(
    ({ action, template }) => template !== undefined || templateHint(action.fieldManager) === 'changes',
  );
  return first === -1 ? [] : earlier.slice(first);
}

function choice(choice: Choice | undefined, otherwise: UnknownBecause = 'notSeen'): Attribution {
  if (choice === undefined) return unattributed(otherwise);
  return {
    known: true,
    action: choice.write.action,
    candidates: somebodies([choice.write.action, ...choice.candidates.map(({ action }) => action)]),
  };
}

/** Each person once, by the first action: between a person's own writes there is nothing to decide. */
function somebodies(actions: readonly Action[]): readonly Action[] {
  return actions.filter((action, i) => actions.findIndex((other) => isSamePerson(other, action)) === i);
}
