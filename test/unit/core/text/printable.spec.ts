/** Outside text that is printed shows all that it holds, and nothing of it acts on who reads it. */
import { nameText, visible, visibleJson } from '@arrivals/core';
import { printable } from '@arrivals/core/internal';
import assert from 'node:assert/strict';

/** By code points, as no editor shows them. */
const UNSEEN: readonly number[] = [
  0x00, 0x07, 0x08, 0x0d, 0x1b, 0x7f, 0x85, 0x9b, 0xad, 0x34f, 0x61c, 0x115f, 0x1160, 0x17b4, 0x180b, 0x180e, 0x200b, 0x200c, 0x200d, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202e,
  0x2060, 0x2061, 0x2064, 0x2066, 0x2069, 0x206a, 0x206f, 0x2800, 0x3164, 0xfe00, 0xfe0f, 0xfeff, 0xffa0, 0xfff9, 0xe000, 0xe0001, 0xe0041, 0xe007f, 0xe0100, 0xf0000, 0x1d173, 0xa0, 0x2003, 0x3000, 0xfffe,
]; // prettier-ignore
const HALVES: readonly string[] = ['\ud800', '\udc00'];

describe('outside text that is printed', () => {
  for (const character of [...UNSEEN.map((point) => String.fromCodePoint(point)), ...HALVES]) {
    const name = `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase()}`;

    it(`has no ${name} in an alert, on a terminal, in a log line`, () => {
      for (const shown of [
        printable(`a${character}b`),
        visible(`a${character}b`),
        nameText(`a${character}b`),
      ]) {
        assert.ok(!shown.includes(character), JSON.stringify(shown));
        assert.ok(shown.length > 2, 'it is visible that something was there');
      }
      const line = visibleJson(JSON.stringify({ text: `a${character}b` }));
      assert.ok(!line.includes(character));
      assert.deepEqual(JSON.parse(line), { text: `a${character}b` });
    });
  }

  it('keeps line feeds and tabs in an alert, and spells them out on a terminal', () => {
    assert.equal(printable('a\n\tb'), 'a\n\tb');
    assert.equal(visible('a\n\tb\r'), 'a\\n\\tb\\r');
  });

  it('keeps what people write in any script', () => {
    for (const text of [
      'Grüße, naïve',
      'Привет, мир',
      '日本語のテキスト',
      'שלום',
      'مرحبا',
      'नमस्ते',
      'ภาษาไทย',
      '👍 done',
      '“quoted” …',
    ]) {
      assert.equal(printable(text), text);
      assert.equal(visible(text), text);
    }
  });

  it('ends a flood of marks over one letter', () => {
    for (const shown of [printable(`a${'\u0301'.repeat(500)}b`), visible(`a${'\u0301'.repeat(500)}b`)])
      assert.ok(shown.length < 10, shown);
  });

  it('marks in a name what only looks Latin', () => {
    assert.equal(nameText('p\u0430ypal'), 'p[U+0430]ypal');
    assert.equal(nameText('kube\u2010system'), 'kube[U+2010]system');
    assert.equal(nameText('\uff4bube'), '[U+FF4B]ube');
    assert.equal(nameText('adm\u0131n'), 'adm[U+0131]n');
    assert.equal(nameText('caf\u0065\u0301'), 'cafe[U+0301]');
  });

  it('leaves names of one script, and Latin letters with marks', () => {
    for (const name of ['анна', 'Δημήτρης', 'zoë', 'system:serviceaccount:shop:web', '田中'])
      assert.equal(nameText(name), name);
  });

  it('is the same when it is made printable again', () => {
    for (const text of UNSEEN.map((point) => `a${String.fromCodePoint(point)}\u0430b`)) {
      assert.equal(printable(printable(text)), printable(text));
      assert.equal(nameText(nameText(text)), nameText(text));
    }
  });

  it('takes a time that grows with the text alone', () => {
    for (const unit of ['\u200b', '\u0301', 'a\u0301', '\ud800', 'p\u0430', ' ', '\u{e0041}']) {
      const text = unit.repeat(200_000);
      const started = performance.now();
      printable(text);
      visible(text);
      nameText(text);
      assert.ok(performance.now() - started < 3000, JSON.stringify(unit));
    }
  });
});
