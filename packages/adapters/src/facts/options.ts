/** How often a use of a row is noted. */

/**
 * A use is noted in so many parts of the time that a row is kept, so that frequent use is not written every
 * time.
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
