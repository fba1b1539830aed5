/**
 * Identity rests on what the server assigned: it is the same for one object, another for another, and nothing
 * a client chooses moves it.
 */
import { CLUSTER_NAME, identityOf, parseAuditEvent } from '@arrivals/core';
import { alertIdOf, answeredMetadata, answeredObject } from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import {
  bytesOf,
  CREATION,
  dig,
  eventWith,
  type Json,
  readCapture,
  readEventWith,
  SEED,
} from '../samples.ts';

const UID = 'abf55d69-7234-4483-83a1-e521e011fdc9';
const POD = CREATION['responseObject'] as Json;
const METADATA = POD['metadata'] as Json;

const hex = (changes: Json, cluster = 'prod') => identityOf(cluster, readEventWith(changes)).toString('hex');

describe('identityOf', () => {
  it('is 32 bytes, the same for the same event', () => {
    assert.equal(identityOf('prod', readEventWith({})).length, 32);
    assert.equal(hex({}), hex({}));
  });

  describe('with a uid in the answer', () => {
    const same: readonly (readonly [what: string, changes: Json])[] = [
      ['the Audit-ID', { auditID: 'chosen by the client' }],
      ['the name', { objectRef: { resource: 'pods', name: 'other', namespace: 'other' } }],
      ['a uid in the request', { requestObject: { metadata: { uid: 'forged' } } }],
      ['a uid in objectRef', { objectRef: { resource: 'pods', uid: 'forged' } }],
      ['the user', { user: { username: 'mallory', uid: 'forged' } }],
      ['the URI', { requestURI: '/api/v1/namespaces/a/pods?fieldManager=x' }],
      ['the verb', { verb: 'patch' }],
      [
        'the timestamps',
        {
          requestReceivedTimestamp: '2026-01-01T00:00:00.000000Z',
          stageTimestamp: '2026-01-01T00:00:00.000000Z',
        },
      ],
      ['the address and the user agent', { sourceIPs: ['198.51.100.1'], userAgent: UID }],
      [
        'labels and annotations',
        {
          responseObject: {
            ...POD,
            metadata: { ...METADATA, labels: { uid: 'x' }, annotations: { uid: 'x' } },
          },
        },
      ],
    ];
    for (const [what, changes] of same) {
      it(`does not move with ${what}`, () => {
        assert.equal(hex(changes), hex({}));
      });
    }

    it('is the same for the whole object, its PartialObjectMetadata and a Table of it', () => {
      const partial = { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: METADATA };
      const table = {
        kind: 'Table',
        apiVersion: 'meta.k8s.io/v1',
        metadata: { resourceVersion: '248' },
        rows: [{ cells: ['web-1'], object: partial }],
      };
      const whole = { ...table, rows: [{ cells: ['web-1'], object: POD }] };
      for (const responseObject of [partial, table, whole]) assert.equal(hex({ responseObject }), hex({}));
    });

    it('is another for another uid, resource or cluster', () => {
      const other = { responseObject: { ...POD, metadata: { ...METADATA, uid: `${UID.slice(0, -1)}8` } } };
      const namespace = { objectRef: { resource: 'namespaces', name: 'web-1' } };
      assert.equal(
        new Set([hex({}), hex(other), hex(namespace), hex({}, 'staging'), hex({}, 'prod2')]).size,
        5,
      );
    });

    it('keeps cluster, resource and uid apart', () => {
      const of = (cluster: string, resource: string, uid: string) =>
        hex({ objectRef: { resource }, responseObject: { metadata: { uid } } }, cluster);
      assert.equal(
        new Set([
          of('ab', 'cd', 'ef'),
          of('abc', 'd', 'ef'),
          of('ab', 'c', 'def'),
          of('a', 'bcd', 'ef'),
          of('ab', 'cde', 'f'),
        ]).size,
        5,
      );
    });
  });

  describe('without a uid', () => {
    /** Each part that the digest is made of, so that a text can be put there. */
    const parts: readonly (readonly [name: string, changes: (text: string) => Json])[] = [
      ['resource', (resource) => ({ objectRef: { resource } })],
      ['Audit-ID', (auditID) => ({ auditID })],
      ['requestReceivedTimestamp', (requestReceivedTimestamp) => ({ requestReceivedTimestamp })],
      ['stageTimestamp', (stageTimestamp) => ({ stageTimestamp })],
      ['requestURI', (requestURI) => ({ requestURI })],
      ['verb', (verb) => ({ verb })],
      ['user', (username) => ({ user: { username } })],
    ];
    const bare: Json = { level: 'Metadata', requestObject: undefined, responseObject: undefined };
    /** Every part at once, the cluster first. */
    const of = ([cluster, ...texts]: readonly string[]) => {
      const changes = parts.map(([, change], i) => change(texts[i] ?? ''));
      return hex({ ...bare, ...(Object.assign({}, ...changes) as Json) }, cluster);
    };
    const base = ['ab', ...parts.map((_, i) => `${String(i)}x`)];

    for (const [i, name] of ['cluster', ...parts.map(([part]) => part)].entries()) {
      it(`is another for another ${name}`, () => {
        assert.notEqual(of(base.with(i, 'other')), of(base));
        assert.notEqual(of(base.with(i, '')), of(base));
      });
      if (i > 0) {
        it(`keeps ${name} apart from what is before it: moving a character over makes another`, () => {
          const [before = '', after = ''] = [base[i - 1], base[i]];
          assert.notEqual(of(base.with(i - 1, before + after.slice(0, 1)).with(i, after.slice(1))), of(base));
          assert.notEqual(
            of(base.with(i - 1, before.slice(0, -1)).with(i, before.slice(-1) + after)),
            of(base),
          );
          assert.notEqual(of(base.with(i - 1, before + after).with(i, '')), of(base));
        });
      }
    }

    it('does not move with what a client puts into names, objects or the rest', () => {
      const changes = {
        requestObject: { metadata: { uid: UID } },
        objectRef: { resource: 'pods', uid: UID, name: 'x' },
        userAgent: 'x',
        sourceIPs: ['198.51.100.1'],
      };
      assert.equal(hex({ ...bare, ...changes }), hex(bare));
    });

    it('is never that of an object with a uid', () => {
      assert.notEqual(hex(bare), hex({}));
      assert.notEqual(hex({ ...bare, auditID: UID }), hex({}));
    });

    it('takes a uid that is no text, or empty, as none', () => {
      for (const responseObject of [
        { metadata: { uid: '' } },
        { metadata: { uid: 5 } },
        { rows: [] },
        { rows: [{ object: null }] },
        [],
        'x',
        { metadata: null },
      ]) {
        assert.equal(hex({ ...bare, responseObject }), hex(bare), JSON.stringify(responseObject));
      }
    });
  });

  describe('with one Audit-ID for all', () => {
    const micros = (i: number) => `2026-11-22T14:08:59.${String(i).padStart(6, '0')}Z`;

    it('is another for each of a thousand pods with a uid', () => {
      const uids = Array.from(
        { length: 1000 },
        (_, i) => `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`,
      );
      const identities = uids.map((uid) => hex({ auditID: 'one', responseObject: { metadata: { uid } } }));
      assert.equal(new Set(identities).size, 1000);
    });

    it('is another for each of a thousand pods of which only the server’s times differ', () => {
      const identities = Array.from({ length: 1000 }, (_, i) =>
        hex({
          auditID: 'one',
          level: 'Metadata',
          responseObject: undefined,
          requestReceivedTimestamp: micros(i),
        }),
      );
      assert.equal(new Set(identities).size, 1000);
    });

    it('is not that of a refused request that used the Audit-ID first', () => {
      const refused = {
        responseStatus: { code: 403 },
        responseObject: { kind: 'Status', metadata: {} },
        auditID: 'one',
      };
      assert.notEqual(hex({ ...refused, requestReceivedTimestamp: micros(1) }), hex({ auditID: 'one' }));
    });
  });

  it('is one for each object of a real capture, the same for the bytes sent again', () => {
    const { lines, pods, namespaces } = readCapture();
    const uids = new Set([...pods, ...namespaces].map(({ uid }) => uid));
    const identities = new Map<string, unknown>();
    for (const line of lines) {
      const event = parseAuditEvent(Buffer.from(line));
      const uid = dig(event.responseObject, 'metadata', 'uid');
      if (event.code !== 201 || !uids.has(String(uid))) continue;
      identities.set(identityOf('prod', event).toString('hex'), uid);
      assert.deepStrictEqual(
        identityOf('prod', parseAuditEvent(Buffer.from(line))),
        identityOf('prod', event),
      );
    }
    assert.equal(identities.size, new Set(identities.values()).size);
    assert.ok(identities.size >= 40, String(identities.size));
  });
});

describe('answeredMetadata', () => {
  it('is that of the answer, never that of the request', () => {
    assert.deepStrictEqual(answeredMetadata(parseAuditEvent(bytesOf(CREATION))), METADATA);
    assert.equal(
      answeredMetadata(readEventWith({ responseObject: undefined, requestObject: POD })),
      undefined,
    );
    assert.equal(
      answeredMetadata(readEventWith({ responseObject: { kind: 'Status', metadata: {}, code: 403 } })),
      undefined,
    );
  });
});

describe('answeredObject', () => {
  it('is the answer, or the object in the row of a Table, if it has a uid', () => {
    const table = (object: unknown) => ({
      kind: 'Table',
      metadata: { resourceVersion: '1' },
      rows: [{ cells: ['web-1'], object }],
    });
    assert.deepStrictEqual(answeredObject(readEventWith({})), POD);
    assert.deepStrictEqual(answeredObject(readEventWith({ responseObject: table(POD) })), POD);
    for (const nothing of [
      table(null),
      table({ ...POD, metadata: {} }),
      { ...POD, metadata: {} },
      { rows: {} },
      null,
      'x',
      undefined,
    ])
      assert.equal(
        answeredObject(readEventWith({ responseObject: nothing })),
        undefined,
        JSON.stringify(nothing),
      );
  });
});

describe('alertIdOf', () => {
  it('is a UUID of version 8 and variant 10 with the identity’s other 122 bits', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (identity) => {
        const bytes = Buffer.from(identity);
        const id = alertIdOf(bytes);
        assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        assert.deepStrictEqual(bytes, Buffer.from(identity), 'the identity is left as it was');
        const mask = 0xffffffff_ffff_0fff_3fff_ffffffffffffn;
        assert.equal(
          BigInt(`0x${id.replaceAll('-', '')}`) & mask,
          BigInt(`0x${bytes.toString('hex', 0, 16)}`) & mask,
        );
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  it('differs where identities do', () => {
    const ids = Array.from({ length: 1000 }, (_, i) =>
      alertIdOf(identityOf('prod', readEventWith({ responseObject: { metadata: { uid: String(i) } } }))),
    );
    assert.equal(new Set(ids).size, 1000);
    assert.equal(
      alertIdOf(identityOf('prod', readEventWith({}))),
      alertIdOf(identityOf('prod', parseAuditEvent(bytesOf(eventWith({ auditID: 'x' }))))),
    );
  });
});

describe('CLUSTER_NAME', () => {
  it('takes names of up to 63 lower-case letters, digits, dots and hyphens', () => {
    for (const name of ['a', '0', 'prod', 'eu-west-1.prod', 'a--b', 'a..b', 'x'.repeat(63)])
      assert.match(name, CLUSTER_NAME);
  });

  it('takes nothing that could leave a path, a label or a file name', () => {
    const bad = [
      '',
      '-a',
      'a-',
      '.a',
      'a.',
      '.',
      '..',
      'A',
      'a/b',
      'a b',
      'a\n',
      '\na',
      'a_b',
      'é',
      'a%2f',
      '../a',
      'a\u0000',
      'x'.repeat(64),
    ];
    for (const name of bad) assert.doesNotMatch(name, CLUSTER_NAME);
  });
});

describe('identityOf, where an event has less', () => {
  const mirror = (changes: Json = {}, annotations: Json = { 'kubernetes.io/config.mirror': 'h1' }): Json => ({
    user: { username: 'system:node:n1', groups: ['system:nodes'] },
    objectRef: { resource: 'pods', namespace: 'gone', name: 'web-n1' },
    responseStatus: { code: 404 },
    requestObject: { metadata: { name: 'web-n1', annotations } },
    responseObject: undefined,
    ...changes,
  });

  it('is another for another namespace or name under one audit id, without times', () => {
    const bare = {
      auditID: 'one',
      requestReceivedTimestamp: undefined,
      stageTimestamp: undefined,
      responseObject: undefined,
      requestURI: '/x',
    };
    const of = (namespace: string, name: string) =>
      hex({ ...bare, objectRef: { resource: 'pods', namespace, name } });
    assert.equal(new Set([of('a', 'x'), of('a', 'y'), of('b', 'x')]).size, 3);
    assert.equal(of('a', 'x'), of('a', 'x'));
  });

  it('is one for a mirror pod that a kubelet tries again and again, and another for another content, node or name', () => {
    const later = {
      requestReceivedTimestamp: '2027-01-01T00:00:00.000000Z',
      stageTimestamp: '2027-01-01T00:00:00.000000Z',
      auditID: 'other',
    };
    assert.equal(hex(mirror(later)), hex(mirror()));
    const others = [
      mirror({}, { 'kubernetes.io/config.mirror': 'h2' }),
      mirror({ user: { username: 'system:node:n2', groups: ['system:nodes'] } }),
      mirror({ objectRef: { resource: 'pods', namespace: 'gone', name: 'db-n1' } }),
    ];
    assert.equal(new Set([mirror(), ...others].map((event) => hex(event))).size, 4);
  });
});
