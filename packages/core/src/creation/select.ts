/**
 * What counts as a creation: the one rule, applied first to an index entry (without parsing) and then to the
 * event.
 *
 * Invariant: `prefilter` may keep what `select` drops, never the other way round; both use the same rule.
 * Measured on kube-apiserver 1.35: server-side apply creates with verb patch and code 201; pods/binding and
 * pods/eviction answer create 201 too; a dry run looks like a success in all but its query and the missing
 * resourceVersion; and some answers of failure come after the object was stored, or though its pod runs
 * (unconfirmed.ts): these count as creations that nobody confirms.
 */
import type { IndexEntry } from '../audit/audit-batch.ts';
import { isDryRun } from '../audit/dry-run.ts';
import { type AuditEvent, factsOf } from '../audit/event.ts';
import type { EventFacts } from '../audit/event-list.ts';
import {
  isConfirmed,
  isRefusedMirror,
  mayFollowCreation,
  mayFollowPanic,
  mayHaveCreated,
  mayMirror,
} from './unconfirmed.ts';

export type CreatedKind = 'Pod' | 'Namespace';

/** Why a valid event is no creation. A closed set: these are metric labels. */
export type FilterReason =
  | 'other_stage'
  | 'other_resource'
  | 'subresource'
  | 'other_verb'
  | 'not_successful'
  | 'changed_not_created'
  | 'dry_run';

export type Selection = { readonly created: CreatedKind } | { readonly filtered: FilterReason };

type RuleFacts = Pick<EventFacts, 'stage' | 'verb' | 'apiGroup' | 'resource' | 'subresource' | 'code'>;

export function select(event: AuditEvent): Selection {
  const filtered = ruleOut(factsOf(event)) ?? ruleOutWhole(event);
  if (filtered !== undefined) return { filtered };
  return { created: event.objectRef.resource === 'pods' ? 'Pod' : 'Namespace' };
}

/** Undefined for an event that must be parsed. */
export function prefilter(entry: IndexEntry): FilterReason | undefined {
  const { apiGroup, subresource } = entry;
  return ruleOut({ ...entry, apiGroup: known(apiGroup), subresource: known(subresource) });
}

function ruleOut({
  stage,
  verb,
  apiGroup,
  resource,
  subresource,
  code,
}: RuleFacts): FilterReason | undefined {
  const panicked = stage === 'Panic' && mayFollowPanic(verb, code);
  if (stage !== 'ResponseComplete' && !panicked) return 'other_stage';
  if (apiGroup !== undefined || (resource !== 'pods' && resource !== 'namespaces')) return 'other_resource';
  if (subresource !== undefined) return 'subresource';
  if (verb !== 'create' && verb !== 'patch' && verb !== 'update') return 'other_verb';
  if (panicked) return undefined;
  if (!isConfirmed({ code }))
    return mayFollowCreation(verb, code) || mayMirror({ verb, resource, code })
      ? undefined
      : 'not_successful';
  return verb === 'create' || code === 201 ? undefined : 'changed_not_created';
}

/** What the index does not have. */
function ruleOutWhole(event: AuditEvent): FilterReason | undefined {
  if (isDryRun(event.requestUri ?? '')) return 'dry_run';
  if ((event.stage === 'ResponseComplete' && isConfirmed(event)) || isRefusedMirror(event)) return undefined;
  const { stage, verb, code } = event;
  const mayFollow = stage === 'Panic' ? mayFollowPanic(verb, code) : mayFollowCreation(verb, code);
  return mayFollow && mayHaveCreated(event) ? undefined : 'not_successful';
}

/** "" means none in an index entry. */
function known(text: string): string | undefined {
  return text === '' ? undefined : text;
}
