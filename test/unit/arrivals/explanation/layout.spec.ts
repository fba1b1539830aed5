/** How sections are laid out, and that outside text stays where it belongs. */
import type { Alert } from '@arrivals/core';
import { explain, layOut, type LayoutOptions, type Line, type Section } from 'arrivals';
import assert from 'node:assert/strict';
import { alertOf, atLevelMetadata, namespaceCreated, podCreated } from '../../core/alert/creations.ts';
import { captured } from './explained.ts';

const PLAIN: LayoutOptions = { width: 40, colour: false };
const section = (...lines: readonly Line[]): Section => ({ title: 'Title', tone: 'strong', lines });
const laidOut = (line: Line, options = PLAIN): readonly string[] =>
  layOut([section(line)], options)
    .split('\n')
    .slice(1, -1);

const ESCAPE = '\u001b';
/** The escape sequences that the layout writes. */
const OURS = new RegExp(`${ESCAPE}\\[(?:1|33|36|1;31|0)m`, 'g');
/** What a terminal would act on. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;
const HOSTILE = '\u001b[2J\u009b31m\u202e\u2066x\u0007\r\n\nWho\n  User  root\u2028\ufeff\ud800\u0000';

/** Of closed sets, which the schema holds. */
const CLOSED = /^(?:kind|severity|confidence|level|metadataFrom|specFrom)$/;

/** The alert with a text of the attacker's in every place that takes one. */
function withTexts<T>(value: T, change: (text: string) => string): T {
  if (typeof value === 'string') return change(value) as T;
  if (Array.isArray(value)) return value.map((entry: unknown) => withTexts(entry, change)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [
      key,
      CLOSED.test(key) ? (entry as unknown) : withTexts<unknown>(entry, change),
    ]),
  ) as T;
}

describe('the layout', () => {
  it('wraps at spaces, under the place where the text began', () => {
    const text = 'one two three four five six seven eight nine ten';
    assert.deepEqual(laidOut({ kind: 'row', label: 'Name', text }), [
      '  Name  one two three four five six',
      '        seven eight nine ten',
    ]);
    assert.deepEqual(
      laidOut({ kind: 'item', mark: '+45', text, lines: [{ kind: 'text', text: 'below', tone: 'plain' }] }),
      ['  +45 one two three four five six seven', '      eight nine ten', '      below'],
    );
  });

  it('keeps to the width in all that can be wrapped', () => {
    for (const width of [80, 100]) {
      for (const alert of [
        captured('root-shell'),
        captured('loaded'),
        alertOf(atLevelMetadata(podCreated())),
        alertOf(namespaceCreated()),
      ]) {
        for (const line of layOut(explain(alert), { width, colour: false }).split('\n'))
          if (!/^ +[$!] /.test(line)) assert.ok(line.length <= width || !line.trim().includes(' '), line);
      }
    }
  });

  it('gives a longer word a line of its own, whole, so that it can be copied', () => {
    const word = 'x'.repeat(60);
    assert.deepEqual(laidOut({ kind: 'text', text: `a ${word} b`, tone: 'plain' }), [
      '  a',
      `  ${word}`,
      '  b',
    ]);
  });

  it('never wraps a command, and tells which change something', () => {
    const text = `kubectl get pod/web ${'--x '.repeat(30)}`;
    assert.deepEqual(laidOut({ kind: 'command', text, changes: false }), [`  $ ${text}`]);
    assert.deepEqual(laidOut({ kind: 'command', text: 'rm x', changes: true }), ['  ! rm x']);
  });

  it('gives back the same text, with all its spaces, when lines are put together again', () => {
    const text = `a  b   c ${'word '.repeat(20)} end`;
    const lines = laidOut({ kind: 'text', text, tone: 'plain' });
    assert.equal(lines.map((line) => line.slice(2)).join(' '), text);
  });

  it('has colour only where it is wanted', () => {
    const sections = explain(captured('root-shell'));
    const plain = layOut(sections, { width: 100, colour: false });
    const coloured = layOut(sections, { width: 100, colour: true });
    assert.ok(!plain.includes(ESCAPE));
    assert.ok(coloured.startsWith(`${ESCAPE}[1;31m“admin” created`));
    assert.equal(coloured.replaceAll(OURS, ''), plain);
  });

  it('shows nothing of outside text that a terminal would act on, wherever it stands', () => {
    for (const alert of [
      captured('root-shell'),
      captured('as-alice'),
      captured('shop-785685bc69-27775'),
      captured('kube-systern'),
    ]) {
      const hostile: Alert = withTexts(alert, (text) => `${text}${HOSTILE}`);
      for (const colour of [false, true]) {
        const text = layOut(explain(hostile), { width: 100, colour }).replaceAll(OURS, '');
        for (const line of text.split('\n')) assert.doesNotMatch(line, UNSAFE);
      }
    }
  });

  it('lets outside text begin no line where a title or a label of ours stands', () => {
    const alert = withTexts(
      captured('root-shell'),
      (text) => `${text} ${'Who '.repeat(60)}\nWho\n  User  root`,
    );
    const lines = layOut(explain(alert), { width: 80, colour: false }).split('\n');
    assert.equal(lines.filter((line) => line === 'Who').length, 1);
    assert.equal(lines.filter((line) => line.startsWith('  User ')).length, 1);
  });

  it('takes time that is linear in a text', () => {
    const text = 'a '.repeat(500_000);
    const started = performance.now();
    assert.ok(laidOut({ kind: 'text', text, tone: 'plain' }).length > 10_000);
    assert.ok(performance.now() - started < 5_000);
  });
});
