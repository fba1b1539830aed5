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
import { type PodSecurity, podSecuritySteps } from '../pod-security/evaluate.ts';
import { riskSteps } from '../risk/assess.ts';
import type { RiskLists } from '../risk/lists.ts';
import type { Risk } from '../risk/risk.ts';
import type { CreatedKind } from '../creation/select.ts';
import type { Steps } from '../base/steps.ts';
import type { Shortener } from './bounds.ts';
import { findObject, missingBody } from '../creation/created-object.ts';
import type { Unknown } from '../creation/unknown.ts';

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
): PodSecurity | null {
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
      reason: 'TRUNCATED',
      detail: 'the event was larger than a record; the pod may be less strict than the level says',
    });
  else if (specFrom === 'REQUEST')
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
      return {
        ...violation,
        fields: shown.map((field) => ({
          path: shortener.name(path, field.path),
          value: field.value === null ? null : shortener.text(path, field.value),
        })),
        fieldsLeftOut: fieldsLeftOut + fields.length - shown.length,
      };
    }),
  };
}

export function readRisk(risk: Risk, shortener: Shortener): Risk {
  return {
    ...risk,
    signals: risk.signals.map((signal) => ({
      ...signal,
      text: shortener.text('risk.signals', signal.text),
      fields: shortener.names('risk.signals', signal.fields),
    })),
  };
}
