/**
 * The Pod Security Standards, held to the API server and to the library that it has; then what no API server
 * sends.
 */
import {
  evaluatePodSecurity,
  podSecurityVerdict,
  VALUE_TEXT_MAX,
  VIOLATED_FIELDS_MAX,
} from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { dig, type Json, SEED } from '../samples.ts';
import {
  differences,
  judgedAsSent,
  judgedAt,
  judgedByServer,
  readAuditedPods,
  readControlPods,
  readNodePods,
  readPolicyPods,
  readVersioned,
  STANDARDS,
  VERSIONED_MINOR_MAX,
} from './pods.ts';

/** What the restricted standard asks for. */
const SAFE: Json = {
  name: 'main',
  securityContext: {
    allowPrivilegeEscalation: false,
    runAsNonRoot: true,
    capabilities: { drop: ['ALL'] },
    seccompProfile: { type: 'RuntimeDefault' },
  },
};

const podOf = (spec: Json, metadata: unknown = {}) => ({
  kind: 'Pod',
  metadata,
  spec: { containers: [SAFE], ...spec },
});
const levelOf = (pod: unknown) => evaluatePodSecurity(pod).level;
const checksOf = (pod: unknown) => evaluatePodSecurity(pod).violations.map(({ check }) => check);

describe('the Pod Security Standards are evaluated as by the API server’s own Pod Security admission', () => {
  it('in a pod for each control and form, by each version that the server knows and by latest', () => {
    const pods = readControlPods();
    assert.equal(new Set(pods.map(({ what }) => what)).size, 312);
    assert.deepEqual(differences(judgedByServer(pods)), []);
    assert.deepEqual(
      differences(judgedAsSent(pods.filter(({ what }) => what !== 'annotation AppArmor unconfined'))),
      [],
    );
  });

  it('of an AppArmor annotation together with the field that the API server writes beside it before it admits the pod', () => {
    const pods = readControlPods().filter(({ what }) => what === 'annotation AppArmor unconfined');
    const typeOf = (pod: Json) =>
      dig(pod, 'spec', 'containers', 0, 'securityContext', 'appArmorProfile', 'type');
    assert.deepEqual(
      pods.map(({ sent, stored, oracle }) => [typeOf(sent), typeOf(stored), oracle[0]?.baseline]),
      [[undefined, 'Unconfined', ['forbidden AppArmor profiles']]],
    );
    const reasons = judgedAsSent(pods).map(({ pod }) =>
      podSecurityVerdict(pod, 'baseline').violations.map(({ reason }) => reason),
    );
    assert.deepEqual(reasons, [['forbidden AppArmor profile']], 'before, there is one');
  });

  it('of a volume without a source as of an emptyDir, which the API server makes of it before it admits the pod', () => {
    const pods = readControlPods().filter(({ what }) => what === 'a volume without a source');
    assert.deepEqual(
      pods.map(({ sent, stored }) => [dig(sent, 'spec', 'volumes'), dig(stored, 'spec', 'volumes')]),
      [[[{ name: 'files' }], [{ name: 'files', emptyDir: {} }]]],
    );
    assert.deepEqual(
      pods.flatMap(({ oracle }) => oracle.flatMap(({ restricted }) => restricted)),
      [],
    );
    assert.deepEqual(differences([...judgedByServer(pods), ...judgedAsSent(pods)]), []);
  });

  it('in pods that go for their node', () => {
    const pods = readNodePods();
    assert.equal(pods.length, 16);
    assert.deepEqual(differences([...judgedByServer(pods), ...judgedAsSent(pods)]), []);
  });

  it('in pods as admission policies are tried with', () => {
    const pods = readPolicyPods();
    assert.equal(pods.length, 100);
    assert.deepEqual(differences([...judgedByServer(pods), ...judgedAsSent(pods)]), []);
  });

  it('in audit events, whichever form of the log they came in', () => {
    const pods = readAuditedPods();
    assert.equal(pods.length, 89);
    assert.deepEqual(differences(pods), []);
    for (const { pod, level, name } of pods) assert.equal(levelOf(pod), level, name);
  });
});

describe('the Pod Security Standards are evaluated as by the library', () => {
  it('by every version from v1.0 on, and by versions that are still to come', () => {
    const pods = readVersioned();
    assert.equal(pods.length, 249);
    const minors = [...Array(VERSIONED_MINOR_MAX + 1).keys(), undefined];
    assert.deepEqual(differences(pods.flatMap((pod) => minors.map((minor) => judgedAt(pod, minor)))), []);
  });
});

describe('the level of a pod', () => {
  it('is the strictest standard that it meets', () => {
    assert.equal(levelOf(podOf({})), 'restricted');
    assert.equal(levelOf(podOf({ containers: [{ name: 'main' }] })), 'baseline');
    assert.equal(levelOf(podOf({ hostPID: true })), 'privileged');
  });

  it('is privileged for a Windows pod that breaks the baseline, though the restricted standard looks away', () => {
    const pod = podOf({
      os: { name: 'windows' },
      containers: [
        { name: 'main', securityContext: { runAsNonRoot: true, capabilities: { add: ['SYS_ADMIN'] } } },
      ],
    });
    assert.equal(podSecurityVerdict(pod, 'restricted').allowed, true);
    assert.equal(podSecurityVerdict(pod, 'baseline').allowed, false);
    assert.equal(levelOf(pod), 'privileged');
  });

  it('is reported with the checks of both standards, the baseline first', () => {
    const { violations, version } = evaluatePodSecurity(
      podOf({ volumes: [{ name: 'v', hostPath: { path: '/' } }] }),
    );
    assert.equal(version, 'latest');
    const fields = [{ path: 'spec.volumes[0].hostPath', value: '{"path":"/"}' }];
    assert.deepEqual(violations, [
      { level: 'baseline', check: 'hostPathVolumes', reason: 'hostPath volumes', fields, fieldsLeftOut: 0 },
      {
        level: 'restricted',
        check: 'restrictedVolumes',
        reason: 'restricted volume types',
        fields,
        fieldsLeftOut: 0,
      },
    ]);
  });

  it('depends on the version', () => {
    const pod = podOf({
      hostUsers: false,
      containers: [{ ...SAFE, securityContext: { ...(SAFE['securityContext'] as Json), runAsUser: 0 } }],
    });
    assert.equal(evaluatePodSecurity(pod, 'v1.22').level, 'restricted');
    assert.equal(evaluatePodSecurity(pod, 'v1.34').level, 'baseline');
    assert.equal(evaluatePodSecurity(pod, 'v1.35').level, 'restricted');
  });

  it('is by latest where the version is none, and reports it', () => {
    const pod = podOf({ containers: [{ name: 'main' }] });
    for (const version of [
      'v1.',
      'v2.0',
      'v1.-1',
      'v1.1e1',
      'v1.01',
      '',
      '__proto__',
    ] as unknown as 'latest'[])
      assert.deepEqual(evaluatePodSecurity(pod, version), evaluatePodSecurity(pod));
    assert.equal(evaluatePodSecurity(pod, 'v1.25').version, 'v1.25');
  });
});

describe('what no API server lets through', () => {
  it('is no pod at all: nothing is met', () => {
    for (const value of [
      undefined,
      null,
      true,
      7,
      'x',
      [],
      {},
      { spec: null },
      { spec: [] },
      { spec: 'x' },
      { spec: {} },
      { spec: { containers: null } },
    ]) {
      const { level, violations } = evaluatePodSecurity(value);
      assert.equal(level, 'privileged');
      assert.equal(violations.length, 19);
      for (const standard of STANDARDS) assert.equal(podSecurityVerdict(value, standard).allowed, false);
    }
  });

  it('reports what could not be read', () => {
    const fieldOf = (pod: unknown) => evaluatePodSecurity(pod).violations[0]?.fields[0];
    assert.deepEqual(fieldOf(undefined), { path: 'spec', value: null });
    assert.deepEqual(fieldOf({ spec: 'x' }), { path: 'spec', value: '"x"' });
    assert.deepEqual(fieldOf(podOf({ containers: [] })), { path: 'spec.containers', value: '[]' });
    assert.deepEqual(fieldOf(podOf({ initContainers: {} })), { path: 'spec.initContainers', value: '{}' });
    assert.deepEqual(fieldOf(podOf({ containers: ['x'] })), { path: 'spec.containers[0]', value: '"x"' });
    assert.deepEqual(fieldOf(podOf({}, 7)), { path: 'metadata', value: '7' });
  });

  it('is named once by each check that stumbles over it', () => {
    const { violations } = evaluatePodSecurity(podOf({ containers: [SAFE, 'x', SAFE, 7] }));
    assert.ok(violations.length > 10);
    for (const { fields, fieldsLeftOut } of violations)
      assert.deepEqual(
        { fields, fieldsLeftOut },
        {
          fields: [
            { path: 'spec.containers[1]', value: '"x"' },
            { path: 'spec.containers[3]', value: '7' },
          ],
          fieldsLeftOut: 0,
        },
      );
  });

  it('never makes a pod look stricter: another type anywhere in it', () => {
    let tried = 0;
    for (const { pod, what } of readVersioned()) {
      for (const version of ['v1.0', 'latest'] as const) {
        const unmet = STANDARDS.filter((standard) => !podSecurityVerdict(pod, standard, version).allowed);
        for (const [changed, at] of unmet.length === 0 ? [] : withOtherTypes(pod, ['x', 7, false, [], {}])) {
          tried += 1;
          for (const standard of unmet)
            assert.equal(
              podSecurityVerdict(changed, standard, version).allowed,
              false,
              `${what}: ${at} by ${standard}:${version}`,
            );
        }
      }
    }
    assert.ok(tried > 10_000);
  });

  it('is answered, whatever it is', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.jsonValue({ maxDepth: 4 }), (spec, metadata) => {
        evaluatePodSecurity({ spec, metadata });
        evaluatePodSecurity({
          spec: { containers: [spec], volumes: [spec], securityContext: metadata },
          metadata: { annotations: metadata },
        });
      }),
      { seed: SEED },
    );
  });

  it('may be a volume of several sources, or of one that is unknown: each counts', () => {
    const sources = (volume: Json) =>
      evaluatePodSecurity(podOf({ volumes: [{ name: 'v', ...volume }] })).violations.at(-1);
    assert.deepEqual(sources({ emptyDir: {}, hostPath: { path: '/' } })?.fields, [
      { path: 'spec.volumes[0].hostPath', value: '{"path":"/"}' },
    ]);
    assert.deepEqual(sources({ tomorrow: { a: {}, b: [] } })?.fields, [
      { path: 'spec.volumes[0].tomorrow', value: '{"a":{…},"b":[…]}' },
    ]);
    assert.deepEqual(sources({ 'a b': 1 })?.fields, [{ path: 'spec.volumes[0]["a b"]', value: '1' }]);
    assert.equal(sources({ hostPath: null }), undefined);
    for (const volumes of [{}, 'x', [null], ['x']])
      assert.equal(podSecurityVerdict(podOf({ volumes }), 'restricted').allowed, false);
  });

  it('reads only what is the object’s own', () => {
    const json = JSON.stringify(podOf({ hostUsers: true }));
    const inherited = JSON.parse(
      json.replace('"hostUsers":true', '"__proto__":{"hostNetwork":true,"os":{"name":"windows"}}'),
    ) as unknown;
    assert.equal(levelOf(inherited), 'restricted');
    assert.equal(
      levelOf(JSON.parse(json.replace('"hostUsers":true', '"volumes":[{"__proto__":{}}]'))),
      'baseline',
    );
    assert.equal(levelOf(Object.create(podOf({}))), 'privileged');
    assert.deepEqual(checksOf(podOf({ containers: [{ ...SAFE, name: '__proto__' }] })), []);
  });
});

describe('the answer is bounded', () => {
  const bytesOf = (pod: unknown) => Buffer.byteLength(JSON.stringify(evaluatePodSecurity(pod)));

  it('by fields: of 10,000 containers it shows some and counts the rest', () => {
    const pod = podOf({
      hostNetwork: true,
      containers: Array.from({ length: 10_000 }, () => ({ securityContext: { privileged: true } })),
    });
    const violation = evaluatePodSecurity(pod).violations.find(({ check }) => check === 'privileged');
    assert.equal(violation?.fields.length, VIOLATED_FIELDS_MAX);
    assert.equal(violation.fieldsLeftOut, 10_000 - VIOLATED_FIELDS_MAX);
    assert.ok(bytesOf(pod) < 8_000);
  });

  it('by time: more containers than fit an event are not looked at, and nothing is met', () => {
    const half = Array.from({ length: 5_001 }, () => SAFE);
    const { level, violations } = evaluatePodSecurity(podOf({ initContainers: half, containers: half }));
    assert.equal(level, 'privileged');
    assert.equal(violations.length, 19);
    assert.deepEqual(violations[0]?.fields, [{ path: 'spec.containers', value: `[${'{…},'.repeat(8)}…]` }]);
    assert.equal(levelOf(podOf({ initContainers: half.slice(1), containers: half.slice(1) })), 'restricted');
  });

  it('by text: of values and of keys', () => {
    const long = '\u0000'.repeat(100_000);
    const annotations = Object.fromEntries(
      [...Array(100).keys()].map((i) => [
        `container.apparmor.security.beta.kubernetes.io/${String(i)}${long}`,
        long,
      ]),
    );
    const pod = podOf(
      {
        hostPID: long,
        hostIPC: Array(1000).fill(long),
        hostNetwork: Object.fromEntries([...Array(100).keys()].map((i) => [`${String(i)}${long}`, long])),
        containers: [{ ...SAFE, securityContext: long, ports: Array(1000).fill(long) }],
      },
      { annotations },
    );
    for (const { fields } of evaluatePodSecurity(pod).violations)
      for (const { path, value } of fields) {
        assert.ok(path.length < 400);
        assert.ok((value ?? '').length <= VALUE_TEXT_MAX);
      }
    assert.ok(bytesOf(pod) < 32_000);
  });

  it('by depth', () => {
    let deep: unknown = 1;
    for (let i = 0; i < 100_000; i += 1) deep = i % 2 === 0 ? [deep] : { securityContext: deep };
    assert.equal(
      levelOf(podOf({ containers: [SAFE, deep], volumes: [deep], securityContext: deep, hostPID: deep })),
      'privileged',
    );
  });

  it('of what may be a secret it shows none', () => {
    const text = JSON.stringify(
      evaluatePodSecurity(
        podOf({ volumes: [{ name: 'v', gitRepo: { repository: 'https://me:hunter2@git.example/x' } }] }),
      ),
    );
    assert.ok(text.includes('[masked]') && !text.includes('hunter2'), text);
  });

  it('is well-formed where a text is cut within a character', () => {
    const pod = podOf({ hostPID: `${'x'.repeat(VALUE_TEXT_MAX - 3)}😀😀` });
    for (const { fields } of evaluatePodSecurity(pod).violations)
      for (const { value } of fields) assert.ok(value?.isWellFormed());
  });
});

/** The same value with one part in it replaced by each value of another type, and where. */
function* withOtherTypes(
  value: unknown,
  others: readonly unknown[],
  at = '',
): Generator<readonly [changed: unknown, at: string]> {
  if (value === null) return;
  for (const other of others)
    if (typeof other !== typeof value || Array.isArray(other) !== Array.isArray(value)) yield [other, at];
  if (typeof value !== 'object') return;
  for (const [key, part] of Object.entries(value))
    for (const [changed, where] of withOtherTypes(part, others, `${at}.${key}`))
      yield [
        Array.isArray(value)
          ? value.map((entry: unknown, i) => (String(i) === key ? changed : entry))
          : { ...value, [key]: changed },
        where,
      ];
}
