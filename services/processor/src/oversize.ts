/**
 * Which events of a record have outputs that the bus refuses as too large. The bus does not name them, so the
 * largest are assumed.
 *
 * Invariant: the largest are set aside first, one, then two, then four …, so that a record is done after a
 * few tries, however many events it has; bytes of dead letters are dropped only when nothing else is left.
 * What is set aside here can be redriven.
 */
import { DEAD_LETTER_BYTES_MAX, type DeadLetter, type TopicNames } from '@arrivals/core';
import type { Candidate } from './classify.ts';
import type { Alerted, Outcome, Revised } from './outcome.ts';

/** Size of a dead letter if its topic accepts no larger one. */
const LETTER_BYTES = [DEAD_LETTER_BYTES_MAX, 64_000, 0] as const;

export class Refused {
  readonly #refusals = new Map<Candidate, Error>();
  readonly #revisions = new Set<string>();
  #next = 1;
  #letterStep = 0;

  /** Why the bus refused its outputs. */
  of(candidate: Candidate): Error | undefined {
    return this.#refusals.get(candidate);
  }

  /** Whether the bus refused this revision. The alert was published before: it is left out, not set aside. */
  ofRevision(name: string): boolean {
    return this.#revisions.has(name);
  }

  clip(letter: DeadLetter): DeadLetter {
    const bytesMax = LETTER_BYTES[this.#letterStep] ?? 0;
    return letter.bytes.length <= bytesMax
      ? letter
      : { ...letter, bytes: letter.bytes.subarray(0, bytesMax) };
  }

  /**
   * After the bus refused `outcome`. False: there is nothing more to leave out.
   * @param topic the one that refused, if known
   */
  add({ alerted, revised }: Outcome, topics: TopicNames, topic: string | undefined, error: Error): boolean {
    const largestFirst =
      topic === topics.deadLetters
        ? []
        : [...alerted, ...revised].sort((a, b) => sizeOf(b, topic) - sizeOf(a, topic));
    for (const one of largestFirst.slice(0, this.#next)) {
      if ('candidate' in one) this.#refusals.set(one.candidate, error);
      else this.#revisions.add(one.name);
    }
    if (largestFirst.length > 0) {
      this.#next *= 2;
      return true;
    }
    this.#letterStep++;
    return this.#letterStep < LETTER_BYTES.length;
  }
}

function sizeOf({ records }: Alerted | Revised, topic: string | undefined): number {
  return Math.max(
    ...records
      .filter((record) => topic === undefined || record.topic === topic)
      .map(({ value }) => value.length),
  );
}
