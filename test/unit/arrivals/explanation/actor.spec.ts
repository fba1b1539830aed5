/** Who it was: what the server vouches for, and what is only claimed. */
import assert from 'node:assert/strict';
import { alertOf, atLevelMetadata, namespaceCreated, podCreated } from '../../core/alert/creations.ts';
import { captured, linesOf, rowOf } from './explained.ts';

describe('who', () => {
  it('tells user, groups, credential, address and client', () => {
    assert.deepEqual(linesOf(captured('root-shell'), 'Who'), [
      'User admin',
      'Groups system:masters (may do everything), system:authenticated',
      'Credential client certificate, SHA-256 235fc11f93eb75edf1c8e54b6e260d37106ebc54595741b22bc0c4148f1bc737',
      'From 127.0.0.1, the API server’s own machine, or a proxy on it',
      'Client "kubectl/v1.35.4 (linux/amd64) kubernetes/1.35.4" (its own word for itself)',
      'Owner none: made directly, by no controller',
    ]);
  });

  it('keeps the peer apart from the addresses that somebody claimed', () => {
    const alert = captured('forged-ip');
    assert.match(rowOf(alert, 'Who', 'From') ?? '', /^127\.0\.0\.1,/);
    assert.equal(
      rowOf(alert, 'Who', 'Claims'),
      'to come from 203.0.113.7, 198.51.100.9, 192.0.2.1 (X-Forwarded-For: anybody can write anything there)',
    );
    assert.equal(rowOf(alertOf(podCreated()), 'Who', 'From'), '203.0.113.7, the other end of the connection');
    assert.equal(rowOf(alertOf(podCreated()), 'Who', 'Claims'), undefined);
  });

  it('keeps who authenticated apart from whom he acted as', () => {
    const alert = captured('as-robot');
    assert.equal(rowOf(alert, 'Who', 'User'), 'admin');
    assert.equal(
      rowOf(alert, 'Who', 'Acting as'),
      'system:serviceaccount:team-a:default, the service account default of the namespace team-a (impersonation)',
    );
    assert.equal(
      rowOf(alert, 'Who', 'In groups'),
      'system:masters (may do everything), system:authenticated',
    );
  });

  it('says of a controller that it acts for somebody else, and for which object', () => {
    const lines = linesOf(captured('shop-785685bc69-27775'), 'Who');
    assert.ok(lines.includes('Owner ReplicaSet shop-785685bc69'));
    assert.ok(lines.includes('A controller acts for whoever wrote its object, who is not in this event.'));
    assert.ok(lines.includes('Credential service account token, id 4b079d39-cc73-42e7-b2f1-5e9927953058'));
  });

  it('says which pod a token was made for', () => {
    const extra = { 'authentication.kubernetes.io/pod-name': ['runner-7'] };
    const alert = alertOf(
      podCreated({ event: { user: { username: 'system:serviceaccount:ci:bot', groups: [], extra } } }),
    );
    assert.equal(rowOf(alert, 'Who', 'Token of'), 'the pod runner-7: this is the identity of a workload');
  });

  it('tells what people call them, for whom a platform acted, and what finds them elsewhere', () => {
    const extra = {
      sessionName: ['kim@shop.example'],
      arn: ['arn:aws:sts::4:assumed-role/Ops/kim@shop.example'],
    };
    const shared = alertOf(podCreated({ event: { user: { username: 'shared', groups: [], extra } } }));
    assert.equal(rowOf(shared, 'Who', 'Known as'), 'kim@shop.example (user.extra.sessionName)');
    assert.equal(
      rowOf(shared, 'Who', 'Identity'),
      'arn arn:aws:sts::4:assumed-role/Ops/kim@shop.example (user.extra.arn)',
    );
    const platform = {
      username: 'system:serviceaccount:openshift-apiserver:openshift-apiserver-sa',
      groups: [],
    };
    const project = alertOf(
      namespaceCreated({
        metadata: { annotations: { 'openshift.io/requester': 'vera' } },
        event: { user: platform },
      }),
    );
    assert.equal(
      rowOf(project, 'Who', 'On behalf of'),
      'requester vera (annotations: openshift.io/requester, which this account alone writes)',
    );
  });

  it('says what is not in the event', () => {
    const alert = alertOf(atLevelMetadata(podCreated({ event: { user: {}, sourceIPs: [], userAgent: '' } })));
    assert.deepEqual(linesOf(alert, 'Who'), [
      'User not in the event',
      'Credential not recorded',
      'From not in the event',
      'Client not in the event',
      'Owner not seen',
    ]);
  });

  it('asks no owner of a namespace', () => {
    assert.equal(rowOf(alertOf(namespaceCreated()), 'Who', 'Owner'), undefined);
  });
});
