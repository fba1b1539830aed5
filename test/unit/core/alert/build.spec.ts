/**
 * The whole alert: of every creation in the capture of a real API server, as it was recorded and at every
 * lesser level. Ground truth is what that cluster held, as its own records say (control-plane.expected.json).
 */
import { encodeAlert } from '@arrivals/adapters/avro';
import { type Alert, ALERT_BYTES_MAX, alertJson, buildAlert, identityOf } from '@arrivals/core';
import { readAuditEvent } from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import {
  alertOf,
  answeredAsTable,
  answeredPartially,
  assertFitsJsonSchema,
  atLevelMetadata,
  atLevelRequest,
  COORDINATES,
  creationsOfCapture,
  type Json,
  LISTS,
  namespaceCreated,
  nullPaths,
  podCreated,
  textsOf,
  throughAvro,
  truncated,
  truthOfCapture,
} from './creations.ts';

/** The null fields that say "there is none" when `unknown` does not list them, and when they may. */
const THERE_IS_NONE: readonly (readonly [path: RegExp, when: (alert: Alert) => boolean])[] = [
  // A Namespace has no part of a pod and is in no namespace.
  [
    /^object\.(?:namespace|privileged|containers|volumes|serviceAccountName|nodeName|hostAccess|specFrom)$/,
    ({ kind }) => kind === 'newNamespace',
  ],
  [/^podSecurity$/, ({ kind }) => kind === 'newNamespace'],
  // The field would have to be there.
  [/^podSecurity\.violations\[\d+\]\.fields\[\d+\]\.value$/, () => true],
  // A step is to be done, and a question may be answered for good.
  [/^resolution\[\d+\]\.note$/, () => true],
  // The answer of the runbook; a question that is answered needs no command.
  [/^investigation\[\d+\]\.(?:answer|command)$/, () => true],
  [/^author\.name$/, ({ author }) => author?.type === 'unknown'],
  // Nothing is left open, or watching begins with this very event.
  [/^context\.watchedSince$/, () => true],
  [/^podSecurity\.violations\[\d+\]\.(?:reason|fieldsLeftOut)$/, () => true],
  // Nobody scaled it; what was made directly has no template; a request may lack any of these.
  [/^author\.scaler$/, () => true],
  // What was written anew is nobody else's work; it takes no other pod's place; a deletion may be recorded
  // without a body.
  [/^author\.(?:contentAuthor|replaces|replaces\.uid)$/, () => true],
  [/^author\.templateAuthor$/, ({ author }) => author?.madeByController === false],
  [
    /^author\.(?:creator|templateAuthor|contentAuthor|replaces\.by)\.(?:impersonatedUsername|display|onBehalfOf|auditId|address|userAgent|fieldManager|gitOps)$/,
    () => true,
  ],
  // Null says itself that the owner was not seen being made.
  [/^author\.chain\[\d+\]\.(?:uid|auditId|createdBy|createdThrough|changedBy|changedAt)$/, () => true],
  [/^context\.serviceAccount$/, ({ kind }) => kind === 'newNamespace'],
  [
    /^context\.grants\[\d+\]\.(?:impersonatedUsername|binding|role|subject|(?:binding|subject)\.namespace)$/,
    () => true,
  ],
  [/^context\.firstSeen\[\d+\]\.since$/, () => true],
  // What was not seen of the namespace: there may be none, and null says no more.
  [
    /^context\.surroundings\.(?:namespaceCreatedBy|namespaceCreatedThrough|namespaceCreatedAt|namespaceAgeSeconds|namespaceLabels|criticalBecause)$/,
    () => true,
  ],
  // The client gave a whole name; only metadata can tell.
  [/^object\.generateName$/, ({ object }) => object.metadataFrom !== 'reference'],
  // The scheduler still has to place the pod; only a spec can tell.
  [/^object\.nodeName$/, ({ object }) => object.specFrom !== null],
  // A mirror pod has no service account; only the answer can tell.
  [/^object\.serviceAccountName$/, ({ object }) => object.specFrom === 'answer'],
  // Null says itself that no spec was seen; the fields of the spec are listed.
  [/^object\.specFrom$/, ({ unknown }) => unknown.some(({ path }) => path === 'object.containers')],
  // Parts that a reference, a container, a port, a variable or a volume may do without.
  [/^object\.containers\[\d+\]\.image\.(?:registry|tag|digest)$/, () => true],
  [/^object\.containers\[\d+\]\.(?:allowPrivilegeEscalation|runAsUser)$/, () => true],
  [/^object\.containers\[\d+\]\.ports\[\d+\]\.hostPort$/, () => true],
  [/^object\.containers\[\d+\]\.env\[\d+\]\.(?:value|from)$/, () => true],
  [/^object\.volumes\[\d+\]\.source$/, () => true],
  // The user acted as nobody else, is called nothing else, acts for himself, and with a credential that no
  // pod holds.
  [/^actor\.(?:impersonatedUsername|display|onBehalfOf|podName)$/, () => true],
  // Nobody went through another's account.
  [
    /^context\.(?:timeline\[\d+\]\.newest\[\d+\]\.(?:target|impersonatedUsername)|.*\.(?:boundThrough|through))$/,
    () => true,
  ],
  // system:masters and the Node authorizer give no reason; only RoleBindings and ServiceAccounts have a
  // namespace.
  [
    /^grant\.reason$/,
    ({ grant, unknown }) =>
      grant?.binding !== null ||
      unknown.some(({ path, reason }) => path === 'grant.binding' && reason === 'notRbac'),
  ],
  [/^grant\.binding\.namespace$/, ({ grant }) => grant?.binding?.kind === 'ClusterRoleBinding'],
  [/^grant\.subject\.namespace$/, ({ grant }) => grant?.subject?.kind !== 'ServiceAccount'],
];

const FORMS: Readonly<Record<string, (event: Json) => Json>> = {
  'as it was recorded': (event) => event,
  'at level Metadata': atLevelMetadata,
  'at level Request': atLevelRequest,
  'truncated by the server': truncated,
  'answered with a Table': answeredAsTable,
  'answered with PartialObjectMetadata': answeredPartially,
};

/** The events whose answer is the whole object, so that every form can be made of them. */
function creationsFor(form: string): readonly Json[] {
  const all = creationsOfCapture();
  return form.startsWith('answered')
    ? all.filter((event) => (event['responseObject'] as Json)['kind'] !== 'Table')
    : all;
}

const nameOf = ({ object, provenance }: Alert) =>
  `${object.kind} ${object.namespace ?? ''}/${object.name ?? ''} (${provenance.auditId ?? ''})`;

for (const [form, make] of Object.entries(FORMS)) {
  describe(`the alerts of the real capture, ${form}`, () => {
    const alerts = creationsFor(form).map((event) => alertOf(make(event)));

    it('fit the JSON schema', () => {
      assert.ok(alerts.length > 50);
      for (const alert of alerts) assertFitsJsonSchema(alert);
    });

    it('are the same after Avro', () => {
      for (const alert of alerts) assert.deepEqual(throughAvro(alert), alert);
    });

    it('stay under their size', () => {
      for (const alert of alerts) {
        assert.ok(Buffer.byteLength(alertJson(alert)) <= ALERT_BYTES_MAX);
        assert.ok(encodeAlert(alert).length <= ALERT_BYTES_MAX);
      }
    });

    it('say of every null that it is unknown, or there is none', () => {
      for (const alert of alerts) {
        const listed = new Set(alert.unknown.map(({ path }) => path));
        for (const path of nullPaths(alert).filter((candidate) => !candidate.startsWith('provenance'))) {
          const none = THERE_IS_NONE.some(([pattern, when]) => pattern.test(path) && when(alert));
          assert.ok(listed.has(path) || none, `${nameOf(alert)}: ${path}`);
        }
      }
    });

    it('list nothing as unknown that they show, and nothing twice', () => {
      for (const alert of alerts) {
        const nulls = new Set(nullPaths(alert));
        const paths = alert.unknown.map(({ path }) => path);
        // What a client sent is judged, and is not all.
        if (alert.object.specFrom === 'request') nulls.add('podSecurity');
        for (const path of paths) assert.ok(nulls.has(path), `${nameOf(alert)}: ${path}`);
        assert.equal(new Set(paths).size, paths.length, nameOf(alert));
      }
    });

    it('have no empty text but the values of labels and annotations', () => {
      for (const alert of alerts)
        for (const [path, text] of textsOf(alert, '', false))
          assert.notEqual(text, '', `${nameOf(alert)}: ${path}`);
    });

    it('give away neither a value of the environment nor the whole object', () => {
      for (const alert of alerts) {
        const text = JSON.stringify(alert);
        assert.ok(!text.includes('example-inline-value'), nameOf(alert));
        assert.ok(!text.includes('terminationMessagePath'), nameOf(alert));
        const applied = alert.object.annotations?.find(
          ({ key }) => key === 'kubectl.kubernetes.io/last-applied-configuration',
        )?.value;
        assert.ok(applied === undefined || applied === '[masked]', nameOf(alert));
      }
    });
  });
}

describe('the alerts of the real capture', () => {
  const alerts = creationsOfCapture().map((raw) => alertOf(raw));
  const truth = truthOfCapture();
  const expected = [...truth.pods, ...truth.namespaces];
  const byUid = new Map(alerts.map((alert) => [alert.object.uid, alert]));

  it('are one for each Pod and Namespace that the cluster held', () => {
    assert.deepEqual(alerts.map(({ object }) => object.uid).sort(), expected.map(({ uid }) => uid).sort());
    assert.equal(new Set(alerts.map(({ alertId }) => alertId)).size, alerts.length);
  });

  for (const [kind, list] of [
    ['Pod', truth.pods],
    ['Namespace', truth.namespaces],
  ] as const) {
    it(`have name, namespace, user and impersonated user of each ${kind} right`, () => {
      for (const { uid, name, namespace, user, impersonatedUser } of list) {
        const alert = byUid.get(uid);
        const { object, actor } = alert ?? {};
        assert.deepEqual(
          [object?.kind, object?.name, object?.namespace, actor?.username, actor?.impersonatedUsername],
          [kind, name, namespace, user, impersonatedUser],
        );
      }
    });
  }

  it('have the owner of each pod right', () => {
    for (const { uid, owner } of truth.pods) {
      const owners = byUid
        .get(uid)
        ?.object.ownerReferences?.map((reference) => `${reference.kind ?? ''}/${reference.name ?? ''}`);
      assert.deepEqual(owners, owner === undefined ? [] : [owner]);
    }
  });

  it('were tested with something to hide', () => {
    const events = JSON.stringify(creationsOfCapture());
    assert.ok(events.includes('example-inline-value'));
    assert.ok(events.includes('kubectl.kubernetes.io/last-applied-configuration'));
  });

  it('show the way to the host of the pod that has it', () => {
    const { object } = alerts.find((alert) => alert.object.name === 'root-shell') ?? {};
    assert.deepEqual(object?.hostAccess, {
      network: true,
      pid: true,
      ipc: true,
      paths: ['/'],
      ports: [],
      privilegedContainers: ['c'],
    });
    assert.deepEqual(object.containers?.[0]?.capabilitiesAdded, ['SYS_ADMIN', 'NET_ADMIN']);
  });
});

describe('building an alert', () => {
  it('takes times from the event and from its arguments, in microseconds', () => {
    const { occurredAt, receivedAt, alertedAt } = alertOf(podCreated());
    assert.equal(occurredAt, '2026-11-22T14:09:19.012345Z');
    assert.equal(receivedAt, '2026-11-22T14:09:20.000007Z');
    assert.equal(alertedAt, '2026-11-22T14:09:21.000009Z');
  });

  it('falls back to the time of the request, then to none', () => {
    assert.equal(
      alertOf(podCreated({ event: { stageTimestamp: undefined } })).occurredAt,
      '2026-11-22T14:09:19.000001Z',
    );
    assert.equal(
      alertOf(podCreated({ event: { stageTimestamp: 'yesterday' } })).occurredAt,
      '2026-11-22T14:09:19.000001Z',
    );
    const { occurredAt, unknown } = alertOf(
      podCreated({ event: { stageTimestamp: undefined, requestReceivedTimestamp: 'yesterday' } }),
    );
    assert.equal(occurredAt, null);
    assert.ok(unknown.some(({ path, reason }) => path === 'occurredAt' && reason === 'notInEvent'));
  });

  for (const time of ['0001-01-01T00:00:00Z', '9999-12-31T23:59:59.999999Z', '2300-01-01T00:00:00.000001Z']) {
    it(`makes a record also of an event of ${time}`, () => {
      const alert = alertOf(podCreated({ event: { stageTimestamp: time, requestReceivedTimestamp: time } }));
      assertFitsJsonSchema(alert);
      assert.deepEqual(throughAvro(alert), alert);
    });
  }

  it('says where it comes from', () => {
    assert.deepEqual(alertOf(podCreated()).provenance, {
      auditId: '2f4c1b8e-8a35-4a39-a2a4-63a1c1a4a0b5',
      level: 'RequestResponse',
      platform: null,
      verb: 'create',
      requestUri: '/api/v1/namespaces/shop/pods',
      truncated: false,
      ...COORDINATES,
    });
  });

  it('is revision 1, with an id that depends on the object alone', () => {
    const alert = alertOf(podCreated());
    assert.equal(alert.revision, 1);
    assert.match(alert.alertId, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.equal(
      alertOf(podCreated({ event: { auditID: 'another', userAgent: 'another', level: 'x' } })).alertId,
      alert.alertId,
    );
    assert.notEqual(alertOf(podCreated({ metadata: { uid: 'another' } })).alertId, alert.alertId);
    assert.notEqual(alertOf(namespaceCreated()).alertId, alert.alertId);
  });

  it('is flagged when the answer does not tell whether the object was stored, beside what it was flagged before', () => {
    assert.deepEqual(alertOf(podCreated()).flags, []);
    const alert = alertOf(
      podCreated({ event: { responseStatus: { code: 504 }, responseObject: undefined } }),
    );
    assert.deepEqual(alert.flags, ['unconfirmed']);
    assertFitsJsonSchema(alert);
    assert.deepEqual(throughAvro(alert), alert);
    const event = readAuditEvent(podCreated({ event: { responseStatus: { code: 504 } } }));
    const rest = {
      receivedAtMicros: 1,
      alertedAtMicros: 2,
      riskLists: LISTS,
      context: null,
      revision: 1,
      revised: [],
    };
    const both = buildAlert({
      cluster: 'c',
      identity: identityOf('c', event),
      created: 'Pod',
      event,
      position: COORDINATES,
      ...rest,
      flags: ['notEnriched'],
    });
    assert.deepEqual(both.flags, ['notEnriched', 'unconfirmed']);
  });

  it('gives the same alert for the same event', () => {
    for (const event of creationsOfCapture())
      assert.deepEqual(alertOf(event), alertOf(structuredClone(event)));
  });

  it('makes an alert of a creation that says nothing else', () => {
    for (const resource of ['pods', 'namespaces']) {
      const alert = alertOf({
        stage: 'ResponseComplete',
        verb: 'create',
        objectRef: { resource },
        responseStatus: { code: 201 },
      });
      assertFitsJsonSchema(alert);
      assert.deepEqual(throughAvro(alert), alert);
      const listed = alert.unknown.map(({ path }) => path);
      for (const path of [
        'occurredAt',
        'object.uid',
        'object.name',
        'actor.username',
        'grant',
        'provenance.auditId',
      ])
        assert.ok(listed.includes(path), path);
    }
  });
});
