/** Ids of facts that one actor's others may push out, before those of anybody else. */
import { digestOf } from '../base/digest.ts';

export const ACTOR_DIGITS = 12;

/** An id of a fact that the actor's others may push out, before those of anybody else. */
export function actorsOwn(username: string, id: string): string {
  return `${digestOf(username).slice(0, ACTOR_DIGITS)}/${id}`;
}
