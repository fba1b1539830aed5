/** By which names a server may be asked, and that a request names exactly one. */
import { checkReaderHost, DEFAULT_CONNECTION_LIMITS, json, parseHosts, type Route } from '@arrivals/host';
import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { received, connected, get, withServer } from '../http.ts';
import { connect } from 'node:net';
import { once } from 'node:events';

const probe: Route = { ...get('/healthz', () => Promise.resolve(json('ok'))), anyHost: true };
const ROUTES = [get('/', () => Promise.resolve(json('root'))), probe];
const LISTED = {
  routes: ROUTES,
  host: '0.0.0.0',
  hosts: parseHosts('Arrivals.example, [2001:db8::1],10.9.8.7,other:8443'),
  limits: DEFAULT_CONNECTION_LIMITS,
};

describe('the Host headers of a request', () => {
  for (const host of ['127.0.0.1', '0.0.0.0']) {
    for (const [what, headers] of [
      ['two', 'Host: localhost\r\nHost: evil.example\r\n'],
      ['two alike', 'Host: localhost\r\nhost: localhost\r\n'],
      ['none', ''],
    ] as const) {
      it(`are refused with 400 when there are ${what}, on ${host}`, async () => {
        await withServer({ routes: ROUTES, host }, async ({ send, refused }) => {
          assert.match(
            await send(`GET / HTTP/1.1\r\n${headers}Connection: close\r\n\r\n`),
            /^HTTP\/1\.1 400 [^]*"code":"request_malformed"/,
          );
          assert.equal(refused.length, 1);
        });
      });
    }
  }

  it('may be missing in HTTP/1.0, as of a load balancer that probes', async () => {
    await withServer({ routes: ROUTES, host: '0.0.0.0' }, async ({ send }) => {
      assert.match(await send('GET /healthz HTTP/1.0\r\n\r\n'), /^HTTP\/1\.1 200 /);
    });
  });
});

describe('a list of hosts', () => {
  for (const [host, status] of [
    ['arrivals.example', 200],
    ['ARRIVALS.example:8080', 200],
    ['[2001:db8::1]:443', 200],
    ['10.9.8.7', 200],
    ['other', 200],
    ['localhost', 200],
    ['127.0.0.1:8080', 200],
    ['evil.example', 421],
    ['arrivals.example.evil.example', 421],
    ['10.9.8.6', 421],
  ] as const) {
    it(`answers a request of this machine to ${host} with ${String(status)}`, async () => {
      await withServer(LISTED, async ({ ask }) => {
        assert.equal((await ask('/', { headers: { Host: host } })).status, status);
        assert.equal((await ask('/healthz', { headers: { Host: host } })).status, 200);
      });
    });
  }

  it('has the address that a request came in on, and not loopback’s names for others', async () => {
    const found = Object.values(networkInterfaces())
      .flat()
      .find((one) => one?.family === 'IPv4' && !one.internal)?.address;
    // A machine without a network has no other address to ask from.
    if (found === undefined) return;
    await withServer(LISTED, async ({ port }) => {
      for (const [host, status] of [
        [found, 200],
        ['localhost', 421],
      ] as const) {
        const socket = connect(port, found);
        await once(socket, 'connect');
        socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
        assert.match(await received(socket), new RegExp(`^HTTP/1.1 ${String(status)} `));
      }
    });
  });

  it('says nothing on loopback, where loopback’s names alone count', async () => {
    await withServer({ ...LISTED, host: '127.0.0.1' }, async ({ port }) => {
      const socket = await connected(port);
      socket.write('GET / HTTP/1.1\r\nHost: arrivals.example\r\nConnection: close\r\n\r\n');
      assert.match(await received(socket), /^HTTP\/1\.1 421 /);
    });
  });
});

describe('the host under which others read alerts', () => {
  const listed = parseHosts('arrivals.example');
  for (const host of [
    '10.0.0.5:8080',
    '[2001:db8::1]',
    'arrivals',
    'arrivals.ns.svc',
    'a.ns.svc.cluster.local',
    'db.internal',
    'arrivals.example:8080',
  ]) {
    it(`may be ${host}`, () => {
      checkReaderHost({ headers: { host } }, listed);
    });
  }
  for (const host of [
    'evil.example',
    'arrivals.example.com',
    'evil.example:8080',
    '',
    '10.0.0.5.nip.io',
    'local.example',
  ]) {
    it(`may not be ${JSON.stringify(host)}, which a web page can have`, () => {
      assert.throws(() => {
        checkReaderHost({ headers: { host } }, listed);
      }, /host_unexpected|an address/);
    });
  }
});
