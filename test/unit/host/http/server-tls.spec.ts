/**
 * Whom a TLS server trusts, changed while it serves: revocation lists, CAs and its own certificate are read
 * anew.
 */
import { type ArrivalsError, maskText } from '@arrivals/core';
import { authorize, json, knownByCertificate, type Route, type Senders } from '@arrivals/host';
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import {
  type Authority,
  authority,
  leaf,
  type Pair,
  revocationList as listOf,
  tlsFiles,
} from '../../../support/certificates.ts';
import { eventually } from '../../../support/eventually.ts';
import { received, type Running, withServer } from '../http.ts';

const SENDERS: Senders = new Map([['cert-cn:prod', new Set(['prod'])]]);

const route: Route = {
  method: 'GET',
  path: '/',
  handle: ({ message }) => {
    authorize(message, 'prod', SENDERS, Date.now());
    return Promise.resolve(json('known'));
  },
};

describe('a TLS server whose files change', () => {
  let folder: string;
  let ca: Authority;
  let sender: Pair;
  let tls: {
    readonly certFile: string;
    readonly keyFile: string;
    readonly clientCaFile: string;
    readonly crlFile: string;
  };
  let told: (readonly [string, string])[];

  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'arrivals-trust-'));
    ca = await authority();
    sender = await leaf(ca, {});
    tls = { ...(await tlsFiles(folder, ca)), crlFile: path.join(folder, 'crl.pem') };
    writeFileSync(tls.crlFile, await listOf(ca, []));
    told = [];
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const serving = (test: (running: Running) => Promise<void>) =>
    withServer(
      {
        routes: [route],
        tls,
        reload: { everyMs: 20, onReload: (_of, outcome, detail) => told.push([outcome, detail]) },
        senderOf: (socket) => knownByCertificate(socket, SENDERS, Date.now()),
      },
      test,
    );
  const told1 = (outcome: string) =>
    eventually(outcome, () => told.some(([found]) => found === outcome) || undefined);

  async function open(port: number, pair: Pair = sender): Promise<TLSSocket> {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...pair });
    socket.on('error', () => undefined);
    await once(socket, 'secureConnect');
    return socket;
  }
  async function ask(port: number, pair: Pair = sender): Promise<string> {
    const socket = await open(port, pair);
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    return received(socket);
  }

  it('is refused with the names of its settings where a file is not there, in words that the log does not mask', async () => {
    const missing = { ...tls, keyFile: path.join(folder, 'none.key') };
    await assert.rejects(
      withServer({ routes: [route], tls: missing }, () => Promise.resolve()),
      ({ code, message }: ArrivalsError) => {
        assert.equal(code, 'config_invalid');
        assert.match(
          message,
          /^ARRIVALS_TLS_CERT_FILE, ARRIVALS_TLS_KEY_FILE, ARRIVALS_TLS_CLIENT_CA_FILE: expected .* found: ENOENT.*none\.key/,
        );
        assert.equal(maskText(message), message);
        return true;
      },
    );
  });

  it('refuses a certificate from when it is revoked, and no other', async () => {
    const other = await leaf(ca, {});
    await serving(async ({ port }) => {
      assert.match(await ask(port), /^HTTP\/1\.1 200 /);
      writeFileSync(tls.crlFile, await listOf(ca, [sender]));
      await told1('used');
      assert.match(await ask(port), /^HTTP\/1\.1 401 [^]*CERT_REVOKED/);
      assert.match(await ask(port, other), /^HTTP\/1\.1 200 /);
    });
  });

  it('ends connections whose certificates were judged before, so that none of them is asked on', async () => {
    await serving(async ({ port, dropped }) => {
      const socket = await open(port);
      socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
      await once(socket, 'data');
      const closed = once(socket, 'close');
      writeFileSync(tls.crlFile, await listOf(ca, [sender]));
      await closed;
      assert.deepEqual(dropped, ['trust_changed']);
    });
  });

  it('takes another CA', async () => {
    const next = await authority('next-ca');
    const successor = await leaf(next, {});
    await serving(async ({ port }) => {
      assert.match(await ask(port, successor), /^HTTP\/1\.1 401 /);
      writeFileSync(tls.clientCaFile, `${ca.cert}\n${next.cert}`);
      writeFileSync(tls.crlFile, `${await listOf(ca, [])}\n${await listOf(next, [])}`);
      await told1('used');
      assert.match(await ask(port, successor), /^HTTP\/1\.1 200 /);
      assert.match(await ask(port), /^HTTP\/1\.1 200 /);
    });
  });

  it('takes a new certificate of its own, and ends no connection for it', async () => {
    const renewed = await leaf(ca, { names: ['renewed'], usage: 'server' });
    await serving(async ({ port, dropped }) => {
      const before = await open(port);
      writeFileSync(tls.certFile, renewed.cert);
      writeFileSync(tls.keyFile, renewed.key);
      await told1('used');
      const after = await open(port);
      assert.equal(new X509Certificate(after.getPeerX509Certificate()?.raw ?? '').subject, 'CN=renewed');
      assert.deepEqual([before.destroyed, dropped], [false, []]);
      for (const socket of [before, after]) socket.destroy();
    });
  });

  for (const [what, change] of [
    [
      'a certificate without its key',
      async () => {
        writeFileSync(tls.certFile, (await leaf(ca, { usage: 'server' })).cert);
      },
    ],
    [
      'no revocation list',
      () => {
        writeFileSync(tls.crlFile, '');
      },
    ],
    [
      'a revocation list that is none',
      () => {
        writeFileSync(tls.crlFile, '-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n');
      },
    ],
    [
      'no CA',
      () => {
        writeFileSync(tls.clientCaFile, 'none');
      },
    ],
    [
      'a file that is gone',
      () => {
        rmSync(tls.keyFile);
      },
    ],
  ] as const) {
    it(`goes on with what it has when there is ${what}, and says so once`, async () => {
      await serving(async ({ port }) => {
        await change();
        await told1('unusable');
        assert.match(await ask(port), /^HTTP\/1\.1 200 /);
        assert.equal(told.length, 1);
      });
    });
  }

  it('knows nobody by a list that has expired', async () => {
    writeFileSync(tls.crlFile, await listOf(ca, [], -1000));
    await serving(async ({ port }) => {
      assert.match(await ask(port), /^HTTP\/1\.1 401 [^]*CRL_HAS_EXPIRED/);
    });
  });
});
