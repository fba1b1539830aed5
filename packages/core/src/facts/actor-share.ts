/** Ids of facts that the same actor's facts push out before those of other actors. */
import { digestOf } from '../base/digest.ts';

export const ACTOR_DIGITS = 12;

/** An id of a fact that the same actor's facts push out before those of other actors. */
export function actorsOwn(username: string, id: string): string {
  return `${digestOf(username).slice(0, ACTOR_DIGITS)}/${id}`;
}
