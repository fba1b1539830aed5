/** Who gives way when there are as many connections as there may be, over real ones. */
import { type ConnectionLimits, DEFAULT_CONNECTION_LIMITS, json, type Route } from '@arrivals/host';
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { eventually } from '../../../support/eventually.ts';
import { connected, deferred, get, type Running, withServer } from '../http.ts';

const MAX = 10;
const GET = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';
const limits = (some: Partial<ConnectionLimits> = {}): ConnectionLimits => ({
  ...DEFAULT_CONNECTION_LIMITS,
  connectionsMax: MAX,
  connectionsPerPeerMax: MAX,
  ...some,
});

const root = get('/', () => Promise.resolve(json('root')));
const vouched: Route = get('/vouched', ({ vouch }) => {
  vouch('cert-cn:prod', 'known');
  return Promise.resolve(json('known'));
});
const openIn = ({ server }: Running) =>
  Object.values(server.connections()).reduce((sum, count) => sum + count, 0);

async function silent(port: number): Promise<Socket> {
  const socket = await connected(port);
  socket.on('error', () => undefined).resume();
  return socket;
}

async function asked(port: number, path: string): Promise<Socket> {
  const socket = await silent(port);
  socket.write(GET.replace('/', path));
  await once(socket, 'data');
  return socket;
}

async function fill(
  running: Running,
  count: number,
  open: () => Promise<Socket>,
): Promise<readonly Socket[]> {
  const sockets: Socket[] = [];
  for (let i = 0; i < count; i++) sockets.push(await open());
  await eventually(
    'them all',
    () =>
      openIn(running) === MAX ||
      openIn(running) === sockets.length ||
      running.dropped.length > 0 ||
      undefined,
  );
  return sockets;
}

describe('when there are as many connections as there may be', () => {
  it('a new one is served, and the one that has been silent for longest gives way', async () => {
    await withServer({ routes: [root], limits: limits() }, async (running) => {
      const sockets = await fill(running, MAX, () => silent(running.port));
      const [oldest] = sockets;
      assert.ok(oldest);
      const closed = once(oldest, 'close');
      assert.equal((await running.ask('/')).status, 200);
      await closed;
      assert.deepEqual(running.dropped, ['peer_full']);
      for (const socket of sockets) socket.destroy();
    });
  });

  it('one of a known sender stays, whoever else comes', async () => {
    await withServer({ routes: [root, vouched], limits: limits() }, async (running) => {
      const known = await asked(running.port, '/vouched');
      const others = await fill(running, 5 * MAX, () => silent(running.port));
      known.write(GET);
      assert.match(String((await once(known, 'data'))[0]), /^HTTP\/1\.1 200 /);
      assert.ok(running.dropped.length >= 4 * MAX);
      for (const socket of [known, ...others]) socket.destroy();
    });
  });

  it('those that were silent give way before those that have asked', async () => {
    await withServer({ routes: [root], limits: limits() }, async (running) => {
      const first = await asked(running.port, '/');
      const others = await fill(running, MAX, () => silent(running.port));
      first.write(GET);
      assert.match(String((await once(first, 'data'))[0]), /^HTTP\/1\.1 200 /);
      for (const socket of [first, ...others]) socket.destroy();
    });
  });

  it('requests that have arrived whole never give way, and a new connection is ended', async () => {
    const finish = deferred();
    const slow = get('/slow', async () => {
      await finish.promise;
      return json('done');
    });
    await withServer({ routes: [slow], limits: limits() }, async (running) => {
      const answers = Array.from({ length: MAX }, () => running.ask('/slow'));
      await eventually('them all', () => running.server.connections().working === MAX || undefined);
      await assert.rejects(running.ask('/slow'));
      finish.resolve();
      for (const { status } of await Promise.all(answers)) assert.equal(status, 200);
      assert.deepEqual(running.dropped, ['peer_full']);
    });
  });

  it('a known sender has no more than a quarter', async () => {
    await withServer(
      { routes: [root, vouched], limits: limits({ connectionsMax: 40, connectionsPerPeerMax: 40 }) },
      async (running) => {
        const sockets: Socket[] = [];
        for (let i = 0; i < 15; i++) sockets.push(await asked(running.port, '/vouched'));
        await eventually('those over it to be ended', () => running.dropped.length === 5 || undefined);
        assert.deepEqual([...new Set(running.dropped)], ['sender_full']);
        for (const socket of sockets) socket.destroy();
      },
    );
  });

  it('the limit of all holds where that of an address does not', async () => {
    await withServer(
      { routes: [root], limits: limits({ connectionsPerPeerMax: MAX + 1 }) },
      async (running) => {
        const sockets = await fill(running, MAX, () => silent(running.port));
        assert.equal((await running.ask('/')).status, 200);
        assert.deepEqual(running.dropped, ['full']);
        for (const socket of sockets) socket.destroy();
      },
    );
  });
});
