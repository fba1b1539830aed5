/** When something of the context counts as used anew. */

/**
 * A use is noted in so many parts of what a thing is kept for, so that what is used all the time is not
 * written all the time.
 */
export const USE_GRAINS = 1024;

/**
 * The time that a use at `nowMs` is noted by. What was used then is kept until a grain longer than `ttlMs`,
 * never shorter.
 */
export function noted(nowMs: number, ttlMs: number): number {
  return nowMs - (nowMs % grainMs(ttlMs));
}

export function grainMs(ttlMs: number): number {
  return Math.max(Math.floor(ttlMs / USE_GRAINS), 1);
}
