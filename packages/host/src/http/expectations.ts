/**
 * Takes the requests of a server, also those with an Expect header, which Node would answer by itself.
 *
 * Invariant: each is taken as any other. Who waits with a body until it is asked for is asked when somebody
 * begins to read it, and never where the request is refused before.
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
  // Nothing but 100-continue is expected of anybody; whatever else stands there changes nothing.
  server.on('checkExpectation', take);
}
