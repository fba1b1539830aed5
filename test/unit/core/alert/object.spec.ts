/**
 * Where an alert reads the created object: the server's answer before the client's request before objectRef.
 */
import assert from 'node:assert/strict';
import { cutEvent } from '@arrivals/core/internal';
import {
  alertOf,
  answeredAsTable,
  answeredPartially,
  assertFitsJsonSchema,
  atLevelMetadata,
  atLevelRequest,
  CONTAINER,
  type Json,
  namespaceCreated,
  podCreated,
  truncated,
  UID,
} from './creations.ts';

const LABELLED = {
  labels: { app: 'web' },
  annotations: { note: 'n' },
  ownerReferences: [
    {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      name: 'web-1',
      uid: 'u-1',
      controller: true,
      blockOwnerDeletion: true,
    },
  ],
};
const OWNER = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-1', uid: 'u-1', controller: true };

/** As a controller asks for a pod: the name is only in the answer. */
function generated(): Json {
  const event = podCreated({ metadata: { ...LABELLED, generateName: 'web-' } });
  const { metadata, ...request } = event['requestObject'] as { readonly metadata: Json };
  const { name: _name, ...unnamed } = metadata;
  return {
    ...event,
    objectRef: { resource: 'pods', namespace: 'shop', apiVersion: 'v1' },
    requestObject: { ...request, metadata: unnamed },
  };
}

const reasonsOf = (event: Json): Readonly<Record<string, string>> =>
  Object.fromEntries(
    alertOf(event).unknown.flatMap(({ path, reason }) =>
      path.startsWith('object.') ? [[path.slice('object.'.length), reason]] : [],
    ),
  );

describe('the object of an alert', () => {
  it('is what the server answered', () => {
    const { object } = alertOf(podCreated({ metadata: LABELLED, spec: { nodeName: 'n-1' } }));
    assert.deepEqual(
      { ...object, containers: null, volumes: null, hostAccess: null },
      {
        kind: 'Pod',
        apiVersion: 'v1',
        uid: UID,
        namespace: 'shop',
        name: 'web',
        images: [CONTAINER.image],
        privileged: false,
        generateName: null,
        labels: [{ key: 'app', value: 'web' }],
        annotations: [{ key: 'note', value: 'n' }],
        ownerReferences: [OWNER],
        containers: null,
        volumes: null,
        serviceAccountName: 'default',
        nodeName: 'n-1',
        hostAccess: null,
        metadataFrom: 'answer',
        specFrom: 'answer',
      },
    );
  });

  it('is what the answer says, also where request and objectRef say otherwise', () => {
    const event = podCreated();
    const request = {
      metadata: { name: 'claimed', namespace: 'claimed', uid: 'claimed', labels: { a: 'claimed' } },
      spec: { nodeName: 'claimed' },
    };
    const { object } = alertOf({
      ...event,
      requestObject: request,
      objectRef: { resource: 'pods', name: 'claimed', namespace: 'claimed', uid: 'claimed' },
    });
    assert.ok(!JSON.stringify(object).includes('claimed'));
  });

  it('has the name that the server made of generateName', () => {
    const { object } = alertOf(generated());
    assert.deepEqual([object.name, object.generateName], ['web', 'web-']);
  });

  it('is a Namespace without any part of a pod', () => {
    const { object } = alertOf(namespaceCreated({ metadata: { labels: { team: 'a' } } }));
    assert.deepEqual(object, {
      kind: 'Namespace',
      apiVersion: 'v1',
      uid: UID,
      namespace: null,
      name: 'shop',
      images: [],
      privileged: null,
      generateName: null,
      labels: [{ key: 'team', value: 'a' }],
      annotations: [],
      ownerReferences: [],
      containers: null,
      volumes: null,
      serviceAccountName: null,
      nodeName: null,
      hostAccess: null,
      metadataFrom: 'answer',
      specFrom: null,
    });
  });

  it('leaves nothing unknown when the whole answer was recorded', () => {
    for (const event of [
      podCreated(),
      generated(),
      namespaceCreated(),
      podCreated({ spec: { nodeName: 'n-1' } }),
    ])
      assert.deepEqual(reasonsOf(event), {});
  });

  it('does not call a service account unknown that the answer shows there is none, as for a mirror pod', () => {
    assert.deepEqual(reasonsOf(podCreated({ spec: { serviceAccountName: '' } })), {});
  });
});

describe('the object of an alert whose event tells less', () => {
  const SPEC = ['privileged', 'containers', 'volumes', 'serviceAccountName', 'nodeName', 'hostAccess'];
  const METADATA = ['generateName', 'labels', 'annotations', 'ownerReferences'];

  it('is known by reference alone at level Metadata', () => {
    const event = atLevelMetadata(podCreated());
    const { object } = alertOf(event);
    assert.deepEqual(
      [object.name, object.namespace, object.uid, object.metadataFrom, object.specFrom],
      ['web', 'shop', null, 'reference', null],
    );
    assert.deepEqual(Object.keys(reasonsOf(event)).sort(), ['uid', ...METADATA, ...SPEC].sort());
    assert.deepEqual(new Set(Object.values(reasonsOf(event))), new Set(['auditLevel']));
  });

  it('has no name at level Metadata when the server made it', () => {
    const event = atLevelMetadata(generated());
    assert.equal(alertOf(event).object.name, null);
    assert.equal(reasonsOf(event)['name'], 'auditLevel');
  });

  it('is what the client sent at level Request, without a uid, whatever uid it sent', () => {
    const event = atLevelRequest(podCreated({ metadata: { ...LABELLED, uid: 'claimed' } }));
    const { object } = alertOf(event);
    assert.deepEqual(
      [object.name, object.uid, object.metadataFrom, object.specFrom],
      ['web', null, 'request', 'request'],
    );
    assert.deepEqual([object.labels, object.ownerReferences], [[{ key: 'app', value: 'web' }], [OWNER]]);
    assert.deepEqual(reasonsOf(event), { uid: 'auditLevel' });
  });

  it('has no name at level Request when the server made it', () => {
    assert.deepEqual(reasonsOf(atLevelRequest(generated())), { uid: 'auditLevel', name: 'auditLevel' });
  });

  it('has the service account unknown at level Request when the client named none', () => {
    assert.equal(
      reasonsOf(atLevelRequest(podCreated({ spec: { serviceAccountName: '' } })))['serviceAccountName'],
      'auditLevel',
    );
  });

  it('says that the server truncated the event', () => {
    const event = truncated(generated());
    assert.deepEqual(Object.keys(reasonsOf(event)).sort(), ['uid', 'name', ...METADATA, ...SPEC].sort());
    assert.deepEqual(new Set(Object.values(reasonsOf(event))), new Set(['truncated']));
    assert.equal(alertOf(event).provenance.truncated, true);
  });

  for (const [what, answered] of [
    ['PartialObjectMetadata', answeredPartially],
    ['Table', answeredAsTable],
  ] as const) {
    it(`has its metadata from the answer and its spec from the request when the client asked for a ${what}`, () => {
      const event = answered(generated());
      const { object } = alertOf(event);
      assert.deepEqual(
        [object.uid, object.name, object.metadataFrom, object.specFrom],
        [UID, 'web', 'answer', 'request'],
      );
      assert.deepEqual(
        [object.labels, object.containers?.[0]?.name],
        [[{ key: 'app', value: 'web' }], CONTAINER.name],
      );
      assert.deepEqual(reasonsOf(event), {});
    });

    it(`has the service account unknown when the client named none and asked for a ${what}`, () => {
      assert.deepEqual(reasonsOf(answered(podCreated({ spec: { serviceAccountName: '' } }))), {
        serviceAccountName: 'answerShape',
      });
    });
  }

  it('is wholly in the answer when the client asked for a Table that shows whole objects', () => {
    const event = podCreated({ metadata: LABELLED, spec: { nodeName: 'n-1' } });
    const table = {
      kind: 'Table',
      apiVersion: 'meta.k8s.io/v1',
      metadata: {},
      columnDefinitions: [],
      rows: [{ cells: ['web'], object: event['responseObject'] }],
    };
    assert.deepEqual(alertOf({ ...event, responseObject: table }).object, alertOf(event).object);
    assert.deepEqual(reasonsOf({ ...event, responseObject: table }), {});
  });

  it('is known by the request alone when the answer does not tell whether it was stored', () => {
    for (const code of [406, 504]) {
      const event = {
        ...generated(),
        responseStatus: { code },
        responseObject: code === 504 ? { kind: 'Status', metadata: {}, code } : undefined,
      };
      const { object } = alertOf(event);
      assert.deepEqual(
        [object.uid, object.name, object.generateName, object.metadataFrom, object.specFrom],
        [null, null, 'web-', 'request', 'request'],
      );
      assert.deepEqual(reasonsOf(event), { uid: 'notInEvent', name: 'notInEvent' });
      assert.match(
        alertOf(event).unknown.find(({ path }) => path === 'object.uid')?.detail ?? '',
        new RegExp(`^answered ${String(code)}`),
      );
    }
  });

  it('does not read a patch as the object', () => {
    const event = {
      ...podCreated(),
      verb: 'patch',
      responseObject: undefined,
      requestObject: { metadata: { labels: { a: 'b' } }, spec: { nodeName: 'x' } },
    };
    const { object } = alertOf(event);
    assert.deepEqual(
      [object.labels, object.nodeName, object.metadataFrom, object.specFrom],
      [null, null, 'reference', null],
    );
  });

  it('takes an answer without a uid for none', () => {
    for (const responseObject of [
      'x',
      [],
      {},
      { metadata: {} },
      { metadata: { uid: 7 } },
      { metadata: { uid: '' } },
      { rows: [{}] },
      { rows: 'x' },
    ]) {
      const { object } = alertOf({ ...podCreated(), responseObject });
      assert.deepEqual([object.uid, object.metadataFrom], [null, 'request'], JSON.stringify(responseObject));
    }
  });

  it('reads metadata of the wrong type as absent', () => {
    const metadata = {
      labels: ['a'],
      annotations: { a: 1, b: 'c' },
      ownerReferences: [null, { name: 7, controller: 'true' }],
    };
    const alert = alertOf(podCreated({ metadata }));
    const nobody = { apiVersion: null, kind: null, name: null, uid: null, controller: false };
    assert.deepEqual(
      [alert.object.labels, alert.object.annotations, alert.object.ownerReferences],
      [[], [{ key: 'b', value: 'c' }], [nobody, nobody]],
    );
    assertFitsJsonSchema(alert);
  });
});

describe('the object of an alert whose event the webhook cut', () => {
  const FIELDS = [
    'labels',
    'annotations',
    'ownerReferences',
    'volumes',
    'hostAccess',
    'serviceAccountName',
    'nodeName',
    'generateName',
    'name',
    'uid',
  ] as const;
  const DETAILS = ['command', 'args', 'env'] as const;

  /** The way to the host comes last, behind much that is harmless. */
  const large = podCreated({
    metadata: { ...LABELLED, generateName: 'web-' },
    spec: {
      nodeName: 'n-1',
      volumes: [
        ...Array.from({ length: 40 }, (_unused, i) => ({ name: `v${String(i)}`, emptyDir: {} })),
        { name: 'host', hostPath: { path: '/' } },
      ],
      containers: Array.from({ length: 10 }, (_unused, i) => ({
        ...CONTAINER,
        name: `c${String(i)}`,
        command: ['run'],
        args: ['x'.repeat(300)],
        env: [{ name: 'A', value: 'b' }],
        securityContext: { privileged: i === 9 },
      })),
    },
  });

  for (const [what, event] of [
    ['an answer', large],
    ['a Table', answeredAsTable(large)],
    ['PartialObjectMetadata', answeredPartially(large)],
  ] as const) {
    it(`calls what was cut unknown, never empty, for an event with ${what}`, () => {
      const bytes = Buffer.from(JSON.stringify(event));
      const whole = alertOf(event).object;
      for (let size = bytes.length - 1; size > 1800; size -= 400) {
        const { object, unknown, cuts } = alertOf(JSON.parse(cutEvent(bytes, size).toString()));
        const told = (path: string): boolean =>
          unknown.some((entry) => entry.path === path && entry.reason === 'truncated') ||
          cuts.some((cut) => cut.path === path);
        for (const field of FIELDS)
          if (!told(`object.${field}`))
            assert.deepEqual(
              object[field],
              whole[field],
              `${field} of an event cut to ${String(size)} bytes`,
            );
        for (const [i, container] of (object.containers ?? []).entries()) {
          for (const [key, value] of Object.entries(container)) {
            if ((DETAILS as readonly string[]).includes(key) && told(`object.containers[].${key}`)) continue;
            assert.deepEqual(
              value,
              whole.containers?.[i]?.[key as keyof typeof container],
              `${key} of a container of an event cut to ${String(size)} bytes`,
            );
          }
        }
        if (object.containers?.length !== whole.containers?.length) assert.ok(told('object.containers'));
      }
    });
  }

  it('still shows who runs what when only details of the containers were taken out', () => {
    const bytes = Buffer.from(JSON.stringify(large));
    const { object, unknown } = alertOf(JSON.parse(cutEvent(bytes, 5500).toString()));
    assert.deepEqual(
      object.containers?.map(({ name, image, privileged }) => [name, image?.reference, privileged]),
      Array.from({ length: 10 }, (_unused, i) => [`c${String(i)}`, CONTAINER.image, i === 9]),
    );
    const paths = unknown.map(({ path }) => path);
    for (const field of DETAILS) assert.ok(paths.includes(`object.containers[].${field}`), field);
  });
});
