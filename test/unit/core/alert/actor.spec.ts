/**
 * Who made the request, as an alert tells it: what the server vouches for is kept apart from what the client
 * claims.
 */
import assert from 'node:assert/strict';
import { alertOf, assertFitsJsonSchema, type Json, podCreated } from './creations.ts';

const actorOf = (event: Json) => alertOf(podCreated({ event })).actor;
const unknownOf = (event: Json) => alertOf(podCreated({ event })).unknown.map(({ path }) => path);

describe('the actor of an alert', () => {
  it('is the user with groups, credential, address and client', () => {
    assert.deepEqual(alertOf(podCreated()).actor, {
      username: 'alice',
      groups: ['dev', 'system:authenticated'],
      impersonatedUsername: null,
      impersonatedGroups: [],
      display: null,
      onBehalfOf: null,
      extra: [],
      peerAddress: '203.0.113.7',
      claimedAddresses: [],
      userAgent: 'kubectl/v1.35.4 (linux/amd64)',
      credential: 'X509SHA256=aa',
      podName: null,
    });
  });

  it('stays the authenticated user under impersonation, with the other one beside', () => {
    const actor = actorOf({
      impersonatedUser: { username: 'system:serviceaccount:shop:robot', groups: ['system:serviceaccounts'] },
    });
    assert.equal(actor.username, 'alice');
    assert.equal(actor.impersonatedUsername, 'system:serviceaccount:shop:robot');
    assert.deepEqual(actor.impersonatedGroups, ['system:serviceaccounts']);
  });

  it('names the pod whose token was used', () => {
    const extra = {
      'authentication.kubernetes.io/credential-id': ['JTI=7b1f'],
      'authentication.kubernetes.io/pod-name': ['runner-0', 'another'],
    };
    const actor = actorOf({ user: { username: 'system:serviceaccount:ci:runner', extra } });
    assert.equal(actor.podName, 'runner-0');
    assert.equal(actor.credential, 'JTI=7b1f');
  });

  for (const [what, sourceIPs, peer, claims] of [
    ['one address', ['203.0.113.7'], '203.0.113.7', []],
    [
      'claims before the peer',
      ['198.51.100.1', '1.1.1.1', '203.0.113.7'],
      '203.0.113.7',
      ['198.51.100.1', '1.1.1.1'],
    ],
    ['an IPv6 peer', ['2001:db8::7'], '2001:db8::7', []],
    ['empty entries', ['', '198.51.100.1', '', '203.0.113.7', ''], '203.0.113.7', ['198.51.100.1']],
    ['no address', [], null, []],
    ['something that is no list', '203.0.113.7', null, []],
    ['entries that are no texts', [7, null, { a: 1 }], null, []],
  ] as const) {
    it(`takes the last address for the peer and calls the others claims: ${what}`, () => {
      const actor = actorOf({ sourceIPs });
      assert.equal(actor.peerAddress, peer);
      assert.deepEqual(actor.claimedAddresses, claims);
    });
  }

  it('lists as unknown what the server did not write', () => {
    const paths = unknownOf({ user: {}, sourceIPs: [], userAgent: '' });
    for (const path of ['actor.username', 'actor.peerAddress', 'actor.userAgent', 'actor.credential'])
      assert.ok(paths.includes(path), path);
  });

  it('lists nothing of the actor as unknown when everything is there', () => {
    assert.deepEqual(
      unknownOf({}).filter((path) => path.startsWith('actor')),
      [],
    );
  });

  it('does not take being nobody else, or no pod, for unknown', () => {
    const paths = unknownOf({});
    for (const path of ['actor.impersonatedUsername', 'actor.podName'])
      assert.ok(!paths.includes(path), path);
  });

  it('reads fields of the wrong type as absent', () => {
    const actor = actorOf({
      user: { username: 7, groups: 'dev', extra: [] },
      impersonatedUser: 'bob',
      userAgent: ['curl'],
      sourceIPs: { 0: 'x' },
    });
    assert.deepEqual(actor, {
      username: null,
      groups: [],
      impersonatedUsername: null,
      impersonatedGroups: [],
      display: null,
      onBehalfOf: null,
      extra: [],
      peerAddress: null,
      claimedAddresses: [],
      userAgent: null,
      credential: null,
      podName: null,
    });
  });

  it('shows names and groups as they are, whatever words are in them', () => {
    const user = {
      username: 'oidc:secret-admin:prod',
      groups: ['oidc:secret-admins:prod', 'token-readers'],
    };
    const { username, groups } = actorOf({ user });
    assert.deepEqual({ username, groups }, user);
  });

  it('drops empty groups, which name none', () => {
    const alert = alertOf(
      podCreated({
        event: {
          user: { username: 'a', groups: ['', 'dev', ''] },
          impersonatedUser: { username: 'b', groups: [''] },
        },
      }),
    );
    assert.deepEqual(alert.actor.groups, ['dev']);
    assert.deepEqual(alert.actor.impersonatedGroups, []);
    assertFitsJsonSchema(alert);
  });

  it('keeps control characters and text direction of a user agent from doing anything', () => {
    const { userAgent } = actorOf({ userAgent: 'curl\u001b[2J\u0000\r\n{"level":"error"}\u202etxt' });
    assert.equal(userAgent, 'curl\ufffd[2J\ufffd\ufffd\n{"level":"error"}\ufffdtxt');
  });

  it('ignores what only a prototype has', () => {
    const extra = JSON.parse('{"__proto__":{"authentication.kubernetes.io/pod-name":["x"]}}') as Json;
    assert.equal(actorOf({ user: { username: 'a', extra } }).podName, null);
  });
});
