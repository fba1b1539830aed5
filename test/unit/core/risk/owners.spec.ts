/** Owners: what a reference is worth, by who made the pod and what the stream has shown. */
import type { CreationContext } from '@arrivals/core';
import { actionOf, readAuditEvent, readFacts } from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import { type Json, podCreated, unseenContext } from '../alert/creations.ts';
import { as, CONTROLLER, idsOf, LISTS, NODE, OWNED, owned } from './risks.ts';

const OPERATOR = as('system:serviceaccount:ops:operator');
const WIDGET = owned('ops.example/v1', 'Widget', 'w1');

/** The stream has shown that this user made the owner, under this uid. */
function contextOf(raw: Json, username: string, uid = 'u'): CreationContext {
  const event = readAuditEvent(raw);
  const quiet = unseenContext('Pod', event) ?? assert.fail();
  const action = actionOf(event) ?? assert.fail();
  const created = { ...action, username, impersonatedUsername: undefined };
  const link = { apiVersion: 'ops.example/v1', kind: 'Widget', name: 'w1', uid, created, changed: undefined };
  return { ...quiet, author: { ...quiet.author, chain: [link], chainEnd: 'customKind' } };
}

function assurance(raw: Json, context: CreationContext | null = null): string | undefined {
  return readFacts({ event: readAuditEvent(raw), created: 'Pod', lists: LISTS, context }).owners[0]
    ?.assurance;
}

describe('an owner', () => {
  const operators = podCreated({ spec: { hostPID: true }, event: OPERATOR, metadata: WIDGET });

  it('is believed where its kind’s own controller made the pod', () => {
    assert.equal(assurance(podCreated({ event: CONTROLLER, metadata: OWNED })), 'ITS_CONTROLLER');
    assert.equal(
      assurance(podCreated({ event: NODE, metadata: owned('v1', 'Node', 'n-1') })),
      'ITS_CONTROLLER',
    );
  });

  it('is no more than a claim by itself', () => {
    assert.equal(assurance(operators), 'CLAIMED');
    assert.equal(assurance(podCreated({ event: OPERATOR, metadata: OWNED })), 'CLAIMED');
  });

  it('is not believed of who acts as the controller', () => {
    assert.notEqual(
      assurance(podCreated({ event: { impersonatedUser: CONTROLLER.user }, metadata: OWNED })),
      'ITS_CONTROLLER',
    );
  });

  it('of a custom kind is believed once the stream has shown who else made it', () => {
    assert.equal(assurance(operators, contextOf(operators, 'anna')), 'SEEN');
    assert.equal(assurance(operators, contextOf(operators, 'system:serviceaccount:ops:operator')), 'CLAIMED');
    assert.equal(assurance(operators, contextOf(operators, 'anna', 'another')), 'CLAIMED');
  });

  it('of a person’s pod excuses nothing, seen or not', () => {
    const persons = podCreated({ spec: { hostPID: true }, metadata: WIDGET });
    assert.equal(assurance(persons, contextOf(persons, 'anna')), 'SEEN');
    assert.ok(idsOf(persons).includes('host-access-by-hand'));
  });
});
