/** Quoting for the shell: the oracle is a shell. */
import { shellWord } from '@arrivals/core';
import { shellCommand } from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { SEED } from '../samples.ts';

function words(command: string): readonly string[] {
  return execFileSync('bash', ['--norc', '-c', `printf '%s\\0' ${command}`], {
    encoding: 'utf8',
    env: { LC_ALL: 'C.UTF-8' },
  })
    .split('\0')
    .slice(0, -1);
}

const HOSTILE = [
  '',
  'web-1',
  "it's",
  '$(touch /tmp/x)',
  '`id`',
  '; rm -rf /',
  'a b\tc',
  '"quoted"',
  'back\\slash',
  '!history',
  '~root',
  '=ls',
  '*',
  '{a,b}',
  'a\nb',
  '\u0003\nid\n',
  '\u001b[201~id\n',
  'rtl\u202egnp.exe',
  "mixed ' and \u0007",
  'é€\u{1f600}',
  '#comment',
  '-n',
  '--as=admin',
  '&&id',
  '%0aid',
];

describe('quoting for the shell', () => {
  it('makes one word of each hostile text', () => {
    assert.deepEqual(words(HOSTILE.map(shellWord).join(' ')), HOSTILE);
  });

  it('makes one word of any text', () => {
    const property = fc.property(
      fc.array(fc.string({ unit: 'binary', maxLength: 12 }), { minLength: 1, maxLength: 30 }),
      (texts) => {
        const expected = texts.map((text) => text.replaceAll('\0', '\ufffd'));
        assert.deepEqual(words(texts.map(shellWord).join(' ')), expected);
      },
    );
    fc.assert(property, { seed: SEED, numRuns: 40 });
  });

  it('lets no control character and no direction mark through as itself', () => {
    for (const text of HOSTILE)
      // eslint-disable-next-line no-control-regex -- control characters are what is looked for
      assert.doesNotMatch(shellWord(text), /[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
  });

  it('puts an operand that begins with a dash behind two of them', () => {
    assert.equal(
      shellCommand('kubectl get pod', ['--namespace=shop'], ['web']),
      'kubectl get pod --namespace=shop web',
    );
    assert.equal(
      shellCommand('kubectl get pod', ['--namespace=-x y'], ['-rf']),
      "kubectl get pod '--namespace=-x y' -- -rf",
    );
  });
});
