/**
 * Values in Avro's single-object encoding: C3 01, the fingerprint of the writer's schema, the value.
 *
 * Invariant: writes the newest schema of a name, reads every version that schemas/versions holds, resolved to
 * the newest. Does not interpret the values. Every decoding error is an ArrivalsError record_undecodable, and
 * a forged count of entries allocates nothing.
 */
import { ArrivalsError, messageOf } from '@arrivals/core/light';
import avro from 'avsc';
import { Buffer } from 'node:buffer';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { assertBlockCounts } from './block-counts.ts';
import { crc64Avro } from './fingerprint.ts';

export type SchemaName = 'audit-batch' | 'alert' | 'dead-letter';

const MAGIC = Buffer.from([0xc3, 0x01]);
export const SINGLE_OBJECT_HEADER_BYTES = 10;

const schemasFolder = path.dirname(createRequire(import.meta.url).resolve('@arrivals/schemas/package.json'));

export type LogicalTypeClass = new (schema: avro.Schema, options?: unknown) => avro.types.LogicalType;

type Resolver = ReturnType<avro.Type['createResolver']>;

interface Version {
  readonly type: avro.Type;
  readonly fingerprint: Buffer;
}

export interface SingleObjectCodec {
  /** CRC-64-AVRO of the newest schema, hex as in the header. */
  readonly fingerprint: string;
  encode(value: unknown): Buffer;
  /** @throws ArrivalsError record_undecodable */
  decode(bytes: Buffer): unknown;
  /**
   * Where a value does not fit the newest schema: for example object.name. Undefined for one that fits; the
   * defaults of what is absent count.
   */
  misfit(value: unknown): string | undefined;
}

interface CodecOptions {
  readonly logicalTypes?: Record<string, LogicalTypeClass>;
  /** Whether the caller has bounded what is decoded. */
  readonly bounded?: boolean;
}

export function singleObjectCodec(
  name: SchemaName,
  { logicalTypes = {}, bounded = false }: CodecOptions = {},
): SingleObjectCodec {
  const versions = loadVersions(name, logicalTypes);
  const newest = versions.at(-1);
  if (newest === undefined)
    throw new ArrivalsError('store_unusable', `no schema ${name} in the installation`);
  const known = new Map(versions.map((version) => [version.fingerprint.toString('hex'), version]));
  // Made when the first record of an older version comes: most processes see none.
  const resolvers = new Map<Version, Resolver>();
  const resolverOf = (version: Version): Resolver | undefined => {
    if (version === newest) return undefined;
    const resolver = resolvers.get(version) ?? newest.type.createResolver(version.type);
    resolvers.set(version, resolver);
    return resolver;
  };
  const header = Buffer.concat([MAGIC, newest.fingerprint]);
  return {
    fingerprint: newest.fingerprint.toString('hex'),
    encode: (value) => Buffer.concat([header, newest.type.toBuffer(value)]),
    decode: (bytes) => {
      if (bytes.length < SINGLE_OBJECT_HEADER_BYTES || !bytes.subarray(0, 2).equals(MAGIC)) {
        throw new ArrivalsError(
          'record_undecodable',
          `expected a single-object encoded ${name}, found bytes that do not begin with c3 01`,
        );
      }
      const fingerprint = bytes.toString('hex', 2, SINGLE_OBJECT_HEADER_BYTES);
      const version = known.get(fingerprint);
      if (version === undefined)
        throw new ArrivalsError(
          'record_undecodable',
          `expected a schema of ${name}, found the unknown fingerprint ${fingerprint}`,
        );
      try {
        const value = bytes.subarray(SINGLE_OBJECT_HEADER_BYTES);
        if (!bounded) assertBlockCounts(version.type, value);
        return newest.type.fromBuffer(value, resolverOf(version)) as unknown;
      } catch (error) {
        throw new ArrivalsError(
          'record_undecodable',
          `a ${name} that does not fit its schema: ${messageOf(error)}`,
          {
            cause: error,
          },
        );
      }
    },
    misfit: (value) => {
      let misfit: string | undefined;
      const errorHook = (path: readonly string[]): void => {
        misfit ??= path.join('.');
      };
      newest.type.isValid(value, { errorHook });
      return misfit;
    },
  };
}

/** All committed versions of a schema, oldest first; files are NAME.NUMBER.avsc. */
export function loadSchemas(name: SchemaName): readonly avro.Schema[] {
  const folder = path.join(schemasFolder, 'versions');
  const pattern = new RegExp(`^${name}\\.(\\d+)\\.avsc$`);
  return readdirSync(folder)
    .flatMap((file) => {
      const number = pattern.exec(file)?.[1];
      return number === undefined ? [] : [{ file, number: Number(number) }];
    })
    .sort((a, b) => a.number - b.number)
    .map(({ file }) => JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as avro.Schema);
}

function loadVersions(name: SchemaName, logicalTypes: Record<string, LogicalTypeClass>): readonly Version[] {
  return loadSchemas(name).map((schema) => {
    const type = avro.Type.forSchema(schema, { wrapUnions: 'never', logicalTypes });
    // Without options, schema() gives the Parsing Canonical Form.
    return { type, fingerprint: crc64Avro(JSON.stringify(type.schema())) };
  });
}
