/** Avro: the encoding on the bus. Only this folder uses avsc. */
export * from './alert-codec.ts';
export * from './audit-batch-codec.ts';
export * from './dead-letter-codec.ts';
export { crc64Avro } from './fingerprint.ts';
export { jsonSchemaOf } from './json-schema.ts';
export { loadSchemas, type SchemaName } from './single-object.ts';
