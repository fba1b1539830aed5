/**
 * What an alert judges of the created object: its Pod Security level and its risk.
 *
 * Invariant: both are judged from the raw event, and risk from the context too, before anything is masked or
 * shortened, so that padding hides nothing from them; what could not be seen is in `unknown` or in the risk's
 * own `notAssessed`. Decides nothing itself.
 */
import { type CutPart, cutParts } from '../audit/truncate.ts';
import type { AuditEvent } from '../audit/event.ts';
import type { CreationContext } from '../context/creation-context.ts';
import { podSecurityReason } from '../pod-security/controls.ts';
import { type PodSecurity, podSecuritySteps } from '../pod-security/evaluate.ts';
import { riskSteps } from '../risk/assess.ts';
import type { RiskLists } from '../risk/lists.ts';
import type { Risk } from '../risk/risk.ts';
import type { CreatedKind } from '../creation/select.ts';
import type { Steps } from '../base/steps.ts';
import type { AlertPodSecurity, AlertRisk } from './alert.ts';
import type { Shortener } from './bounds.ts';
import { findObject, missingBody } from '../creation/created-object.ts';
import type { Unknown } from '../creation/unknown.ts';
import { nullable } from '../base/json.ts';

/** Parts that a check looks at. */
const CHECKED: readonly CutPart[] = [
  'annotations',
  'spec',
  'volumes',
  'containers',
  'containerParts',
  'otherFields',
];

interface AssessedCreation {
  readonly created: CreatedKind;
  readonly event: AuditEvent;
  readonly riskLists: RiskLists;
  readonly context: CreationContext | null;
}

/** What was judged, whole: the same whatever the bounds of the alert. */
export interface Assessment {
  /** Null for a Namespace, and where nothing of the spec was seen. */
  readonly podSecurity: PodSecurity | null;
  readonly risk: Risk;
}

export function* judgeSteps({
  created,
  event,
  riskLists: lists,
  context,
}: AssessedCreation): Steps<Assessment> {
  const { metadata, spec } = findObject(created, event);
  const podSecurity = spec === undefined ? null : yield* podSecuritySteps({ metadata, spec });
  yield;
  return { podSecurity, risk: yield* riskSteps({ created, event, lists, context }) };
}

export function readPodSecurity(
  { created, event }: Pick<AssessedCreation, 'created' | 'event'>,
  assessed: Assessment['podSecurity'],
  shortener: Shortener,
  unknown: Unknown[],
): AlertPodSecurity | null {
  if (created === 'Namespace') return null;
  const { specFrom } = findObject(created, event);
  if (assessed === null) {
    unknown.push({ path: 'podSecurity', ...missingBody(event) });
    return null;
  }
  const cut = cutParts(event.annotations);
  if (CHECKED.some((part) => cut.has(part)))
    unknown.push({
      path: 'podSecurity',
      reason: 'truncated',
      detail: 'the event was larger than a record; the pod may be less strict than the level says',
    });
  else if (specFrom === 'request')
    unknown.push({
      path: 'podSecurity',
      ...missingBody(event),
      detail: 'judged by what the client sent; the server may have changed the pod after that',
    });
  const { level, version, violations } = assessed;
  const path = 'podSecurity.violations';
  return {
    level,
    version,
    violations: violations.map(({ fields, fieldsLeftOut, ...violation }) => {
      const shown = fields.slice(0, shortener.bounds.listMax);
      const more = fieldsLeftOut + fields.length - shown.length;
      return {
        ...violation,
        reason: violation.reason === podSecurityReason(violation.check) ? null : violation.reason,
        fields: shown.map((field) => ({
          path: shortener.name(path, field.path),
          value: nullable(field.value ?? undefined, (value) => shortener.text(path, value)),
        })),
        fieldsLeftOut: more === 0 ? null : more,
      };
    }),
  };
}

export function readRisk(
  { confidence, attackVersion, signals, notAssessed }: Risk,
  shortener: Shortener,
): AlertRisk {
  const shown = signals.map(({ id, points, techniques, text, fields }) => ({
    id,
    points,
    techniqueIds: techniques.map((technique) => technique.id),
    text: shortener.text('risk.signals', text),
    fields: shortener.names('risk.signals', fields),
  }));
  return {
    signalIds: shown.map(({ id }) => id),
    techniqueIds: [...new Set(shown.flatMap(({ techniqueIds }) => techniqueIds))],
    confidence,
    attackVersion,
    signals: shown,
    notAssessed,
  };
}
