/**
 * JsonScanner is held equal to JSON.parse: what it accepts, where values begin and end, the values of strings
 * and numbers.
 */
import { JsonScanner, JsonSyntaxError } from '@arrivals/core';
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { SEED } from '../samples.ts';
import { everyMutation, jsonText, mutate, mutations, NUMBER_TEXTS, stringText } from './json-text.ts';

const NOT_JSON = Symbol('not JSON');

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch {
    return NOT_JSON;
  }
}

/** The bytes of the one value that the text is, or the error. */
function scanned(bytes: Buffer): Buffer | JsonSyntaxError {
  const scanner = new JsonScanner(bytes);
  try {
    const { start, end } = scanner.value();
    scanner.end();
    return bytes.subarray(start, end);
  } catch (error) {
    assert.ok(error instanceof JsonSyntaxError, `a JsonSyntaxError, not ${String(error)}`);
    assert.ok(error.byteOffset >= 0 && error.byteOffset <= bytes.length, 'the offset lies within the text');
    assert.equal(error.atEnd, error.byteOffset === bytes.length, 'atEnd means that the offset is the end');
    return error;
  }
}

function agree(bytes: Buffer): void {
  const value = parsed(bytes);
  const result = scanned(bytes);
  if (value === NOT_JSON)
    assert.ok(
      result instanceof JsonSyntaxError,
      `accepts what JSON.parse refuses: ${JSON.stringify(bytes.toString('latin1'))}`,
    );
  else {
    assert.ok(
      !(result instanceof JsonSyntaxError),
      `refuses what JSON.parse accepts: ${JSON.stringify(bytes.toString('latin1'))}`,
    );
    assert.deepStrictEqual(parsed(result), value);
    assert.equal(
      result.length,
      bytes.toString('latin1').replace(/^[ \t\n\r]+|[ \t\n\r]+$/g, '').length,
      'the range is the value without white space',
    );
  }
}

function firstString(text: string): string | undefined {
  const scanner = new JsonScanner(Buffer.from(text));
  return scanner.stringIn(scanner.value());
}

describe('JsonScanner', () => {
  describe('takes what JSON.parse takes', () => {
    it('on generated texts and on eight mutations of each', () => {
      fc.assert(
        fc.property(jsonText, mutations, (text, changes) => {
          let chained = Buffer.from(text);
          agree(chained);
          const whole = chained;
          for (const change of changes) {
            agree(mutate(whole, change));
            chained = Buffer.from(mutate(chained, change));
            agree(chained);
          }
        }),
        { seed: SEED, numRuns: 150 },
      );
    });

    it('on every mutation at every position of a small text', () => {
      for (const bytes of everyMutation(Buffer.from('{"a\\u0041":[1.5e3,true,null,"é"], "b":{}}')))
        agree(bytes);
    });

    it('on numbers of every form', () => {
      const forms = [
        ...NUMBER_TEXTS,
        '00',
        '01',
        '-',
        '-01',
        '+1',
        '.5',
        '1.',
        '1.e1',
        '1e',
        '1e+',
        '0x1',
        '1_0',
        'NaN',
        'Infinity',
        '-Infinity',
        '1E5',
        '--1',
        '1-',
      ];
      for (const form of forms) agree(Buffer.from(form));
    });

    it('on literals and on words that begin like one', () => {
      for (const text of [
        'true',
        'false',
        'null',
        'tru',
        'True',
        'nul',
        'nulll',
        'truefalse',
        'undefined',
        'fals e',
      ])
        agree(Buffer.from(text));
    });

    it('on every byte as an escape, as a character of a string and as white space', () => {
      for (let byte = 0; byte < 256; byte++) {
        agree(Buffer.concat([Buffer.from('"\\'), Buffer.of(byte), Buffer.from('"')]));
        agree(Buffer.concat([Buffer.from('"'), Buffer.of(byte), Buffer.from('"')]));
        agree(Buffer.concat([Buffer.from('"\\u00'), Buffer.of(byte), Buffer.from('0"')]));
        agree(Buffer.concat([Buffer.of(byte), Buffer.from('[1]')]));
      }
    });

    it('on bytes that are not UTF-8, inside strings and outside them', () => {
      const broken = [
        'c3',
        'e282',
        'eda080',
        'f0908d',
        'f8888080',
        'ff',
        '80',
        'c080',
        'efbbbf',
        'f4908080',
      ].map((hex) => Buffer.from(hex, 'hex'));
      for (const bytes of broken) {
        agree(Buffer.concat([Buffer.from('["'), bytes, Buffer.from('"]')]));
        agree(Buffer.concat([Buffer.from('{"'), bytes, Buffer.from('":"\\n'), bytes, Buffer.from('"}')]));
        agree(Buffer.concat([Buffer.from('['), bytes, Buffer.from(']')]));
        agree(Buffer.concat([bytes, Buffer.from('[]')]));
        agree(Buffer.concat([Buffer.from('[]'), bytes]));
      }
    });

    it('on lone surrogates and on what follows the text', () => {
      const texts = [
        '"\\ud800"',
        '"\\udc00\\ud800"',
        '"\\ud800\\u0041"',
        '{}{}',
        '[] ]',
        '1 2',
        '""x',
        '[]\u0000',
        '',
        ' ',
        '\n',
      ];
      for (const text of texts) agree(Buffer.from(text));
    });
  });

  describe('keeps its own stack', () => {
    const depth = 100_000;

    it('at a depth of 100,000 levels', () => {
      for (const [open, close] of [
        ['[', ']'],
        ['{"a":', '}'],
        ['[{"a":', '}]'],
      ] as const) {
        const text = Buffer.from(`${open.repeat(depth)}1${close.repeat(depth)}`);
        const result = scanned(text);
        assert.ok(!(result instanceof JsonSyntaxError));
        assert.equal(result.length, text.length);
      }
    });

    it('and sees which container a bracket closes there', () => {
      const inner = '[{"a":'.repeat(depth);
      const result = scanned(Buffer.from(`${inner}1${'}]'.repeat(depth - 1)}]}`));
      assert.ok(result instanceof JsonSyntaxError);
      assert.equal(result.byteOffset, inner.length + 1 + 2 * (depth - 1));
    });
  });

  describe('reports where the text breaks', () => {
    const cases: readonly (readonly [text: string, byteOffset: number])[] = [
      ['', 0],
      ['{"a":1', 6],
      ['{"a" 1}', 5],
      ['{"a":1,}', 7],
      ['[1,]', 3],
      ['[1 2]', 3],
      ['["é",x]', 6],
      ['"\\x"', 2],
      ['"\\u00g0"', 5],
      ['"a\nb"', 2],
      ['trux', 3],
      ['[01]', 2],
      ['{} {}', 3],
      ['{a:1}', 1],
    ];
    for (const [text, byteOffset] of cases) {
      it(`at byte ${String(byteOffset)} of ${JSON.stringify(text)}`, () => {
        const error = scanned(Buffer.from(text));
        assert.ok(error instanceof JsonSyntaxError);
        assert.equal(error.byteOffset, byteOffset);
        assert.match(error.message, new RegExp(`^expected .+ at byte ${String(byteOffset)}\\b`));
      });
    }

    it('at its end for every part of a text that breaks off', () => {
      const whole = Buffer.from('{"a\\u0041":[-1.5e+3,true,null,"é\\n"],"b":{}}');
      for (let length = 0; length < whole.length; length++) {
        const error = scanned(whole.subarray(0, length));
        assert.ok(error instanceof JsonSyntaxError && error.atEnd, `cut at ${String(length)}`);
      }
    });
  });

  describe('reads values', () => {
    it('strings as JSON.parse does, whatever is escaped', () => {
      fc.assert(
        fc.property(stringText, (text) => {
          assert.equal(firstString(text), JSON.parse(text));
        }),
        { seed: SEED, numRuns: 300 },
      );
    });

    it('each of many that differ in one place only as itself, whatever was read before', () => {
      const byte = fc.constantFrom(...Buffer.from('abc '), 0xff, 0xc3, 0xa9);
      const bytes = fc
        .oneof(fc.array(byte, { maxLength: 6 }), fc.array(byte, { minLength: 31, maxLength: 34 }))
        .map((list) => Buffer.from(list));
      fc.assert(
        fc.property(fc.array(bytes, { minLength: 2, maxLength: 20 }), (strings) => {
          for (const string of [...strings, ...strings]) {
            const scanner = new JsonScanner(Buffer.concat([Buffer.from('"'), string, Buffer.from('"')]));
            assert.equal(scanner.stringIn(scanner.value()), string.toString('utf8'));
          }
        }),
        { seed: SEED, numRuns: 200 },
      );
    });

    it('numbers as JSON.parse does, the sign of zero included', () => {
      for (const text of NUMBER_TEXTS) {
        const scanner = new JsonScanner(Buffer.from(text));
        assert.ok(Object.is(scanner.numberIn(scanner.value()), JSON.parse(text)), text);
      }
    });

    it('only as what they are', () => {
      const kinds: readonly (readonly [text: string, kind: 'string' | 'number' | 'null' | 'other'])[] = [
        ['"1"', 'string'],
        ['"null"', 'string'],
        ['-1', 'number'],
        ['null', 'null'],
        ['true', 'other'],
        ['[1]', 'other'],
        ['{"a":"b"}', 'other'],
      ];
      for (const [text, kind] of kinds) {
        const scanner = new JsonScanner(Buffer.from(text));
        const range = scanner.value();
        assert.equal(scanner.stringIn(range) !== undefined, kind === 'string', text);
        assert.equal(scanner.numberIn(range) !== undefined, kind === 'number', text);
        assert.equal(scanner.isNull(range), kind === 'null', text);
      }
    });

    it('members of an object under their decoded keys, repeated ones in turn', () => {
      fc.assert(
        fc.property(
          jsonText.filter((text) => text.startsWith('{')),
          (text) => {
            const bytes = Buffer.from(text);
            const scanner = new JsonScanner(bytes);
            const members: [string, unknown][] = [];
            scanner.object((key) => {
              const { start, end } = scanner.value();
              members.push([key, JSON.parse(bytes.toString('utf8', start, end))]);
            });
            scanner.end();
            // fromEntries: of repeated keys the last counts, and __proto__ becomes an own property, both as
            // in JSON.parse.
            assert.deepStrictEqual(Object.fromEntries(members), JSON.parse(text));
          },
        ),
        { seed: SEED, numRuns: 100 },
      );
    });

    it('elements of an array in turn', () => {
      const bytes = Buffer.from('[ 1 , "a,]" ,{"b":[ ]} , [] ]');
      const scanner = new JsonScanner(bytes);
      const elements: unknown[] = [];
      scanner.array(() => {
        const { start, end } = scanner.value();
        elements.push(JSON.parse(bytes.toString('utf8', start, end)));
      });
      scanner.end();
      assert.deepStrictEqual(elements, [1, 'a,]', { b: [] }, []]);
    });
  });
});
