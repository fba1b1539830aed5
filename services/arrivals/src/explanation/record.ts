/** Where the alert comes from, for finding the event and the object again. */
import type { Alert } from '@arrivals/core';
import { type Line, row, type Section } from './section.ts';
import { moment, named } from './format.ts';

export function record({ object, provenance, receivedAt, alertedAt }: Alert): Section {
  const { auditId, level, platform, verb, requestUri, truncated, topic, partition, offset, index } =
    provenance;
  const lines: readonly Line[] = [
    row('uid', object.uid === null ? 'not seen' : named(object.uid)),
    row('Request', `${verb ?? 'a verb that is not known'} ${requestUri ?? ''}`),
    row('Audit ID', auditId === null ? 'not in the event' : `${named(auditId)} (a client can choose it)`),
    row(
      'Level',
      `${level ?? 'not known'}${truncated ? ', bodies taken out for their size' : ''}${platform === null ? '' : `, from the log of ${platform}`}`,
    ),
    row('Received', `${moment(receivedAt)}, alerted ${moment(alertedAt)}`),
    row(
      'Event',
      `${topic}, partition ${String(partition)}, offset ${String(offset)}, index ${String(index)}`,
    ),
  ];
  return { title: 'The record', tone: 'strong', lines };
}
