/**
 * The table of controls: that each part of it is needed, and which field with which value a violation names.
 */
import {
  evaluatePodSecurity,
  POD_SECURITY_CONTROLS,
  type PodSecurityCheck,
  type PodSecurityControl,
} from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import type { Json } from '../samples.ts';
import {
  differ,
  judgedAt,
  judgedByServer,
  readControlPods,
  readVersioned,
  VERSIONED_MINOR_MAX,
} from './pods.ts';

/** The table with one row changed, or without it. */
function withRow(
  id: PodSecurityCheck,
  change: (control: PodSecurityControl) => PodSecurityControl | undefined,
): readonly PodSecurityControl[] {
  return POD_SECURITY_CONTROLS.flatMap((control) => (control.id === id ? (change(control) ?? []) : control));
}

describe('the table of controls', () => {
  const versioned = readVersioned();
  // By v1.34 too: an API server has no pod with an unmasked /proc outside a user namespace, which later
  // versions excuse.
  const asked = judgedByServer(readControlPods(), [34, undefined]);
  const judgedBy = (minors: readonly number[]) =>
    minors.flatMap((minor) => versioned.map((pod) => judgedAt(pod, minor)));

  it('has every check of the library, in the order of its messages', () => {
    const ids = (level: string) =>
      POD_SECURITY_CONTROLS.filter((control) => control.level === level).map(({ id }) => id);
    const baseline = ids('baseline');
    const restricted = ids('restricted');
    assert.deepEqual(baseline, [
      'appArmorProfile',
      'capabilities_baseline',
      'hostNamespaces',
      'hostPathVolumes',
      'hostPorts',
      'hostProbesAndHostLifecycle',
      'privileged',
      'procMount',
      'seLinuxOptions',
      'seccompProfile_baseline',
      'sysctls',
      'windowsHostProcess',
    ]);
    assert.deepEqual(restricted, [
      'allowPrivilegeEscalation',
      'capabilities_restricted',
      'procMount_restricted',
      'restrictedVolumes',
      'runAsNonRoot',
      'runAsUser',
      'seccompProfile_restricted',
    ]);
    assert.deepEqual(
      POD_SECURITY_CONTROLS.map(({ id }) => id),
      [...baseline, ...restricted],
    );
  });

  it('judges as the API server and as the library, so that what follows differs by the row alone', () => {
    assert.ok(!differ(asked, POD_SECURITY_CONTROLS));
    assert.ok(!differ(judgedBy([0, VERSIONED_MINOR_MAX]), POD_SECURITY_CONTROLS));
  });

  it('has the editions of each control in order, and overrides only of baseline checks', () => {
    const baseline = POD_SECURITY_CONTROLS.filter(({ level }) => level === 'baseline').map(({ id }) => id);
    for (const { id, level, editions, overrides = [] } of POD_SECURITY_CONTROLS) {
      const minors = editions.map(({ sinceMinor }) => sinceMinor);
      assert.deepEqual(
        minors,
        [...new Set(minors)].sort((a, b) => a - b),
        id,
      );
      assert.ok(
        minors.length > 0 &&
          (overrides.length === 0 || level === 'restricted') &&
          overrides.every((check) => baseline.includes(check)),
        id,
      );
    }
  });

  for (const { id, editions, overrides } of POD_SECURITY_CONTROLS) {
    it(`needs ${id}: without it verdicts differ from the API server’s`, () => {
      assert.ok(
        differ(
          asked,
          withRow(id, () => undefined),
        ),
      );
    });

    for (const [i, { sinceMinor, exempt }] of editions.entries()) {
      const withEdition = (changes: Json) =>
        withRow(id, (control) => ({
          ...control,
          editions: control.editions.map((edition, at) => (at === i ? { ...edition, ...changes } : edition)),
        }));

      it(`needs ${id} as of v1.${String(sinceMinor)}, and from that version on`, () => {
        const without = withRow(id, (control) => ({
          ...control,
          editions: control.editions.filter((_, at) => at !== i),
        }));
        assert.ok(differ(judgedBy([sinceMinor]), without));
        assert.ok(differ(judgedBy([sinceMinor]), withEdition({ sinceMinor: sinceMinor + 1 })));
        // Until v1.35 the baseline's own check of procMount was as strict: the two had the same results.
        if (sinceMinor > 0 && id !== 'procMount_restricted')
          assert.ok(differ(judgedBy([sinceMinor - 1]), withEdition({ sinceMinor: sinceMinor - 1 })));
      });

      if (exempt !== undefined)
        it(`needs the exemption from ${id} as of v1.${String(sinceMinor)}`, () => {
          assert.ok(differ(judgedBy([sinceMinor]), withEdition({ exempt: undefined })));
        });
    }

    for (const check of overrides ?? [])
      it(`needs ${id} to override ${check}`, () => {
        assert.ok(
          differ(
            judgedBy([40]),
            withRow(id, (control) => ({ ...control, overrides: [] })),
          ),
        );
      });
  }
});

describe('a violation names the field and its value', () => {
  const fieldsOf = (
    check: PodSecurityCheck,
    spec: Json,
    metadata: Json = {},
    version: 'latest' | 'v1.18' = 'latest',
  ) =>
    evaluatePodSecurity({ metadata, spec }, version)
      .violations.find((violation) => violation.check === check)
      ?.fields.map(({ path, value }) => [path, value]);
  const inContainer = (container: Json): Json => ({ containers: [{ name: 'first' }, container] });
  const secured = (securityContext: Json): Json => inContainer({ securityContext });

  const CASES: readonly (readonly [
    check: PodSecurityCheck,
    what: string,
    spec: Json,
    fields: readonly (readonly [path: string, value: string | null])[],
    metadata?: Json,
    version?: 'v1.18',
  ])[] = [
    [
      'hostNamespaces',
      'each of them',
      { ...secured({}), hostNetwork: true, hostIPC: true, hostPID: false },
      [
        ['spec.hostNetwork', 'true'],
        ['spec.hostIPC', 'true'],
      ],
    ],
    [
      'privileged',
      'of the second container',
      secured({ privileged: true }),
      [['spec.containers[1].securityContext.privileged', 'true']],
    ],
    [
      'privileged',
      'of an init and an ephemeral container',
      {
        initContainers: [{ securityContext: { privileged: true } }],
        ephemeralContainers: [{}, { securityContext: { privileged: true } }],
      },
      [
        ['spec.initContainers[0].securityContext.privileged', 'true'],
        ['spec.ephemeralContainers[1].securityContext.privileged', 'true'],
      ],
    ],
    [
      'hostPorts',
      'not the container’s own',
      inContainer({ ports: [{ containerPort: 80 }, { hostPort: 53 }] }),
      [['spec.containers[1].ports[1].hostPort', '53']],
    ],
    [
      'hostPathVolumes',
      'with where it points to',
      {
        ...secured({}),
        volumes: [{ name: 'a' }, { name: 'b', hostPath: { path: '/var/run/docker.sock', type: '' } }],
      },
      [['spec.volumes[1].hostPath', '{"path":"/var/run/docker.sock","type":""}']],
    ],
    [
      'restrictedVolumes',
      'by the kind of its source',
      { ...secured({}), volumes: [{ name: 'a', nfs: { server: '10.0.0.1', path: '/x', readOnly: true } }] },
      [['spec.volumes[0].nfs', '{"server":"10.0.0.1","path":"/x","readOnly":true}']],
    ],
    [
      'hostProbesAndHostLifecycle',
      'of probes and hooks',
      inContainer({
        livenessProbe: { httpGet: { host: '169.254.169.254' } },
        lifecycle: { preStop: { tcpSocket: { host: 'db' } } },
      }),
      [
        ['spec.containers[1].livenessProbe.httpGet.host', '"169.254.169.254"'],
        ['spec.containers[1].lifecycle.preStop.tcpSocket.host', '"db"'],
      ],
    ],
    [
      'windowsHostProcess',
      'of the pod',
      { ...secured({}), securityContext: { windowsOptions: { hostProcess: true } } },
      [['spec.securityContext.windowsOptions.hostProcess', 'true']],
    ],
    [
      'capabilities_baseline',
      'each by itself',
      secured({ capabilities: { add: ['CHOWN', 'SYS_ADMIN', 'NET_RAW'] } }),
      [
        ['spec.containers[1].securityContext.capabilities.add[1]', '"SYS_ADMIN"'],
        ['spec.containers[1].securityContext.capabilities.add[2]', '"NET_RAW"'],
      ],
    ],
    [
      'capabilities_restricted',
      'what is not dropped, and what is added',
      secured({ capabilities: { drop: ['NET_RAW'], add: ['CHOWN'] } }),
      [
        ['spec.containers[0].securityContext.capabilities.drop', null],
        ['spec.containers[1].securityContext.capabilities.drop', '["NET_RAW"]'],
        ['spec.containers[1].securityContext.capabilities.add[0]', '"CHOWN"'],
      ],
    ],
    [
      'allowPrivilegeEscalation',
      'where it is missing',
      secured({ allowPrivilegeEscalation: false }),
      [['spec.containers[0].securityContext.allowPrivilegeEscalation', null]],
    ],
    [
      'runAsNonRoot',
      'where neither pod nor container sets it',
      secured({ runAsNonRoot: true }),
      [['spec.containers[0].securityContext.runAsNonRoot', null]],
    ],
    [
      'runAsNonRoot',
      'of the pod alone where the containers do not set it',
      { ...secured({}), securityContext: { runAsNonRoot: false } },
      [['spec.securityContext.runAsNonRoot', 'false']],
    ],
    [
      'runAsNonRoot',
      'of a container that overrides its pod',
      { ...secured({ runAsNonRoot: false }), securityContext: { runAsNonRoot: true } },
      [['spec.containers[1].securityContext.runAsNonRoot', 'false']],
    ],
    [
      'runAsUser',
      'of a container',
      secured({ runAsUser: 0 }),
      [['spec.containers[1].securityContext.runAsUser', '0']],
    ],
    [
      'seccompProfile_restricted',
      'where it is missing, wrong, or without a type',
      {
        containers: [
          {},
          { securityContext: { seccompProfile: { type: 'Unconfined' } } },
          { securityContext: { seccompProfile: {} } },
        ],
      },
      [
        ['spec.containers[0].securityContext.seccompProfile.type', null],
        ['spec.containers[1].securityContext.seccompProfile.type', '"Unconfined"'],
        ['spec.containers[2].securityContext.seccompProfile.type', null],
      ],
    ],
    [
      'seccompProfile_baseline',
      'of old versions in annotations',
      secured({}),
      [['metadata.annotations["container.seccomp.security.alpha.kubernetes.io/first"]', '"unconfined"']],
      {
        annotations: {
          'container.seccomp.security.alpha.kubernetes.io/first': 'unconfined',
          'container.seccomp.security.alpha.kubernetes.io/x': 'unconfined',
        },
      },
      'v1.18',
    ],
    [
      'appArmorProfile',
      'in fields and annotations',
      { ...secured({}), securityContext: { appArmorProfile: { type: 'Unconfined' } } },
      [
        ['spec.securityContext.appArmorProfile.type', '"Unconfined"'],
        ['metadata.annotations["container.apparmor.security.beta.kubernetes.io/first"]', '"unconfined"'],
      ],
      { annotations: { 'container.apparmor.security.beta.kubernetes.io/first': 'unconfined' } },
    ],
    [
      'seLinuxOptions',
      'type, user and role',
      secured({ seLinuxOptions: { type: 'spc_t', user: 'system_u', role: 'r', level: 's0' } }),
      [
        ['spec.containers[1].securityContext.seLinuxOptions.type', '"spc_t"'],
        ['spec.containers[1].securityContext.seLinuxOptions.user', '"system_u"'],
        ['spec.containers[1].securityContext.seLinuxOptions.role', '"r"'],
      ],
    ],
    [
      'procMount',
      'that is not the default',
      secured({ procMount: 'Unmasked' }),
      [['spec.containers[1].securityContext.procMount', '"Unmasked"']],
    ],
    [
      'sysctls',
      'by name',
      {
        ...secured({}),
        securityContext: {
          sysctls: [
            { name: 'net.ipv4.tcp_rmem', value: '1' },
            { name: 'kernel.msgmax', value: '1' },
          ],
        },
      },
      [['spec.securityContext.sysctls[1].name', '"kernel.msgmax"']],
    ],
  ];

  for (const [check, what, spec, fields, metadata, version] of CASES)
    it(`${check}: ${what}`, () => {
      assert.deepEqual(fieldsOf(check, spec, metadata, version), fields);
    });
});
