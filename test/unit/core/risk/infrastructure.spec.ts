/**
 * Infrastructure: whose containers are excused, and each way to hide a shell or a stranger behind an image of
 * the list.
 */
import type { CreationContext } from '@arrivals/core';
import { actionOf, assessRisk, readAuditEvent, type Risk } from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import { type Json, podCreated, unseenContext } from '../alert/creations.ts';
import { as, CONTROLLER, LISTS, NODE, OWNED, owned } from './risks.ts';

const MAKER = as('system:serviceaccount:kube-system:daemon-set-controller');
const DAEMON_SET = {
  namespace: 'kube-system',
  name: 'kube-proxy-x7k2p',
  ...owned('apps/v1', 'DaemonSet', 'kube-proxy'),
};
const PROXY: Json = {
  name: 'kube-proxy',
  image: 'registry.k8s.io/kube-proxy:v1.35.4',
  command: [
    '/usr/local/bin/kube-proxy',
    '--config=/var/lib/kube-proxy/config.conf',
    '--hostname-override=$(NODE_NAME)',
  ],
  env: [{ name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }],
  securityContext: { privileged: true },
  volumeMounts: [{ name: 'v', mountPath: '/host' }],
};

function proxy(container: Json = {}, event: Json = MAKER, metadata: Json = DAEMON_SET): Json {
  return podCreated({
    spec: {
      hostNetwork: true,
      volumes: [{ name: 'v', hostPath: { path: '/' } }],
      containers: [{ ...PROXY, ...container }],
      nodeName: 'n-1',
    },
    event,
    metadata: metadata,
  });
}

function riskWith(raw: Json, context?: CreationContext): Risk {
  return assessRisk({
    event: readAuditEvent(raw),
    created: 'Pod',
    lists: LISTS,
    ...(context === undefined ? {} : { context }),
  });
}

describe('infrastructure', () => {
  const probe = (...command: readonly string[]) => ({ exec: { command } });
  const EXCUSED: readonly (readonly [what: string, event: Json])[] = [
    ['kube-proxy by its DaemonSet’s controller', proxy()],
    ['the same by the one account of a controller manager', proxy({}, as('system:kube-controller-manager'))],
    [
      'the static pod of a kubelet',
      proxy({}, NODE, { namespace: 'kube-system', name: 'kube-proxy-n-1', ...owned('v1', 'Node', 'n-1') }),
    ],
    [
      'what kubeadm mounts, and the modules of the kernel',
      proxy({
        volumeMounts: [
          { name: 'v', mountPath: '/host' },
          { name: 'cm', mountPath: '/var/lib/kube-proxy' },
          { name: 'm', mountPath: '/lib/modules', readOnly: true },
        ],
      }),
    ],
    ['an image that runs what it runs by itself', proxy({ command: undefined })],
    [
      'a program that the list names',
      proxy({
        image: 'quay.io/calico/node:v3',
        command: undefined,
        livenessProbe: probe('/bin/calico-node', '-felix-live'),
      }),
    ],
    [
      'a whole line that the list names',
      proxy({
        image: 'ghcr.io/flannel-io/flannel-cni-plugin:v1',
        command: ['cp'],
        args: ['-f', '/flannel', '/opt/cni/bin/flannel'],
      }),
    ],
    [
      'the word node, which is no interpreter here',
      proxy({
        image: '602401143452.dkr.ecr.eu-west-1.amazonaws.com/eks/aws-ebs-csi-driver:v1',
        command: undefined,
        args: ['node'],
        ...{ securityContext: {} },
      }),
    ],
  ];
  for (const [what, event] of EXCUSED)
    it(`is excused: ${what}`, () => {
      const ids = riskWith(event).signals.map(({ id }) => id);
      for (const id of ['privileged-container', 'host-path-writable', 'host-access-by-hand'] as const)
        assert.ok(!ids.includes(id), ids.join());
    });

  const NOT: readonly (readonly [what: string, event: Json])[] = [
    ['some service account of kube-system', proxy({}, as('system:serviceaccount:kube-system:helm'))],
    ['a person', proxy({}, as('alice'))],
    ['who acts as the controller', proxy({}, { impersonatedUser: MAKER['user'] })],
    ['the controller of another kind', proxy({}, CONTROLLER)],
    ['a controller’s account without an owner', proxy({}, MAKER, { namespace: 'kube-system', name: 'x' })],
    [
      'the kubelet of another node',
      proxy({}, as('system:node:n-2'), {
        namespace: 'kube-system',
        name: 'x',
        ...owned('v1', 'Node', 'n-2'),
      }),
    ],
    [
      'a namespace that is not the system’s',
      proxy({}, CONTROLLER, { namespace: 'shop', name: 'x', ...OWNED }),
    ],
    ['a copy in another registry', proxy({ image: 'registry.example/kube-proxy:v1.35.4' })],
    ['a program of another name', proxy({ command: ['/host/kube-proxy-2'] })],
    [
      'a copy that is not the listed line',
      proxy({
        image: 'ghcr.io/flannel-io/flannel-cni-plugin:v1',
        command: ['cp', '-f', '/cm/x', '/host/etc/cron.d/x'],
      }),
    ],
    ...['/', '/usr/local/bin', '/usr/local/bin/kube-proxy', '/lib64/', '/etc/ld.so.preload'].map(
      (mountPath): readonly [string, Json] => [
        `a volume at ${mountPath}, in the place of its program`,
        proxy({
          volumeMounts: [
            { name: 'v', mountPath: '/host' },
            { name: 'cm', mountPath },
          ],
        }),
      ],
    ),
    ...[
      '/lib/x86_64-linux-gnu/libc.so.6',
      '/usr/../usr/bin/x',
      'usr/sbin/iptables',
      '/etc/alternatives',
      '/somewhere/kube-proxy',
    ].map((mountPath): readonly [string, Json] => [
      `a file mounted at ${mountPath}`,
      proxy({
        command: undefined,
        volumeMounts: [
          { name: 'v', mountPath: '/host' },
          { name: 'v', mountPath, subPath: 'tmp/x' },
        ],
      }),
    ]),
    ...[
      './kube-proxy',
      'host/tmp/kube-proxy',
      '/usr/../host/kube-proxy',
      '//host//kube-proxy',
      '/./host/kube-proxy',
      '/proc/self/root/host/kube-proxy',
    ].flatMap((program): readonly (readonly [string, Json])[] => [
      [`its program’s name by the path ${program}`, proxy({ command: [program], workingDir: '/host' })],
      [`a probe by the path ${program}`, proxy({ command: undefined, livenessProbe: probe(program) })],
    ]),
    ...['GCONV_PATH', 'LD_BIND_NOW', 'GLIBC_TUNABLES'].map((name): readonly [string, Json] => [
      `the loader’s variable ${name}`,
      proxy({ env: [{ name, value: '/host/x' }] }),
    ]),
    [
      'variables whose names are given a beginning of the loader’s',
      proxy({ envFrom: [{ prefix: 'LD_', configMapRef: { name: 'x' } }] }),
    ],
    [
      'a library that is loaded before its own',
      proxy({ env: [{ name: 'LD_PRELOAD', value: '/host/x.so' }] }),
    ],
    [
      'a program that a variable names',
      proxy({ command: ['$(RUN)'], env: [{ name: 'RUN', value: '/usr/local/bin/kube-proxy' }] }),
    ],
    [
      'a shell in a variable that an argument names',
      proxy({ command: ['kube-proxy', '--x=$(RUN)'], env: [{ name: 'RUN', value: '/bin/sh -c id' }] }),
    ],
    ...['postStart', 'preStop'].map((hook): readonly [string, Json] => [
      `a shell in ${hook}`,
      proxy({ lifecycle: { [hook]: probe('/bin/sh', '-c', 'id') } }),
    ]),
    ...['livenessProbe', 'readinessProbe', 'startupProbe'].map((name): readonly [string, Json] => [
      `a shell in the ${name}`,
      proxy({ [name]: probe('bash', '-c', 'id') }),
    ]),
    ...[
      ['/bin/sh', '-c', 'id'],
      ['env', 'sh', '-c', 'id'],
      ['/usr/bin/env', '-S', 'bash -c id'],
      ['busybox', 'sh'],
      ['kube-proxy', '--then', 'sh -c id'],
      ['kube-proxy', ';', '/bin/ash'],
      ['python3.12', '-c', 'import os'],
      ['perl', '-e', 'system("id")'],
      ['nsenter', '-t', '1', '-m', 'id'],
      ['chroot', '/host', 'id'],
      ['/lib64/ld-linux-x86-64.so.2', '/bin/id'],
      ['node', '-e', 'x'],
      ['xargs', 'id'],
      ['awk', 'BEGIN{system("id")}'],
    ].flatMap((words): readonly (readonly [string, Json])[] => [
      [`the command ${words.join(' ')}`, proxy({ command: words })],
      [`the arguments ${words.join(' ')}`, proxy({ command: undefined, args: words })],
    ]),
  ];
  for (const [what, event] of NOT)
    it(`is not excused: ${what}`, () => {
      const { score, signals } = riskWith(event);
      assert.ok(signals.some(({ id }) => id === 'privileged-container'));
      assert.ok(score >= 75, String(score));
    });

  describe('whose template somebody wrote', () => {
    const action = actionOf(readAuditEvent(proxy())) ?? assert.fail();
    type Writer = Partial<typeof action> & { readonly username: string };
    const told = (...writers: readonly Writer[]) => {
      const candidates = writers.map((writer) => ({ ...action, ...writer }));
      return { known: true, action: candidates[0] ?? assert.fail(), candidates } as const;
    };
    const unseen = { known: false, why: 'notSeen' } as const;
    const contextOf = (creator: string | undefined, ...writers: readonly Writer[]): CreationContext => {
      const quiet = unseenContext('Pod', readAuditEvent(proxy())) ?? assert.fail();
      const author = {
        ...quiet.author,
        madeByController: true,
        creator: creator === undefined ? unseen : told({ username: creator }),
        templateAuthor: writers.length === 0 ? unseen : told(...writers),
      };
      return { ...quiet, author };
    };
    const SHIPPED: Json = { command: undefined };
    const isExcused = (context: CreationContext, container: Json = {}) =>
      !riskWith(proxy(container), context).signals.some(({ id }) => id === 'privileged-container');
    const ADMIN = { username: 'kubernetes-admin' };

    it('is excused where the platform wrote it', () => {
      assert.ok(isExcused(contextOf(undefined, { username: 'eks:addon-manager' })));
      const deployer = {
        username: 'system:admin',
        address: '127.0.0.1',
        userAgent: 'deploy@n-1/v1.35.4+rke2r1 (linux/amd64) rke2/abc',
      };
      assert.ok(isExcused(contextOf(undefined, deployer)));
      assert.ok(!isExcused(contextOf(undefined, { ...deployer, address: '10.0.0.9' })));
    });

    it('is excused where a person wrote it whose container has no command or arguments', () => {
      assert.ok(isExcused(contextOf('kubernetes-admin', ADMIN), SHIPPED));
      assert.ok(isExcused(contextOf('kubernetes-admin'), SHIPPED));
    });

    const TOLD: readonly (readonly [what: string, container: Json])[] = [
      ['a command, though it is the image’s own program', {}],
      ['arguments', { ...SHIPPED, args: ['--config=/host/x'] }],
      ['a hook', { ...SHIPPED, lifecycle: { postStart: probe('kube-proxy') } }],
      ['a probe that runs something', { ...SHIPPED, livenessProbe: probe('kube-proxy') }],
      ['variables that are not in sight', { ...SHIPPED, envFrom: [{ configMapRef: { name: 'x' } }] }],
    ];
    for (const [what, container] of TOLD)
      it(`is not where a person wrote it with ${what}`, () => {
        assert.ok(!isExcused(contextOf('kubernetes-admin', ADMIN), container));
        assert.ok(!isExcused(contextOf('kubernetes-admin'), container));
      });

    it('is where a person wrote it who is on the list of pipelines', () => {
      const lists = { ...LISTS, pipelineAccounts: ['kubernetes-admin'] };
      const { signals } = assessRisk({
        event: readAuditEvent(proxy()),
        created: 'Pod',
        lists,
        context: contextOf('kubernetes-admin', ADMIN),
      });
      assert.ok(!signals.some(({ id }) => id === 'privileged-container'));
    });

    it('is not where somebody else is known to have changed it, or may have', () => {
      const mallory = { username: 'mallory' };
      assert.ok(!isExcused(contextOf('kubernetes-admin', mallory), SHIPPED));
      assert.ok(!isExcused(contextOf(undefined, mallory), SHIPPED));
      assert.ok(!isExcused(contextOf('kubernetes-admin', ADMIN, mallory), SHIPPED));
    });
  });
});
