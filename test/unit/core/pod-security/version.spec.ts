/**
 * Versions of the Pod Security Standards as namespaces' labels have them: what is one, and what the API
 * server takes for a mistake.
 */
import { parsePodSecurityVersion } from '@arrivals/core/internal';
import assert from 'node:assert/strict';

describe('parsePodSecurityVersion', () => {
  for (const version of ['latest', 'v1.0', 'v1.9', 'v1.25', 'v1.100', 'v1.9007199254740991'])
    it(`takes ${version}`, () => {
      assert.equal(parsePodSecurityVersion(version), version);
    });

  for (const garbage of [
    '',
    'v1',
    'v1.',
    'v1.x',
    '1.25',
    'V1.25',
    'v2.0',
    'v1.025',
    'v1.-1',
    'v1.1.1',
    'v1.1e1',
    'v1.25 ',
    'v1.25\n',
    ' v1.25',
    'Latest',
    'v1.９',
    `v1.${'9'.repeat(400)}`,
  ])
    it(`refuses ${JSON.stringify(garbage.slice(0, 12))}`, () => {
      assert.equal(parsePodSecurityVersion(garbage), undefined);
    });
});
