/** docs/errors.md lists exactly the codes of the catalogue, with its texts, both ways. */
import { ERRORS } from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import { code, readText, STALE, tableOf } from './markdown.ts';

describe('docs/errors.md', () => {
  const rows = tableOf(readText('docs/errors.md'), ['Code', 'Meaning', 'Retryable', 'HTTP status', 'Remedy']);

  it('has every code of the catalogue once, in its order, and no other', () => {
    assert.deepEqual(
      rows.map(([cell]) => code(cell)),
      Object.keys(ERRORS),
      STALE,
    );
  });

  it('says of each what the catalogue says', () => {
    const documented = Object.fromEntries(rows.map(([cell, ...rest]) => [code(cell), rest]));
    const catalogue = Object.entries(ERRORS).map(([key, { meaning, retryable, httpStatus, remedy }]) => [
      key,
      [meaning, retryable ? 'yes' : 'no', httpStatus === undefined ? 'none' : String(httpStatus), remedy],
    ]);
    assert.deepEqual(documented, Object.fromEntries(catalogue), STALE);
  });
});
