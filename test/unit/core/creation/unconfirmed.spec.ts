/**
 * Answers that do not show whether the object was stored. What a real kube-apiserver 1.35.4 did after each is
 * in shapes.spec.ts; here are the edges of the rule.
 */
import { prefilter, select } from '@arrivals/core';
import {
  isConfirmed,
  isRefusedMirror,
  mayFollowCreation,
  mayFollowPanic,
  mayHaveCreated,
  mayMirror,
} from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import {
  bytesOf,
  CREATED_BY_QUERY,
  entryOf,
  eventWith,
  type Json,
  readEventWith,
  TELLS_NOTHING,
  WEBHOOK_AWAY,
} from '../samples.ts';

const answered = (code: number, changes: Json = {}) =>
  readEventWith({ responseStatus: { metadata: {}, code }, responseObject: undefined, ...changes });

describe('isConfirmed', () => {
  it('is true for an answer of success alone', () => {
    for (const code of [200, 201, 202, 299]) assert.equal(isConfirmed({ code }), true, String(code));
    for (const code of [undefined, 0, 199, 300, 400, 406, 504])
      assert.equal(isConfirmed({ code }), false, String(code));
  });
});

describe('mayFollowCreation', () => {
  it('is true for the codes after which an object was found, and for every failure of the server', () => {
    for (const verb of ['create', 'patch'])
      for (const code of TELLS_NOTHING)
        assert.equal(mayFollowCreation(verb, code), true, `${verb} ${String(code)}`);
  });

  it('is false for refusals, successes and whatever is no code', () => {
    for (const code of [
      undefined,
      0,
      200,
      201,
      302,
      399,
      401,
      403,
      404,
      405,
      407,
      409,
      410,
      413,
      415,
      422,
      429,
      499,
      600,
    ])
      assert.equal(mayFollowCreation('create', code), false, String(code));
  });

  it('is false for verbs that create no Pod and no Namespace', () => {
    for (const verb of ['update', 'delete', 'deletecollection', 'get', 'CREATE', '', undefined])
      assert.equal(mayFollowCreation(verb, 504), false, String(verb));
  });
});

describe('mayHaveCreated', () => {
  it('holds where the object was read', () => {
    for (const code of [406, 500, 504]) assert.equal(mayHaveCreated(answered(code)), true, String(code));
  });

  it('does not hold where the object would be recorded and was not: the server never had it', () => {
    for (const level of ['Request', 'RequestResponse'])
      assert.equal(mayHaveCreated(answered(504, { level, requestObject: undefined })), false, level);
  });

  it('holds where nothing shows whether the object was read', () => {
    for (const level of ['Metadata', undefined, 'x'])
      assert.equal(mayHaveCreated(answered(504, { level, requestObject: undefined })), true, String(level));
    const annotations = { 'audit.k8s.io/truncated': 'true' };
    assert.equal(mayHaveCreated(answered(504, { requestObject: undefined, annotations })), true);
  });

  it('does not hold where an admission webhook could not be reached, which is before storage', () => {
    assert.equal(
      mayHaveCreated(answered(500, { responseStatus: { code: 500, message: WEBHOOK_AWAY } })),
      false,
    );
  });

  it('holds for a message that only mentions such a webhook', () => {
    for (const message of [
      ` ${WEBHOOK_AWAY}`,
      `Timeout: ${WEBHOOK_AWAY}`,
      WEBHOOK_AWAY.toLowerCase(),
      'Internal error occurred',
      '',
    ])
      assert.equal(mayHaveCreated(answered(500, { responseStatus: { code: 500, message } })), true, message);
  });

  it('holds for a patch only with a field manager, which server-side apply needs', () => {
    for (const query of ['?fieldManager=me', '?a=b&field%4Danager=me&force=true', '?fieldManager=%zz'])
      assert.equal(mayHaveCreated(answered(504, { verb: 'patch', requestURI: `/x${query}` })), true, query);
    for (const query of [
      '',
      '?',
      '?fieldManager=',
      '?fieldManager',
      '?FieldManager=me',
      '?a=fieldManager=me',
      '?fieldManager=&fieldManager=me',
    ])
      assert.equal(mayHaveCreated(answered(504, { verb: 'patch', requestURI: `/x${query}` })), false, query);
  });

  it('holds for 400 only with an includeObject that no Table has', () => {
    for (const query of [
      '?includeObject=Nothing',
      '?include%4Fbject=none',
      '?includeObject=None;x',
      '?includeObject=%00',
      '?includeObject=x&includeObject=None',
    ])
      assert.equal(mayHaveCreated(answered(400, { requestURI: `/x${query}` })), true, query);
    for (const query of [
      '',
      '?includeObject=',
      '?includeObject',
      '?includeObject=None',
      '?includeObject=M%65tadata',
      '?includeObject=Object',
      '?x=includeObject=y',
    ])
      assert.equal(mayHaveCreated(answered(400, { requestURI: `/x${query}` })), false, query);
  });

  it('reads more parameters than today’s servers do: older ones have no limit', () => {
    assert.equal(
      mayHaveCreated(answered(400, { requestURI: `/x?includeObject=Nothing${'&'.repeat(10_001)}` })),
      true,
    );
  });

  it('leaves dry runs to the rule', () => {
    assert.deepStrictEqual(select(answered(406, { requestURI: '/x?dryRun=All' })), { filtered: 'dry_run' });
    for (const [query] of CREATED_BY_QUERY)
      assert.deepStrictEqual(
        select(answered(406, { requestURI: `/x${query}` })),
        { created: 'Pod' },
        query.slice(0, 40),
      );
  });
});

/** The prefilter and the rule for one event. */
function selected(changes: Json): boolean {
  const event = eventWith({ responseObject: undefined, ...changes });
  const isCreation = 'created' in select(readEventWith({ responseObject: undefined, ...changes }));
  if (isCreation)
    assert.equal(prefilter(entryOf(bytesOf(event))), undefined, 'the prefilter keeps what the rule selects');
  return isCreation;
}

describe('a panic of the server', () => {
  const panic = (changes: Json = {}): Json => ({ stage: 'Panic', responseStatus: { code: 500 }, ...changes });

  it('is a creation that nobody confirms, also where there is no code', () => {
    assert.ok(selected(panic()));
    assert.ok(selected(panic({ responseStatus: undefined })));
    assert.ok(selected(panic({ verb: 'patch', requestURI: '/x?fieldManager=me' })));
    assert.ok(selected(panic({ objectRef: { resource: 'namespaces', name: 'x' } })));
  });

  it('is none before the object was read, of a dry run, of another verb or resource, or with an answer', () => {
    assert.ok(!selected(panic({ requestObject: undefined })));
    assert.ok(!selected(panic({ requestURI: '/x?dryRun=All' })));
    for (const verb of ['get', 'delete', 'update']) assert.ok(!selected(panic({ verb })), verb);
    assert.ok(!selected(panic({ objectRef: { resource: 'pods', subresource: 'exec' } })));
    for (const code of [200, 201, 403, 404, 409])
      assert.ok(!selected(panic({ responseStatus: { code } })), String(code));
    for (const code of [200, 201, 499]) assert.equal(mayFollowPanic('create', code), false);
  });
});

describe('a mirror pod that is refused', () => {
  const NODE = { username: 'system:node:n1', groups: ['system:nodes'] };
  const requestObject = { metadata: { name: 'web-n1', annotations: { 'kubernetes.io/config.mirror': 'h' } } };
  const mirror = (code: number, changes: Json = {}): Json => ({
    user: NODE,
    responseStatus: { code },
    requestObject,
    ...changes,
  });

  it('runs on its node all the same: its namespace may not be there, or admission may not want it', () => {
    assert.ok(selected(mirror(404)));
    assert.ok(selected(mirror(404, { level: 'Metadata', requestObject: undefined })));
    assert.ok(selected(mirror(403, { annotations: { 'authorization.k8s.io/decision': 'allow' } })));
  });

  it('is none where somebody else is refused, or a kubelet something else', () => {
    assert.ok(!selected(mirror(404, { user: { username: 'mallory', groups: ['system:nodes'] } })));
    assert.ok(!selected(mirror(404, { impersonatedUser: { username: 'system:node:n2' } })));
    assert.ok(!selected(mirror(404, { requestObject: { metadata: { name: 'x' } } })));
    assert.ok(!selected(mirror(404, { requestURI: '/x?dryRun=All' })));
    assert.ok(!selected(mirror(403, { annotations: { 'authorization.k8s.io/decision': 'forbid' } })));
    assert.ok(!selected(mirror(403, { annotations: {} })));
    assert.ok(
      !selected(
        mirror(403, { requestObject: undefined, annotations: { 'authorization.k8s.io/decision': 'allow' } }),
      ),
    );
    for (const code of [401, 409, 422, 429]) assert.ok(!selected(mirror(code)), String(code));
    assert.equal(
      isRefusedMirror(readEventWith(mirror(404, { objectRef: { resource: 'namespaces', name: 'x' } }))),
      false,
    );
    assert.equal(mayMirror({ verb: 'patch', resource: 'pods', code: 404 }), false);
  });
});
