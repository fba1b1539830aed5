/** What a pod can do, and what a namespace lets in. */
import assert from 'node:assert/strict';
import {
  alertOf,
  atLevelMetadata,
  atLevelRequest,
  CONTAINER,
  type Json,
  namespaceCreated,
  podCreated,
} from '../../core/alert/creations.ts';
import { captured, linesOf, rowOf } from './explained.ts';

const CAN = 'What it can do';
const ofPod = (spec: Json, event: Json = {}): readonly string[] =>
  linesOf(alertOf(podCreated({ spec, event })), CAN);
const has = (lines: readonly string[], line: string): void => {
  assert.ok(lines.includes(line), `${line}\nnot in\n${lines.join('\n')}`);
};

describe('what a pod can do', () => {
  it('tells access to the host, account, containers, level and labels of a real one', () => {
    const lines = linesOf(captured('root-shell'), CAN);
    assert.deepEqual(lines.slice(0, 6), [
      'Host access shares the node’s network, process ids and interprocess communication; privileged, with the node’s devices and every capability: c; mounts files of the node',
      'Host path /, writable as /host in c',
      'Account audited/default; its token for the API is mounted in c',
      '- container c: docker.example/tools:latest',
      "runs sh -c 'sleep 1d'",
      'privileged; adds SYS_ADMIN, NET_ADMIN; runs as user 0 (root)',
    ]);
    assert.deepEqual(lines.slice(-2), ['Labels none', 'Annotations none']);
  });

  it('tells each check that it fails by standard, with path and value', () => {
    const lines = linesOf(captured('root-shell'), CAN);
    has(lines, 'Pod Security privileged: it meets neither baseline nor restricted');
    const [baseline, restricted] = [
      lines.indexOf('- against baseline'),
      lines.indexOf('- against restricted'),
    ];
    const place = (line: string): number => {
      has(lines, line);
      return lines.indexOf(line);
    };
    for (const line of [
      '- host namespaces: spec.hostNetwork = true, spec.hostPID = true, spec.hostIPC = true',
      '- hostPath volumes: spec.volumes[0].hostPath = {"path":"/","type":"Directory"}',
      '- non-default capabilities: spec.containers[0].securityContext.capabilities.add[0,1] = "SYS_ADMIN", "NET_ADMIN"',
    ])
      assert.ok(place(line) > baseline && place(line) < restricted);
    assert.ok(
      place('- runAsNonRoot != true: spec.containers[0].securityContext.runAsNonRoot is not set') >
        restricted,
    );
  });

  it('tells what differs in its position alone together, and the absent apart from the present', () => {
    const containers = ['a', 'b'].map((name) => ({
      ...CONTAINER,
      name,
      securityContext: name === 'b' ? { runAsNonRoot: false } : {},
    }));
    has(
      ofPod({ containers }),
      '- runAsNonRoot != true: spec.containers[0].securityContext.runAsNonRoot is not set, spec.containers[1].securityContext.runAsNonRoot = false',
    );
    has(
      ofPod({ containers: ['a', 'b'].map((name) => ({ ...CONTAINER, name })) }),
      '- allowPrivilegeEscalation != false: spec.containers[0,1].securityContext.allowPrivilegeEscalation is not set',
    );
  });

  it('tells Secrets, claims, tokens for others and odd volumes, and not what is empty or generated', () => {
    const volumes = [
      { name: 's', secret: { secretName: 'db-pass' } },
      { name: 'd', persistentVolumeClaim: { claimName: 'data' } },
      { name: 'n', nfs: { server: '10.0.0.9', path: '/share' } },
      { name: 't', projected: { sources: [{ serviceAccountToken: { audience: 'vault' } }] } },
      { name: 'e', emptyDir: {} },
    ];
    const env = [{ name: 'P', valueFrom: { secretKeyRef: { name: 'db-pass', key: 'password' } } }];
    const lines = ofPod({
      volumes,
      containers: [{ ...CONTAINER, env, envFrom: [{ secretRef: { name: 'all' } }] }],
    });
    has(lines, 'Account shop/default; no token of it is mounted');
    has(lines, 'Tokens for vault (volume t)');
    has(lines, 'Secrets db-pass (volume s), db-pass (its key password as P in main), all (as * in main)');
    has(lines, 'Claims data (volume d)');
    has(lines, 'Volumes nfs 10.0.0.9:/share (volume n)');
    assert.ok(!lines.some((line) => line.includes('emptyDir')));
  });

  it('tells how a host path is mounted, and one that nobody mounts', () => {
    const volumes = [
      { name: 'logs', hostPath: { path: '/var/log' } },
      { name: 'spare', hostPath: { path: '/etc' } },
    ];
    const volumeMounts = [{ name: 'logs', mountPath: '/logs', readOnly: true }];
    const lines = ofPod({ volumes, containers: [{ ...CONTAINER, volumeMounts }] });
    has(lines, 'Host path /var/log, read-only as /logs in main');
    has(lines, 'Host path /etc, mounted by no container that was seen');
  });

  it('tells a node that the pod’s maker chose, ports, and containers of all kinds', () => {
    const lines = ofPod({
      nodeName: 'cp-1',
      initContainers: [{ name: 'i', image: 'x/init:1' }],
      containers: [
        { ...CONTAINER, args: ['--listen'], ports: [{ containerPort: 8080, hostPort: 80, protocol: 'TCP' }] },
      ],
    });
    has(lines, 'Host access takes the node’s port 80');
    has(lines, 'Node cp-1: its maker chose it, past the scheduler');
    has(lines, '- init container i: x/init:1');
    has(lines, 'gives its image --listen');
    has(lines, 'ports 8080/TCP');
  });

  it('says that nothing is known where nothing of the spec was seen', () => {
    assert.deepEqual(linesOf(alertOf(atLevelMetadata(podCreated())), CAN), [
      'Not known: nothing of its spec was in the event.',
      'Labels not seen',
      'Annotations not seen',
    ]);
  });

  it('says that it read what the client sent, and then denies nothing', () => {
    const lines = linesOf(
      alertOf(atLevelRequest(podCreated({ spec: { serviceAccountName: undefined } }))),
      CAN,
    );
    assert.equal(lines[0], 'As the client sent it: what the server changed or added is not seen.');
    has(lines, 'Account not seen');
  });

  it('denies nothing of lists that were shortened', () => {
    const alert = alertOf(podCreated());
    assert.equal(rowOf(alert, CAN, 'Account'), 'shop/default; no token of it is mounted');
    const cut = { ...alert, cuts: [{ path: 'object.containers[0].volumeMounts', kept: 1, of: 9 }] };
    assert.equal(rowOf(cut, CAN, 'Account'), 'shop/default');
    assert.equal(rowOf(cut, CAN, 'Host access'), 'none in what was seen');
  });

  it('of a record of before version 3 says that the level was not judged', () => {
    assert.equal(
      rowOf({ ...captured('root-shell'), podSecurity: null }, CAN, 'Pod Security'),
      'not judged in this record',
    );
  });
});

describe('what a namespace is', () => {
  it('tells the level that it enforces, and its labels', () => {
    const labels = { 'pod-security.kubernetes.io/enforce': 'privileged' };
    const lines = linesOf(
      alertOf(namespaceCreated({ metadata: { labels, annotations: { why: 'a test' } } })),
      'What it is',
    );
    assert.deepEqual(lines, [
      'Pod Security enforces privileged',
      'Labels pod-security.kubernetes.io/enforce=privileged',
      'Annotations why',
    ]);
  });

  it('tells what holds where it enforces none, and where its labels are not known', () => {
    assert.match(
      rowOf(alertOf(namespaceCreated()), 'What it is', 'Pod Security') ?? '',
      /^no level of its own is enforced: .*any pod is let in$/,
    );
    assert.equal(
      rowOf(alertOf(atLevelMetadata(namespaceCreated())), 'What it is', 'Pod Security'),
      'not known: its labels were not seen',
    );
  });
});
