/** The HTTP server's connections: where it listens, TLS, and a clean end that loses no running request. */
import { ArrivalsError } from '@arrivals/core';
import { json, listen } from '@arrivals/host';
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { tlsFiles } from '../../../support/certificates.ts';
import { connected, deferred, get, received, withServer } from '../http.ts';

/** A certificate for one test. */
async function certificateIn(
  folder: string,
): Promise<{ readonly certFile: string; readonly keyFile: string }> {
  const { certFile, keyFile } = await tlsFiles(folder);
  return { certFile, keyFile };
}

const ROOT = get('/', () => Promise.resolve(json('root')));

describe('listening', () => {
  it('fails by name when the port is taken', async () => {
    await withServer({ routes: [ROOT] }, async ({ port }) => {
      await assert.rejects(
        listen({ host: '127.0.0.1', port, routes: [], onRefused: () => undefined }),
        (error) => {
          return (
            error instanceof ArrivalsError &&
            error.code === 'listen_failed' &&
            error.message.includes(String(port))
          );
        },
      );
    });
  });

  for (const [what, code, options] of [
    ['the address is not of this machine', 'listen_failed', { host: '192.0.2.1' }],
    [
      'the certificate cannot be read',
      'config_invalid',
      { tls: { certFile: '/nonexistent/cert.pem', keyFile: '/nonexistent/key.pem' } },
    ],
    [
      'the certificate is none',
      'config_invalid',
      { tls: { certFile: import.meta.filename, keyFile: import.meta.filename } },
    ],
  ] as const) {
    it(`fails by name when ${what}`, async () => {
      await assert.rejects(
        listen({ host: '127.0.0.1', port: 0, routes: [], onRefused: () => undefined, ...options }),
        (error) => error instanceof ArrivalsError && error.code === code,
      );
    });
  }
});

describe('serving TLS', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'arrivals-tls-'));
  const tls = { certFile: path.join(folder, 'cert.pem'), keyFile: path.join(folder, 'key.pem') };

  before(async () => {
    await certificateIn(folder);
  });

  after(() => {
    rmSync(folder, { recursive: true });
  });

  it('offers HTTP/1.1 alone, also to who would rather have HTTP/2', async () => {
    await withServer({ routes: [ROOT], tls }, async ({ server, port }) => {
      assert.match(server.url, /^https:/);
      const socket = connectTls({
        host: '127.0.0.1',
        port,
        ALPNProtocols: ['h2', 'http/1.1'],
        rejectUnauthorized: false,
      });
      await once(socket, 'secureConnect');
      assert.equal(socket.alpnProtocol, 'http/1.1');
      socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
      assert.match(await received(socket), /^HTTP\/1\.1 200 /);
    });
  });

  it('refuses who speaks HTTP/2 alone', async () => {
    await withServer({ routes: [ROOT], tls }, async ({ port }) => {
      const socket = connectTls({
        host: '127.0.0.1',
        port,
        ALPNProtocols: ['h2'],
        rejectUnauthorized: false,
      });
      await assert.rejects(once(socket, 'secureConnect'));
    });
  });
});

describe('closing the HTTP server', () => {
  it('lets a running request end, on a connection that ends with it', async () => {
    const began = deferred();
    const finish = deferred();
    const slow = get('/slow', async () => {
      began.resolve();
      await finish.promise;
      return json('done');
    });
    await withServer({ routes: [slow] }, async ({ server, ask }) => {
      const reply = ask('/slow', { headers: { Connection: 'keep-alive' } });
      await began.promise;
      let closed = false;
      const closing = server.close().then(() => {
        closed = true;
      });
      await sleep(50);
      assert.equal(closed, false);
      finish.resolve();
      const { status, headers, body } = await reply;
      assert.deepEqual([status, body, headers['connection']], [200, '"done"\n', 'close']);
      await closing;
    });
  });

  it('tells running requests, so that long waits end', async () => {
    const began = deferred();
    const wait = get('/wait', async ({ patience }) => {
      began.resolve();
      if (!patience.aborted) await once(patience, 'abort');
      return json('woken');
    });
    await withServer({ routes: [wait] }, async ({ server, ask }) => {
      const reply = ask('/wait');
      await began.promise;
      await server.close();
      assert.equal((await reply).body, '"woken"\n');
    });
  });

  it('answers what arrives on an open connection while it closes, and ends the connection with that', async () => {
    const began = deferred();
    const finish = deferred();
    const slow = get('/slow', async () => {
      began.resolve();
      await finish.promise;
      return json('done');
    });
    await withServer({ routes: [ROOT, slow] }, async ({ server, port, ask, refused }) => {
      const running = ask('/slow');
      await began.promise;
      const socket = await connected(port);
      socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n');
      await sleep(50);
      const closing = server.close();
      socket.write('\r\n');
      const reply = await received(socket);
      assert.match(reply, /^HTTP\/1\.1 200 /);
      assert.match(reply, /\r\nConnection: close\r\n/i);
      finish.resolve();
      assert.equal((await running).status, 200);
      await closing;
      assert.deepEqual(refused, []);
    });
  });

  it('goes on while it leaves: takes new connections, and ends each with its answer', async () => {
    await withServer({ routes: [ROOT], leaveMs: 1000 }, async ({ server, port, ask, refused }) => {
      const open = await connected(port);
      open.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
      assert.match(String(await once(open, 'data')), /\r\nConnection: keep-alive\r\n/);
      const closing = server.close();
      open.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
      const reply = await received(open);
      assert.match(reply, /^HTTP\/1\.1 200 /);
      assert.match(reply, /\r\nConnection: close\r\n/);
      const { status, headers } = await ask('/', { headers: { Connection: 'keep-alive' } });
      assert.deepEqual([status, headers['connection']], [200, 'close']);
      await closing;
      await assert.rejects(connected(port), { code: 'ECONNREFUSED' });
      assert.deepEqual(refused, []);
    });
  });

  it('tells requests that come while it leaves not to wait', async () => {
    const told = get('/told', ({ patience }) => Promise.resolve(json(patience.aborted)));
    await withServer({ routes: [told], leaveMs: 500 }, async ({ server, ask }) => {
      const closing = server.close();
      assert.equal((await ask('/told')).body, 'true\n');
      await closing;
    });
  });

  it('lets a large answer reach a slow reader whole', async () => {
    const large = 'x'.repeat(8_000_000);
    await withServer({ routes: [get('/', () => Promise.resolve(json(large)))] }, async ({ server, port }) => {
      const socket = await connected(port);
      socket.pause();
      socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
      await sleep(100);
      const closing = server.close();
      assert.ok((await received(socket)).endsWith(`${large}"\n`));
      await closing;
    });
  });

  it('ends idle connections and takes no new ones', async () => {
    await withServer({ routes: [ROOT] }, async ({ server, port }) => {
      const socket = await connected(port);
      socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
      await once(socket, 'data');
      const ended = once(socket, 'close');
      socket.resume();
      await server.close();
      await ended;
      await assert.rejects(connected(port), { code: 'ECONNREFUSED' });
    });
  });

  it('does not wait for a connection on which nothing was ever asked', async () => {
    await withServer({ routes: [ROOT] }, async ({ server, port }) => {
      const socket = await connected(port);
      try {
        assert.notEqual(await Promise.race([server.close(), sleep(2500, 'still open')]), 'still open');
      } finally {
        socket.destroy();
      }
    });
  });

  it('does not wait for a silent connection with TLS either, before or after its handshake', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'arrivals-tls-'));
    const tls = await certificateIn(folder);
    await withServer({ routes: [ROOT], tls }, async ({ server, port }) => {
      const raw = await connected(port);
      const secure = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false });
      await once(secure, 'secureConnect');
      try {
        assert.notEqual(await Promise.race([server.close(), sleep(2500, 'still open')]), 'still open');
      } finally {
        raw.destroy();
        secure.destroy();
        rmSync(folder, { recursive: true });
      }
    });
  });

  it('may be asked for twice', async () => {
    await withServer({ routes: [ROOT] }, async ({ server }) => {
      await server.close();
      await server.close();
    });
  });
});
