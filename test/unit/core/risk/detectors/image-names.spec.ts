/** Which image a reference names: whole where it excuses, by its end where it accuses. */
import { canonicalImage, endsWithRepository, isImageOrCopy } from '@arrivals/core/internal';
import assert from 'node:assert/strict';

describe('an image', () => {
  it('has the name that containerd completes it to', () => {
    for (const [reference, name] of [
      ['ubuntu', 'docker.io/library/ubuntu'],
      ['ubuntu:22.04', 'docker.io/library/ubuntu'],
      ['docker.io/ubuntu', 'docker.io/library/ubuntu'],
      ['index.docker.io/library/ubuntu@sha256:00', 'docker.io/library/ubuntu'],
      ['calico/node:v3', 'docker.io/calico/node'],
      ['Quay.IO/calico/node', 'quay.io/calico/node'],
      ['localhost:5000/a', 'localhost:5000/a'],
      ['registry.k8s.io/kube-proxy:v1.35.4@sha256:00', 'registry.k8s.io/kube-proxy'],
    ] as const)
      assert.equal(canonicalImage(reference), name);
  });

  it('is denied under other registries and paths too', () => {
    const entry = 'docker.io/bad/tool';
    for (const reference of [
      'bad/tool',
      'docker.io/bad/tool:1',
      'mirror.example/bad/tool',
      'mirror.example/hub/bad/tool@sha256:00',
    ])
      assert.ok(isImageOrCopy(reference, [entry]), reference);
    for (const reference of ['tool', 'bad/tool2', 'notbad/tool', 'bad/tool/x', 'bad.example/tool'])
      assert.ok(!isImageOrCopy(reference, [entry]), reference);
  });

  it('of a name without an owner is denied where it is, as copies of such names are everywhere', () => {
    assert.ok(isImageOrCopy('tool', ['docker.io/other/x', 'docker.io/library/tool']));
    assert.ok(
      !isImageOrCopy('registry.example/library/tool', ['docker.io/other/x', 'docker.io/library/tool']),
    );
    assert.ok(!isImageOrCopy('registry.example/tool', ['docker.io/other/x', 'other.example/tool']));
  });

  it('is denied below a path that is', () => {
    for (const reference of ['drop.example/x', 'drop.example/a/b:1h'])
      assert.ok(isImageOrCopy(reference, ['docker.io/other/x', 'drop.example/']), reference);
    for (const reference of ['drop.example.org/x', 'x/drop.example/y'])
      assert.ok(!isImageOrCopy(reference, ['docker.io/other/x', 'drop.example/']), reference);
  });

  it('is a bare system in any registry', () => {
    for (const reference of ['busybox', 'registry.example/team/busybox:1', 'busybox@sha256:00'])
      assert.ok(endsWithRepository(reference, ['busybox']), reference);
    for (const reference of ['busybox-app', 'mybusybox', 'busybox/app', 'registry.example/busybox/app'])
      assert.ok(!endsWithRepository(reference, ['busybox']), reference);
  });
});
