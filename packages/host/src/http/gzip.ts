/**
 * Inflates pieces of gzip inside one text, within a bound for all of them together.
 *
 * Invariant: at most `bytesMax` bytes are inflated, however small the input, and they are reported while
 * inflating. A piece that is no gzip or too large may cost as much as the bound before it fails: after some
 * failures no more are tried.
 */
import type { Inflate } from '@arrivals/core';
import { messageOf } from '@arrivals/core/light';
import { gunzipSync } from 'node:zlib';

/** A text with so many broken pieces has no valid one. */
const FAILURES_MAX = 16;

/** @param onInflated called with the bytes of each piece; an error it throws ends the work. */
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
