/**
 * Facts out of events: what one audit event adds to the context, and whether it adds anything at all.
 *
 * Invariant: total and pure; `carriesFacts` may let through what gives no fact, never the other way round
 * (for events whose index entry is true to them). What was not done gives no fact about the cluster: refusals
 * are facts about the actor alone, dry runs and failures about nobody.
 */
import type { IndexEntry } from '../audit/audit-batch.ts';
import { isDryRun } from '../audit/dry-run.ts';
import { type AuditEvent, factsOf } from '../audit/event.ts';
import type { EventFacts } from '../audit/event-list.ts';
import type { Fact } from '../ports/fact-store.ts';
import { select } from '../creation/select.ts';
import { actionOf, requestId } from './action.ts';
import { isCustomGroup, isWorkload } from '../kubernetes/controllers.ts';
import { actorFacts, isWayIntoPod } from './extract/actor.ts';
import { namespaceFacts } from './extract/namespace.ts';
import { RBAC_GROUP, rbacFacts } from './extract/rbac.ts';
import { removalFacts } from './extract/removals.ts';
import { seenFacts } from './extract/first-seen.ts';
import { podFact, workloadFacts } from './extract/workloads.ts';

type RuleFacts = Pick<EventFacts, 'stage' | 'verb' | 'apiGroup' | 'resource' | 'subresource' | 'code'>;

export function contextFactsOf(cluster: string, event: AuditEvent): readonly Fact[] {
  const facts = factsOf(event);
  if (!carries(facts) || isDryRun(event.requestUri ?? '')) return [];
  const action = actionOf(event);
  if (action === undefined) return [];
  const id = requestId(event);
  const actor = actorFacts(cluster, event, action, id);
  if (isRefused(facts) || facts.stage !== 'ResponseComplete')
    return [...actor, ...sinceOnly(cluster, event, action, id)];
  const selection = select(event);
  return [
    ...actor,
    ...workloadFacts(cluster, event, action, id),
    ...('created' in selection && selection.created === 'Pod' ? podFact(cluster, event, action) : []),
    ...removalFacts(cluster, event, action, id),
    ...rbacFacts(cluster, event, action, id),
    ...namespaceFacts(cluster, event, action, id),
    ...seenFacts(cluster, event, action, id),
  ];
}

/** The prefilter: by the index entry alone, so that most events are never parsed. */
export function carriesFacts(entry: IndexEntry): boolean {
  const known = (text: string): string | undefined => (text === '' ? undefined : text);
  const { stage, verb, apiGroup, resource, subresource, code } = entry;
  return carries({
    stage,
    verb: known(verb),
    apiGroup: known(apiGroup),
    resource: known(resource),
    subresource: known(subresource),
    code: code === 0 ? undefined : code,
  });
}

/** Reads and refusals are no first observation of an actor, but they show that the stream flows. */
function sinceOnly(...parts: Parameters<typeof seenFacts>): readonly Fact[] {
  return seenFacts(...parts).slice(0, 1);
}

function carries(facts: RuleFacts): boolean {
  const { stage, code = 0 } = facts;
  if (isWayIntoPod(facts))
    return (stage === 'ResponseStarted' || stage === 'ResponseComplete') && (code < 300 || isRefused(facts));
  if (stage !== 'ResponseComplete') return false;
  return isRefused(facts) || (code >= 200 && code <= 299 && carriesSuccessFacts(facts));
}

const WRITES: readonly (string | undefined)[] = ['create', 'update', 'patch', 'delete'];

function carriesSuccessFacts({
  verb,
  apiGroup: group = '',
  resource = '',
  subresource,
  code = 0,
}: RuleFacts): boolean {
  if (group === '' && resource === 'secrets')
    return subresource === undefined && (verb === 'get' || verb === 'list' || verb === 'watch');
  if (verb === 'deletecollection')
    return group === RBAC_GROUP || (group === '' && resource === 'pods' && subresource === undefined);
  if (verb === undefined || !WRITES.includes(verb)) return false;
  switch (group) {
    case '':
      return carriesCoreFacts(verb, resource, subresource, code);
    case RBAC_GROUP:
      return subresource === undefined;
    case 'networking.k8s.io':
      return resource === 'networkpolicies' && subresource === undefined;
    default:
      return (
        (isWorkload(group, resource) || isCustomGroup(group)) &&
        (subresource === undefined || subresource === 'scale')
      );
  }
}

function carriesCoreFacts(
  verb: string,
  resource: string,
  subresource: string | undefined,
  code: number,
): boolean {
  switch (resource) {
    case 'pods':
      return subresource === undefined
        ? verb === 'create' || verb === 'delete' || code === 201
        : subresource === 'eviction' && verb === 'create';
    case 'serviceaccounts':
      return subresource === 'token' && verb === 'create';
    case 'replicationcontrollers':
      return subresource === undefined || subresource === 'scale';
    case 'namespaces':
    case 'services':
    case 'resourcequotas':
    case 'persistentvolumeclaims':
      return subresource === undefined;
    default:
      return false;
  }
}

function isRefused({ code }: Pick<RuleFacts, 'code'>): boolean {
  return code === 401 || code === 403;
}
