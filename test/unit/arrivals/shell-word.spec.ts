/** Outside text as one word of a shell line. The oracle is the shells themselves. */
import { shellWord } from 'arrivals';
import fc from 'fast-check';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';

const HOSTILE: readonly string[] = [
  "it's",
  "'; touch canary; '",
  '$(touch canary)',
  '`touch canary`',
  '${IFS}touch${IFS}canary',
  'a;touch canary',
  'a|touch canary&',
  'a\ntouch canary\n',
  '\\',
  "\\'",
  "'\\''",
  '"',
  '!!',
  '*',
  '~',
  '~root',
  '# no comment',
  '{a,b}',
  '>canary',
  '=ls',
  '',
  ' ',
  '-rf',
  '--as=admin',
  'ü✓😀',
  '\u001b[31m',
  "\u0007'; touch canary; '",
  '\u202egnp',
  '\ufeff',
  '\u2028touch canary',
  'a\u00009f',
];

/** The words that a shell reads. */
function readBy(shell: string, line: string): readonly string[] {
  const { stdout, stderr, status } = spawnSync(shell, ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8', cwd: '/' });
  assert.deepEqual([status, stderr], [0, ''], line);
  return stdout.split('\0').slice(0, -1);
}

const withoutNul = (text: string): string => text.toWellFormed().replaceAll('\0', '\ufffd');

describe('a shell word', () => {
  it('is read by bash as the very text, whatever it holds', () => {
    const texts = [...HOSTILE, ...fc.sample(fc.string({ unit: 'binary', maxLength: 40 }), { numRuns: 500, seed: 20261122 })];
    assert.deepEqual(readBy('bash', texts.map(shellWord).join(' ')), texts.map(withoutNul));
  });

  it('is read by sh as the very text where that is printable', () => {
    const texts = HOSTILE.filter((text) => !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text));
    assert.ok(texts.length > 20);
    assert.deepEqual(readBy('sh', texts.map(shellWord).join(' ')), texts);
  });

  it('is one word to sh and runs nothing, also where sh does not know the form of it', () => {
    for (const text of HOSTILE) assert.equal(readBy('sh', `a ${shellWord(text)} b`).length, 3, JSON.stringify(text));
  });

  it('has nothing in it that could move a cursor or turn the direction of reading', () => {
    for (const text of HOSTILE) assert.doesNotMatch(shellWord(text), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
  });

  it('leaves plain names as they are', () => {
    for (const name of ['root-shell', 'pod/web-1', '--namespace=team-a', 'system:serviceaccount:a:b', 'alice@example.org']) assert.equal(shellWord(name), name);
  });
});
