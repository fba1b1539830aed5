/** Looking into JSON without building it gives what JSON.parse gives. */
import { JsonSyntaxError } from '@arrivals/core';
import { JsonView } from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { SEED } from '../../samples.ts';

const viewOf = (text: string) => JsonView.all(Buffer.from(text))[0] ?? assert.fail();

/** The view's own idea of the whole value. */
function built(view: JsonView): unknown {
  if (view.isObject)
    return Object.fromEntries([...view.members()].map(([key, value]) => [key, built(value)]));
  if (view.isArray) return [...view.elements()].map(built);
  return JSON.parse(view.bytes.toString());
}

describe('a view of JSON', () => {
  it('has the members and elements that JSON.parse finds', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom('', ' ', '\n\t '), (text, space) => {
        const spaced = `${space}${JSON.stringify(JSON.parse(text), null, space)}${space}`;
        assert.deepEqual(built(viewOf(spaced)), JSON.parse(text));
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  it('follows a path, and finds nothing beside it', () => {
    const view = viewOf('{"a":{"b":{"c":"x","n":1.5,"t":true,"f":false,"e":"","z":null}},"l":[{"a":1}]}');
    assert.equal(view.text('a', 'b', 'c'), 'x');
    assert.equal(view.number('a', 'b', 'n'), 1.5);
    assert.deepEqual(
      [
        view.at('a', 'b', 't')?.boolean(),
        view.at('a', 'b', 'f')?.boolean(),
        view.at('a', 'b', 'z')?.boolean(),
      ],
      [true, false, undefined],
    );
    assert.equal(view.at('l')?.first()?.number('a'), 1);
    for (const path of [
      ['x'],
      ['a', 'x'],
      ['a', 'b', 'c', 'd'],
      ['l', '0'],
      ['a', 'b', 'e'],
      ['a', 'b', 'n'],
      ['a', 'b', 'z'],
      ['__proto__'],
      ['constructor'],
    ])
      assert.equal(view.text(...path), undefined, path.join());
    for (const path of [['a', 'b', 'c'], ['a', 'b', 't'], ['a']])
      assert.equal(view.number(...path), undefined, path.join());
    assert.deepEqual(
      [viewOf('7').members().size, [...viewOf('{}').elements()].length, viewOf('[]').first()],
      [0, 0, undefined],
    );
  });

  it('has the last of repeated keys', () => {
    assert.equal(viewOf('{"a":"1","a":"2"}').text('a'), '2');
  });

  it('finds each of more members than it keeps, the last of repeated ones too', () => {
    const text = JSON.stringify(
      Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`k${String(i)}`, `v${String(i)}`])),
    ).replace('}', ',"k1":"x","k4999":"y"}');
    const view = viewOf(text);
    assert.deepEqual(
      [view.text('k0'), view.text('k1'), view.text('k4998'), view.text('k4999'), view.text('k5000')],
      ['v0', 'x', 'v4998', 'y', undefined],
    );
    assert.ok(view.members().size < 5000, 'it keeps only so many');
  });

  it('gives the beginning of a text as JSON.parse and a cut give it, wherever the cut falls', () => {
    const pieces = fc.constantFrom('a', 'é', '€', '😀', '"', '\\', '\n', '\u0001', '\ud800');
    const texts = fc.array(pieces, { minLength: 0, maxLength: 300 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(texts, fc.boolean(), fc.nat(20), (text, escaped, unitsMax) => {
        const units = Array.from(
          { length: text.length },
          (_, i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`,
        );
        const json = escaped ? `"${units.join('')}"` : JSON.stringify(text);
        assert.equal(viewOf(json).textWithin(unitsMax), (JSON.parse(json) as string).slice(0, unitsMax));
      }),
      { seed: SEED, numRuns: 500 },
    );
    for (const other of ['7', 'null', '[]', `[${'0,'.repeat(500)}0]`])
      assert.equal(viewOf(other).textWithin(5), undefined);
  });

  it('counts the elements of a list, and none of anything else', () => {
    assert.deepEqual(
      ['[]', '[1]', '[1,[2,3],{}]', '{}', '7', '"[1]"'].map((text) => viewOf(text).count()),
      [0, 1, 3, 0, 0, 0],
    );
  });

  it('takes one value more than there may be, and no further', () => {
    assert.equal(JsonView.all(Buffer.from('1 '.repeat(1000)), undefined, 10).length, 11);
  });

  it('decodes keys and texts', () => {
    assert.equal(viewOf('{"\\u0061":"\\u00fc\\n\\ud83d\\ude00"}').text('a'), 'ü\n😀');
  });

  it('gives the position of a value, or of what it was unpacked from', () => {
    const text = '{"a": [1, "x"]}';
    const [, x] = [...(viewOf(text).at('a')?.elements() ?? [])];
    assert.equal(x?.byteOffset, text.indexOf('"x"'));
    assert.equal(JsonView.all(Buffer.from(text), 99)[0]?.at('a')?.byteOffset, 99);
  });

  it('splits values that follow one another', () => {
    for (const text of ['{}{}[1]', ' {} \n{}\n[1]\n'])
      assert.equal(JsonView.all(Buffer.from(text)).length, 3);
    assert.deepEqual(JsonView.all(Buffer.from(' \n')), []);
    for (const text of ['{}{', '{} x', '{"a":1}}'])
      assert.throws(() => JsonView.all(Buffer.from(text)), JsonSyntaxError);
  });
});
