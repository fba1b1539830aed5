/** Who may send: the real process over https, with what `arrivals certs init` and `arrivals token` made. */
import assert from 'node:assert/strict';
import { createHash, randomUUID, X509Certificate } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import path from 'node:path';
import { alertsIn, arrivals, type Finished, RunningArrivals } from '../support/arrivals.ts';
import { eventList, podCreation } from '../support/audit-events.ts';
import { eventually } from '../support/eventually.ts';
import { ask, type HttpsOptions, type HttpsReply } from '../support/https.ts';
import { removeFolder, temporaryFolder } from '../support/temporary.ts';

/** The settings that `arrivals certs init` prints, but on a free port. */
function settingsIn(stdout: string): Record<string, string> {
  const lines = [...stdout.matchAll(/^export (ARRIVALS_\w+)='?([^'\n]*)'?$/gm)].map(
    ([, name = '', value = '']) => [name, value] as const,
  );
  return Object.fromEntries(lines.filter(([name]) => name !== 'ARRIVALS_LISTEN_PORT'));
}

describe('who may send', function () {
  this.timeout(60_000);
  let folder: string;
  let certs: string;
  let made: Finished;
  let running: RunningArrivals;
  let token: string;
  let port: string;

  const inCerts = (name: string) => path.join(certs, name);
  const pem = (name: string) => readFileSync(inCerts(name), 'utf8');
  const start = () => RunningArrivals.start(path.join(folder, 'data'), settingsIn(made.stdout));
  const url = (pathname: string, host = '127.0.0.1') => `https://${host}:${port}${pathname}`;
  const get = (pathname: string, options: Partial<HttpsOptions> = {}) =>
    ask(url(pathname), { ca: pem('ca.crt'), ...options });
  const sender = (cluster: string) => ({
    cert: pem(`sender-${cluster}.crt`),
    key: pem(`sender-${cluster}.key`),
  });
  const bearer = (text: string) => ({ headers: { Authorization: `Bearer ${text}` } });
  const post = (cluster: string, options: Partial<HttpsOptions> = {}, body = eventList([podCreation()])) =>
    get(`/v1/clusters/${cluster}/audit`, { body, ...options });
  const codeOf = ({ status, text }: HttpsReply) => [
    status,
    (JSON.parse(text) as { readonly error?: { readonly code: string } }).error?.code,
  ];
  const alertOf = (uid: string) =>
    eventually('the alert', async () => {
      const { stdout, stderr } = await arrivals([
        'alerts',
        '--url',
        url(''),
        '--ca-file',
        inCerts('ca.crt'),
        '--last',
        '1000',
      ]);
      assert.equal(stderr, '');
      return alertsIn(stdout).find(({ object }) => object.uid === uid);
    });

  before(async () => {
    folder = await temporaryFolder();
    certs = path.join(folder, 'certs of ours');
    made = await arrivals([
      'certs',
      'init',
      '--cluster',
      'prod',
      '--cluster',
      'staging',
      '--host',
      '192.0.2.5',
      '--out',
      certs,
    ]);
    assert.equal(made.code, 0, made.stderr);
    const issued = await arrivals(['token', '--cluster', 'prod', '--senders', inCerts('senders')]);
    assert.deepEqual([issued.code, issued.stderr], [0, '']);
    token = issued.stdout.trimEnd();
    writeFileSync(path.join(folder, 'token'), issued.stdout);
    running = await start();
    ({ port } = new URL(running.url));
  });
  after(async () => {
    await running.stop();
    await removeFolder(folder);
  });

  it('takes a batch over a client certificate, and makes the alert', async () => {
    const uid = randomUUID();
    const { status, text } = await post('prod', sender('prod'), eventList([podCreation({ uid })]));
    assert.deepEqual([status, JSON.parse(text)], [200, { accepted: 1, deadLettered: 0 }]);
    assert.equal((await alertOf(uid)).cluster, 'prod');
  });

  it('takes a batch with a token, and makes the alert', async () => {
    const uid = randomUUID();
    assert.equal((await post('prod', bearer(token), eventList([podCreation({ uid })]))).status, 200);
    assert.equal((await alertOf(uid)).cluster, 'prod');
  });

  it('takes a batch when either of certificate and token is the cluster’s', async () => {
    assert.equal((await post('prod', { ...sender('staging'), ...bearer(token) })).status, 200);
    assert.equal((await post('staging', { ...sender('staging'), ...bearer(token) })).status, 200);
    assert.equal((await post('staging', { ...sender('staging'), ...bearer('unknown') })).status, 200);
  });

  it('refuses another cluster’s path with 403, counts it and logs who it was', async () => {
    assert.deepEqual(codeOf(await post('staging', sender('prod'))), [403, 'sender_forbidden']);
    assert.deepEqual(codeOf(await post('staging', bearer(token))), [403, 'sender_forbidden']);
    assert.deepEqual(codeOf(await post('nowhere', bearer(token))), [403, 'sender_forbidden']);
    assert.match(
      (await get('/metrics')).text,
      /^arrivals_requests_refused_total\{code="sender_forbidden"\} 3$/m,
    );
    const logged = running.output.split('\n').filter((line) => line.includes('"sender_forbidden"'));
    assert.ok(logged.some((line) => line.includes('staging') && line.includes('certificate \\"prod\\"')));
    assert.ok(
      logged.some(
        (line) =>
          line.includes('staging') &&
          line.includes(createHash('sha256').update(token).digest('hex').slice(0, 8)),
      ),
    );
    for (const line of logged) JSON.parse(line);
  });

  it('refuses a sender without credentials with 401, and names the accepted ones', async () => {
    const reply = await post('prod');
    assert.deepEqual(codeOf(reply), [401, 'sender_unknown']);
    assert.equal(reply.headers['www-authenticate'], 'Bearer');
    assert.match(
      (await get('/metrics')).text,
      /^arrivals_requests_refused_total\{code="sender_unknown"\} \d+$/m,
    );
  });

  it('refuses a certificate of the right name by another CA with 401', async () => {
    const other = path.join(folder, 'other');
    assert.equal(
      (await arrivals(['certs', 'init', '--cluster', 'prod', '--host', '127.0.0.1', '--out', other])).code,
      0,
    );
    const [cert, key] = ['crt', 'key'].map((end) =>
      readFileSync(path.join(other, `sender-prod.${end}`), 'utf8'),
    );
    assert.deepEqual(codeOf(await post('prod', { cert: cert ?? '', key: key ?? '' })), [
      401,
      'sender_unknown',
    ]);
  });

  it('refuses the server’s own certificate as a sender’s', async () => {
    assert.deepEqual(codeOf(await post('prod', { cert: pem('server.crt'), key: pem('server.key') })), [
      401,
      'sender_unknown',
    ]);
  });

  it('never logs a token', async () => {
    const secret = `secret-${randomUUID()}`;
    for (const text of [secret, `${secret} ${secret}`]) await post('prod', bearer(text));
    assert.ok(!running.output.includes(secret));
    assert.ok(!running.output.includes(token));
  });

  describe('what is read', () => {
    /** As a web page's request under its own name, or a proxy's. */
    const elsewhere = (headers: Readonly<Record<string, string>> = {}) => ({
      headers: { Host: 'arrivals.example', ...headers },
      servername: 'localhost',
    });

    it('is health, metrics and the ledger for everybody', async () => {
      for (const pathname of ['/healthz', '/readyz', '/metrics', '/v1/ledger'])
        assert.equal((await get(pathname, elsewhere())).status, 200, pathname);
    });

    it('is alerts and dead letters for this machine alone', async () => {
      for (const pathname of ['/v1/alerts', '/v1/dead-letters']) {
        assert.equal((await get(pathname)).status, 200);
        assert.deepEqual(codeOf(await get(pathname, elsewhere())), [403, 'reader_not_local']);
        assert.deepEqual(codeOf(await get(pathname, elsewhere({ Authorization: `Bearer ${token}` }))), [
          403,
          'reader_not_local',
        ]);
      }
    });

    it('is not local by another of this machine’s addresses, whatever the Host header', async () => {
      const address = Object.values(networkInterfaces())
        .flat()
        .find((found) => found?.family === 'IPv4' && !found.internal)?.address;
      // A machine without a network has no other address to ask from.
      if (address === undefined) return;
      const reply = await ask(url('/v1/alerts', address), {
        ca: pem('ca.crt'),
        headers: { Host: 'localhost' },
        servername: 'localhost',
      });
      assert.deepEqual(codeOf(reply), [403, 'reader_not_local']);
    });

    it('gets an error that names the missing CA', async () => {
      const { code, stderr } = await arrivals(['alerts', '--url', url('')]);
      assert.equal(code, 1);
      assert.match(stderr, /--ca-file/);
    });
  });

  describe('arrivals replay', () => {
    const replay = (cluster: string, ...more: readonly string[]) =>
      arrivals([
        'replay',
        '--to',
        url(''),
        '--cluster',
        cluster,
        '--ca-file',
        inCerts('ca.crt'),
        ...more,
        'samples/new-pod.jsonl',
      ]);

    it('shows a certificate, in the very words that certs init printed', async () => {
      const [, words = ''] = /^\S+arrivals (replay .*)$/m.exec(made.stdout) ?? [];
      const args = [...words.replace(/:8080\b/, `:${port}`).matchAll(/'([^']*)'|(\S+)/g)].map(
        ([, quoted, plain]) => quoted ?? plain ?? '',
      );
      const { code, stderr } = await arrivals(args);
      assert.equal(code, 0, stderr);
    });

    it('shows a token', async () => {
      assert.equal((await replay('prod', '--token-file', path.join(folder, 'token'))).code, 0);
    });

    it('is refused once, and not again and again', async () => {
      for (const [cluster, more, code] of [
        ['prod', [], 'sender_unknown'],
        ['staging', ['--token-file', path.join(folder, 'token')], 'sender_forbidden'],
      ] as const) {
        const finished = await replay(cluster, ...more);
        assert.equal(finished.code, 1);
        assert.match(finished.stderr, new RegExp(code));
        assert.doesNotMatch(finished.stderr, /retrying/);
      }
    });
  });

  it('takes a further cluster after certs add, without a restart', async () => {
    const added = await arrivals(['certs', 'add', '--cluster', 'edge-1', '--out', certs]);
    assert.equal(added.code, 0, added.stderr);
    await eventually(
      'the new sender to be known',
      async () => (await post('edge-1', sender('edge-1'))).status === 200 || undefined,
    );
    assert.equal((await post('prod', bearer(token))).status, 200);
  });

  it('refuses a certificate after certs revoke, without a restart, and takes its successor', async () => {
    const revoked = sender('edge-1');
    const { code, stdout, stderr } = await arrivals(['certs', 'revoke', 'edge-1', '--out', certs]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /ARRIVALS_TLS_CRL_FILE=.*crl\.pem/);
    await eventually(
      'the certificate to be refused',
      async () => (await post('edge-1', revoked)).text.includes('CERT_REVOKED') || undefined,
    );
    assert.equal((await post('prod', sender('prod'))).status, 200);
    for (const name of ['sender-edge-1.crt', 'sender-edge-1.key', 'audit-webhook-edge-1.kubeconfig'])
      renameSync(inCerts(name), path.join(folder, name));
    assert.equal((await arrivals(['certs', 'add', '--cluster', 'edge-1', '--out', certs])).code, 0);
    assert.equal((await post('edge-1', sender('edge-1'))).status, 200);
    assert.match(
      (await get('/metrics')).text,
      /^arrivals_files_reloaded_total\{of="tls",outcome="used"\} 1$/m,
    );
  });

  it('revokes one certificate after the other, and none of another CA', async () => {
    const crl = () => pem('crl.pem').length;
    const before = crl();
    assert.equal(
      (await arrivals(['certs', 'revoke', '--cert-file', inCerts('sender-staging.crt'), '--out', certs]))
        .code,
      0,
    );
    assert.ok(crl() > before);
    const foreign = await arrivals([
      'certs',
      'revoke',
      '--cert-file',
      path.join(folder, 'other', 'sender-prod.crt'),
      '--out',
      certs,
    ]);
    assert.equal(foreign.code, 1);
    assert.match(foreign.stderr, /input_unreadable/);
    for (const cluster of ['staging', 'edge-1']) {
      const cert =
        cluster === 'edge-1'
          ? readFileSync(path.join(folder, 'sender-edge-1.crt'), 'utf8')
          : pem('sender-staging.crt');
      const key =
        cluster === 'edge-1'
          ? readFileSync(path.join(folder, 'sender-edge-1.key'), 'utf8')
          : pem('sender-staging.key');
      await eventually(
        `${cluster} to be refused`,
        async () => (await post(cluster, { cert, key })).text.includes('CERT_REVOKED') || undefined,
      );
    }
  });

  it('starts again with what is there', async () => {
    assert.equal(await running.stop(), 0);
    running = await start();
    ({ port } = new URL(running.url));
    assert.equal((await post('edge-1', sender('edge-1'))).status, 200);
    assert.equal((await post('prod', bearer(token))).status, 200);
  });

  describe('the kubeconfig', () => {
    const dataOf = (text: string, name: string) =>
      Buffer.from(new RegExp(`${name}: (\\S+)`).exec(text)?.[1] ?? '', 'base64').toString();

    it('is self-contained: its own data reach the server and are known', async () => {
      const text = pem('audit-webhook-prod.kubeconfig');
      assert.match(text, /server: "https:\/\/192\.0\.2\.5:8080\/v1\/clusters\/prod\/audit"/);
      const [ca, cert, key] = [
        'certificate-authority-data',
        'client-certificate-data',
        'client-key-data',
      ].map((name) => dataOf(text, name));
      assert.equal(
        (
          await ask(url('/v1/clusters/prod/audit'), {
            ca: ca ?? '',
            cert: cert ?? '',
            key: key ?? '',
            body: eventList([]),
          })
        ).status,
        200,
      );
    });

    it('is what webhook-config prints with the files, with a token as well', async () => {
      const args = [
        'webhook-config',
        '--cluster',
        'prod',
        '--url',
        'https://192.0.2.5:8080',
        '--part',
        'kubeconfig',
        '--ca-file',
        inCerts('ca.crt'),
      ];
      const files = [
        '--client-cert-file',
        inCerts('sender-prod.crt'),
        '--client-key-file',
        inCerts('sender-prod.key'),
      ];
      assert.equal((await arrivals([...args, ...files])).stdout, pem('audit-webhook-prod.kubeconfig'));
      assert.match(
        (await arrivals([...args, '--token-file', path.join(folder, 'token')])).stdout,
        new RegExp(`^ {6}token: "${token}"$`, 'm'),
      );
    });

    for (const [what, more, told] of [
      [
        'a token over http',
        ['--url', 'http://127.0.0.1:8080', '--token-file', 'package.json'],
        /--token-file/,
      ],
      [
        'a CA over http',
        ['--url', 'http://127.0.0.1:8080', '--ca-file', 'package.json'],
        /--ca-file: expected an https URL/,
      ],
      [
        'a certificate without its key',
        ['--url', 'https://a:1', '--client-cert-file', 'package.json'],
        /both or neither/,
      ],
      [
        'a token file with several words',
        ['--url', 'https://a:1', '--token-file', 'package.json'],
        /one token/,
      ],
    ] as const) {
      it(`is refused with ${what}`, async () => {
        const { code, stderr } = await arrivals(['webhook-config', '--cluster', 'prod', ...more]);
        assert.notEqual(code, 0);
        assert.match(stderr, told);
      });
    }
  });

  describe('the files of arrivals certs', () => {
    it('show keys to their owner alone', () => {
      assert.equal(statSync(certs).mode & 0o777, 0o700);
      for (const name of readdirSync(certs)) {
        const secret = name.endsWith('.key') || name.endsWith('.kubeconfig');
        assert.equal(
          statSync(inCerts(name)).mode & 0o077,
          secret ? 0 : statSync(inCerts(name)).mode & 0o044,
          name,
        );
      }
    });

    it('are never overwritten', async () => {
      const before = readdirSync(certs).map((name) => pem(name));
      for (const args of [
        ['init', '--cluster', 'new', '--host', '127.0.0.1'],
        ['add', '--cluster', 'new', '--cluster', 'prod'],
        ['add', '--host', '127.0.0.1'],
      ]) {
        const { code, stderr } = await arrivals(['certs', ...args, '--out', certs]);
        assert.equal(code, 1);
        assert.match(stderr, /output_exists/);
      }
      assert.deepEqual(
        readdirSync(certs).map((name) => pem(name)),
        before,
      );
    });

    it('hold certificates that the CA signed, for the hosts and for localhost', () => {
      const ca = new X509Certificate(pem('ca.crt'));
      for (const name of ['server', 'sender-prod'])
        assert.ok(new X509Certificate(pem(`${name}.crt`)).checkIssued(ca));
      const server = new X509Certificate(pem('server.crt'));
      assert.ok(['192.0.2.5', '127.0.0.1', '::1'].every((address) => server.checkIP(address) !== undefined));
      assert.ok(server.checkHost('localhost'));
      assert.equal(server.checkIP('192.0.2.6'), undefined);
    });
  });
});

describe('the arguments of arrivals certs and arrivals token', function () {
  this.timeout(30_000);

  it('is explained under each of their names', async () => {
    for (const args of [
      ['certs', 'init', '--help'],
      ['certs', 'add', '-h'],
      ['certs', 'revoke', '--help'],
      ['help', 'certs', 'init'],
      ['token', '--help'],
    ]) {
      const { code, stdout } = await arrivals(args);
      assert.equal(code, 0);
      assert.match(stdout, /^Usage: arrivals [^]*Example: /);
    }
    const { code, stdout } = await arrivals(['certs']);
    assert.equal(code, 0);
    assert.match(stdout, /^Usage: arrivals certs init\|add/);
  });

  for (const [what, args] of [
    ['no cluster', ['init', '--host', '127.0.0.1']],
    ['no host', ['init', '--cluster', 'prod']],
    ['a cluster name that is none', ['init', '--cluster', 'Prod', '--host', '127.0.0.1']],
    ['a host with a port', ['init', '--cluster', 'prod', '--host', '127.0.0.1:8080']],
    ['a host that is a URL', ['init', '--cluster', 'prod', '--host', 'https://a']],
    ['an http URL', ['init', '--cluster', 'prod', '--url', 'http://a']],
    ['days without end', ['init', '--cluster', 'prod', '--host', 'a', '--days', '4000']],
    ['nothing to add', ['add']],
    ['nothing to revoke', ['revoke']],
  ] as const) {
    it(`is refused with ${what}, and nothing is written`, async () => {
      const folder = await temporaryFolder();
      assert.equal((await arrivals(['certs', ...args, '--out', path.join(folder, 'certs')])).code, 64);
      assert.ok(!existsSync(path.join(folder, 'certs')));
      await removeFolder(folder);
    });
  }

  it('is the token on stdout and its line, without the token, on stderr', async () => {
    const { code, stdout, stderr } = await arrivals(['token', '--cluster', 'prod']);
    assert.equal(code, 0);
    assert.match(stdout, /^[\w-]{43}\n$/);
    assert.equal(
      stderr,
      `prod token-sha256:${createHash('sha256').update(stdout.trimEnd()).digest('hex')}\n`,
    );
  });

  it('is a senders file that is begun, and one that does not end with a line feed', async () => {
    const folder = await temporaryFolder();
    const file = path.join(folder, 'senders');
    await arrivals(['token', '--cluster', 'prod', '--senders', file]);
    writeFileSync(file, readFileSync(file, 'utf8').trimEnd());
    await arrivals(['token', '--cluster', 'edge-1', '--senders', file]);
    assert.match(
      readFileSync(file, 'utf8'),
      /^# .*\nprod token-sha256:[0-9a-f]{64}\nedge-1 token-sha256:[0-9a-f]{64}\n$/,
    );
    await removeFolder(folder);
  });
});
