/**
 * The author of what a controller made, as the signals read it.
 *
 * Invariant: a controller acts for others, so it is never an author; where the events leave several, the
 * reported one is assessed, and an excuse has to hold for all of them.
 */
import type { Action } from '../facts/action.ts';
import { isController } from '../kubernetes/controllers.ts';
import type { CreationContext } from '../context/creation-context.ts';
import type { Attribution } from '../context/attribution.ts';
import { isSystemUser } from './accounts.ts';
import type { RiskLists } from './lists.ts';

export interface AuthorFacts {
  readonly action: Action;
  /** Where the alert has the author. */
  readonly field: 'author.templateAuthor' | 'author.creator';
  /** Part of the control plane or a kubelet, acting for itself. */
  readonly isSystem: boolean;
  /** On the list of pipelines, acting for itself. */
  readonly isPipeline: boolean;
}

export function readAuthorFacts(
  context: CreationContext | null | undefined,
  lists: RiskLists,
): AuthorFacts | undefined {
  if (context?.author.madeByController !== true) return undefined;
  const { templateAuthor, creator } = context.author;
  return (
    readAttribution('author.templateAuthor', templateAuthor, lists) ??
    readAttribution('author.creator', creator, lists)
  );
}

function readAttribution(
  field: AuthorFacts['field'],
  attribution: Attribution,
  lists: RiskLists,
): AuthorFacts | undefined {
  if (!attribution.known || isController(attribution.action.username)) return undefined;
  const all = (holds: (username: string) => boolean): boolean =>
    attribution.candidates.every(
      ({ username, impersonatedUsername }) => impersonatedUsername === undefined && holds(username),
    );
  return {
    action: attribution.action,
    field,
    isSystem: all((username) => isSystemUser(username, lists)),
    isPipeline: all((username) => lists.pipelineAccounts.includes(username)),
  };
}
