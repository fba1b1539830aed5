/**
 * Makes it cheap to close a connection with unanswered requests.
 *
 * Invariant: closing captures no stack traces. Node creates an error for each request of a closing
 * connection, and reads its stack; for hundreds of pipelined requests that takes longer than handling them.
 * The process's limit on stack traces is restored once the listeners of `close` have been called.
 */
import type { Duplex } from 'node:stream';

/** Call it after Node has added its own listener for the socket's `close`. */
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
