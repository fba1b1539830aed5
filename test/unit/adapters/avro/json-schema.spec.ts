/**
 * The JSON Schema that is derived from an Avro schema: what encodes validates, and what does not encode is
 * refused.
 */
import { jsonSchemaOf } from '@arrivals/adapters/avro';
import addFormats from 'ajv-formats';
import { Ajv2020 } from 'ajv/dist/2020.js';
import assert from 'node:assert/strict';

const AVRO = {
  type: 'record',
  name: 'Thing',
  doc: 'A thing.',
  fields: [
    { name: 'text', type: 'string', doc: 'Text.' },
    {
      name: 'more',
      type: { type: 'array', items: 'string' },
      default: [],
      doc: 'A list that may be left out.',
    },
    { name: 'maybe', type: ['null', 'string'], default: null, doc: 'Perhaps.' },
    { name: 'small', type: 'int', doc: 'Small.' },
    { name: 'large', type: 'long', doc: 'Large.' },
    { name: 'flag', type: 'boolean', doc: 'Flag.' },
    { name: 'time', type: { type: 'long', logicalType: 'timestamp-micros' }, doc: 'Time.' },
    { name: 'kind', type: { type: 'enum', name: 'Kind', doc: 'Kinds.', symbols: ['A', 'B'] }, doc: 'Kind.' },
    { name: 'labels', type: { type: 'map', values: 'string' }, doc: 'Labels.' },
    {
      name: 'parts',
      type: {
        type: 'array',
        items: {
          type: 'record',
          name: 'Part',
          doc: 'Part.',
          fields: [{ name: 'size', type: 'int', doc: 'Size.' }],
        },
      },
    },
    {
      name: 'words',
      type: { type: 'array', items: 'string' },
      doc: 'A command line, whose words may be empty.',
    },
    { name: 'another', type: ['null', 'Kind'], default: null, doc: 'Kind by name.' },
  ],
};

const GOOD = {
  text: 'a',
  small: -2147483648,
  large: 4294967296123,
  flag: false,
  time: '2026-11-22T14:09:19.000001Z',
  kind: 'A',
  labels: { a: '' },
  parts: [{ size: 1 }],
  words: ['sh', ''],
  another: 'B',
};

describe('the JSON Schema of an Avro schema', () => {
  const schema = jsonSchemaOf(AVRO, 'Thing', 'urn:thing:1');
  const ajv = new Ajv2020({ strict: true });
  addFormats.default(ajv);
  const validate = ajv.compile(schema);

  it('is a strict schema of draft 2020-12 with title and id', () => {
    assert.deepEqual(
      { $schema: schema['$schema'], title: schema['title'], $id: schema['$id'] },
      { $schema: 'https://json-schema.org/draft/2020-12/schema', title: 'Thing', $id: 'urn:thing:1' },
    );
  });

  it('takes what fits, and fields that a later version adds', () => {
    assert.ok(validate(GOOD));
    assert.ok(validate({ ...GOOD, maybe: 'b', another: undefined, parts: [], labels: {} }));
    assert.ok(validate({ ...GOOD, later: { a: 1 } }));
  });

  for (const [what, change] of Object.entries({
    'an empty text': { text: '' },
    'an empty optional text': { maybe: '' },
    'a number for a text': { text: 7 },
    'a fraction': { small: 1.5 },
    'an int that is too large': { small: 2147483648 },
    'a long that is a text': { large: '4294967296123' },
    'a text for a flag': { flag: 'true' },
    'null where it may not be': { flag: null },
    'a time that is a number': { time: 1795529359123456 },
    'a time that is none': { time: 'yesterday' },
    'an unknown symbol': { kind: 'C' },
    'an unknown symbol by name': { another: 'C' },
    'a label that is no text': { labels: { a: 1 } },
    'a list for a map': { labels: [] },
    'a part without its field': { parts: [{}] },
    'a part that is null': { parts: [null] },
    'a word that is null': { words: [null] },
    'null for what is optional, which is left out': { maybe: null },
  })) {
    it(`refuses ${what}`, () => {
      assert.equal(validate(JSON.parse(JSON.stringify({ ...GOOD, ...change }))), false);
    });
  }

  it('refuses to derive from a type that it does not know', () => {
    assert.throws(
      () =>
        jsonSchemaOf(
          { type: 'record', name: 'X', fields: [{ name: 'a', type: { type: 'double', values: 'string' } }] },
          'X',
          'urn:x',
        ),
      TypeError,
    );
  });
});
