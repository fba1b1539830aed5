/**
 * Parsing what the RBAC authorizer writes: fmt.Sprintf with %q, binding and ServiceAccount as name/namespace.
 * Quoted forms are written as Go's strconv.Quote gives them.
 */
import type { Grant } from '@arrivals/core';
import { parseRbacReason } from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import { alertOf, assertFitsJsonSchema, eventsOfCapture, type Json, podCreated } from '../alert/creations.ts';

const GRANTS: readonly (readonly [
  what: string,
  reason: string,
  grant: Pick<Grant, 'binding' | 'role' | 'subject'>,
])[] = [
  [
    'a RoleBinding of a ClusterRole to a user',
    'RBAC: allowed by RoleBinding "alice-dev/team-a" of ClusterRole "developer" to User "alice"',
    {
      binding: { kind: 'RoleBinding', namespace: 'team-a', name: 'alice-dev' },
      role: { kind: 'ClusterRole', name: 'developer' },
      subject: { kind: 'User', namespace: null, name: 'alice' },
    },
  ],
  [
    'a RoleBinding of a Role to a group',
    'RBAC: allowed by RoleBinding "devs/shop" of Role "pod-maker" to Group "oidc:devs"',
    {
      binding: { kind: 'RoleBinding', namespace: 'shop', name: 'devs' },
      role: { kind: 'Role', name: 'pod-maker' },
      subject: { kind: 'Group', namespace: null, name: 'oidc:devs' },
    },
  ],
  [
    'a ClusterRoleBinding to a service account',
    'RBAC: allowed by ClusterRoleBinding "system:controller:job-controller" of ClusterRole "system:controller:job-controller" to ServiceAccount "job-controller/kube-system"',
    {
      binding: { kind: 'ClusterRoleBinding', namespace: null, name: 'system:controller:job-controller' },
      role: { kind: 'ClusterRole', name: 'system:controller:job-controller' },
      subject: { kind: 'ServiceAccount', namespace: 'kube-system', name: 'job-controller' },
    },
  ],
  [
    'a user whose name has slashes and colons, which belong to the name',
    'RBAC: allowed by ClusterRoleBinding "a" of ClusterRole "b" to User "https://idp.example/realms/x:alice"',
    {
      binding: { kind: 'ClusterRoleBinding', namespace: null, name: 'a' },
      role: { kind: 'ClusterRole', name: 'b' },
      subject: { kind: 'User', namespace: null, name: 'https://idp.example/realms/x:alice' },
    },
  ],
  [
    'a slash in a name that has no namespace, and the last slash of one that has',
    'RBAC: allowed by ClusterRoleBinding "a/b" of ClusterRole "c/d" to ServiceAccount "e/f/shop"',
    {
      binding: { kind: 'ClusterRoleBinding', namespace: null, name: 'a/b' },
      role: { kind: 'ClusterRole', name: 'c/d' },
      subject: { kind: 'ServiceAccount', namespace: 'shop', name: 'e/f' },
    },
  ],
  [
    'a binding whose name has colons',
    'RBAC: allowed by RoleBinding "system::leader-locking:x/kube-system" of Role "system::r" to User "u"',
    {
      binding: { kind: 'RoleBinding', namespace: 'kube-system', name: 'system::leader-locking:x' },
      role: { kind: 'Role', name: 'system::r' },
      subject: { kind: 'User', namespace: null, name: 'u' },
    },
  ],
];

/** What stands between Go's quotes, and what it means. */
const QUOTED: readonly (readonly [quoted: string, text: string])[] = [
  ['a\\"b', 'a"b'],
  ['a\\\\b', 'a\\b'],
  ['\\\\\\"', '\\"'],
  ['\\a\\b\\f\\n\\r\\t\\v', '\u0007\b\f\n\r\t\v'],
  ['\\x00\\x1b\\x7f', '\u0000\u001b\u007f'],
  ['\\u200b\\ufeff', '\u200b\ufeff'],
  ['\\U000e0001', '\u{e0001}'],
  ['zoë 😀', 'zoë 😀'],
  ["it's", "it's"],
  [' a  b ', ' a  b '],
  ['\\" to User \\"x', '" to User "x'],
];

const NOT_RBAC: readonly string[] = [
  '',
  'RBAC: allowed by',
  'RBAC: allowed by RoleBinding "a/b" of ClusterRole "c" to User "d" and more',
  ' RBAC: allowed by RoleBinding "a/b" of ClusterRole "c" to User "d"',
  'RBAC: allowed by RoleBinding "a/b" of ClusterRole "c" to Robot "d"',
  'RBAC: allowed by RoleBinding "a/b" of ClusterRole "c" to User "d',
  'RBAC: allowed by RoleBinding "a/b" of ClusterRole "c" to User "d\\"',
  'RBAC: allowed by RoleBinding a/b of ClusterRole c to User d',
  'RBAC: ALLOWED BY RoleBinding "a/b" of ClusterRole "c" to User "d"',
  'access granted by IAM permissions.',
  'RBAC: allowed by RoleBinding "a/b" of ClusterRole "c" to User "d" of ClusterRole "e" to User "f"',
];

describe('parsing the reason of the RBAC authorizer', () => {
  for (const [what, reason, grant] of GRANTS) {
    it(`reads ${what}`, () => {
      assert.deepEqual(parseRbacReason(reason), grant);
    });
  }

  for (const [quoted, text] of QUOTED) {
    it(`reads the name that Go quotes as "${quoted}"`, () => {
      const grant = parseRbacReason(
        `RBAC: allowed by ClusterRoleBinding "b" of ClusterRole "r" to User "${quoted}"`,
      );
      assert.equal(grant?.subject.name, text);
    });
  }

  it('shows bytes that were no UTF-8 as the replacement character, as the rest of the event does', () => {
    const grant = parseRbacReason(
      'RBAC: allowed by ClusterRoleBinding "b" of ClusterRole "r" to User "a\\xffb"',
    );
    assert.equal(grant?.subject.name, 'a\ufffdb');
  });

  for (const reason of NOT_RBAC) {
    it(`does not take ${JSON.stringify(reason.slice(0, 80))} for it`, () => {
      assert.equal(parseRbacReason(reason), undefined);
    });
  }

  it('reads every reason of the real capture, or there is none', () => {
    const reasons = new Set(
      eventsOfCapture().map(
        (event) => (event['annotations'] as Json | undefined)?.['authorization.k8s.io/reason'],
      ),
    );
    assert.ok(reasons.size > 15);
    for (const reason of reasons) {
      if (typeof reason !== 'string' || reason === '') continue;
      const grant = parseRbacReason(reason);
      assert.ok(grant !== undefined, reason);
      assert.equal(grant.binding.namespace !== null, grant.binding.kind === 'RoleBinding', reason);
      assert.equal(grant.subject.namespace !== null, grant.subject.kind === 'ServiceAccount', reason);
    }
  });

  it('takes a short time for a long reason', () => {
    const started = performance.now();
    for (const unit of ['a', '\\"', '\\\\', '\\x41', '/', 'RBAC: allowed by RoleBinding "']) {
      const filler = unit.repeat(900_000 / unit.length);
      parseRbacReason(`RBAC: allowed by RoleBinding "${filler}/n" of ClusterRole "c" to User "d"`);
      parseRbacReason(`RBAC: allowed by RoleBinding "${filler}`);
    }
    assert.ok(performance.now() - started < 3000);
  });
});

describe('the grant of an alert', () => {
  const granted = (annotations: Json) => alertOf(podCreated({ event: { annotations } }));
  const allowedBecause = (reason: string) =>
    granted({ 'authorization.k8s.io/decision': 'allow', 'authorization.k8s.io/reason': reason });

  it('has the binding, the role and the subject, and not the words that say the same', () => {
    const [, reason = '', grant] = GRANTS[0] ?? [];
    assert.deepEqual(allowedBecause(reason).grant, { decision: 'allow', reason: null, ...grant });
  });

  it('finds no binding in a reason which is not RBAC’s', () => {
    const { grant, unknown } = allowedBecause('access granted by IAM permissions.');
    assert.deepEqual(grant, {
      decision: 'allow',
      reason: 'access granted by IAM permissions.',
      binding: null,
      role: null,
      subject: null,
    });
    const paths = unknown.filter(({ reason }) => reason === 'notRbac').map(({ path }) => path);
    assert.deepEqual(paths, ['grant.binding', 'grant.role', 'grant.subject']);
  });

  it('nor when there is no reason, as for system:masters', () => {
    const { grant, unknown } = allowedBecause('');
    assert.deepEqual(grant, { decision: 'allow', reason: null, binding: null, role: null, subject: null });
    assert.equal(unknown.filter(({ reason }) => reason === 'notRbac').length, 3);
  });

  it('is unknown when the server wrote no decision', () => {
    for (const annotations of [
      {},
      { 'authorization.k8s.io/reason': 'x' },
      { 'authorization.k8s.io/decision': '' },
    ]) {
      const { grant, unknown } = granted(annotations);
      assert.equal(grant, null);
      assert.ok(unknown.some(({ path, reason }) => path === 'grant' && reason === 'notInEvent'));
    }
  });

  it('has no empty text when a name in the reason is empty', () => {
    assertFitsJsonSchema(
      allowedBecause('RBAC: allowed by RoleBinding "/" of ClusterRole "" to ServiceAccount "/"'),
    );
  });
});
