/** Looking into JSON without building it gives what JSON.parse gives. */
import { JsonSyntaxError, JsonView } from '@arrivals/core';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { SEED } from '../../samples.ts';

const viewOf = (text: string) => JsonView.all(Buffer.from(text))[0] ?? assert.fail();

/** The view's own idea of the whole value. */
function built(view: JsonView): unknown {
  if (view.isObject) return Object.fromEntries([...view.members()].map(([key, value]) => [key, built(value)]));
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
    assert.deepEqual([view.at('a', 'b', 't')?.boolean(), view.at('a', 'b', 'f')?.boolean(), view.at('a', 'b', 'z')?.boolean()], [true, false, undefined]);
    assert.equal(view.at('l')?.first()?.number('a'), 1);
    for (const path of [['x'], ['a', 'x'], ['a', 'b', 'c', 'd'], ['l', '0'], ['a', 'b', 'e'], ['a', 'b', 'n'], ['a', 'b', 'z'], ['__proto__'], ['constructor']])
      assert.equal(view.text(...path), undefined, path.join());
    for (const path of [['a', 'b', 'c'], ['a', 'b', 't'], ['a']]) assert.equal(view.number(...path), undefined, path.join());
    assert.deepEqual([viewOf('7').members().size, [...viewOf('{}').elements()].length, viewOf('[]').first()], [0, 0, undefined]);
  });

  it('has the last of repeated keys', () => {
    assert.equal(viewOf('{"a":"1","a":"2"}').text('a'), '2');
  });

  it('decodes keys and texts', () => {
    assert.equal(viewOf('{"\\u0061":"\\u00fc\\n\\ud83d\\ude00"}').text('a'), 'ü\n😀');
  });

  it('tells where a value stands, or what it was unpacked from', () => {
    const text = '{"a": [1, "x"]}';
    const [, x] = [...(viewOf(text).at('a')?.elements() ?? [])];
    assert.equal(x?.byteOffset, text.indexOf('"x"'));
    assert.equal(JsonView.all(Buffer.from(text), 99)[0]?.at('a')?.byteOffset, 99);
  });

  it('splits values that follow one another', () => {
    for (const text of ['{}{}[1]', ' {} \n{}\n[1]\n']) assert.equal(JsonView.all(Buffer.from(text)).length, 3);
    assert.deepEqual(JsonView.all(Buffer.from(' \n')), []);
    for (const text of ['{}{', '{} x', '{"a":1}}']) assert.throws(() => JsonView.all(Buffer.from(text)), JsonSyntaxError);
  });
});
