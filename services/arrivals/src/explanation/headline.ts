/** What happened, in one sentence; when, where, and what to know before reading on. */
import type { Alert, AlertFlag } from '@arrivals/core';
import { type Line, row, type Section, type Tone } from './section.ts';
import { moment, named } from './format.ts';

export function headline(alert: Alert): Section {
  const { cluster, occurredAt, receivedAt, revision, flags } = alert;
  const lines: Line[] = [
    row(
      'When',
      occurredAt === null ? `the event does not say; received ${moment(receivedAt)}` : moment(occurredAt),
    ),
    row('Cluster', named(cluster)),
    row('Alert', `${alert.title}, ${alert.alertId}${revision === 1 ? '' : `, revision ${String(revision)}`}`),
    ...flags.map((flag) => row('Note', flagWords(flag))),
  ];
  return { title: `${alert.headline} ${riskWords(alert)}`, tone: toneOf(alert), lines };
}

function riskWords({ severity, score, risk }: Alert): string {
  const { confidence } = risk;
  const doubt = confidence === 'low' ? ', confidence LOW' : '';
  return `(${severity.toUpperCase()}, ${String(score)}${doubt})`;
}

function toneOf({ severity }: Alert): Tone {
  switch (severity) {
    case 'critical':
    case 'high':
      return 'alarm';
    case 'medium':
      return 'warning';
    case 'low':
    case 'informational':
      return 'strong';
  }
}

/** A flag of a later version is shown as it is. */
function flagWords(flag: AlertFlag | (string & {})): string {
  switch (flag) {
    case 'notDeduplicated':
      return 'made while the state store was away, so nobody could tell whether there was an alert of this creation already: there may be another record with this ID and revision (notDeduplicated)';
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
