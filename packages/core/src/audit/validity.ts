/**
 * Which items of an EventList are audit events, and what the others are.
 *
 * A valid event is an object with a known stage, a verb and a requestURI, of a known API version where it
 * states one; anything else may be absent. The others go to the dead-letter topic: the reasons below are a
 * closed set (they are metric labels), `form` is a closed set too and names what the item looks like.
 */
import type { Buffer } from 'node:buffer';
import { AUDIT_API_VERSIONS, type EventSlice } from './event-list.ts';
import { DEPTH_MAX } from './json-scanner.ts';
import { JsonView } from './platforms/json-view.ts';
import { wrappingNamed } from './wrappings/named.ts';
import { unreadable, type Wrapping } from './wrappings/wrapping.ts';

/** The stages of an audit event: k8s.io/apiserver audit/v1, type Stage. */
export const STAGES = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'] as const;
export type Stage = (typeof STAGES)[number];

export function isStage(text: string | undefined): text is Stage {
  return (STAGES as readonly (string | undefined)[]).includes(text);
}

/** Why an event, or a record, was set aside. */
export const DEAD_LETTER_REASONS = [
  'not_an_object',
  'form_unsupported',
  'stage_unknown',
  'verb_missing',
  'request_uri_missing',
  'nested_too_deep',
  /** Larger than a record, and nothing that fits is left of it. */
  'cannot_be_cut',
  'event_not_json',
  /** The only one of a whole record; all others are of one event. */
  'record_undecodable',
  'alert_failed',
  /** The processor failed on it, or the bus accepted none of its output. */
  'processing_failed',
  /** Processes ended, or hung, each time they processed it. */
  'process_ended',
] as const;
export type DeadLetterReason = (typeof DEAD_LETTER_REASONS)[number];

/** Known shapes that hold audit data without being audit events. */
export type ForeignForm =
  | 'AdmissionReview'
  | 'AKS diagnostics'
  | 'EKS CloudWatch'
  | 'GKE Cloud Logging'
  | 'EventList'
  | 'other audit version'
  | 'other kind'
  | 'unknown'
  | Wrapping;

export interface Invalid {
  readonly reason: DeadLetterReason;
  readonly detail: string;
  readonly form: ForeignForm | null;
}

/**
 * Undefined for a valid event. @param bytes the item's own; looked into only when its form has to be named,
 * and never built.
 */
export function invalidity(
  { facts, tooDeep }: Pick<EventSlice, 'facts' | 'tooDeep'>,
  bytes: Buffer,
): Invalid | undefined {
  if (facts === undefined) {
    const form = wrappingNamed(bytes) ?? null;
    return {
      reason: 'not_an_object',
      detail: form === null ? 'expected an audit event as a JSON object' : unreadable(form),
      form,
    };
  }
  const foreign =
    (facts.kind !== undefined && facts.kind !== 'Event') ||
    (facts.apiVersion !== undefined && !AUDIT_API_VERSIONS.includes(facts.apiVersion));
  if (foreign) {
    const form = foreignForm(bytes);
    return {
      reason: 'form_unsupported',
      detail: `expected kind Event of ${AUDIT_API_VERSIONS.join(' or ')}, found ${form}: ${clip(facts.apiVersion)} ${clip(facts.kind)}`,
      form,
    };
  }
  if (facts.stage === undefined) {
    const form = foreignForm(bytes);
    const wrapping = form === 'unknown' ? wrappingNamed(bytes) : undefined;
    if (wrapping !== undefined)
      return { reason: 'form_unsupported', detail: unreadable(wrapping), form: wrapping };
    if (form !== 'unknown')
      return { reason: 'form_unsupported', detail: `expected an audit event, found ${form}`, form };
  }
  if (!isStage(facts.stage))
    return {
      reason: 'stage_unknown',
      detail: `expected stage ${STAGES.join(', ')}, found ${clip(facts.stage)}`,
      form: 'unknown',
    };
  if (facts.verb === undefined)
    return { reason: 'verb_missing', detail: 'expected a verb, found none', form: 'unknown' };
  if (facts.requestUri === undefined)
    return { reason: 'request_uri_missing', detail: 'expected a requestURI, found none', form: 'unknown' };
  if (tooDeep === true)
    return {
      reason: 'nested_too_deep',
      detail: `expected at most ${String(DEPTH_MAX)} levels of nesting, found more`,
      form: 'unknown',
    };
  return undefined;
}

function foreignForm(bytes: Buffer): ForeignForm {
  const item = JsonView.of(bytes);
  const kind = item.text('kind');
  const apiVersion = item.text('apiVersion');
  if (kind === 'AdmissionReview' || kind === 'EventList') return kind;
  if (item.at('properties', 'log') !== undefined || item.at('records')?.isArray === true)
    return 'AKS diagnostics';
  if (item.at('protoPayload') !== undefined) return 'GKE Cloud Logging';
  if (item.at('logEvents') !== undefined) return 'EKS CloudWatch';
  if (
    kind === 'Event' &&
    apiVersion?.startsWith('audit.k8s.io/') === true &&
    !AUDIT_API_VERSIONS.includes(apiVersion)
  )
    return 'other audit version';
  return kind === undefined ||
    (kind === 'Event' && (apiVersion === undefined || AUDIT_API_VERSIONS.includes(apiVersion)))
    ? 'unknown'
    : 'other kind';
}

function clip(text: string | undefined): string {
  return text === undefined ? 'none' : JSON.stringify(text.slice(0, 80));
}
