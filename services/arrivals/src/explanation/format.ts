/** Parts of sentences: names, lists and times as a person writes them. */
import { nameText } from '@arrivals/core/light';

const SHOWN_MAX = 120;
const PLAIN = /^[\w.:@/+=*-]+$/;

/**
 * A name from the cluster, of one script or with what only looks like Latin marked. What could be taken for
 * words of ours, or for a name it is not, stands in quotes.
 */
export function named(name: string): string {
  const told = nameText(name);
  const shown = told.length > SHOWN_MAX ? `${told.slice(0, SHOWN_MAX)}…` : told;
  return PLAIN.test(name) ? shown : `"${shown.replaceAll('"', "'")}"`;
}

/** What a client says of itself, whole: always in quotes, as it could read like words of ours. */
export function quotedWhole(text: string): string {
  return `"${nameText(text).replaceAll('"', "'")}"`;
}

/** "a", "a and b", "a, b and c". */
export function listed(parts: readonly string[]): string {
  const last = parts.at(-1) ?? '';
  return parts.length < 2 ? last : `${parts.slice(0, -1).join(', ')} and ${last}`;
}

/** The first ones, and how many more there are. */
export function firstOf(parts: readonly string[], max: number): string {
  const more = parts.length - max;
  return `${parts.slice(0, max).join(', ')}${more > 0 ? ` and ${String(more)} more` : ''}`;
}

/** A time of an alert, to the second. */
export function moment(time: string): string {
  return `${time.slice(0, 10)} ${time.slice(11, 19)} UTC`;
}
