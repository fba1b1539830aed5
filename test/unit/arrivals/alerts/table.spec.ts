/** The table's column of who acted. */
import { formatAlert } from 'arrivals';
import assert from 'node:assert/strict';
import { alertOf, type Json, namespaceCreated, podCreated } from '../../core/alert/creations.ts';

describe('the column of who acted', () => {
  const GATE = 'system:serviceaccount:gate:proxy';
  const anna = { username: 'u-1', groups: [], extra: { username: ['anna'] } };
  for (const [what, event, cell] of [
    ['a person', podCreated(), 'alice'],
    [
      'a person through a proxy',
      podCreated({ event: { user: { username: GATE }, impersonatedUser: anna } }),
      `u-1 (anna) through ${GATE}`,
    ],
    [
      'a person who acts as another',
      podCreated({ event: { impersonatedUser: anna } }),
      'alice acting as u-1 (anna)',
    ],
    [
      'a tool, and what for',
      namespaceCreated({
        metadata: { labels: { 'kustomize.toolkit.fluxcd.io/name': 'apps' } },
        event: { user: { username: 'system:serviceaccount:flux-system:kustomize-controller' } },
      }),
      'system:serviceaccount:flux-system:kustomize-controller for the Kustomization apps',
    ],
  ] as const satisfies readonly (readonly [string, Json, string])[])
    it(`tells ${what}`, () => {
      const row = formatAlert(alertOf(event), 'table');
      assert.ok(row.includes(`  ${cell}  `), row);
    });
});
