/** GKE: what an entry of Cloud Logging becomes, what cannot be made of it, and whose creation it is. */
import {
  eventsOf,
  identityOf,
  packBatches,
  parseAuditEvent,
  prefilter,
  scanEvent,
  select,
  unwrap,
} from '@arrivals/core';
import { cutEvent, PLATFORM_ANNOTATION, platformOf } from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import {
  eventOf,
  eventTextsOf,
  inflate,
  kindsOf,
  logEntry,
  type LogEntryParts,
} from '../../platform-logs.ts';
import { CREATION, dig, type Json, readEventWith } from '../../samples.ts';

const identity = (parts: LogEntryParts) => identityOf('c', eventOf(logEntry(parts))).toString('hex');
const NO_ANSWER = { response: undefined };

describe('an entry of GKE’s audit log', () => {
  it('becomes an event with all that it has', () => {
    const event = eventOf(logEntry());
    assert.deepEqual(
      { ...event, requestObject: undefined, responseObject: undefined },
      {
        level: undefined,
        auditId: '5b0e6f0a-41d7-4c39-9b7d-1e8f6a2c7d10',
        stage: 'ResponseComplete',
        requestUri: '/api/v1/namespaces/shop/pods/web-1',
        verb: 'create',
        user: { username: 'alice@example.com', uid: undefined, groups: [], extra: {} },
        impersonatedUser: undefined,
        sourceIps: ['203.0.113.7'],
        userAgent: 'kubectl/v1.35.4',
        objectRef: {
          apiGroup: undefined,
          apiVersion: 'v1',
          resource: 'pods',
          subresource: undefined,
          namespace: 'shop',
          name: 'web-1',
        },
        code: 201,
        message: undefined,
        requestObject: undefined,
        responseObject: undefined,
        requestReceivedTimestamp: undefined,
        stageTimestamp: '2026-11-22T14:09:19.124853Z',
        annotations: {
          'authorization.k8s.io/decision': 'allow',
          'authorization.k8s.io/reason': 'access granted by IAM permissions.',
          [PLATFORM_ANNOTATION]: 'GKE',
        },
      },
    );
    assert.deepEqual(select(event), { created: 'Pod' });
    assert.equal(platformOf(event), 'GKE');
    assert.equal(platformOf(readEventWith({})), null);
  });

  it('keeps the bytes of its bodies', () => {
    const body = '{"a": 12345678901234567890,  "b":1.50e+2,"metadata":{"x":"\\u003c"}}';
    const entry = JSON.stringify(logEntry({ payload: { request: 'REQUEST', response: 'RESPONSE' } }))
      .replace('"REQUEST"', body)
      .replace('"RESPONSE"', `[${body}]`);
    const [part] = unwrap(Buffer.from(entry), inflate) ?? [];
    const text = part?.kind === 'event' ? part.bytes.toString() : assert.fail();
    assert.ok(text.includes(`"requestObject":${body}`) && text.includes(`"responseObject":[${body}]`), text);
  });

  it('shows whom the user acted as', () => {
    const payload = {
      authenticationInfo: { principalEmail: 'mallory@example.com', authoritySelector: 'system:admin' },
    };
    const event = eventOf(logEntry({ payload }));
    assert.deepEqual(
      [event.user.username, event.impersonatedUser?.username],
      ['mallory@example.com', 'system:admin'],
    );
  });

  it('takes the decision from authorizationInfo where no label has it', () => {
    assert.equal(
      dig(eventOf(logEntry({ entry: { labels: undefined } })).annotations, 'authorization.k8s.io/decision'),
      'allow',
    );
    const silent = logEntry({ entry: { labels: {} }, payload: { authorizationInfo: [] } });
    assert.equal(dig(eventOf(silent).annotations, 'authorization.k8s.io/decision'), undefined);
  });

  it('keeps its labels as annotations, those alone that are texts, and cannot be called of another platform by them', () => {
    const labels = {
      a: 'b',
      n: 7,
      o: {},
      ['__proto__']: 'x',
      [PLATFORM_ANNOTATION]: 'AKS',
      'audit.k8s.io/truncated': 'true',
    };
    const event = eventOf(
      JSON.parse(JSON.stringify(logEntry({ entry: { labels: { ...labels, ['constructor']: 'y' } } }))),
    );
    assert.equal(platformOf(event), 'GKE');
    assert.deepEqual(
      [event.annotations['a'], event.annotations['n'], event.annotations['audit.k8s.io/truncated']],
      ['b', undefined, 'true'],
    );
  });

  it('lacks what the entry lacks, and is valid all the same', () => {
    const bare = { protoPayload: { methodName: 'io.k8s.core.v1.pods.create' } };
    const event = eventOf(bare);
    assert.deepEqual(
      [event.user.username, event.sourceIps, event.userAgent, event.stageTimestamp, event.requestObject],
      [undefined, [], undefined, undefined, undefined],
    );
    assert.deepEqual(select(event), { created: 'Pod' });
  });

  it('reads fields of the wrong type as absent', () => {
    const odd = {
      authenticationInfo: 7,
      authorizationInfo: {},
      requestMetadata: [],
      resourceName: 7,
      request: 'x',
      response: 7,
      status: 'x',
    };
    for (const payload of [
      odd,
      {
        authenticationInfo: { principalEmail: {} },
        authorizationInfo: [7],
        status: { code: 'x' },
        resourceName: null,
      },
    ]) {
      const event = eventOf(
        logEntry({ payload, entry: { labels: [], insertId: 7, timestamp: {}, operation: 7 } }),
      );
      assert.equal(event.user.username, undefined);
      assert.deepEqual(select(event), { created: 'Pod' });
    }
  });

  const others: readonly (readonly [what: string, entry: Json])[] = [
    [
      'the audit log of another service',
      logEntry({
        payload: {
          serviceName: 'container.googleapis.com',
          methodName: 'google.container.v1.ClusterManager.CreateNodePool',
        },
      }),
    ],
    [
      'a service that is not named',
      logEntry({
        payload: { serviceName: undefined, methodName: 'v2.deploymentmanager.deployments.insert' },
      }),
    ],
    [
      'a container’s log',
      {
        logName: 'projects/p/logs/stdout',
        insertId: 'x',
        jsonPayload: CREATION,
        resource: { type: 'k8s_container' },
      },
    ],
    [
      'a container’s text',
      { logName: 'projects/p/logs/stderr', insertId: 'x', textPayload: JSON.stringify(CREATION) },
    ],
  ];
  for (const [what, entry] of others) {
    it(`is another log: ${what}`, () => {
      assert.deepEqual(kindsOf(entry), ['GKE other']);
      assert.deepEqual(kindsOf([logEntry(), entry]), ['GKE event', 'GKE other']);
    });
  }

  it('is set aside without a method', () => {
    for (const methodName of [undefined, '', 7])
      assert.deepEqual(kindsOf(logEntry({ payload: { methodName } })), ['GKE refused']);
  });

  it('has the index entry that the rule needs, also when its bodies have to be cut', () => {
    const padding = 'x'.repeat(1_200_000);
    for (const metadata of [{}, { annotations: { padding } }]) {
      const [text = ''] = eventTextsOf(logEntry({ metadata }));
      const bytes = Buffer.from(text);
      const [batch] = packBatches('c', 0, [{ bytes, slice: scanEvent(bytes) }]).batches;
      const [packed] = eventsOf(batch ?? assert.fail());
      assert.equal(prefilter(packed?.entry ?? assert.fail()), undefined);
      const event = parseAuditEvent(packed?.bytes ?? assert.fail());
      assert.deepEqual(
        [select(event), platformOf(event), dig(event.responseObject, 'metadata', 'uid')],
        [{ created: 'Pod' }, 'GKE', '3f1d7a52-8c1e-4a55-b0f6-27c9d1e08b41'],
      );
    }
    assert.equal(
      platformOf(
        parseAuditEvent(
          cutEvent(
            Buffer.from(eventTextsOf(logEntry({ metadata: { annotations: { padding } } }))[0] ?? ''),
            5000,
          ),
        ),
      ),
      'GKE',
    );
  });
});

describe('the identity of a creation in GKE’s log', () => {
  it('is that of the uid, as in any other log', () => {
    const uid = '3f1d7a52-8c1e-4a55-b0f6-27c9d1e08b41';
    const elsewhere = readEventWith({ responseObject: { metadata: { uid, name: 'web-1' } } });
    assert.equal(identity({}), identityOf('c', elsewhere).toString('hex'));
    assert.equal(identity({}), identity({ entry: { insertId: 'other', timestamp: '2026-11-22T15:00:00Z' } }));
    assert.notEqual(identity({}), identity({ metadata: { uid: 'another' } }));
  });

  it('is one for the same entry twice, and another for each creation, without a uid too', () => {
    const one: LogEntryParts = { payload: NO_ANSWER };
    assert.equal(identity(one), identity(one));
    const others: readonly LogEntryParts[] = [
      { ...one, entry: { insertId: 'other' } },
      { ...one, entry: { timestamp: '2026-11-22T14:09:19.124854Z' } },
      { payload: { ...NO_ANSWER, resourceName: 'core/v1/namespaces/shop/pods/web-2' } },
      { payload: { ...NO_ANSWER, authenticationInfo: { principalEmail: 'bob@example.com' } } },
      {},
    ];
    const all = [one, ...others].map(identity);
    assert.equal(new Set(all).size, all.length);
  });

  it('rests on the whole entry where that has no insertId', () => {
    const without = (request: Json): LogEntryParts => ({
      entry: { insertId: undefined, timestamp: undefined },
      payload: { ...NO_ANSWER, request },
    });
    assert.equal(identity(without({ a: 1 })), identity(without({ a: 1 })));
    assert.notEqual(identity(without({ a: 1 })), identity(without({ a: 2 })));
    assert.match(eventOf(logEntry(without({}))).auditId ?? '', /^sha256:[0-9a-f]{64}$/);
  });
});
