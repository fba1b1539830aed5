/**
 * Reading settings from an environment: defaults, ranges, everything wrong at once, and what does not go
 * together.
 */
import { ArrivalsError } from '@arrivals/core';
import {
  CLUSTERS_MAX,
  type Config,
  describeRange,
  isLoopback,
  OFF_LOOPBACK,
  readConfig,
  type ServiceName,
  type SettingRow,
  SETTINGS,
} from '@arrivals/host';
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

type Env = Readonly<Record<string, string>>;

/** The lines of what readConfig reports. */
function problemsOf(env: Env, service?: ServiceName): readonly string[] {
  try {
    readConfig(env, service);
    return [];
  } catch (error) {
    assert.ok(error instanceof ArrivalsError && error.code === 'config_invalid');
    return error.message.split('\n');
  }
}

/** The environment must be refused, with exactly one problem, which names the variable. */
function assertRefused(env: Env, variable: string, told = ''): void {
  const [problem = '', ...others] = problemsOf(env);
  assert.deepEqual(others, []);
  assert.ok(problem.startsWith(variable), problem);
  assert.ok(problem.includes(told), problem);
}

describe('settings', () => {
  it('have their defaults when nothing is set, or something is set to nothing', () => {
    const { clusters, senders, readersLocal, ...rest } = readConfig({
      PATH: '/bin',
      HOME: '',
      ARRIVALS_LISTEN_PORT: '',
      ARRIVALS_LOG_LEVEL: '',
    });
    assert.deepEqual([clusters, senders, readersLocal], [new Set(['default']), null, true]);
    for (const [key, value] of Object.entries(rest))
      assert.equal(value, SETTINGS[key as keyof typeof SETTINGS].default, key);
  });

  it('have defaults that pass their own checks', () => {
    for (const row of Object.values(SETTINGS)) {
      if (row.type === 'integer') assert.ok(row.default >= row.min && row.default <= row.max, row.env);
      if (row.type === 'choice') assert.ok(row.choices.includes(row.default), row.env);
      if (row.type === 'text') assert.match(row.default, row.pattern, row.env);
    }
  });

  it('have the type of their rows: a choice is one of those that the row has', () => {
    const { redisMode, listenPort, group } = readConfig({ ARRIVALS_REDIS_MODE: 'sentinel' });
    const mode: 'single' | 'cluster' | 'sentinel' = redisMode;
    const [port, name]: [number, string] = [listenPort, group];
    assert.deepEqual([mode, port, name], ['sentinel', 8080, 'arrivals-processor']);
    assertRefused({ ARRIVALS_REDIS_MODE: 'Sentinel' }, 'ARRIVALS_REDIS_MODE', 'single, cluster, sentinel');
  });

  it('are read from the variables that are set', () => {
    const config: Config = readConfig({
      ARRIVALS_DATA_DIR: '/var/lib/arrivals',
      ARRIVALS_LISTEN_PORT: '0',
      ARRIVALS_LOG_LEVEL: 'debug',
      ARRIVALS_CLUSTERS: 'prod-eu, prod.us,,edge-1 ',
      ARRIVALS_BODY_BYTES_MAX: '1024',
      ARRIVALS_AUDIT_RETENTION_MS: '3600000',
    });
    assert.deepEqual(
      [config.dataDir, config.listenPort, config.logLevel, config.bodyBytesMax],
      ['/var/lib/arrivals', 0, 'debug', 1024],
    );
    assert.deepEqual([...config.clusters], ['prod-eu', 'prod.us', 'edge-1']);
    assert.equal(config.auditRetentionMs, 3_600_000);
  });

  const integers = Object.values(SETTINGS).flatMap((row) => (row.type === 'integer' ? [row] : []));
  for (const { env, min, max } of integers) {
    it(`take ${env} up to its bounds and not beyond`, () => {
      for (const value of [min - 1, max + 1])
        assert.ok(
          problemsOf({ [env]: String(value) }).some((line) =>
            line.startsWith(`${env}: expected ${String(min)} to ${String(max)}`),
          ),
        );
      for (const value of [min, max])
        assert.ok(
          !problemsOf({ [env]: String(value) }).some((line) =>
            line.startsWith(`${env}: expected ${String(min)} to`),
          ),
        );
    });
  }

  for (const text of [
    'x',
    '8080x',
    '0x50',
    '1e3',
    '8.5',
    '80 80',
    ' 8080',
    '+8080',
    '-',
    'NaN',
    'Infinity',
    '99999999999999999',
    '８０',
  ]) {
    it(`do not take ${JSON.stringify(text)} for a number`, () => {
      assertRefused({ ARRIVALS_LISTEN_PORT: text }, 'ARRIVALS_LISTEN_PORT', JSON.stringify(text));
    });
  }

  for (const text of ['verbose', 'INFO', 'info ', 'error,warn']) {
    it(`do not take ${JSON.stringify(text)} for a log level`, () => {
      assertRefused({ ARRIVALS_LOG_LEVEL: text }, 'ARRIVALS_LOG_LEVEL', 'error, warn, info, debug');
    });
  }

  it('are refused when a name that begins with ARRIVALS_ is none of them', () => {
    assertRefused({ ARRIVALS_LISTENPORT: '8080' }, 'ARRIVALS_LISTENPORT', 'no such setting');
    assertRefused({ ARRIVALS_: '' }, 'ARRIVALS_:', 'no such setting');
    assert.deepEqual(problemsOf({ ARRIVAL_X: '1', arrivals_listen_port: 'x', XARRIVALS_Y: '1' }), []);
  });

  it('are refused with every problem at once, each on its line', () => {
    const problems = problemsOf({
      ARRIVALS_LISTEN_PORT: '70000',
      ARRIVALS_LOG_LEVEL: 'loud',
      ARRIVALS_LISTEN_HOST: '0.0.0.0',
      ARRIVALS_CLUSTERS: 'Prod',
      ARRIVALS_CLUSTERS_FILE: '/nonexistent/clusters',
      ARRIVALS_TLS_KEY_FILE: '/key.pem',
      ARRIVALS_BODY_BYTES_MAX: '200000000',
      ARRIVALS_CLAIM_TTL_MS: '60000',
      ARRIVALS_TYPO: '1',
    });
    const named = [
      'LISTEN_PORT',
      'LOG_LEVEL',
      'LISTEN_HOST',
      'CLUSTERS:',
      'CLUSTERS_FILE',
      'TLS_CERT_FILE',
      'BODIES_BYTES_MAX',
      'CLAIM_TTL_MS',
      'TYPO',
    ];
    for (const name of named)
      assert.equal(problems.filter((line) => line.startsWith(`ARRIVALS_${name}`)).length, 1, name);
    assert.equal(problems.length, named.length);
  });

  it('are shown in a problem as JSON, so that a value makes no line of its own', () => {
    assertRefused({ ARRIVALS_LOG_LEVEL: 'a\nARRIVALS_X: b\u001b[2J' }, 'ARRIVALS_LOG_LEVEL', '\\n');
  });
});

const TLS = { ARRIVALS_TLS_CERT_FILE: 'cert.pem', ARRIVALS_TLS_KEY_FILE: 'key.pem' };

describe('settings that must go together', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'arrivals-senders-'));
  const senders = (text: string): Env => {
    writeFileSync(path.join(folder, 'senders'), text);
    return { ARRIVALS_SENDERS_FILE: path.join(folder, 'senders') };
  };
  const tokenSenders = () => senders(`prod token-sha256:${'0'.repeat(64)}\n`);

  after(() => {
    rmSync(folder, { recursive: true });
  });

  it('are client certificates and the CAs that sign them', () => {
    for (const sender of ['cert-cn:a', `cert-sha256:${'0'.repeat(64)}`])
      assertRefused(
        { ...TLS, ...senders(`prod ${sender}\n`) },
        'ARRIVALS_SENDERS_FILE',
        'ARRIVALS_TLS_CLIENT_CA_FILE',
      );
    assert.deepEqual(
      problemsOf({ ...TLS, ...senders('prod cert-cn:a\n'), ARRIVALS_TLS_CLIENT_CA_FILE: 'ca.pem' }),
      [],
    );
    assert.deepEqual(problemsOf({ ...TLS, ...tokenSenders() }), []);
    assert.deepEqual(problemsOf(tokenSenders()), []);
  });

  it('are the CAs of clients, and what makes use of them', () => {
    assertRefused(
      { ...TLS, ARRIVALS_TLS_CLIENT_CA_FILE: 'ca.pem' },
      'ARRIVALS_TLS_CLIENT_CA_FILE',
      'ARRIVALS_SENDERS_FILE',
    );
    assertRefused(
      { ...tokenSenders(), ARRIVALS_TLS_CLIENT_CA_FILE: 'ca.pem' },
      'ARRIVALS_TLS_CLIENT_CA_FILE',
      'ARRIVALS_TLS_CERT_FILE',
    );
  });

  it('remember a creation for longer than raw events are kept', () => {
    const day = '86400000';
    assertRefused(
      { ARRIVALS_AUDIT_RETENTION_MS: day, ARRIVALS_CLAIM_TTL_MS: day },
      'ARRIVALS_CLAIM_TTL_MS',
      'ARRIVALS_AUDIT_RETENTION_MS',
    );
    assertRefused({ ARRIVALS_AUDIT_RETENTION_MS: '604800000' }, 'ARRIVALS_CLAIM_TTL_MS');
    assert.deepEqual(problemsOf({ ARRIVALS_AUDIT_RETENTION_MS: day, ARRIVALS_CLAIM_TTL_MS: '86400001' }), []);
  });

  it('remember a creation on Kafka for a segment and for as long as a batch may wait in a spool, too', () => {
    const env = { ARRIVALS_AUDIT_RETENTION_MS: '3600000', ARRIVALS_SPOOL_AGE_MAX_MS: '7200000' };
    const problems = problemsOf({ ...env, ARRIVALS_CLAIM_TTL_MS: '14400000' }, 'processor');
    assert.equal(problems.length, 1);
    for (const told of [
      'ARRIVALS_CLAIM_TTL_MS',
      'ARRIVALS_AUDIT_RETENTION_MS (3600000)',
      'ARRIVALS_SPOOL_AGE_MAX_MS (7200000)',
    ])
      assert.ok(problems[0]?.includes(told), problems[0]);
    assert.deepEqual(problemsOf({ ...env, ARRIVALS_CLAIM_TTL_MS: '14400001' }, 'processor'), []);
    // The embedded bus has no spool, and the webhook no claims.
    assert.deepEqual(problemsOf({ ...env, ARRIVALS_CLAIM_TTL_MS: '3600001' }), []);
    assert.deepEqual(problemsOf({ ...env, ARRIVALS_CLAIM_TTL_MS: '60000' }, 'webhook'), []);
  });

  it('are a certificate and its key', () => {
    assertRefused({ ARRIVALS_TLS_CERT_FILE: 'cert.pem' }, 'ARRIVALS_TLS_CERT_FILE and ARRIVALS_TLS_KEY_FILE');
    assertRefused({ ARRIVALS_TLS_KEY_FILE: 'key.pem' }, 'ARRIVALS_TLS_CERT_FILE and ARRIVALS_TLS_KEY_FILE');
    assert.deepEqual(
      problemsOf({ ARRIVALS_TLS_CERT_FILE: 'cert.pem', ARRIVALS_TLS_KEY_FILE: 'key.pem' }),
      [],
    );
  });

  it('have memory for one body at least', () => {
    assertRefused(
      { ARRIVALS_BODY_BYTES_MAX: '2048', ARRIVALS_BODIES_BYTES_MAX: '2047' },
      'ARRIVALS_BODIES_BYTES_MAX',
      'ARRIVALS_BODY_BYTES_MAX (2048)',
    );
    assert.deepEqual(problemsOf({ ARRIVALS_BODY_BYTES_MAX: '2048', ARRIVALS_BODIES_BYTES_MAX: '2048' }), []);
  });

  for (const host of [
    '0.0.0.0',
    '::',
    '10.0.0.1',
    '192.168.1.5',
    'arrivals.example',
    '127.0.0.1.example',
    '::ffff:10.0.0.1',
    '128.0.0.1',
  ]) {
    it(`do not serve ${host} without consent in words`, () => {
      assertRefused(
        { ARRIVALS_LISTEN_HOST: host },
        'ARRIVALS_LISTEN_HOST',
        `ARRIVALS_OFF_LOOPBACK=${OFF_LOOPBACK.both}`,
      );
      assertRefused({ ARRIVALS_LISTEN_HOST: host, ARRIVALS_OFF_LOOPBACK: 'no' }, 'ARRIVALS_LISTEN_HOST');
      assert.equal(
        readConfig({ ARRIVALS_LISTEN_HOST: host, ARRIVALS_OFF_LOOPBACK: OFF_LOOPBACK.both }).listenHost,
        host,
      );
    });
  }

  for (const [what, env, consent] of [
    ['nothing', {}, OFF_LOOPBACK.both],
    ['TLS', { TLS: '1' }, OFF_LOOPBACK.unauthenticated],
    ['senders', { SENDERS: '1' }, OFF_LOOPBACK.plaintext],
  ] as const) {
    it(`need, to serve other machines with ${what} set up, the consent ${consent} or ${OFF_LOOPBACK.both}`, () => {
      const set = {
        ARRIVALS_LISTEN_HOST: '10.0.0.5',
        ...('TLS' in env ? TLS : {}),
        ...('SENDERS' in env ? tokenSenders() : {}),
      };
      for (const word of Object.values(OFF_LOOPBACK)) {
        const problems = problemsOf({ ...set, ARRIVALS_OFF_LOOPBACK: word });
        if (word === consent || word === OFF_LOOPBACK.both) assert.deepEqual(problems, [], word);
        else
          assert.ok(problems[0]?.endsWith(`ARRIVALS_OFF_LOOPBACK=${consent}`), `${word}: ${problems.join()}`);
      }
    });
  }

  it('need no consent to serve other machines with both set up', () => {
    assert.equal(readConfig({ ARRIVALS_LISTEN_HOST: '0.0.0.0', ...TLS, ...tokenSenders() }).senders?.size, 1);
  });

  it('show alerts to this machine alone unless everybody may send as well', () => {
    const all = { ARRIVALS_LISTEN_HOST: '0.0.0.0', ...TLS, ...tokenSenders() };
    for (const word of Object.values(OFF_LOOPBACK))
      assert.equal(
        readConfig({ ...all, ARRIVALS_OFF_LOOPBACK: word }).readersLocal,
        word === OFF_LOOPBACK.refused || word === OFF_LOOPBACK.plaintext,
        word,
      );
  });

  for (const consent of ['yes', 'true', '1', 'PLAINTEXT-AND-UNAUTHENTICATED']) {
    it(`do not take ${consent} for the consent`, () => {
      const problems = problemsOf({ ARRIVALS_LISTEN_HOST: '0.0.0.0', ARRIVALS_OFF_LOOPBACK: consent });
      assert.ok(problems.some((line) => line.startsWith('ARRIVALS_OFF_LOOPBACK')));
      assert.ok(problems.some((line) => line.startsWith('ARRIVALS_LISTEN_HOST')));
    });
  }

  for (const host of ['127.0.0.1', '127.1.2.3', 'localhost', '::1', '0:0:0:0:0:0:0:1', '0000::0001']) {
    it(`serve ${host} without a word`, () => {
      assert.equal(isLoopback(host), true);
      assert.equal(readConfig({ ARRIVALS_LISTEN_HOST: host }).listenHost, host);
    });
  }

  it('do not take an address with a space in it', () => {
    assertRefused({ ARRIVALS_LISTEN_HOST: '127.0.0.1 ' }, 'ARRIVALS_LISTEN_HOST', 'an address');
  });
});

describe('the senders', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'arrivals-senders-'));
  const file = path.join(folder, 'senders');
  const env = (text: string): Env => {
    writeFileSync(file, text);
    return { ARRIVALS_SENDERS_FILE: file };
  };

  after(() => {
    rmSync(folder, { recursive: true });
  });

  it('bring their clusters with them', () => {
    const config = readConfig({
      ...env(`edge-1 token-sha256:${'0'.repeat(64)}\nedge-2 token-sha256:${'0'.repeat(64)}\n`),
      ARRIVALS_CLUSTERS: 'prod,edge-1',
    });
    assert.deepEqual([...config.clusters].sort(), ['edge-1', 'edge-2', 'prod']);
    assert.deepEqual(
      [...(config.senders?.get(`token-sha256:${'0'.repeat(64)}`) ?? [])],
      ['edge-1', 'edge-2'],
    );
  });

  it('have all their problems told with the others', () => {
    const problems = problemsOf({ ...env('prod\n?\n'), ARRIVALS_LISTEN_PORT: 'x' });
    assert.deepEqual(
      problems.map((line) => line.split(':')[0]),
      ['ARRIVALS_LISTEN_PORT', 'ARRIVALS_SENDERS_FILE line 1', 'ARRIVALS_SENDERS_FILE line 2'],
    );
  });

  it('are refused when the file cannot be read', () => {
    assertRefused(
      { ARRIVALS_SENDERS_FILE: path.join(folder, 'nothing') },
      'ARRIVALS_SENDERS_FILE',
      'cannot be read',
    );
    assertRefused({ ARRIVALS_SENDERS_FILE: folder }, 'ARRIVALS_SENDERS_FILE', 'cannot be read');
  });

  it('are not read by a service that receives nothing', () => {
    assert.equal(
      readConfig({ ARRIVALS_SENDERS_FILE: path.join(folder, 'nothing') }, 'processor').senders,
      null,
    );
  });
});

describe('the clusters that may send', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'arrivals-clusters-'));
  const file = path.join(folder, 'clusters');
  const fromFile = (text: string, env: Env = {}): Env => {
    writeFileSync(file, text);
    return { ARRIVALS_CLUSTERS_FILE: file, ...env };
  };

  after(() => {
    rmSync(folder, { recursive: true });
  });

  it('are those of the list and those of the file', () => {
    const env = fromFile('# all of them\nedge-1\n  edge-2  # in the cellar\r\n\n#edge-3\nprod\n', {
      ARRIVALS_CLUSTERS: 'prod',
    });
    assert.deepEqual([...readConfig(env).clusters].sort(), ['edge-1', 'edge-2', 'prod']);
  });

  it('are refused when the file cannot be read', () => {
    assertRefused(
      { ARRIVALS_CLUSTERS_FILE: path.join(folder, 'nothing') },
      'ARRIVALS_CLUSTERS_FILE',
      'cannot be read',
    );
    assertRefused({ ARRIVALS_CLUSTERS_FILE: folder }, 'ARRIVALS_CLUSTERS_FILE', 'cannot be read');
  });

  for (const name of ['Prod', 'a_b', '-a', 'a-', '.a', 'a.', 'a/b', 'ü', 'a'.repeat(64), '../a', 'a b']) {
    it(`are not called ${name.slice(0, 20)}`, () => {
      assertRefused(fromFile(`${name}\n`), 'ARRIVALS_CLUSTERS', JSON.stringify(name));
    });
  }

  for (const name of ['a', '0', 'a'.repeat(63), 'eu-1.prod', 'a--b']) {
    it(`may be called ${name.slice(0, 20)}`, () => {
      assert.ok(readConfig({ ARRIVALS_CLUSTERS: name }).clusters.has(name));
    });
  }

  it('are one at least', () => {
    for (const text of [',', ' ', ' , ,'])
      assertRefused({ ARRIVALS_CLUSTERS: text }, 'ARRIVALS_CLUSTERS', 'at least one');
  });

  it('are no more than the metrics can bear', () => {
    const names = (count: number) =>
      Array.from({ length: count }, (_unused, i) => `c${String(i)}`).join('\n');
    assertRefused(fromFile(names(CLUSTERS_MAX)), 'ARRIVALS_CLUSTERS', `at most ${String(CLUSTERS_MAX)}`);
    assert.equal(readConfig(fromFile(names(CLUSTERS_MAX - 1))).clusters.size, CLUSTERS_MAX);
  });
});

describe('what a setting takes, in words', () => {
  for (const [row, words] of [
    [
      { env: 'X', description: '', type: 'integer', default: 1, min: 1, max: 9, unit: 'ms' },
      '1 to 9 (ms), or a duration such as 500ms, 90s, 15m, 12h or 30d',
    ],
    [
      { env: 'X', description: '', type: 'integer', default: 1, min: 1, max: 9, unit: 'bytes' },
      '1 to 9 (bytes), or a size such as 64MiB, 1GiB or 500MB',
    ],
    [
      { env: 'X', description: '', type: 'integer', default: 1, min: 1, max: 9, unit: 'things' },
      '1 to 9 (things)',
    ],
    [{ env: 'X', description: '', type: 'choice', default: 'a', choices: ['a', 'b'] }, 'a, b'],
    [{ env: 'X', description: '', type: 'text', default: '', pattern: /^x$/, takes: 'an x' }, 'an x'],
  ] as const satisfies readonly (readonly [SettingRow, string])[]) {
    it(`is "${words}" for ${row.type}`, () => {
      assert.equal(describeRange(row), words);
    });
  }
});
