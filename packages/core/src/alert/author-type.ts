/**
 * What kind of author is behind a creation: the first thing that a reader filters by.
 *
 * Invariant: by the name that the request was judged by, which no client can choose. Whom the events do not
 * name is unknown, never a human.
 */
import type { KnownAttribution } from '../context/attribution.ts';
import { gitOpsOf } from '../facts/gitops.ts';
import { personOf } from '../facts/person.ts';
import { isController } from '../kubernetes/controllers.ts';
import { isServiceAccount, isSystemUser } from '../risk/accounts.ts';
import type { RiskLists } from '../risk/lists.ts';
import type { AuthorType } from './context.ts';

const NODE = 'system:node:';
const ANONYMOUS = 'system:anonymous';

export function authorTypeOf(person: KnownAttribution | undefined, lists: RiskLists): AuthorType {
  if (person === undefined || person.action.isUnnamed) return 'unknown';
  const name = personOf(person.action);
  if (name === ANONYMOUS) return 'unknown';
  if (name.startsWith(NODE)) return 'node';
  if (lists.pipelineAccounts.includes(name) || gitOpsOf(name) !== null) return 'pipeline';
  if (isController(name)) return 'controller';
  if (isServiceAccount(name)) return 'serviceAccount';
  // Parts of the control plane that have no account: the scheduler, the API server itself.
  return isSystemUser(name, lists) ? 'controller' : 'human';
}
