/**
 * Texts that hold a shell, or another program that runs what it is given; and those that only read like one.
 */
import { holdsShell } from '@arrivals/core/internal';
import assert from 'node:assert/strict';

describe('a text', () => {
  for (const text of [
    ...[
      'sh',
      '/bin/sh -c id',
      'env sh -c id',
      '/usr/bin/env -S "bash -c id"',
      'busybox ash',
      'x; dash',
      "x 'zsh'",
      'x=$(ksh)',
      '--then=/bin/sh',
      'a|sh',
    ],
    ...[
      'python -c x',
      'python3.12 -m x',
      'perl5.36 -e x',
      'pwsh -c x',
      'cmd.exe /c x',
      'node -e x',
      '/usr/bin/node x.js',
      'nodejs --eval x',
    ],
    ...[
      'nsenter -t 1',
      'chroot /host',
      'xargs id',
      'gawk x',
      '/lib64/ld-linux-x86-64.so.2 /bin/id',
      'b\\ash -c id',
      'sh${IFS}-c',
    ],
  ])
    it(`holds a shell: ${text}`, () => {
      assert.ok(holdsShell(text));
    });

  for (const text of [
    ...[
      '',
      'kube-proxy --config=/var/lib/kube-proxy/config.conf --hostname-override=$(NODE_NAME)',
      'node --endpoint=unix:///csi/csi.sock',
      '--environment=env-1',
    ],
    ...[
      '/bin/calico-node -felix-live -bird-live',
      'kube-apiserver --shell-completion',
      '--flush',
      '/opt/cni/bin/install',
      '--timeout=5s',
      'etcd --name n-1',
    ],
  ])
    it(`holds none: ${text}`, () => {
      assert.ok(!holdsShell(text));
    });

  it('of a megabyte is read in less than a second', () => {
    for (const piece of ['\\a', 'node ', '/', '$(', 'sh-', '1.'])
      assert.ok(performanceOf(() => holdsShell(piece.repeat(1_000_000 / piece.length))) < 1_000, piece);
  });
});

function performanceOf(step: () => unknown): number {
  const started = process.hrtime.bigint();
  step();
  return Number(process.hrtime.bigint() - started) / 1e6;
}
