/**
 * docs/configuration.md lists exactly the settings that there are, with their ranges and defaults, both ways.
 */
import { describeRange, SETTINGS } from '@arrivals/host';
import assert from 'node:assert/strict';
import { code, readText, STALE, tableOf } from './markdown.ts';

describe('docs/configuration.md', () => {
  const rows = tableOf(readText('docs/configuration.md'), ['Variable', 'Takes', 'Default', 'Meaning']);
  const settings = Object.values(SETTINGS);

  it('has every setting once, in its order, and no other', () => {
    assert.deepEqual(
      rows.map(([cell]) => code(cell)),
      settings.map(({ env }) => env),
      STALE,
    );
  });

  for (const [i, row] of settings.entries()) {
    it(`says what ${row.env} takes, its default and what it is`, () => {
      const [, takes, fallback, meaning] = rows[i] ?? [];
      assert.equal(takes, describeRange(row), STALE);
      assert.equal(
        row.default === '' ? fallback : code(fallback),
        row.default === '' ? 'none' : String(row.default),
        STALE,
      );
      assert.equal(
        meaning,
        `${row.description}${row.secret === true ? ' Secret: printed as [redacted].' : ''}`,
        STALE,
      );
    });
  }

  it('has every variable begin with ARRIVALS_, and none twice', () => {
    for (const { env } of settings) assert.match(env, /^ARRIVALS_[A-Z][A-Z_]*[A-Z]$/);
    assert.equal(new Set(settings.map(({ env }) => env)).size, settings.length);
  });
});
