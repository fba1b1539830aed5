/** What requests cost that stand on a connection when it closes. */
import { listen } from '@arrivals/host';
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';

describe('the end of a connection with requests on it', () => {
  let ended: (error: Error) => void;
  let hasArrived: () => void;
  const arrived = new Promise<void>((resolve) => {
    hasArrived = resolve;
  });

  async function untilAborted(message: IncomingMessage): Promise<never> {
    message.resume();
    hasArrived();
    const [error] = (await once(message, 'error')) as [Error];
    ended(error);
    throw error;
  }

  it('makes no stack traces, and leaves the limit on them as it was', async () => {
    const aborted = new Promise<Error>((resolve) => {
      ended = resolve;
    });
    const server = await listen({
      host: '127.0.0.1',
      port: 0,
      routes: [{ method: 'POST', path: '/', anyHost: true, handle: ({ message }) => untilAborted(message) }],
      onRefused: () => undefined,
    });
    const before = Error.stackTraceLimit;
    const client = connect(Number(new URL(server.url).port), '127.0.0.1');
    client.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{');
    await arrived;
    client.destroy();
    const error = await aborted;
    assert.equal(error.message, 'aborted');
    assert.doesNotMatch(error.stack ?? '', /\n\s+at /);
    assert.equal(Error.stackTraceLimit, before);
    assert.match(new Error('another').stack ?? '', /\n\s+at /);
    await server.close();
  });
});
