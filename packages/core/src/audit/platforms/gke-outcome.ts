/**
 * Whether a request in GKE's log succeeded, and whether it created: the log has no response code.
 *
 * Invariant: a request counts as failed only when the entry shows it (an error in protoPayload.status, a
 * refusal, an answer that is a failed Status), and a creation as a dry run only when the entry's label or the
 * answer shows it. Without either it counts as done, as a false alert is better than a missed one; such a
 * patch or update counts as a change, as nearly all are.
 */
import { parseMicros } from '../../base/time.ts';
import type { JsonView } from './json-view.ts';

export interface GkeOutcome {
  /** Undefined for a failure without a code. */
  readonly code: number | undefined;
  readonly message: string | undefined;
  readonly dryRun: boolean;
}

/** Google's readers take any text for a dry run. */
const DRY_RUN_LABEL = 'command.gke.io/dryRun';
/** What an API server gives a request: an object that is older was there before. */
const REQUEST_MICROS_MAX = 60_000_000;
/** managedFields and creationTimestamp are written at two moments of one request, and to the second. */
const ROUNDING_MICROS = 1_000_000;

export function outcomeOf(entry: JsonView, payload: JsonView, verb: string): GkeOutcome {
  const answer = payload.at('response');
  const message =
    payload.text('status', 'message') ?? (isFailedStatus(answer) ? answer?.text('message') : undefined);
  if (hasFailed(entry, payload))
    return { code: isFailedStatus(answer) ? answer?.number('code') : undefined, message, dryRun: false };
  const metadata = answeredMetadata(answer);
  const created =
    verb === 'create' ||
    ((verb === 'patch' || verb === 'update') &&
      metadata !== undefined &&
      isNew(metadata, entry.text('timestamp')));
  return {
    code: created ? 201 : 200,
    message,
    dryRun: entry.text('labels', DRY_RUN_LABEL) !== undefined || isUnstored(metadata),
  };
}

function hasFailed(entry: JsonView, payload: JsonView): boolean {
  const error = payload.number('status', 'code');
  const decision = entry.text('labels', 'authorization.k8s.io/decision');
  const refused =
    decision === undefined
      ? payload.at('authorizationInfo')?.first()?.boolean('granted') === false
      : decision !== 'allow';
  return (error !== undefined && error !== 0) || refused || isFailedStatus(payload.at('response'));
}

/** Of a pod or namespace status is an object. */
function isFailedStatus(answer: JsonView | undefined): boolean {
  return answer?.text('status') === 'Failure';
}

/**
 * Of the object, its PartialObjectMetadata, or the row of a Table; undefined where the server stamped none of
 * it.
 */
function answeredMetadata(answer: JsonView | undefined): JsonView | undefined {
  const candidates = [answer?.at('metadata'), answer?.at('rows')?.first()?.at('object', 'metadata')];
  return candidates.find(
    (metadata) => metadata?.text('uid') !== undefined || metadata?.text('creationTimestamp') !== undefined,
  );
}

/**
 * The API server answers a dry run with all that it would have stored, but for the version that storing
 * gives.
 */
function isUnstored(metadata: JsonView | undefined): boolean {
  return metadata !== undefined && metadata.text('resourceVersion') === undefined;
}

/**
 * Made by this request: younger than a request can last, and nothing of it written later or by another
 * manager.
 */
function isNew(metadata: JsonView, timestamp: string | undefined): boolean {
  const made = parseMicros(metadata.text('creationTimestamp') ?? '');
  const asked = parseMicros(timestamp ?? '');
  if (made === undefined || asked === undefined || Math.abs(asked - made) > REQUEST_MICROS_MAX) return false;
  const managers = new Set<string | undefined>();
  for (const field of metadata.at('managedFields')?.elements() ?? []) {
    managers.add(field.text('manager'));
    if (managers.size > 1 || (parseMicros(field.text('time') ?? '') ?? made) > made + ROUNDING_MICROS)
      return false;
  }
  return true;
}
