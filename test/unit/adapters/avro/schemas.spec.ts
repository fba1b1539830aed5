/**
 * The committed schemas: the current one of each name is its newest version, and every version can be read by
 * the readers of the one before it and the other way round. The checker itself is tested with made-up
 * changes.
 */
import { loadSchemas, type SchemaName } from '@arrivals/adapters/avro';
import avro from 'avsc';
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';

const folder = new URL('../../../../../schemas/', import.meta.url);
const NAMES: readonly SchemaName[] = ['audit-batch', 'alert', 'dead-letter'];

interface Field {
  readonly name: string;
  readonly type: unknown;
  readonly default?: unknown;
}

interface RecordSchema {
  readonly type: 'record';
  readonly name: string;
  readonly fields: readonly Field[];
}

/**
 * Undefined when a reader with `reader` can read everything that a writer with `writer` writes, else the
 * reason.
 */
function unreadable(reader: unknown, writer: unknown): string | undefined {
  const typeOf = (schema: unknown) => avro.Type.forSchema(schema as avro.Schema, { wrapUnions: 'never' });
  try {
    typeOf(reader).createResolver(typeOf(writer));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function compatibleBothWays(a: unknown, b: unknown): boolean {
  return unreadable(a, b) === undefined && unreadable(b, a) === undefined;
}

/** Every record and enum of a schema, however deep. */
function* named(schema: unknown): Generator<Readonly<Record<string, unknown>>> {
  if (Array.isArray(schema)) for (const branch of schema as unknown[]) yield* named(branch);
  else if (typeof schema === 'object' && schema !== null) {
    const node = schema as Readonly<Record<string, unknown>>;
    if (node['type'] === 'record' || node['type'] === 'enum') yield node;
    for (const key of ['type', 'items', 'values', 'fields']) yield* named(node[key]);
  }
}

describe('the committed schemas', () => {
  it('are those of the three kinds of records, and no other', () => {
    const current = readdirSync(folder).filter((file) => file.endsWith('.avsc'));
    assert.deepEqual(current.sort(), NAMES.map((name) => `${name}.avsc`).sort());
    for (const file of readdirSync(new URL('versions/', folder))) {
      const [, name = ''] = /^(.+)\.\d+\.avsc$/.exec(file) ?? [];
      assert.ok((NAMES as readonly string[]).includes(name), file);
    }
  });

  for (const name of NAMES) {
    it(`have the current ${name} equal to its newest version`, () => {
      const current = JSON.parse(readFileSync(new URL(`${name}.avsc`, folder), 'utf8')) as unknown;
      assert.deepEqual(
        current,
        loadSchemas(name).at(-1),
        `after a change of schemas/${name}.avsc copy it to schemas/versions/${name}.N.avsc with the next N`,
      );
    });

    it(`have versions of ${name} numbered without a gap`, () => {
      const numbers = readdirSync(new URL('versions/', folder)).flatMap((file) =>
        file.startsWith(`${name}.`) ? [Number(file.split('.')[1])] : [],
      );
      assert.deepEqual(
        numbers.sort((a, b) => a - b),
        numbers.map((_unused, i) => Math.min(...numbers) + i),
      );
      assert.equal(loadSchemas(name).length, numbers.length);
    });

    it(`have every version of ${name} readable by its neighbours`, () => {
      const versions = loadSchemas(name);
      for (const [i, version] of versions.entries()) {
        const before = versions[i - 1] ?? version;
        assert.equal(unreadable(version, before), undefined);
        assert.equal(unreadable(before, version), undefined);
      }
    });

    it(`document every record, enum and field of ${name}`, () => {
      for (const node of named(loadSchemas(name).at(-1))) {
        assert.ok(typeof node['doc'] === 'string' && node['doc'] !== '', String(node['name']));
        for (const field of (node['fields'] ?? []) as readonly {
          readonly name: string;
          readonly doc?: string;
        }[])
          assert.ok(field.doc !== undefined && field.doc !== '', `${String(node['name'])}.${field.name}`);
      }
    });

    it(`give every optional field of ${name} the default null`, () => {
      for (const { fields } of [...named(loadSchemas(name).at(-1))] as readonly {
        readonly fields?: readonly Field[];
      }[])
        for (const field of fields ?? [])
          if (Array.isArray(field.type)) assert.equal(field.default, null, field.name);
    });
  }
});

describe('the check of compatibility', () => {
  const KIND = { type: 'enum', name: 'Kind', symbols: ['A', 'B'] };
  const BASE: RecordSchema = {
    type: 'record',
    name: 'Thing',
    fields: [
      { name: 'id', type: 'string' },
      { name: 'count', type: 'int' },
      { name: 'kind', type: KIND },
      { name: 'note', type: ['null', 'string'], default: null },
      {
        name: 'parts',
        type: {
          type: 'array',
          items: { type: 'record', name: 'Part', fields: [{ name: 'size', type: 'long' }] },
        },
      },
    ],
  };
  const adding = (field: Field): RecordSchema => ({ ...BASE, fields: [...BASE.fields, field] });
  const removing = (name: string): RecordSchema => ({
    ...BASE,
    fields: BASE.fields.filter((field) => field.name !== name),
  });
  const changing = (name: string, type: unknown): RecordSchema => ({
    ...BASE,
    fields: BASE.fields.map((field) => (field.name === name ? { name, type } : field)),
  });

  for (const [change, schema] of Object.entries({
    'a field without a default': adding({ name: 'new', type: 'string' }),
    'an optional field without a default': adding({ name: 'new', type: ['null', 'string'] }),
    'the removal of a field without a default': removing('id'),
    'another type of a field': changing('count', 'string'),
    'a wider number, which older readers cannot read': changing('count', 'long'),
    'another name of a field': {
      ...BASE,
      fields: BASE.fields.map((field) => (field.name === 'id' ? { ...field, name: 'identity' } : field)),
    },
    'a new symbol of an enum': changing('kind', { ...KIND, symbols: ['A', 'B', 'C'] }),
    'a symbol less': changing('kind', { ...KIND, symbols: ['A'] }),
    'a list that may be missing': changing('parts', ['null', { type: 'array', items: 'Part' }]),
    'another type inside a list': changing('parts', {
      type: 'array',
      items: { type: 'record', name: 'Part', fields: [{ name: 'size', type: 'string' }] },
    }),
    'a further branch of a union': changing('note', ['null', 'string', 'int']),
  })) {
    it(`refuses ${change}`, () => {
      assert.equal(compatibleBothWays(BASE, schema), false);
    });
  }

  for (const [change, schema] of Object.entries({
    'no change': BASE,
    'a new text with the default null': adding({ name: 'new', type: ['null', 'string'], default: null }),
    'a new list with an empty default': adding({
      name: 'new',
      type: { type: 'array', items: 'string' },
      default: [],
    }),
    'a new record with the default null': adding({
      name: 'new',
      type: ['null', { type: 'record', name: 'New', fields: [] }],
      default: null,
    }),
    'the removal of a field with a default': removing('note'),
    'another order of the fields': { ...BASE, fields: [...BASE.fields].reverse() },
    'another documentation': { ...BASE, doc: 'Another.' },
  })) {
    it(`allows ${change}`, () => {
      assert.equal(compatibleBothWays(BASE, schema), true);
    });
  }
});
