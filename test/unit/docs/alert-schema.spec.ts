/** schemas/alert.schema.json is what derives from schemas/alert.avsc. */
import { jsonSchemaOf } from '@arrivals/adapters/avro';
import assert from 'node:assert/strict';
import { readText, STALE } from './markdown.ts';

type Json = Readonly<Record<string, unknown>>;

describe('schemas/alert.schema.json', () => {
  const written = JSON.parse(readText('schemas/alert.schema.json')) as Json;

  it('is derived from schemas/alert.avsc', () => {
    const derived = jsonSchemaOf(
      JSON.parse(readText('schemas/alert.avsc')) as Json,
      'Arrivals alert',
      'urn:arrivals:alert:3',
    );
    assert.deepEqual(written, derived, STALE);
  });

  it('has no address that a validator would look up', () => {
    const { $schema: _dialect, ...rest } = written;
    assert.doesNotMatch(JSON.stringify(rest), /https?:/);
  });
});
