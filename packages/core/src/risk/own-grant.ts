/**
 * How long before it a right was changed by its later user: the change that gave it, or one of those that may
 * have.
 */
import type { Action } from '../facts/action.ts';
import type { GrantAnswer, GrantChange } from '../context/grant.ts';
import { didBoth } from '../facts/person.ts';

const DAY_SECONDS = 86_400;

/** His last within a day. */
export function ownChange(action: Action, answer: GrantAnswer): GrantChange | undefined {
  return lastBy(answer, (change) => didBoth(change.action, action) === true);
}

/** The last within a day of which it is unknown whether it is his. */
export function doubtfulChange(action: Action, answer: GrantAnswer): GrantChange | undefined {
  return lastBy(answer, (change) => didBoth(change.action, action) === null);
}

function lastBy({ changes }: GrantAnswer, isHis: (change: GrantChange) => boolean): GrantChange | undefined {
  return changes.findLast(
    (change) => change.gave !== false && change.secondsBefore <= DAY_SECONDS && isHis(change),
  );
}
