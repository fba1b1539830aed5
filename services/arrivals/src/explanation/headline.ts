/** What happened, in one sentence; when, where, and what to know before reading on. */
import type { Alert, AlertFlag, Risk } from '@arrivals/core';
import { type Line, row, type Section, type Tone } from './section.ts';
import { moment, named } from './format.ts';

export function headline(alert: Alert): Section {
  const { risk, cluster, occurredAt, receivedAt, revision, flags } = alert;
  const lines: Line[] = [
    row(
      'When',
      occurredAt === null ? `the event does not say; received ${moment(receivedAt)}` : moment(occurredAt),
    ),
    row('Cluster', named(cluster)),
    row('Alert', `${alert.title}, ${alert.alertId}${revision === 1 ? '' : `, revision ${String(revision)}`}`),
    ...flags.map((flag) => row('Note', flagWords(flag))),
  ];
  return { title: `${alert.headline ?? earlierWords(alert)} ${riskWords(risk)}`, tone: toneOf(risk), lines };
}

/**
 * A record of before version 3 has no sentence of its own: what it is, and the name that the request came
 * under.
 */
function earlierWords({ title, object, actor }: Alert): string {
  const { namespace, name } = object;
  const where = name ?? '?';
  return `${title} ${named(namespace === null ? where : `${namespace}/${where}`)}, by ${named(actor.username ?? '?')}`;
}

function riskWords(risk: Risk | null): string {
  if (risk === null) return '(risk not assessed)';
  const { severity, score, confidence } = risk;
  return `(${severity}, ${String(score)}${confidence === 'LOW' ? `, confidence ${confidence}` : ''})`;
}

function toneOf(risk: Risk | null): Tone {
  switch (risk?.severity) {
    case 'CRITICAL':
    case 'HIGH':
      return 'alarm';
    case 'MEDIUM':
      return 'warning';
    case 'LOW':
    case 'INFO':
    case undefined:
      return 'strong';
  }
}

/** A flag of a later version is shown as it is. */
function flagWords(flag: AlertFlag | (string & {})): string {
  switch (flag) {
    case 'notDeduplicated':
      return 'made while the state store was away, so nobody could tell whether this creation had been told before: there may be another record with this ID and revision (notDeduplicated)';
    case 'notEnriched':
      return 'made without what the state store knows (notEnriched)';
    case 'afterStateLoss':
      return 'made when the state store had lately lost what it knew: there may be an earlier record with this ID and revision (afterStateLoss)';
    case 'unconfirmed':
      return 'the API server answered with a failure after which the object may be there all the same: look whether it is (unconfirmed)';
    default:
      return flag;
  }
}
