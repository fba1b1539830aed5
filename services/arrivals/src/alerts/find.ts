/**
 * Finds an alert by its ID, from the newest record backwards, one answer after the other.
 *
 * Invariant: a full ID is searched until found. After a match of a prefix, other matches are searched as far
 * back as `toTheEnd` demands, to detect an ambiguous prefix.
 */
import type { UnreadableRecord } from '@arrivals/api';
import { isWhole, parsePositions } from '@arrivals/api/light';
import type { Alert } from '@arrivals/core';
import { ArrivalsError } from '@arrivals/core/light';

const NAMED_MAX = 10;

export interface LookUpAnswer {
  /** The newest first: an older record of the same alert is an older revision. */
  readonly alerts: readonly Alert[];
  readonly unreadable: readonly UnreadableRecord[];
  /** The cursor for the next call; null at the end. */
  readonly before: string | null;
}

export interface Search {
  readonly ask: (before: string | undefined) => Promise<LookUpAnswer>;
  /** Whether a prefix is searched to the end, or only up to the answer with the match. */
  readonly toTheEnd: boolean;
  readonly onUnreadable: (record: UnreadableRecord) => void;
  /** The error if there is no such alert, with the searched range. */
  readonly notFound: (id: string) => string;
}

/**
 * @param id as parseAlertId gives it.
 * @throws ArrivalsError alert_unknown, alert_ambiguous, and what `ask` throws
 */
export async function findAlert(
  id: string,
  { ask, toTheEnd, onUnreadable, notFound }: Search,
): Promise<Alert> {
  const found = new Map<string, Alert>();
  for (let before: string | undefined; ;) {
    const answer = await ask(before);
    answer.unreadable.forEach(onUnreadable);
    for (const alert of answer.alerts) if (!found.has(alert.alertId)) found.set(alert.alertId, alert);
    const isEnough = found.size > NAMED_MAX || (found.size > 0 && (isWhole(id) || !toTheEnd));
    // With a server whose cursor does not advance, the loop would never end.
    if (answer.before === null || isEnough || !isFurtherBack(answer.before, before)) break;
    ({ before } = answer);
  }
  const [alert, other] = found.values();
  if (alert === undefined) throw new ArrivalsError('alert_unknown', notFound(id));
  if (other === undefined) return alert;
  const names = [...found.keys()].slice(0, NAMED_MAX).join(', ');
  throw new ArrivalsError(
    'alert_ambiguous',
    `${id} is the beginning of ${names}${found.size > NAMED_MAX ? ', …' : ''}`,
  );
}

function isFurtherBack(before: string, last: string | undefined): boolean {
  const sum = (text: string): number =>
    [...(parsePositions(text)?.values() ?? [])].reduce((total, offset) => total + offset, 0);
  return last === undefined || sum(before) < sum(last);
}
