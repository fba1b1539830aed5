/**
 * The JSON Schema (2020-12) of a record's JSON form, derived from its Avro schema: same names, times as text,
 * without what is null.
 *
 * Invariant: what encodes as Avro validates here once its nulls are left out. What has a default may be left
 * out. Further properties are allowed: a later version may add fields.
 */

type Json = Readonly<Record<string, unknown>>;

export function jsonSchemaOf(avroSchema: Json, title: string, id: string): Json {
  const definitions: Record<string, Json> = {};
  const root = convert(avroSchema, definitions);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: id,
    title,
    ...root,
    $defs: definitions,
  };
}

const PRIMITIVES: Readonly<Record<string, Json>> = {
  string: { type: 'string', minLength: 1 },
  boolean: { type: 'boolean' },
  int: { type: 'integer', minimum: -2147483648, maximum: 2147483647 },
  long: { type: 'integer' },
};

function convert(schema: unknown, definitions: Record<string, Json>): Json {
  if (Array.isArray(schema)) {
    const branches = schema.filter((branch: unknown) => branch !== 'null');
    if (branches.length !== 1) throw new TypeError(`a union of several: ${JSON.stringify(schema)}`);
    return convert(branches[0], definitions);
  }
  if (typeof schema === 'string') return PRIMITIVES[schema] ?? { $ref: `#/$defs/${schema}` };
  const { type, name, doc } = schema as {
    readonly type: string;
    readonly name?: string;
    readonly doc?: string;
  };
  const described = doc === undefined ? {} : { description: doc };
  const { fields, symbols, items, values, logicalType } = schema as Readonly<Record<string, unknown>>;
  if (logicalType === 'timestamp-micros') return { type: 'string', format: 'date-time' };
  switch (type) {
    case 'array':
      // An argument of a command line may be empty.
      return { type: 'array', items: items === 'string' ? { type: 'string' } : convert(items, definitions) };
    case 'map':
      return { type: 'object', additionalProperties: { type: 'string' } };
    case 'enum':
      definitions[name ?? ''] = { ...described, enum: symbols };
      return { $ref: `#/$defs/${name ?? ''}` };
    case 'record': {
      const list = fields as readonly {
        readonly name: string;
        readonly type: unknown;
        readonly doc?: string;
        readonly default?: unknown;
      }[];
      const properties = Object.fromEntries(
        list.map((field) => [
          field.name,
          // A label's value may be empty; a forged event may have an empty key.
          name === 'KeyValue'
            ? { type: 'string', description: field.doc }
            : { ...convert(field.type, definitions), description: field.doc },
        ]),
      );
      definitions[name ?? ''] = {
        ...described,
        type: 'object',
        required: list.filter((field) => field.default === undefined).map((field) => field.name),
        properties,
      };
      return { $ref: `#/$defs/${name ?? ''}` };
    }
    default:
      if (values !== undefined) throw new TypeError(`a map of another type: ${JSON.stringify(schema)}`);
      return convert(type, definitions);
  }
}
