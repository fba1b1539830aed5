/**
 * Handles the requests of a server, including those with an Expect header, which Node would answer by itself.
 *
 * Invariant: each is handled like any other. `100 Continue` is sent when the body is read, never for a
 * request that is refused before.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';

export function takeRequests(
  server: Server,
  take: (message: IncomingMessage, response: ServerResponse) => void,
): void {
  server.on('request', take);
  server.on('checkContinue', (message: IncomingMessage, response: ServerResponse) => {
    const ask = (event: string | symbol): void => {
      if (event !== 'data' && event !== 'readable') return;
      message.off('newListener', ask);
      if (!response.headersSent && !response.destroyed) response.writeContinue();
    };
    message.on('newListener', ask);
    take(message, response);
  });
  // Only 100-continue is defined; other expectations are ignored.
  server.on('checkExpectation', take);
}
