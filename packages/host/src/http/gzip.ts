/**
 * Inflates the pieces of gzip that are found inside one text, within a bound for all of them together.
 *
 * Invariant: what is inflated is at most `bytesMax`, however small it came, and is reported as it comes to
 * be. A piece that is no gzip or too large may have cost as much as the bound before it failed: after some of
 * them no more are tried.
 */
import type { Inflate } from '@arrivals/core';
import { messageOf } from '@arrivals/core/light';
import { gunzipSync } from 'node:zlib';

/** Who sends so many broken pieces sends no whole one. */
const FAILURES_MAX = 16;

/** @param onInflated told of the bytes of each piece; what it throws ends the work. */
export function inflateWithin(
  bytesMax: number,
  onInflated: (bytes: number) => void = () => undefined,
): Inflate {
  let left = bytesMax;
  let failures = 0;
  return (gzip) => {
    if (failures >= FAILURES_MAX)
      return { why: `not tried, as ${String(FAILURES_MAX)} others could not be inflated` };
    if (left === 0) return { why: `expected gzip of at most ${String(bytesMax)} bytes in all` };
    let inflated: Buffer;
    try {
      inflated = gunzipSync(gzip, { maxOutputLength: left });
    } catch (error) {
      failures++;
      const tooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
      return {
        why: tooLarge
          ? `expected gzip of at most ${String(bytesMax)} bytes in all`
          : `expected gzip: ${messageOf(error)}`,
      };
    }
    left -= inflated.length;
    onInflated(inflated.length);
    return inflated;
  };
}
