/** How long before it a right was changed by the one who then used it: the change that gave it, or one of those that may have. */
import type { GrantAnswer, GrantChange } from '../context/grant.ts';

const DAY_SECONDS = 86_400;

/** His last within a day. */
export function ownChange(username: string, { changes }: GrantAnswer): GrantChange | undefined {
  return changes.findLast(({ act, gave, secondsBefore }) => act.username === username && gave !== false && secondsBefore <= DAY_SECONDS);
}
