/**
 * Client certificates over real TLS connections: which of them make a sender known, and what others are told.
 */
import { ArrivalsError } from '@arrivals/core';
import { authorize, json, listen, type Route, type Senders } from '@arrivals/host';
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import {
  type Authority,
  authority,
  leaf,
  type LeafOptions,
  type Pair,
  tlsFiles,
} from '../../support/certificates.ts';
import { received, withServer } from './http.ts';

const SENDERS: Senders = new Map([['cert-cn:prod', new Set(['prod'])]]);
const REQUEST = 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';

/** Answers who was known, or the refusal. @param later how far the server's clock is ahead */
function route(senders: Senders, laterMs = 0): Route {
  return {
    method: 'GET',
    path: '/',
    handle: ({ message }) => {
      authorize(message, 'prod', senders, Date.now() + laterMs);
      return Promise.resolve(json('known'));
    },
  };
}

describe('a client certificate', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'arrivals-clients-'));
  let ca: Authority;
  let tls: { readonly certFile: string; readonly keyFile: string; readonly clientCaFile: string };

  before(async () => {
    ca = await authority();
    tls = await tlsFiles(folder, ca);
  });

  after(() => {
    rmSync(folder, { recursive: true });
  });

  async function open(
    port: number,
    pair: Partial<Pair>,
    options: ConnectionOptions = {},
  ): Promise<TLSSocket> {
    const socket = connect({
      host: '127.0.0.1',
      port,
      ca: ca.cert,
      servername: 'localhost',
      ...pair,
      ...options,
    });
    await once(socket, 'secureConnect');
    return socket;
  }

  async function ask(port: number, pair: Partial<Pair>, options: ConnectionOptions = {}): Promise<string> {
    const socket = await open(port, pair, options);
    socket.write(REQUEST);
    return received(socket);
  }

  /** What the server answers to one who shows this certificate. */
  async function answerTo(pair: Partial<Pair>, senders = SENDERS, laterMs = 0): Promise<string> {
    let answer = '';
    await withServer({ routes: [route(senders, laterMs)], tls }, async ({ port }) => {
      answer = await ask(port, pair);
    });
    return answer;
  }

  const made = (options: LeafOptions) => leaf(ca, options);

  it('makes its common name known', async () => {
    assert.match(await answerTo(await made({})), /^HTTP\/1\.1 200 /);
  });

  it('makes its digest known, whatever its name', async () => {
    const pair = await made({ names: ['other'] });
    const digest = new X509Certificate(pair.cert).fingerprint256.replaceAll(':', '').toLowerCase();
    assert.match(
      await answerTo(pair, new Map([[`cert-sha256:${digest}`, new Set(['prod'])]])),
      /^HTTP\/1\.1 200 /,
    );
  });

  it('counts without any extended key usage, which restricts nothing', async () => {
    assert.match(await answerTo(await made({ usage: null })), /^HTTP\/1\.1 200 /);
  });

  for (const [what, make, told] of [
    [
      'that another CA signed, with the right name',
      async () => leaf(await authority('other-ca'), {}),
      'UNABLE_TO_',
    ],
    [
      'that another CA of the same name signed',
      async () => leaf(await authority(), {}),
      'CERT_SIGNATURE_FAILURE',
    ],
    ['that is a CA of its own', () => authority('prod'), 'certificate \\"prod\\" that is not accepted'],
    ['that has expired', () => made({ validFromMs: -3_600_000, validToMs: -1000 }), 'CERT_HAS_EXPIRED'],
    ['that is not valid yet', () => made({ validFromMs: 1_800_000 }), 'CERT_NOT_YET_VALID'],
    ['for servers alone', () => made({ usage: 'server' }), 'INVALID_PURPOSE'],
    ['of another name', () => made({ names: ['staging'] }), 'certificate \\"staging\\"'],
    ['of the name in capitals', () => made({ names: ['PROD'] }), 'certificate \\"PROD\\"'],
    ['of two names', () => made({ names: ['prod', 'staging'] }), 'certificate null'],
    ['of no name', () => made({ names: [] }), 'certificate null'],
    ['of a name with a zero in it', () => made({ names: ['prod\u0000.example'] }), 'certificate'],
    [
      'of a name that would break a line',
      () => made({ names: ['prod\n2026-11-25 known'] }),
      'certificate \\"prod\\\\n',
    ],
  ] as const) {
    it(`${what} makes nobody known, and is told so with a 401`, async () => {
      const answer = await answerTo(await make());
      assert.match(answer, /^HTTP\/1\.1 401 /);
      assert.match(answer, /^WWW-Authenticate: Bearer\r$/m);
      assert.match(answer, /"code":"sender_unknown"/);
      assert.ok(answer.includes(told), answer);
    });
  }

  it('no longer counts on a connection that outlives it', async () => {
    assert.match(
      await answerTo(await made({ validToMs: 60_000 }), SENDERS, 120_000),
      /^HTTP\/1\.1 401 [^]*CERT_HAS_EXPIRED/,
    );
  });

  it('is not demanded: who shows none is served, and told so where one is needed', async () => {
    const health: Route = { method: 'GET', path: '/healthz', handle: () => Promise.resolve(json('ok')) };
    await withServer({ routes: [health, route(SENDERS)], tls }, async ({ port }) => {
      const socket = await open(port, {});
      socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
      assert.match(String((await once(socket, 'data'))[0]), /^HTTP\/1\.1 200 /);
      socket.write(REQUEST);
      assert.match(await received(socket), /^HTTP\/1\.1 401 [^]*found no certificate and no token/);
    });
  });

  it('is not asked for by a server without the CAs', async () => {
    const { clientCaFile: _none, ...files } = tls;
    await withServer({ routes: [route(SENDERS)], tls: files }, async ({ port }) => {
      assert.match(await ask(port, await made({})), /^HTTP\/1\.1 401 [^]*found no certificate/);
    });
  });

  it('is not there on a plain connection', async () => {
    await withServer({ routes: [route(SENDERS)] }, async ({ ask: plain }) => {
      assert.equal((await plain('/')).status, 401);
    });
  });

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    // Node says `authorized` of a resumed TLS 1.3 session that never had a certificate.
    it(`is shown anew on each connection: ${version} sessions are not resumed`, async () => {
      await withServer({ routes: [route(SENDERS)], tls }, async ({ port }) => {
        const pair = await made({});
        const only = { minVersion: version, maxVersion: version };
        for (const [first, second, status] of [
          [pair, {}, 401],
          [{}, {}, 401],
          [{}, pair, 200],
          [await leaf(await authority(), {}), {}, 401],
        ] as const) {
          const socket = await open(port, first, only);
          let session: Buffer | undefined;
          socket.on('session', (issued: Buffer) => {
            session = issued;
          });
          socket.write(REQUEST);
          await received(socket);
          const again = await open(port, second, { ...only, session: session ?? socket.getSession() });
          assert.equal(again.isSessionReused(), false);
          again.write(REQUEST);
          assert.match(await received(again), new RegExp(`^HTTP/1.1 ${String(status)} `));
        }
      });
    });
  }

  it('cannot be exchanged in the middle of a connection', async () => {
    await withServer({ routes: [route(SENDERS)], tls }, async ({ port }) => {
      const socket = await open(port, await made({}), { maxVersion: 'TLSv1.2' });
      const ended = once(socket, 'error');
      socket.renegotiate({ rejectUnauthorized: false }, () => undefined);
      assert.match(String((await ended)[0]), /renegotiation/i);
    });
  });

  for (const version of ['TLSv1', 'TLSv1.1'] as const) {
    it(`is not taken over ${version}`, async () => {
      await withServer({ routes: [route(SENDERS)], tls }, async ({ port }) => {
        await assert.rejects(
          open(port, await made({}), {
            minVersion: version,
            maxVersion: version,
            ciphers: 'DEFAULT@SECLEVEL=0',
          }),
        );
      });
    });
  }

  for (const [what, text] of [
    ['empty', ''],
    ['no PEM', 'no certificate'],
    ['a broken certificate', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'],
  ] as const) {
    it(`cannot be verified against a file of CAs that is ${what}: the server does not start`, async () => {
      const clientCaFile = path.join(folder, 'bad.pem');
      writeFileSync(clientCaFile, text);
      await assert.rejects(
        listen({
          host: '127.0.0.1',
          port: 0,
          routes: [],
          onRefused: () => undefined,
          tls: { ...tls, clientCaFile },
        }),
        (error) => error instanceof ArrivalsError && error.code === 'config_invalid',
      );
    });
  }

  it('may be signed by any of several CAs', async () => {
    const other = await authority('other-ca');
    const clientCaFile = path.join(folder, 'two.pem');
    writeFileSync(clientCaFile, `# ours\n${ca.cert}\n# theirs\n${other.cert}\n`);
    await withServer({ routes: [route(SENDERS)], tls: { ...tls, clientCaFile } }, async ({ port }) => {
      for (const pair of [await made({}), await leaf(other, {})])
        assert.match(await ask(port, pair), /^HTTP\/1\.1 200 /);
    });
  });
});
