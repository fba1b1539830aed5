/** The senders file: what its lines say, what is wrong with them, and that it has bounds. */
import {
  parseSenders,
  readSendersFile,
  type Senders,
  SENDERS_FILE_BYTES_MAX,
  SENDERS_LINES_MAX,
} from '@arrivals/host';
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const HEX = 'a1'.repeat(32);

function parsed(text: string): { readonly senders: Senders; readonly problems: readonly string[] } {
  const problems: string[] = [];
  return { senders: parseSenders(text, problems), problems };
}

function bindings(text: string): readonly (readonly [string, readonly string[]])[] {
  const { senders, problems } = parsed(text);
  assert.deepEqual(problems, []);
  return [...senders].map(([sender, clusters]) => [sender, [...clusters]]);
}

describe('a line of the senders file', () => {
  for (const [what, line, expected] of [
    ['a common name', 'prod cert-cn:kube-apiserver', 'cert-cn:kube-apiserver'],
    ['a common name with spaces, colons and #', 'prod cert-cn:CN of a:b#1', 'cert-cn:CN of a:b#1'],
    ['a common name beyond ASCII', 'prod cert-cn:zoë', 'cert-cn:zoë'],
    ['a certificate’s digest', `prod cert-sha256:${HEX}`, `cert-sha256:${HEX}`],
    [
      'a digest as openssl prints it',
      `prod cert-sha256:${(HEX.toUpperCase().match(/../g) ?? []).join(':')}`,
      `cert-sha256:${HEX}`,
    ],
    ['a token’s digest', `prod token-sha256:${HEX.toUpperCase()}`, `token-sha256:${HEX}`],
    ['space around it, and a comment', ` \tprod \t cert-cn:a  # the old one\r`, 'cert-cn:a'],
  ] as const) {
    it(`is ${what}`, () => {
      assert.deepEqual(bindings(line), [[expected, ['prod']]]);
    });
  }

  for (const [what, line, told] of [
    ['a cluster name that is none', 'Prod cert-cn:a', 'expected a cluster name'],
    ['a cluster alone', 'prod', 'found nothing'],
    ['a sender alone', `token-sha256:${HEX}`, 'expected a cluster name'],
    ['an unknown kind of sender', 'prod cert-dn:a', 'expected cert-cn:NAME'],
    ['a kind in capitals', 'prod CERT-CN:a', 'expected cert-cn:NAME'],
    ['an empty common name', 'prod cert-cn:', 'expected a common name'],
    ['a common name that begins with a space', 'prod cert-cn: a', 'expected a common name'],
    ['a control character in it', 'prod cert-cn:a\u001b[2J', 'expected a common name'],
    ['a common name without end', `prod cert-cn:${'x'.repeat(201)}`, 'expected a common name'],
    ['two senders', `prod cert-cn:a token-sha256:${HEX}`, 'one sender a line'],
    ['two senders, the digest first', `prod token-sha256:${HEX} cert-cn:a`, 'expected a SHA-256'],
    ['a digest that is short', `prod token-sha256:${HEX.slice(1)}`, '64 hexadecimal digits'],
    ['a digest that is long', `prod cert-sha256:${HEX}0`, '64 hexadecimal digits'],
    ['a digest that is none', `prod cert-sha256:${'g'.repeat(64)}`, '64 hexadecimal digits'],
    [
      'a digest in base64',
      'prod token-sha256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=',
      '64 hexadecimal digits',
    ],
  ] as const) {
    it(`is a problem with ${what}, told with its number`, () => {
      const { senders, problems } = parsed(`# first\ndefault cert-cn:a\n${line}\n`);
      const [problem = '', ...others] = problems;
      assert.deepEqual(others, []);
      assert.ok(problem.startsWith('ARRIVALS_SENDERS_FILE line 3: '), problem);
      assert.ok(problem.includes(told), problem);
      assert.equal(senders.size, 1);
    });
  }

  for (const line of [
    'prod token-sha256:my-very-secret-token',
    'prod my-very-secret-token',
    'prod token:my-very-secret-token',
    'my-very-secret-token',
    'My-very-secret-token x',
  ]) {
    it(`is not repeated in a problem, as it may be a token: ${line.replace(/my-.*/i, '…')}`, () => {
      const { problems } = parsed(line);
      assert.ok(problems.length > 0);
      assert.ok(!problems.join().toLowerCase().includes('my-very'), problems.join());
    });
  }
});

describe('the senders file', () => {
  it('binds one cluster to several senders, and one sender to several clusters', () => {
    assert.deepEqual(bindings('a cert-cn:x\na cert-cn:y\nb cert-cn:x\na cert-cn:x\n'), [
      ['cert-cn:x', ['a', 'b']],
      ['cert-cn:y', ['a']],
    ]);
  });

  it('keeps a certificate, a token and a name with one digest apart', () => {
    assert.equal(bindings(`a cert-sha256:${HEX}\nb token-sha256:${HEX}\nc cert-cn:${HEX}`).length, 3);
  });

  it('may begin with a byte order mark and have blank and comment lines', () => {
    assert.deepEqual(bindings('\ufeff#x\r\n\r\n  # y\na cert-cn:x'), [['cert-cn:x', ['a']]]);
  });

  it('names one sender at least', () => {
    for (const text of ['', '\n\n', '# nobody yet\n'])
      assert.match(parsed(text).problems.join(), /^ARRIVALS_SENDERS_FILE: expected at least one line/);
  });

  it('tells the first twenty problems, and how many more there are', () => {
    const { problems } = parsed('?\n'.repeat(100));
    assert.equal(problems.length, 21);
    assert.match(problems.at(-1) ?? '', /80 more/);
  });

  it('has a bound of lines', () => {
    const line = 'a cert-cn:x\n';
    assert.deepEqual(parsed(line.repeat(SENDERS_LINES_MAX - 1)).problems, []);
    const { senders, problems } = parsed(line.repeat(SENDERS_LINES_MAX));
    assert.deepEqual([senders.size, problems.length], [0, 1]);
    assert.match(problems[0] ?? '', /at most 20000 lines/);
  });

  it('has a bound of bytes', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'arrivals-senders-'));
    try {
      const file = path.join(folder, 'senders');
      writeFileSync(file, `a cert-cn:x #${' '.repeat(SENDERS_FILE_BYTES_MAX)}`);
      const problems: string[] = [];
      assert.equal(readSendersFile(file, problems).size, 0);
      assert.match(problems.join(), /expected at most \d+ bytes/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
