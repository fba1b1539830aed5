/**
 * CRC-64-AVRO, against what fastavro computes: fingerprint(to_parsing_canonical_form(schema), 'CRC-64-AVRO').
 * A released version keeps its fingerprint for ever: records on the bus carry it.
 */
import {
  ALERT_SCHEMA_FINGERPRINT,
  crc64Avro,
  encodeAuditBatch,
  encodeDeadLetter,
  loadSchemas,
} from '@arrivals/adapters/avro';
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { BATCH, LETTER } from './records.ts';

/** By fastavro 1.13.1; hex as the bytes stand in a record. */
const VERSIONS: Readonly<Record<string, string>> = {
  'audit-batch.1': '24fe0c2091e9d028',
  'alert.3': '981038ff3774a792',
  'dead-letter.1': '9749ccc20c99bfb2',
};

const newestOf = (name: string): string | undefined =>
  Object.entries(VERSIONS)
    .filter(([version]) => version.startsWith(`${name}.`))
    .at(-1)?.[1];

describe('the fingerprint of a schema', () => {
  for (const [canonical, fingerprint] of [
    ['', '95a7d7a43a215dc1'],
    ['"null"', '8a8f25cce724dd63'],
    ['"int"', '8f5c393f1ad57572'],
    ['"string"', 'c70345637248018f'],
  ] as const) {
    it(`of ${canonical === '' ? 'no text' : canonical} is ${fingerprint}`, () => {
      assert.equal(crc64Avro(canonical).toString('hex'), fingerprint);
    });
  }

  it('of "null" is the number that the Avro project’s own test data gives', () => {
    assert.equal(crc64Avro('"null"').readBigInt64LE(), 7195948357588979594n);
  });

  it('is known of every committed version, and of no other', () => {
    const files = readdirSync(new URL('../../../../../schemas/versions/', import.meta.url));
    assert.deepEqual(
      files.sort(),
      Object.keys(VERSIONS)
        .map((version) => `${version}.avsc`)
        .sort(),
    );
  });

  it('stands in every record, behind the mark of single-object encoding', () => {
    assert.equal(ALERT_SCHEMA_FINGERPRINT, newestOf('alert'));
    assert.equal(encodeAuditBatch(BATCH).toString('hex', 0, 10), `c301${newestOf('audit-batch') ?? ''}`);
    assert.equal(encodeDeadLetter(LETTER).toString('hex', 0, 10), `c301${newestOf('dead-letter') ?? ''}`);
  });

  it('is in the documentation of the schemas', () => {
    const readme = readFileSync(new URL('../../../../../schemas/README.md', import.meta.url), 'utf8');
    for (const name of ['audit-batch', 'alert', 'dead-letter'] as const) {
      assert.ok(
        readme.includes(newestOf(name) ?? 'missing'),
        `schemas/README.md lacks the fingerprint of ${name} ${String(loadSchemas(name).length)}`,
      );
    }
  });
});
