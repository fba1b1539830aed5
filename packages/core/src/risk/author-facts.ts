/**
 * Who is behind what a controller made, as the signals look at him.
 *
 * Invariant: a controller acts for others, so it is never an author; where the events leave several, the one that is told is judged, and what excuses
 * him has to hold for all of them.
 */
import type { Act } from '../context/act.ts';
import { isController } from '../context/controllers.ts';
import type { CreationContext } from '../context/creation-context.ts';
import type { Told } from '../context/told.ts';
import { isSystemUser } from './accounts.ts';
import type { RiskLists } from './lists.ts';

export interface AuthorFacts {
  readonly act: Act;
  /** Where the alert tells of him. */
  readonly field: 'author.templateAuthor' | 'author.creator';
  /** Part of the control plane or a kubelet, acting for itself. */
  readonly isSystem: boolean;
  /** On the list of pipelines, acting for itself. */
  readonly isPipeline: boolean;
}

export function readAuthorFacts(context: CreationContext | null | undefined, lists: RiskLists): AuthorFacts | undefined {
  if (context?.author.madeByController !== true) return undefined;
  const { templateAuthor, creator } = context.author;
  return readTold('author.templateAuthor', templateAuthor, lists) ?? readTold('author.creator', creator, lists);
}

function readTold(field: AuthorFacts['field'], told: Told, lists: RiskLists): AuthorFacts | undefined {
  if (!told.known || isController(told.act.username)) return undefined;
  const all = (holds: (username: string) => boolean): boolean =>
    told.candidates.every(({ username, impersonatedUsername }) => impersonatedUsername === undefined && holds(username));
  return {
    act: told.act,
    field,
    isSystem: all((username) => isSystemUser(username, lists)),
    isPipeline: all((username) => lists.pipelineAccounts.includes(username)),
  };
}
