/** isDryRun against what kube-apiserver 1.35.4 did with each URI: whether the object was there afterwards. */
import { isDryRun } from '@arrivals/core';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CREATED_BY_QUERY, DRY_RUN_BY_QUERY, SEED } from '../samples.ts';

/**
 * Go's url.ParseQuery and what the API server makes of it: from the first question mark, pairs between ampersands, a
 * pair with a semicolon or with a broken escape is left out, more than 10,000 pairs are none (GODEBUG urlmaxqueryparams).
 */
function isDryRunToGo(uri: string): boolean {
  const question = uri.indexOf('?');
  const pairs = question === -1 ? [] : uri.slice(question + 1).split('&');
  if (pairs.length > 10_000) return false;
  return pairs.some((pair) => {
    const equals = pair.indexOf('=');
    if (pair.includes(';') || equals === -1) return false;
    return unescaped(pair.slice(0, equals)) === 'dryRun' && unescaped(pair.slice(equals + 1)) === 'All';
  });
}

function unescaped(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

describe('isDryRun', () => {
  describe('is true where nothing was created', () => {
    for (const [query, means] of DRY_RUN_BY_QUERY) {
      it(means, () => {
        assert.equal(isDryRun(`/api/v1/namespaces/a/pods${query}`), true);
      });
    }
  });

  describe('is false where the object was created', () => {
    for (const [query, means] of CREATED_BY_QUERY) {
      it(means, () => {
        assert.equal(isDryRun(`/api/v1/namespaces/a/pods${query}`), false);
      });
    }
  });

  it('is false for a path that only looks like it', () => {
    for (const uri of ['', '/', '/dryRun=All', '/x&dryRun=All', '/%3FdryRun=All', '/namespaces/dryRun=All/pods?dryRun=None'])
      assert.equal(isDryRun(uri), false, uri);
  });

  it('reads any query as Go does', () => {
    const piece = fc.constantFrom(
      ...['dryRun=All', 'dryRun=All', '%64ryRun=All', 'dryRun=%41ll', 'dryRun', 'All', '=', '&', '&', '&', '?', '?', ';', '+', '#', 'a', 'DRYRUN', 'all', '[]'],
      ...['%', '%zz', '%64ryRun', '%41ll', '%26', '%3D', '%3B', '%00', '%ff', '%EF%BB%BF', 'é', '\ufeff'],
    );
    const query = fc.array(piece, { maxLength: 6 }).map((pieces) => `/x${pieces.join('')}`);
    const uri = fc.oneof({ weight: 1, arbitrary: query }, { weight: 4, arbitrary: query.map((text) => text.replace('/x', '/x?')) });
    let dry = 0;
    fc.assert(
      fc.property(uri, (text) => {
        if (isDryRunToGo(text)) dry++;
        assert.equal(isDryRun(text), isDryRunToGo(text));
      }),
      { seed: SEED, numRuns: 3000, examples: [['/x?dryRun=All'], ['/x?dryRun=%zz&dryRun=All']] },
    );
    assert.ok(dry > 50, `dry runs are tried: ${String(dry)}`);
  });
});
