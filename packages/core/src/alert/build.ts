/**
 * Builds the alert of a creation: the one place that knows what an alert consists of.
 *
 * Invariant: pure and total: for any event that select() calls a creation it returns an alert whose JSON form
 * has at most ALERT_BYTES_MAX bytes. Deduplication came before; encoding and publishing come after.
 */
import { Buffer } from 'node:buffer';
import { type AuditEvent, isTruncated } from '../audit/event.ts';
import { platformOf } from '../audit/platforms/platform.ts';
import { alertIdOf, type Identity } from '../creation/identity.ts';
import type { EventPosition } from '../ports/positions.ts';
import { actionOf } from '../facts/action.ts';
import type { CreationContext } from '../context/creation-context.ts';
import type { RiskLists } from '../risk/lists.ts';
import type { CreatedKind } from '../creation/select.ts';
import { atOnce, type Steps } from '../base/steps.ts';
import { formatMicros, type Micros, parseMicros } from '../base/time.ts';
import { isConfirmed } from '../creation/unconfirmed.ts';
import { readActor, readGrant } from './actor.ts';
import {
  type Alert,
  ALERT_SCHEMA_VERSION,
  type AlertFlag,
  type AlertKind,
  type Provenance,
  type Unknown,
} from './alert.ts';
import { ALERT_BYTES_MAX, BOUNDS, Shortener } from './bounds.ts';
import { readAuthor, readContext } from './enrichment.ts';
import { headlineOf } from './headline.ts';
import { type Assessment, judgeSteps, readPodSecurity, readRisk } from './assessment.ts';
import { alertJson } from './json.ts';
import { readObject } from './object.ts';
import { notePlatform } from './platform.ts';
import { PRODUCT } from './product.ts';
import { stepsOf } from './steps.ts';
import { runbookOf } from './investigation/runbook.ts';
import { nullable } from '../base/json.ts';

export interface Creation {
  readonly cluster: string;
  readonly identity: Identity;
  readonly created: CreatedKind;
  readonly event: AuditEvent;
  readonly position: EventPosition;
  readonly receivedAtMicros: Micros;
  readonly alertedAtMicros: Micros;
  readonly flags: readonly AlertFlag[];
  readonly riskLists: RiskLists;
  /** Null where it was not asked for. */
  readonly context: CreationContext | null;
  /** 1, or the number that the state has allotted. */
  readonly revision: number;
  /** Of a later revision: what it tells otherwise. */
  readonly revised: readonly string[];
}

export function buildAlert(creation: Creation): Alert {
  return atOnce(alertSteps(creation));
}

/** The same in steps: an event of 900 KB takes longer than others can wait. */
export function* alertSteps(creation: Creation): Steps<Alert> {
  // Once: it takes its time where an event is large, and those are the ones that take several bounds.
  const assessment = yield* judgeSteps(creation);
  for (const bounds of BOUNDS) {
    yield;
    const shortener = new Shortener(bounds);
    const alert = build(creation, assessment, shortener);
    if (shortener.isOver) continue;
    // The whole is larger than its JSON form, and faster to write.
    if (
      Buffer.byteLength(JSON.stringify(alert)) <= ALERT_BYTES_MAX ||
      Buffer.byteLength(alertJson(alert)) <= ALERT_BYTES_MAX
    )
      return alert;
  }
  throw new RangeError(`an alert exceeds ${String(ALERT_BYTES_MAX)} bytes under the tightest bounds`);
}

function build(creation: Creation, assessment: Assessment, shortener: Shortener): Alert {
  const { cluster, identity, created, event } = creation;
  const kind: AlertKind = created === 'Pod' ? 'newPod' : 'newNamespace';
  const unknown: Unknown[] = [];
  const occurredAt =
    parseMicros(event.stageTimestamp ?? '') ?? parseMicros(event.requestReceivedTimestamp ?? '');
  if (occurredAt === undefined)
    unknown.push({
      path: 'occurredAt',
      reason: 'notInEvent',
      detail: 'the event has no time that can be read',
    });
  const object = readObject(created, event, shortener, unknown);
  const actor = readActor(event, shortener, unknown);
  const grant = readGrant(event, shortener, unknown);
  const podSecurity = readPodSecurity(creation, assessment.podSecurity, shortener, unknown);
  const author =
    creation.context === null ? null : readAuthor(creation.context, creation.riskLists, shortener, unknown);
  const context =
    creation.context === null ? null : readContext(creation.context, created === 'Pod', shortener, unknown);
  if (creation.context === null)
    for (const path of ['author', 'context']) unknown.push({ path, ...withoutContext(event) });
  const risk = readRisk(assessment.risk, shortener);
  const provenance = provenanceOf(creation, shortener, unknown);
  notePlatform(event, unknown);
  const { severity, score } = assessment.risk;
  const alertId = alertIdOf(identity);
  const described = { alertId, object, actor, grant, author, cuts: shortener.cuts };
  const { investigation, resolution } = stepsOf(kind, described, creation.context, shortener);
  const isUnconfirmed = !isConfirmed(event);
  return {
    schemaVersion: ALERT_SCHEMA_VERSION,
    product: PRODUCT,
    headline: headlineOf({
      object,
      actor,
      podSecurity,
      risk,
      severity,
      context: creation.context,
      isUnconfirmed,
    }),
    severity,
    score,
    kind,
    title: runbookOf(kind).title,
    cluster,
    alertId,
    revision: creation.revision,
    occurredAt: nullable(occurredAt, formatMicros),
    receivedAt: formatMicros(creation.receivedAtMicros),
    alertedAt: formatMicros(creation.alertedAtMicros),
    flags: isUnconfirmed ? [...creation.flags, 'unconfirmed'] : creation.flags,
    revised: creation.revised,
    author,
    risk,
    object,
    actor,
    grant,
    podSecurity,
    context,
    provenance,
    investigation,
    resolution,
    unknown,
    cuts: shortener.cuts,
  };
}

function withoutContext(event: AuditEvent): Pick<Unknown, 'reason' | 'detail'> {
  if (actionOf(event) === undefined)
    return {
      reason: 'notInEvent',
      detail: 'the event has no user or no time, without which nothing can be looked up',
    };
  return { reason: 'notSeen', detail: 'the store of what the audit stream has shown could not be read' };
}

function provenanceOf({ event, position }: Creation, shortener: Shortener, unknown: Unknown[]): Provenance {
  for (const [field, value] of [
    ['auditId', event.auditId],
    ['level', event.level],
  ] as const) {
    if (value === undefined)
      unknown.push({
        path: `provenance.${field}`,
        reason: 'notInEvent',
        detail: 'the server did not write it',
      });
  }
  return {
    auditId: nullable(event.auditId, (text) => shortener.name('provenance.auditId', text)),
    level: nullable(event.level, (text) => shortener.text('provenance.level', text)),
    platform: platformOf(event),
    verb: nullable(event.verb, (text) => shortener.text('provenance.verb', text)),
    requestUri: nullable(event.requestUri, (text) => shortener.text('provenance.requestUri', text)),
    truncated: isTruncated(event),
    topic: position.topic,
    partition: position.partition,
    offset: position.offset,
    index: position.index,
  };
}
