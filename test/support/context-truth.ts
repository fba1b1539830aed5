/** Holds the author that an alert names to what the scenarios of a capture say. */
import type { Alert, Doer } from '@arrivals/core';
import type { TruePod } from './context-captures.ts';

const nameOf = (doer: Doer | null | undefined): string | null => doer?.username ?? null;

/** What the alert has otherwise, in words. */
export function authorMisses(pod: TruePod, { author }: Alert): readonly string[] {
  return (['creator', 'templateAuthor', 'scaler'] as const).flatMap((part) => {
    const told = author?.[part];
    const isIt = nameOf(told) === pod.author[part];
    const among =
      (pod.candidates ?? []).length > 1 && told?.alternatives.includes(pod.author[part] ?? '') === true;
    return isIt || among
      ? []
      : [`${pod.scenario} ${pod.name} ${part}: ${String(nameOf(told))}, not ${String(pod.author[part])}`];
  });
}
