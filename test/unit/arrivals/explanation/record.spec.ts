/** Where the alert comes from. */
import assert from 'node:assert/strict';
import { alertOf, atLevelMetadata, podCreated } from '../../core/alert/creations.ts';
import { linesOf } from './explained.ts';

describe('the record', () => {
  it('names object, request and event, for finding them again', () => {
    assert.deepEqual(linesOf(alertOf(podCreated()), 'The record'), [
      'uid 0b7cd9a4-6e0c-4a51-9df3-2c5a6d4f7e10',
      'Request create /api/v1/namespaces/shop/pods',
      'Audit ID 2f4c1b8e-8a35-4a39-a2a4-63a1c1a4a0b5 (a client can choose it)',
      'Level RequestResponse',
      'Received 2026-11-22 14:09:20 UTC, alerted 2026-11-22 14:09:21 UTC',
      'Event k8s.audit.events, partition 2, offset 41, index 3',
    ]);
  });

  it('says what is missing, what was taken out and where the log was another', () => {
    const alert = alertOf(atLevelMetadata(podCreated({ event: { auditID: '' } })));
    const lines = linesOf(
      { ...alert, provenance: { ...alert.provenance, truncated: true, platform: 'GKE', level: null } },
      'The record',
    );
    assert.deepEqual(
      [lines[0], lines[2], lines[3]],
      [
        'uid not seen',
        'Audit ID not in the event',
        'Level not known, bodies taken out for their size, from the log of GKE',
      ],
    );
  });
});
