/**
 * What an alert shows of a pod's spec: every container of all three lists, where values come from, and the
 * way to the host.
 */
import { MASK } from '@arrivals/core';
import assert from 'node:assert/strict';
import { alertOf, assertFitsJsonSchema, CONTAINER, type Json, podCreated, throughAvro } from './creations.ts';

const objectOf = (spec: Json) => alertOf(podCreated({ spec })).object;
const containerOf = (container: Json) =>
  objectOf({ containers: [{ ...CONTAINER, ...container }] }).containers?.[0];
const volumeOf = (volume: Json) => objectOf({ volumes: [{ name: 'v', ...volume }] }).volumes?.[0];

const BARE = {
  kind: 'regular',
  name: 'main',
  image: {
    reference: 'registry.example/app:1',
    registry: 'registry.example',
    repository: 'app',
    tag: '1',
    digest: null,
  },
  command: [],
  args: [],
  env: [],
  ports: [],
  volumeMounts: [],
  privileged: false,
  allowPrivilegeEscalation: null,
  runAsUser: null,
  capabilitiesAdded: [],
};

describe('the containers of an alert', () => {
  it('are those of all three lists, init containers first', () => {
    const { containers } = objectOf({
      containers: [{ name: 'b', image: 'i' }],
      initContainers: [{ name: 'a', image: 'i' }],
      ephemeralContainers: [{ name: 'c', image: 'i' }],
    });
    assert.deepEqual(
      containers?.map(({ kind, name }) => [kind, name]),
      [
        ['init', 'a'],
        ['regular', 'b'],
        ['ephemeral', 'c'],
      ],
    );
  });

  it('show nothing that the spec does not say', () => {
    assert.deepEqual(containerOf({}), BARE);
  });

  it('show what the spec says', () => {
    const container = containerOf({
      command: ['sh', '-c'],
      args: ['sleep 1d'],
      ports: [
        { containerPort: 80, protocol: 'TCP' },
        { containerPort: 53, hostPort: 53, protocol: 'UDP' },
        { containerPort: 81, hostPort: 0 },
      ],
      volumeMounts: [
        { name: 'host', mountPath: '/host' },
        { name: 'cfg', mountPath: '/cfg', readOnly: true },
      ],
      securityContext: {
        privileged: true,
        allowPrivilegeEscalation: false,
        runAsUser: 0,
        capabilities: { add: ['SYS_ADMIN'], drop: ['ALL'] },
      },
    });
    assert.deepEqual(container, {
      ...BARE,
      command: ['sh', '-c'],
      args: ['sleep 1d'],
      ports: [
        { containerPort: 80, hostPort: null, protocol: 'TCP' },
        { containerPort: 53, hostPort: 53, protocol: 'UDP' },
        { containerPort: 81, hostPort: null, protocol: null },
      ],
      volumeMounts: [
        { name: 'host', mountPath: '/host', readOnly: false },
        { name: 'cfg', mountPath: '/cfg', readOnly: true },
      ],
      privileged: true,
      allowPrivilegeEscalation: false,
      runAsUser: 0,
      capabilitiesAdded: ['SYS_ADMIN'],
    });
  });

  it('hide every literal value of the environment and name every source', () => {
    const container = containerOf({
      env: [
        { name: 'LITERAL', value: 'plain' },
        { name: 'EMPTY', value: '' },
        { name: 'SECRET', valueFrom: { secretKeyRef: { name: 'db-pass', key: 'password' } } },
        { name: 'CONFIG', valueFrom: { configMapKeyRef: { name: 'settings', key: 'level' } } },
        { name: 'FIELD', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'status.podIP' } } },
        { name: 'RESOURCE', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
        { name: 'NEWER', valueFrom: { fileKeyRef: { key: 'x' } } },
      ],
      envFrom: [{ secretRef: { name: 'all' } }, { prefix: 'CFG_', configMapRef: { name: 'some' } }, {}],
    });
    assert.deepEqual(container?.env, [
      { name: 'LITERAL', value: MASK, from: null },
      { name: 'EMPTY', value: null, from: null },
      { name: 'SECRET', value: null, from: 'secret db-pass, key password' },
      { name: 'CONFIG', value: null, from: 'configMap settings, key level' },
      { name: 'FIELD', value: null, from: 'field status.podIP' },
      { name: 'RESOURCE', value: null, from: 'field limits.cpu' },
      { name: 'NEWER', value: null, from: null },
      { name: '*', value: null, from: 'secret all' },
      { name: 'CFG_*', value: null, from: 'configMap some' },
      { name: '*', value: null, from: null },
    ]);
  });

  it('are readable when fields have the wrong type', () => {
    const { containers } = objectOf({
      containers: [
        {
          name: 7,
          image: ['x'],
          command: 'sh',
          args: [1, 'a', null],
          env: {},
          ports: 'x',
          securityContext: [],
        },
        null,
        'x',
      ],
    });
    assert.deepEqual(containers?.[0], { ...BARE, name: null, image: null, args: ['a'] });
    assert.equal(containers.length, 3);
  });

  it('are none where the lists are none', () => {
    for (const value of [undefined, null, {}, 'x', 7, []])
      assert.deepEqual(objectOf({ containers: value }).containers, []);
  });

  it('may have arguments that are empty, as a shell does', () => {
    const alert = alertOf(
      podCreated({ spec: { containers: [{ ...CONTAINER, command: ['sh', '-c', ''], args: ['', 'a'] }] } }),
    );
    assertFitsJsonSchema(alert);
  });

  it('have numbers that the record can hold, whatever an event says', () => {
    const ports = [
      { containerPort: 2 ** 31, hostPort: 2 ** 40 },
      { containerPort: -(2 ** 33) },
      { containerPort: 1.5 },
      { containerPort: '80' },
    ];
    const securityContext = { runAsUser: Number.MAX_SAFE_INTEGER };
    const alert = alertOf(podCreated({ spec: { containers: [{ ...CONTAINER, ports, securityContext }] } }));
    assertFitsJsonSchema(alert);
    assert.deepEqual(throughAvro(alert), alert);
  });
});

describe('the volumes of an alert', () => {
  for (const [type, source, shown] of [
    ['hostPath', { path: '/var/run/docker.sock', type: 'Socket' }, '/var/run/docker.sock'],
    ['secret', { secretName: 'db-pass' }, 'db-pass'],
    ['configMap', { name: 'settings' }, 'settings'],
    ['persistentVolumeClaim', { claimName: 'data' }, 'data'],
    ['nfs', { server: 'nfs.example', path: '/exports' }, 'nfs.example:/exports'],
    ['csi', { driver: 'csi.example' }, 'csi.example'],
    ['image', { reference: 'registry.example/data:1', pullPolicy: 'Always' }, 'registry.example/data:1'],
    ['gitRepo', { repository: 'https://git.example/a' }, 'https://git.example/a'],
    [
      'iscsi',
      { targetPortal: '10.0.0.1:3260', iqn: 'iqn.2001-04.example:a' },
      '10.0.0.1:3260:iqn.2001-04.example:a',
    ],
    ['flexVolume', { driver: 'example/x' }, 'example/x'],
    ['emptyDir', {}, null],
    ['downwardAPI', { items: [] }, null],
    ['hostPath', {}, null],
    ['inventedLater', { name: 'x' }, null],
    ['constructor', { name: 'x' }, null],
  ] as const) {
    it(`of the kind ${type} point to ${JSON.stringify(shown)}`, () => {
      assert.deepEqual(volumeOf({ [type]: source }), { name: 'v', type, source: shown });
    });
  }

  it('say what a projected one puts together', () => {
    const sources = [
      { serviceAccountToken: { audience: 'vault', path: 'token' } },
      { secret: { name: 's' } },
      { configMap: { name: 'c' } },
      { downwardAPI: {} },
    ];
    assert.equal(
      volumeOf({ projected: { sources } })?.source,
      'serviceAccountToken vault, secret s, configMap c, downwardAPI',
    );
    assert.equal(volumeOf({ projected: { sources: [] } })?.source, null);
  });

  it('are readable when fields have the wrong type', () => {
    assert.deepEqual(
      objectOf({ volumes: [null, 'x', {}, { name: 7, secret: 'x' }] }).volumes,
      Array(4).fill({ name: null, type: null, source: null }),
    );
  });
});

describe('the host access of an alert', () => {
  it('is none for an ordinary pod', () => {
    assert.deepEqual(objectOf({}).hostAccess, {
      network: false,
      pid: false,
      ipc: false,
      paths: [],
      ports: [],
      privilegedContainers: [],
    });
  });

  it('counts the containers of all three lists', () => {
    const { hostAccess } = objectOf({
      hostNetwork: true,
      hostPID: true,
      hostIPC: true,
      volumes: [
        { name: 'a', hostPath: { path: '/' } },
        { name: 'b', emptyDir: {} },
        { name: 'c', hostPath: { path: '/var/run' } },
      ],
      initContainers: [{ name: 'i', securityContext: { privileged: true } }],
      containers: [{ name: 'r', ports: [{ containerPort: 1, hostPort: 8080 }, { containerPort: 2 }] }],
      ephemeralContainers: [
        { name: 'e', securityContext: { privileged: true } },
        { securityContext: { privileged: true } },
      ],
    });
    assert.deepEqual(hostAccess, {
      network: true,
      pid: true,
      ipc: true,
      paths: ['/', '/var/run'],
      ports: [8080],
      privilegedContainers: ['i', 'e', '?'],
    });
  });

  it('is not granted by anything but true', () => {
    for (const value of ['true', 1, {}, null]) {
      const { hostAccess } = objectOf({
        hostNetwork: value,
        hostPID: value,
        hostIPC: value,
        containers: [{ name: 'a', securityContext: { privileged: value } }],
      });
      assert.deepEqual(hostAccess, {
        network: false,
        pid: false,
        ipc: false,
        paths: [],
        ports: [],
        privilegedContainers: [],
      });
    }
  });
});
