/**
 * How long a client may take, over real connections: each wait for it ends, and is counted by what it was
 * for.
 */
import { type ConnectionLimits, DEFAULT_CONNECTION_LIMITS, json, type Route } from '@arrivals/host';
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connect as connectTls } from 'node:tls';
import { tlsFiles } from '../../../support/certificates.ts';
import { eventually } from '../../../support/eventually.ts';
import { get, type Running, withServer } from '../http.ts';

const HEAD = 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n';
const GET = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';
const CLIENT_HELLO = Buffer.from(`16030100f5010000f10303${'11'.repeat(32)}`, 'hex');

const read: Route = {
  method: 'POST',
  path: '/',
  handle: async ({ message }) => {
    let bytes = 0;
    for await (const chunk of message) bytes += (chunk as Buffer).length;
    return json(bytes);
  },
};
const ROUTES = [
  get('/', () => Promise.resolve(json('root'))),
  get('/large', () => Promise.resolve(json('x'.repeat(30_000_000)))),
  read,
];

const limits = (some: Partial<ConnectionLimits>): ConnectionLimits => ({
  ...DEFAULT_CONNECTION_LIMITS,
  ...some,
});

/** One that never closes its side by itself. */
async function stubborn(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

const openIn = ({ server }: Running) =>
  Object.values(server.connections()).reduce((sum, count) => sum + count, 0);
const emptied = (running: Running) =>
  eventually('the server to have no connection', () => openIn(running) === 0 || undefined, 6000);

describe('a connection of a client that does not go on', () => {
  for (const [what, some, says, reason] of [
    ['that says nothing', { headerTimeoutMs: 200 }, [], 'header_timeout'],
    ['that says half a head', { headerTimeoutMs: 200 }, ['GET / HTTP/1.1\r\nHo'], 'header_timeout'],
    ['that says half a second head', { headerTimeoutMs: 200 }, [GET, 'GET / HT'], 'header_timeout'],
    ['that stops in a body', { bodyStallMs: 200 }, [HEAD, '{'], 'body_stalled'],
    ['that asks nothing more', { idleTimeoutMs: 1000 }, [GET], 'idle'],
    ['that says what is no HTTP', {}, ['\u0000\u0001\u0002\r\n\r\n'], 'malformed'],
    [
      'that says too long a head',
      {},
      [`GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`],
      'malformed',
    ],
  ] as const) {
    it(`${what} is ended, though its other end stays open, and counted as ${reason}`, async () => {
      await withServer({ routes: ROUTES, limits: limits(some) }, async (running) => {
        const socket = await stubborn(running.port);
        socket.resume();
        for (const [i, text] of says.entries()) {
          socket.write(text);
          if (i < says.length - 1) await once(socket, 'data');
        }
        await eventually(
          'the connection',
          () => openIn(running) > 0 || running.dropped.length > 0 || undefined,
        );
        await emptied(running);
        assert.deepEqual(running.dropped, [reason]);
        socket.destroy();
      });
    });
  }

  for (const [what, some, slow, reason] of [
    ['head', { headerTimeoutMs: 800 }, 'a', 'header_timeout'],
    ['body', { bodyStallMs: 800 }, ' ', 'body_stalled'],
  ] as const) {
    it(`is ended although a byte of its ${what} comes now and then, and is told so`, async () => {
      await withServer({ routes: ROUTES, limits: limits(some) }, async (running) => {
        const socket = await stubborn(running.port);
        let told = '';
        socket.on('data', (data: Buffer) => (told += data.toString()));
        socket.write(what === 'head' ? 'GET / HTTP/1.1\r\nHost: localhost\r\nX: ' : HEAD);
        const drip = setInterval(() => socket.write(slow), 50);
        await emptied(running);
        clearInterval(drip);
        assert.deepEqual(running.dropped, [reason]);
        assert.match(told, /^HTTP\/1\.1 408 [^]*"code":"request_malformed"/);
        socket.destroy();
      });
    });
  }

  it('is ended when a body takes too long in all, however steadily it comes', async () => {
    await withServer(
      { routes: ROUTES, limits: limits({ bodyTimeoutMs: 1000, bodyStallMs: 500 }) },
      async (running) => {
        const socket = await stubborn(running.port);
        socket.write(HEAD);
        const drip = setInterval(() => socket.write(' '.repeat(1000)), 50);
        await emptied(running);
        clearInterval(drip);
        assert.deepEqual(running.dropped, ['body_timeout']);
        socket.destroy();
      },
    );
  });

  it('is ended when its answer is not read', async () => {
    await withServer({ routes: ROUTES, limits: limits({ answerStallMs: 300 }) }, async (running) => {
      const socket = (await stubborn(running.port)).pause();
      socket.write(GET.replace('/', '/large'));
      await eventually(
        'an answer that stands still',
        () => running.dropped.includes('answer_unread') || undefined,
      );
      await emptied(running);
      socket.destroy();
    });
  });

  it('is left alone while its answer is worked on, however long that takes', async () => {
    const slow = get('/slow', async ({ patience }) => {
      await eventually(
        'two time-outs',
        () => performance.now() > startedMs + 1500 || patience.aborted || undefined,
      );
      return json('done');
    });
    const startedMs = performance.now();
    const some = limits({ headerTimeoutMs: 300, bodyStallMs: 300, answerStallMs: 300, idleTimeoutMs: 1000 });
    await withServer({ routes: [slow], limits: some }, async ({ ask, dropped }) => {
      assert.equal((await ask('/slow')).status, 200);
      assert.deepEqual(dropped, []);
    });
  });

  it('is left alone while its body comes, though it takes longer than a stall', async () => {
    await withServer(
      { routes: ROUTES, limits: limits({ bodyStallMs: 300, headerTimeoutMs: 300 }) },
      async ({ port, dropped }) => {
        const socket = await stubborn(port);
        socket.write(HEAD);
        let left = 100_000;
        const drip = setInterval(() => {
          const bytes = Math.min(left, 5000);
          left -= bytes;
          socket.write(' '.repeat(bytes));
          if (left === 0) clearInterval(drip);
        }, 50);
        assert.match(String((await once(socket, 'data'))[0]), /^HTTP\/1\.1 200 /);
        assert.deepEqual(dropped, []);
        socket.destroy();
      },
    );
  });
});

describe('a connection before its TLS handshake', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'arrivals-handshakes-'));
  let tls: { readonly certFile: string; readonly keyFile: string };

  before(async () => {
    tls = await tlsFiles(folder);
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  for (const [what, says, ends, reason] of [
    ['that says nothing', '', false, 'handshake_timeout'],
    ['that says half a ClientHello', CLIENT_HELLO, false, 'handshake_timeout'],
    ['that speaks HTTP', GET, false, 'handshake_failed'],
    ['that speaks nothing', Buffer.alloc(300, 7), false, 'handshake_failed'],
    ['that closes its side at once', '', true, undefined],
  ] as const) {
    it(`${what} is ended, though its other end stays open`, async () => {
      await withServer(
        { routes: ROUTES, tls, limits: limits({ handshakeTimeoutMs: 300 }) },
        async (running) => {
          const socket = await stubborn(running.port);
          socket.resume();
          if (says.length > 0) socket.write(says);
          if (ends) socket.end();
          await eventually(
            'the connection',
            () => openIn(running) > 0 || running.dropped.length > 0 || socket.readableEnded || undefined,
          );
          await emptied(running);
          if (reason !== undefined) assert.deepEqual(running.dropped, [reason]);
          socket.destroy();
        },
      );
    });
  }

  it('is followed by the time of a head, which is told over TLS', async () => {
    await withServer({ routes: ROUTES, tls, limits: limits({ headerTimeoutMs: 300 }) }, async (running) => {
      const socket = connectTls({ host: '127.0.0.1', port: running.port, rejectUnauthorized: false });
      socket.on('error', () => undefined);
      await once(socket, 'secureConnect');
      socket.write('GET / HT');
      assert.match(String((await once(socket, 'data'))[0]), /^HTTP\/1\.1 408 /);
      await emptied(running);
      assert.deepEqual(running.dropped, ['header_timeout']);
    });
  });
});
