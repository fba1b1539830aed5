/**
 * What the end of a connection costs whose requests have not been answered.
 *
 * Invariant: it costs no stack traces. Node makes an error for each request that stands on a connection when
 * it closes, and reads its stack; of one that has sent hundreds ahead that takes longer than all its requests
 * did. The limit on stack traces is that of the process: it is as before when the listeners of `close` have
 * been called.
 */
import type { Duplex } from 'node:stream';

/** To be called when Node listens already for the socket's `close`. */
export function abortWithoutStacks(socket: Duplex): void {
  let before: number | undefined;
  socket.prependOnceListener('close', () => {
    before = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
  });
  socket.once('close', () => {
    if (before !== undefined) Error.stackTraceLimit = before;
  });
}
