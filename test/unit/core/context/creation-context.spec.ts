/** The context of a creation as a whole: what is recalled, and what the operator has configured. */
import { contextSubjects, creationContextOf, creationQueryOf } from '@arrivals/core';
import { readAuditEvent } from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import { namespaceCreated, podCreated } from '../alert/creations.ts';

const seekerFor = (created: 'Pod' | 'Namespace', raw: unknown) =>
  creationQueryOf(created, readAuditEvent(raw)) ?? assert.fail('no seeker');

describe('the context of a creation', () => {
  it('calls what the operator has listed critical, and nothing else', () => {
    const query = seekerFor('Pod', podCreated());
    assert.deepEqual(creationContextOf(query, new Map()).surroundings?.namespace.criticality, {
      critical: false,
    });
    assert.deepEqual(
      creationContextOf(query, new Map(), { systemNamespaces: [], criticalNamespaces: ['shop'] }).surroundings
        ?.namespace.criticality,
      {
        critical: true,
        because: 'configured',
        what: 'shop',
      },
    );
  });

  it('wants facts about who did it, by what right and where, of a pod and of a namespace', () => {
    for (const query of [seekerFor('Pod', podCreated()), seekerFor('Namespace', namespaceCreated())]) {
      const subjects = contextSubjects(query, new Map());
      for (const about of [
        'actor/alice',
        'binding/shop/alice-dev',
        'role/-/developer',
        'namespace/shop',
        'since',
      ])
        assert.ok(subjects.includes(about), about);
      assert.equal(new Set(subjects).size, subjects.length);
    }
  });

  it('is not to be had of an event without a user or a time', () => {
    assert.equal(creationQueryOf('Pod', readAuditEvent({ ...podCreated(), user: {} })), undefined);
    assert.equal(
      creationQueryOf(
        'Pod',
        readAuditEvent({ ...podCreated(), stageTimestamp: 'x', requestReceivedTimestamp: 'y' }),
      ),
      undefined,
    );
  });
});
