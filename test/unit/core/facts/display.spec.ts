/** What authenticators add to a user's name: kept by a table, shown as a name that people know. */
import { displayOf, extrasOf, readAuditEvent } from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import { alertOf, assertFitsJsonSchema, podCreated, throughAvro } from '../alert/creations.ts';
import type { Json } from '../samples.ts';

const EKS: Json = {
  username: 'kubernetes-admin',
  extra: {
    arn: ['arn:aws:sts::444455556666:assumed-role/Ops/lee@shop.example'],
    canonicalArn: ['arn:aws:iam::444455556666:role/Ops'],
    sessionName: ['lee@shop.example'],
    accessKeyId: ['ASIAQQQQQQQQQQQQQQQQ'],
    principalId: ['AROAQQQQQQQQQQQQQQQQ'],
  },
};
const RANCHER: Json = {
  username: 'u-b3xk9',
  extra: { username: ['p.vogel'], principalid: ['openldap_user://uid=p.vogel,dc=shop,dc=example'] },
};
const shownFor = (user: Json, impersonatedUser?: Json) =>
  displayOf(
    readAuditEvent(
      podCreated({ event: { user, ...(impersonatedUser === undefined ? {} : { impersonatedUser }) } }),
    ),
  );

describe('the name of a user for people', () => {
  for (const [what, user, expected] of [
    ['of AWS is the session’s', EKS, ['lee@shop.example', 'user.extra.sessionName']],
    ['of Rancher is the directory’s', RANCHER, ['p.vogel', 'user.extra.username']],
    [
      'of Rancher without it is the principal',
      { ...RANCHER, extra: { principalid: ['okta_user://p.vogel'] } },
      ['okta_user://p.vogel', 'user.extra.principalid'],
    ],
    [
      'of OpenID Connect is the address, under a domain of its own',
      { username: '9f3c', extra: { 'sso.example/email': ['kai@shop.example'] } },
      ['kai@shop.example', 'user.extra.sso.example/email'],
    ],
    [
      'of Entra is the principal name',
      { username: '9f3c', extra: { oid: ['0d5f'], upn: ['kai@shop.example'] } },
      ['kai@shop.example', 'user.extra.upn'],
    ],
  ] as const)
    it(what, () => {
      const display = shownFor(user);
      assert.deepEqual([display?.name, display?.from], expected);
    });

  it('is that of whom somebody acts as, else of the one who acts', () => {
    assert.deepEqual(shownFor({ username: 'gate' }, RANCHER), {
      name: 'p.vogel',
      from: 'impersonatedUser.extra.username',
    });
    assert.deepEqual(shownFor(EKS, { username: 'anna' }), {
      name: 'lee@shop.example',
      from: 'user.extra.sessionName',
    });
  });

  it('is none where it is the user name itself, an unknown key, an empty list or no list', () => {
    for (const extra of [
      { email: ['kai'] },
      { nickname: ['kai b.'] },
      { email: [] },
      { email: 'k@e' },
      { email: [''] },
      [],
    ])
      assert.equal(shownFor({ username: 'kai', extra }), undefined);
  });

  it('stands in headline and alert, behind the name that it belongs to', () => {
    const alert = alertOf(
      podCreated({ event: { user: EKS, impersonatedUser: { username: 'anna', groups: [] } } }),
    );
    assert.ok(
      alert.headline.startsWith('“kubernetes-admin” (“lee@shop.example”) acting as “anna” created'),
      alert.headline,
    );
    assert.deepEqual(alert.actor.display, { name: 'lee@shop.example', from: 'user.extra.sessionName' });
  });
});

describe('what is kept of user.extra', () => {
  it('is what the table lists, with an access key’s id as it is, in JSON and Avro', () => {
    const alert = alertOf(podCreated({ event: { user: EKS } }));
    assert.deepEqual(
      alert.actor.extra.map(({ field, value }) => [field, value]),
      [
        ['arn', 'arn:aws:sts::444455556666:assumed-role/Ops/lee@shop.example'],
        ['canonicalArn', 'arn:aws:iam::444455556666:role/Ops'],
        ['sessionName', 'lee@shop.example'],
        ['accessKeyId', 'ASIAQQQQQQQQQQQQQQQQ'],
        ['principalId', 'AROAQQQQQQQQQQQQQQQQ'],
      ],
    );
    assertFitsJsonSchema(alert);
    assert.deepEqual(throughAvro(alert).actor, alert.actor);
  });

  it('has no secrets: what only stands under such a key is masked, and other keys are left out', () => {
    const extra = {
      accessKeyId: ['password=hunter2-hunter2'],
      email: ['ghp_0123456789abcdefghijABCDEFGHIJ012345'],
      'iam.example/assertion': ['eyJhbGciOi'],
    };
    const text = JSON.stringify(alertOf(podCreated({ event: { user: { username: 'kai', extra } } })).actor);
    for (const secret of ['hunter2', 'ghp_0123', 'eyJhbGciOi']) assert.ok(!text.includes(secret), secret);
  });

  it('is bounded, in keys and in characters', () => {
    const many = Object.fromEntries(
      Array.from({ length: 500 }, (_, i) => [`d${String(i)}.example/email`, ['x'.repeat(5_000)]]),
    );
    const extras = extrasOf(
      readAuditEvent(podCreated({ event: { user: { username: 'kai', extra: many } } })),
    );
    assert.equal(extras.length, 1);
    assert.ok((extras[0]?.value.length ?? 0) <= 1024);
  });
});
