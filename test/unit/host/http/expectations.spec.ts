/** Requests with an Expect header: whether, and when, a client is told to send its body. */
import { json, type Route } from '@arrivals/host';
import assert from 'node:assert/strict';
import { eventually } from '../../../support/eventually.ts';
import { connected, get, received, withServer } from '../http.ts';

const takes: Route = {
  method: 'POST',
  path: '/',
  handle: async ({ message }) => {
    let length = 0;
    for await (const chunk of message) length += (chunk as Buffer).length;
    return json(length);
  },
};
const refuses: Route = {
  method: 'POST',
  path: '/refused',
  handle: () => Promise.reject(new RangeError('never read')),
};
const ROUTES: readonly Route[] = [takes, refuses, get('/', () => Promise.resolve(json('root')))];

const post = (headers: string, path: string): string =>
  `POST ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${headers}\r\n`;

describe('a body that waits until it is asked for', () => {
  const waiting = (path: string): string => post('Expect: 100-continue\r\nContent-Length: 4\r\n', path);

  it('is asked for when somebody reads it', async () => {
    await withServer({ routes: ROUTES }, async ({ port }) => {
      const socket = await connected(port);
      let text = '';
      socket.on('data', (chunk) => {
        text += String(chunk);
        if (text === 'HTTP/1.1 100 Continue\r\n\r\n') socket.write('body');
      });
      socket.write(waiting('/'));
      await eventually('the answer', () => socket.closed || undefined);
      assert.match(text, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 [^]*\r\n4\n$/);
    });
  });

  it('is not asked for when the request is refused', async () => {
    await withServer({ routes: ROUTES }, async ({ port }) => {
      for (const path of ['/refused', '/nothing']) {
        const socket = await connected(port);
        socket.write(waiting(path));
        assert.match(await received(socket), /^HTTP\/1\.1 (?:500|404) (?![^]*100 Continue)/);
      }
    });
  });

  it('may expect anything else, which is answered as any request and counts as one', async () => {
    await withServer({ routes: ROUTES }, async ({ send }) => {
      assert.match(
        await send('GET / HTTP/1.1\r\nHost: localhost\r\nExpect: x\r\nConnection: close\r\n\r\n'),
        /^HTTP\/1\.1 200 [^]*"root"\n$/,
      );
    });
  });
});
