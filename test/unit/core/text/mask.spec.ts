/**
 * What may be a secret never stands in an alert, what an investigator needs does, and no text makes masking
 * slow. The secrets are made up.
 */
import { MASK, maskText } from '@arrivals/core';
import { maskImage, maskWords } from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import { alertOf, CONTAINER, podCreated } from '../alert/creations.ts';

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlLW9mLWl0';
const PEM_BODY = 'MIIEpAIBAAKCAQEA0Z3VS5JJcds3xfn';

/** Each with the part that must not be seen. */
const SECRETS: readonly (readonly [text: string, secret: string])[] = [
  // URLs
  ['postgres://app:hunter2@db.example/app', 'hunter2'],
  ['git clone https://oauth2:hunter2@git.example/a/b.git', 'hunter2'],
  ['https://hunter2@git.example/a/b.git', 'hunter2'],
  ['amqp://a:hunter2@one.example,amqp://a:hunter2@two.example', 'hunter2'],
  // Flags
  ['mysql --password hunter2 -h db', 'hunter2'],
  ['mysql --password=hunter2 -h db', 'hunter2'],
  ["mysql --password='hunter two' -h db", 'two'],
  ['mysql --password "hunter two" -h db', 'two'],
  ['tool --db-password hunter2', 'hunter2'],
  ['tool --api-key hunter2', 'hunter2'],
  ['tool --apikey=hunter2', 'hunter2'],
  ['tool -token hunter2', 'hunter2'],
  ['tool --client-secret hunter2', 'hunter2'],
  // Variables in front of a command
  ['PASSWORD=hunter2 run', 'hunter2'],
  ['PGPASSWORD="hunter two" psql', 'two'],
  ['MYSQL_PWD=hunter2 mysql', 'hunter2'],
  ['export AWS_SECRET_ACCESS_KEY=hunter2; run', 'hunter2'],
  ['set DB_PASSWD=hunter2&run', 'hunter2'],
  // JSON and YAML
  ['{"token":"hunter2"}', 'hunter2'],
  ['{"token" : "hunter two", "a": 1}', 'two'],
  ['{"apiKey":"hunter2"}', 'hunter2'],
  ["{'clientSecret':'hunter2'}", 'hunter2'],
  ['password: hunter2\nuser: a', 'hunter2'],
  // Headers
  ['Authorization: Bearer hunter2hunter2', 'hunter2hunter2'],
  ["curl -H 'Authorization: Bearer hunter2hunter2' https://a.example", 'hunter2hunter2'],
  ['authorization: basic YTpodW50ZXIy', 'YTpodW50ZXIy'],
  ['X-Auth-Token: hunter2', 'hunter2'],
  ['Proxy-Authorization: Basic YTpodW50ZXIy', 'YTpodW50ZXIy'],
  // curl
  ['curl -u admin:hunter2 https://a.example', 'hunter2'],
  ['curl -uadmin:hunter2 https://a.example', 'hunter2'],
  ["curl --user 'admin:hunter2' https://a.example", 'hunter2'],
  ['curl --user=admin:hunter2 https://a.example', 'hunter2'],
  // Tokens of known shape
  [`kubectl --kubeconfig x ${JWT}`, 'c2lnbmF0dXJl'],
  [`a ${JWT} b`, 'eyJhbGci'],
  ['aws configure set x AKIAIOSFODNN7EXAMPLE', 'AKIAIOSFODNN7EXAMPLE'],
  ['ASIAIOSFODNN7EXAMPLE', 'ASIAIOSFODNN7EXAMPLE'],
  [`gh ghp_${'a'.repeat(36)}`, 'ghp_a'],
  [`gh github_pat_${'a1'.repeat(20)}`, 'github_pat_a1'],
  [`echo glpat-${'a'.repeat(20)}`, 'glpat-a'],
  [`echo xoxb-1234567890-${'a'.repeat(20)}`, 'xoxb-1234'],
  [`echo AIza${'b'.repeat(35)}`, 'AIzab'],
  [`-----BEGIN RSA PRIVATE KEY-----\n${PEM_BODY}\n-----END RSA PRIVATE KEY-----`, PEM_BODY],
  [`-----BEGIN PRIVATE KEY-----\\n${PEM_BODY}\\n-----END PRIVATE KEY-----`, PEM_BODY],
  [`echo "-----BEGIN OPENSSH PRIVATE KEY-----\n${PEM_BODY}`, PEM_BODY],
];

/** Forms in which an ordinary pod's secret slips through a simpler net. */
const HARDER_SECRETS: readonly (readonly [text: string, secret: string])[] = [
  ['Authorization: Token hunter2hunter2', 'hunter2hunter2'],
  ['Authorization: ApiKey hunter2hunter2', 'hunter2hunter2'],
  ['DB_PASS=hunter2 run', 'hunter2'],
  ['{"password":"hun\\"ter2"}', 'ter2'],
  ['{\\"password\\":\\"hunter2\\"}', 'hunter2'],
  ['PASSWORD=hun\\$ter2 run', 'ter2'],
  ['PASSWORD="hun\\\nter2" run', 'ter2'],
  ['password:       hunter2', 'hunter2'],
  ['postgres://app:hun@ter2@db.example/app', 'ter2'],
  [
    `-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n${PEM_BODY}\n-----END RSA PRIVATE KEY-----`,
    PEM_BODY,
  ],
  [`-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n${PEM_BODY}\n-----END PGP PRIVATE KEY BLOCK-----`, PEM_BODY],
];

const PLAIN: readonly string[] = [
  'sh -c sleep 1d',
  'nginx -g daemon off;',
  '/bin/prometheus --config.file=/etc/prometheus/prometheus.yml --storage.tsdb.retention.time=15d',
  'kube-apiserver --authorization-mode=Node,RBAC',
  'tail -F /var/log/a:b.log',
  'a token of thanks',
  'rotate the secret, then the password',
  'basic',
  'https://registry.example/a/b?c=d#e',
  'ssh://git.example:22/a',
  'kubectl get secrets -n shop',
  'user@host.example',
  'registry.example/app@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  'eyJ',
  'AKIA',
  '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
  'http://a.example:8080/u:p',
  'kubectl/v1.35.4 (linux/amd64) kubernetes/1.35.4',
  '/api/v1/namespaces/shop/pods?fieldManager=kubectl-create&fieldValidation=Strict',
  '',
];

describe('masking a text', () => {
  for (const [text, secret] of [...SECRETS, ...HARDER_SECRETS]) {
    it(`hides the secret in ${JSON.stringify(text.slice(0, 60))}`, () => {
      const masked = maskText(text);
      assert.ok(!masked.includes(secret), masked);
      assert.ok(masked.includes(MASK), masked);
    });
  }

  for (const text of PLAIN) {
    it(`leaves ${JSON.stringify(text.slice(0, 60))} as it is`, () => {
      assert.equal(maskText(text), text);
    });
  }

  it('keeps what stands around a secret', () => {
    assert.equal(
      maskText('curl -u admin:hunter2 https://a.example/x'),
      `curl -u admin:${MASK} https://a.example/x`,
    );
    assert.equal(maskText('PASSWORD=hunter2 run --fast'), `PASSWORD=${MASK} run --fast`);
    assert.equal(maskText('postgres://app:hunter2@db.example/app'), `postgres://${MASK}@db.example/app`);
    assert.equal(maskText('{"token":"hunter2","user":"alice"}'), `{"token":"${MASK}","user":"alice"}`);
  });

  it('changes nothing more when it is applied again', () => {
    for (const [text] of SECRETS) assert.equal(maskText(maskText(text)), maskText(text));
  });

  it('hides every secret of a text that has several', () => {
    const masked = maskText('A_TOKEN=one1 B_TOKEN=two2 curl -u x:three3 https://four4@h.example');
    for (const secret of ['one1', 'two2', 'three3', 'four4']) assert.ok(!masked.includes(secret), masked);
  });
});

describe('masking a text again', () => {
  it('gives the same, also beside long texts of the same length that differ at their end', () => {
    const texts = ['password=abcdefgh1', 'passwort=abcdefgh1'].map((end) => `${'x '.repeat(15_000)}${end}`);
    const first = texts.map(maskText);
    assert.notEqual(first[0], first[1]);
    for (let i = 0; i < 60; i++) maskText(`${String(i)} ${'y '.repeat(15_000)}`);
    assert.deepEqual(texts.map(maskText), first);
  });
});

describe('masking a command line that is a list', () => {
  const cases: readonly (readonly [words: readonly string[], masked: readonly string[]])[] = [
    [
      ['mysql', '--password', 'hunter2', '-h', 'db'],
      ['mysql', '--password', MASK, '-h', 'db'],
    ],
    [
      ['tool', '--api-token', 'hunter2'],
      ['tool', '--api-token', MASK],
    ],
    [
      ['tool', '--password', '--verbose'],
      ['tool', '--password', '--verbose'],
    ],
    [
      ['sh', '-c', 'PASSWORD=hunter2 run'],
      ['sh', '-c', `PASSWORD=${MASK} run`],
    ],
    [
      ['curl', '-u', 'admin:hunter2', 'https://a.example'],
      ['curl', '-u', `admin:${MASK}`, 'https://a.example'],
    ],
    [
      ['curl', '--user', 'admin:hunter2'],
      ['curl', '--user', `admin:${MASK}`],
    ],
    [
      ['echo', 'token', 'ring'],
      ['echo', 'token', 'ring'],
    ],
    [[], []],
  ];
  for (const [words, masked] of cases) {
    it(`makes ${JSON.stringify(masked)} of ${JSON.stringify(words)}`, () => {
      assert.deepEqual(maskWords(words), masked);
    });
  }
});

describe('masking what an alert shows', () => {
  const secretive = {
    ...CONTAINER,
    command: ['sh', '-c', 'PASSWORD=hunter2 run'],
    args: ['--password', 'hunter2'],
    env: [{ name: 'PLAIN', value: 'hunter2' }],
  };
  const event = podCreated({
    metadata: {
      annotations: {
        note: 'password=hunter2',
        'kubectl.kubernetes.io/last-applied-configuration': '{"spec":{"env":"hunter2"}}',
      },
    },
    spec: {
      containers: [secretive],
      volumes: [{ name: 'v', nfs: { server: 'x', path: 'https://a:hunter2@h.example' } }],
    },
    event: { userAgent: 'curl/8 token=hunter2', requestURI: '/api/v1/namespaces/shop/pods?token=hunter2' },
  });

  it('leaves no secret in any part of the alert', () => {
    assert.ok(!JSON.stringify(alertOf(event)).includes('hunter2'));
  });

  it('keeps the name of a masked variable and annotation', () => {
    const { object } = alertOf(event);
    assert.deepEqual(object.containers?.[0]?.env, [{ name: 'PLAIN', value: MASK, from: null }]);
    assert.deepEqual(object.annotations, [
      { key: 'note', value: `password=${MASK}` },
      { key: 'kubectl.kubernetes.io/last-applied-configuration', value: MASK },
    ]);
  });

  for (const image of [
    'registry.example/external-secrets/external-secrets:v0.9.11',
    `registry.example/vault-token:1@sha256:${'ab'.repeat(32)}`,
  ]) {
    it(`does not take the tag of ${image.slice(0, 60)} for a secret`, () => {
      const { object } = alertOf(podCreated({ spec: { containers: [{ ...CONTAINER, image }] } }));
      assert.equal(object.containers?.[0]?.image?.reference, image);
    });
  }
});

describe('the time that masking takes', () => {
  const BYTES = 65_536;
  const units = [
    'a',
    '://',
    'token',
    '-',
    'eyJ',
    '-eyJ',
    'eyJ-',
    'eyJaaaaaaaa.',
    '--x-',
    '--token ',
    'token=',
    'token="',
    "token='",
    'bearer ',
    ' -u a',
    ' -u a:',
  ];
  const more = [
    'password:',
    'AKIA',
    '-ghp_',
    '-----BEGIN ',
    '-----BEGIN PRIVATE KEY-----',
    ' ',
    '\n',
    '"',
    '\\"',
    ':// @',
    '=',
    '\u0001',
    'é',
    '😀',
  ];

  /** Beginnings of the forms that names alone do not identify. */
  const forms = [
    '|su ', '| passwd', '(echo a|', '<<a\n', 'password <<E\n', '<password>', '<key>', '<a b="c" ', '<![CDATA[', '{', 'secret={"', '{"a":', 'secret {', 'a,password\n',
    '("password","a")', 'login("a",', 'a=(', 'h:5432:d:', 'a:1:', 'machine password ', 'user a1 b1 ', 'auth u:', 'send "a', 'password: send "', '%3D', 'token%253D', '&amp;',
    '&#61;', '\\u003d', 'p\u0430ss', '\u00a0', 'password\u200b', '\u0301', '?token=', 'token/', 'TOKEN=$(', 'echo > token ', 'sqlplus u/', '-u a,', 'password =\n', 'secret Aa1bB2cC3d ',
    '["password",', 'user default on >', 'password (a):', '| a | password |\n', 'p_a_s_s_w', '"a" | ConvertTo-SecureString ',
  ]; // prettier-ignore

  // A guard against backtracking: text that takes quadratic time needs seconds for one entry, linear text
  // milliseconds for all.
  for (const unit of [...units, ...more, ...forms]) {
    it(`is short for 64 KB of ${JSON.stringify(unit)}`, () => {
      const text = unit.repeat(Math.ceil(BYTES / unit.length));
      const started = performance.now();
      maskText(text);
      maskWords([text, text]);
      maskImage(text);
      assert.ok(performance.now() - started < 1000);
    });
  }
});
