/**
 * Reading an audit event: every field where the API has it, absent where its type is wrong, and nothing from
 * a prototype.
 */
import { parseAuditEvent, scanEvent } from '@arrivals/core';
import { extraOf, factsOf, isTruncated, readAuditEvent } from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { anyEvent, bytesOf, CREATION, dig, eventWith, readCapture, readEventWith, SEED } from '../samples.ts';

describe('parseAuditEvent', () => {
  it('reads every field of a creation', () => {
    assert.deepStrictEqual(
      parseAuditEvent(
        bytesOf({ ...CREATION, impersonatedUser: { username: 'bob', groups: ['g'], extra: { k: ['v'] } } }),
      ),
      {
        level: 'RequestResponse',
        auditId: '6a7f3c5e-6d0b-4d43-9a52-d5a6b1f7a001',
        stage: 'ResponseComplete',
        requestUri: '/api/v1/namespaces/team-a/pods',
        verb: 'create',
        user: { username: 'alice', uid: '1001', groups: ['developers', 'system:authenticated'], extra: {} },
        impersonatedUser: { username: 'bob', uid: undefined, groups: ['g'], extra: { k: ['v'] } },
        sourceIps: ['192.0.2.7'],
        userAgent: 'kubectl/v1.35.4',
        objectRef: {
          apiGroup: undefined,
          apiVersion: 'v1',
          resource: 'pods',
          subresource: undefined,
          namespace: 'team-a',
          name: 'web-1',
        },
        code: 201,
        message: undefined,
        requestObject: CREATION['requestObject'],
        responseObject: CREATION['responseObject'],
        requestReceivedTimestamp: '2026-11-22T14:08:59.271946Z',
        stageTimestamp: '2026-11-22T14:08:59.281003Z',
        annotations: CREATION['annotations'],
      },
    );
  });

  it('reads what a real API server wrote as JSON.parse has it', () => {
    for (const line of readCapture().lines) {
      const raw: unknown = JSON.parse(line);
      const event = parseAuditEvent(Buffer.from(line));
      assert.equal(event.auditId, dig(raw, 'auditID'));
      assert.equal(event.requestUri, dig(raw, 'requestURI'));
      assert.equal(event.user.username, dig(raw, 'user', 'username'));
      assert.equal(event.impersonatedUser?.username, dig(raw, 'impersonatedUser', 'username'));
      assert.equal(event.objectRef.name, dig(raw, 'objectRef', 'name'));
      assert.equal(event.code, dig(raw, 'responseStatus', 'code'));
      assert.equal(event.message, dig(raw, 'responseStatus', 'message'));
      assert.deepStrictEqual(event.sourceIps, dig(raw, 'sourceIPs'));
      assert.deepStrictEqual(event.responseObject, dig(raw, 'responseObject'));
      assert.equal(event.stageTimestamp, dig(raw, 'stageTimestamp'));
    }
  });

  it('gives the rule what the scanner reads from the same bytes', () => {
    const wholeCode = anyEvent.filter((event) => dig(event, 'responseStatus', 'code') !== 201.5);
    fc.assert(
      fc.property(wholeCode, (event) => {
        const { stage, verb, apiGroup, resource, subresource, code } =
          scanEvent(bytesOf(event)).facts ?? assert.fail();
        assert.deepStrictEqual(factsOf(parseAuditEvent(bytesOf(event))), {
          stage,
          verb,
          apiGroup,
          resource,
          subresource,
          code,
        });
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  it('throws a SyntaxError for what is no JSON', () => {
    for (const text of ['', '{', '{"stage":}', '\ufeff{}', 'undefined'])
      assert.throws(() => parseAuditEvent(Buffer.from(text)), SyntaxError);
  });
});

describe('readAuditEvent', () => {
  const EMPTY = {
    level: undefined,
    auditId: undefined,
    stage: undefined,
    requestUri: undefined,
    verb: undefined,
    user: { username: undefined, uid: undefined, groups: [], extra: {} },
    impersonatedUser: undefined,
    sourceIps: [],
    userAgent: undefined,
    objectRef: {
      apiGroup: undefined,
      apiVersion: undefined,
      resource: undefined,
      subresource: undefined,
      namespace: undefined,
      name: undefined,
    },
    code: undefined,
    message: undefined,
    requestObject: undefined,
    responseObject: undefined,
    requestReceivedTimestamp: undefined,
    stageTimestamp: undefined,
    annotations: {},
  };

  it('reads what is no object as an event without anything', () => {
    for (const value of [null, undefined, 1, 'x', [], [CREATION], {}])
      assert.deepStrictEqual(readAuditEvent(value), EMPTY);
  });

  it('reads a field of the wrong type as absent', () => {
    const fields = Object.keys(CREATION).filter((key) => key !== 'requestObject' && key !== 'responseObject');
    for (const wrong of [null, 5, true, [[]], '']) {
      assert.deepStrictEqual(
        readAuditEvent(Object.fromEntries(fields.map((key) => [key, wrong]))),
        EMPTY,
        JSON.stringify(wrong),
      );
    }
  });

  it('reads a field of the wrong type inside an object as absent', () => {
    const event = readEventWith({
      user: { username: ['root'], groups: ['a', 5, null, 'b'], extra: [] },
      impersonatedUser: {},
      sourceIPs: [1, '192.0.2.7', {}],
      objectRef: { resource: 5, apiGroup: {}, name: ['x'], namespace: null, subresource: false },
      responseStatus: { code: '201', message: ['x'] },
      annotations: ['x'],
    });
    assert.deepStrictEqual(event.user, {
      username: undefined,
      uid: undefined,
      groups: ['a', 'b'],
      extra: {},
    });
    assert.deepStrictEqual(event.impersonatedUser, {
      username: undefined,
      uid: undefined,
      groups: [],
      extra: {},
    });
    assert.deepStrictEqual(event.sourceIps, ['192.0.2.7']);
    assert.deepStrictEqual(event.objectRef, EMPTY.objectRef);
    assert.equal(event.code, undefined);
    assert.equal(event.message, undefined);
    assert.deepStrictEqual(event.annotations, {});
  });

  it('takes only a whole number for a code', () => {
    for (const [code, read] of [
      [201, 201],
      [0, 0],
      [201.5, undefined],
      [1e300, undefined],
      ['201', undefined],
      [[201], undefined],
    ] as const) {
      assert.equal(readEventWith({ responseStatus: { code } }).code, read);
    }
  });

  it('reads nothing from a prototype', () => {
    const value: unknown = JSON.parse(
      '{"__proto__":{"stage":"Panic","verb":"create"},"objectRef":{"__proto__":{"resource":"pods"}},"user":{}}',
    );
    assert.deepStrictEqual(readAuditEvent(value), EMPTY);
    assert.deepStrictEqual(
      readAuditEvent(Object.create({ stage: 'Panic', user: { username: 'root' } })),
      EMPTY,
    );
  });

  it("lets v1beta1's timestamp stand in for a missing requestReceivedTimestamp only", () => {
    const old = { timestamp: '2017-11-22T14:08:59Z' };
    assert.equal(
      readEventWith({ ...old, requestReceivedTimestamp: undefined }).requestReceivedTimestamp,
      '2017-11-22T14:08:59Z',
    );
    assert.equal(readEventWith(old).requestReceivedTimestamp, '2026-11-22T14:08:59.271946Z');
  });
});

describe('isTruncated', () => {
  it('is the value of the API server’s annotation', () => {
    assert.equal(isTruncated(readEventWith({ annotations: { 'audit.k8s.io/truncated': 'true' } })), true);
    for (const annotations of [
      undefined,
      null,
      {},
      { 'audit.k8s.io/truncated': 'false' },
      { 'audit.k8s.io/truncated': true },
      { truncated: 'true' },
    ]) {
      assert.equal(
        isTruncated(readAuditEvent(eventWith({ annotations }))),
        false,
        JSON.stringify(annotations),
      );
    }
  });

  it('is not the value of an annotation of the object', () => {
    const metadata = { annotations: { 'audit.k8s.io/truncated': 'true' } };
    assert.equal(
      isTruncated(readEventWith({ requestObject: { metadata }, responseObject: { metadata } })),
      false,
    );
  });
});

describe('extraOf', () => {
  const { user } = readEventWith({
    user: {
      username: 'system:serviceaccount:a:b',
      extra: { 'authentication.kubernetes.io/pod-name': ['web-1', 'web-2'], none: [], odd: 'x', number: [5] },
    },
  });

  it('gives the first value', () => {
    assert.equal(extraOf(user, 'authentication.kubernetes.io/pod-name'), 'web-1');
  });

  it('gives nothing where there is none, or none of text', () => {
    for (const key of ['none', 'odd', 'number', 'absent', 'toString', '__proto__'])
      assert.equal(extraOf(user, key), undefined, key);
  });
});
