/** By what right: the grant in words. */
import assert from 'node:assert/strict';
import { alertOf, type Json, podCreated } from '../../core/alert/creations.ts';
import { captured, linesOf } from './explained.ts';

const lines = (annotations: Json, event: Json = {}): readonly string[] =>
  linesOf(alertOf(podCreated({ event: { annotations, ...event } })), 'By what right');
const rbac = (reason: string): Json => ({
  'authorization.k8s.io/decision': 'allow',
  'authorization.k8s.io/reason': `RBAC: allowed by ${reason}`,
});

describe('by what right', () => {
  it('names binding, role and subject, and how far it reaches', () => {
    assert.deepEqual(linesOf(captured('web-1'), 'By what right'), [
      'The RoleBinding alice-dev gives the ClusterRole developer to the User alice. It holds in the namespace team-a.',
    ]);
    assert.deepEqual(linesOf(captured('shop-785685bc69-27775'), 'By what right'), [
      'The ClusterRoleBinding system:controller:replicaset-controller gives the ClusterRole system:controller:replicaset-controller to the ServiceAccount kube-system/replicaset-controller. It holds in every namespace.',
    ]);
  });

  it('says who is in a group that has everybody in it', () => {
    assert.match(
      lines(rbac('ClusterRoleBinding "all" of ClusterRole "admin" to Group "system:authenticated"'))[0] ?? '',
      / That group is everybody who has logged in\.$/,
    );
    assert.match(
      lines(rbac('ClusterRoleBinding "all" of ClusterRole "admin" to Group "developers"'))[0] ?? '',
      /in every namespace\.$/,
    );
  });

  it('says plainly that system:masters asks no RBAC, and what ends it', () => {
    assert.deepEqual(linesOf(captured('root-shell'), 'By what right'), [
      'Without any role: the group system:masters may do everything, and RBAC is not asked. No binding gave this right, so none can be removed to end it: the credential has to go.',
    ]);
  });

  it('says that the Node authorizer gives no reason', () => {
    assert.match(
      linesOf(captured('static-proxy-edge-1'), 'By what right')[0] ?? '',
      /^Without a role, as the Node authorizer allows it to a kubelet\./,
    );
  });

  it('says whose right it is when somebody acts as another', () => {
    assert.deepEqual(linesOf(captured('as-alice'), 'By what right'), [
      'The RoleBinding alice-dev gives the ClusterRole developer to the User alice. It holds in the namespace team-a.',
      'The rights that counted are those of alice. By what right admin may act so is not in the event.',
    ]);
  });

  it('does not lay the groups of who authenticated to who was judged', () => {
    const event = {
      user: { username: 'admin', groups: ['system:masters'] },
      impersonatedUser: { username: 'bob', groups: ['dev'] },
    };
    assert.doesNotMatch(
      lines({ 'authorization.k8s.io/decision': 'allow' }, event)[0] ?? '',
      /Without any role/,
    );
  });

  it('lets another authorizer say it in its own words, in quotes', () => {
    const annotations = {
      'authorization.k8s.io/decision': 'allow',
      'authorization.k8s.io/reason': 'access granted by IAM permissions.',
    };
    assert.deepEqual(lines(annotations), [
      'Not by RBAC. The authorizer said: "access granted by IAM permissions."',
    ]);
  });

  it('says that it does not know, and what was not allowed', () => {
    assert.deepEqual(lines({}), ['Not known: the server wrote no decision into the event.']);
    assert.deepEqual(lines({ 'authorization.k8s.io/decision': 'allow' }), [
      'The server gives no reason, as for the group system:masters and for kubelets.',
    ]);
    assert.equal(
      lines({ 'authorization.k8s.io/decision': 'forbid' })[0],
      'The authorizer’s decision was forbid.',
    );
  });
});
