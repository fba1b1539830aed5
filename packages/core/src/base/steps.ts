/**
 * Work done in steps, so that its caller can let other work run in between.
 *
 * Invariant: a step takes no more than some tens of milliseconds, whatever an event holds. Reads no clock and
 * waits for nothing.
 */
export type Steps<T> = Generator<undefined, T, undefined>;

/** All steps, one after the other. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}
