/** What a path of the host reaches, however it is written. */
import { type HostPathKind, plainPath, reachOf } from '@arrivals/core/internal';
import assert from 'node:assert/strict';
import { LISTS } from '../risks.ts';

const reach = (path: string) => reachOf(path, LISTS.hostPaths);

describe('a path of the host', () => {
  it('is one in all its spellings', () => {
    for (const [given, plain] of [
      ['/', '/'],
      ['//', '/'],
      ['/.', '/'],
      ['/etc/', '/etc'],
      ['/etc/.', '/etc'],
      ['//etc///kubernetes/./pki/', '/etc/kubernetes/pki'],
      ['/var/run/docker.sock', '/run/docker.sock'],
      ['/var/run', '/run'],
      ['/var/running', '/var/running'],
      ['C:\\Windows\\', 'c:/windows'],
      ['\\\\.\\pipe\\docker_engine', '/pipe/docker_engine'],
      ['', '/'],
      ['/etc/...', '/etc/...'],
      ['/mnt/..', '/'],
      ['/mnt/../../etc/./..//root', '/root'],
      ['/..', '/'],
      ['/etc/..x', '/etc/..x'],
      ['C:\\data\\..', 'c:'],
      ['/Etc', '/Etc'],
    ] as const)
      assert.equal(plainPath(given), plain, given);
  });

  const cases: readonly (readonly [path: string, reach: HostPathKind | undefined])[] = [
    ['/', 'sensitive'],
    ['/.', 'sensitive'],
    ['/var', 'sensitive'],
    ['/var/lib', 'sensitive'],
    ['/var/lib/kubelet/pki', 'sensitive'],
    ['/etc/kubernetes/admin.conf', 'sensitive'],
    ['/root/.ssh', 'sensitive'],
    ['/proc/1/root', 'sensitive'],
    ['C:\\', 'sensitive'],
    ['c:/windows/system32', 'sensitive'],
    ['/var/run/docker.sock', 'socket'],
    ['/run/containerd/containerd.sock', 'socket'],
    ['/run/containerd', 'socket'],
    ['/run', 'socket'],
    ['/run/docker', 'socket'],
    ['/run/k0s/containerd.sock', 'socket'],
    ['/run/containerd/containerd.sock.ttrpc', 'socket'],
    ['/run/systemd', 'socket'],
    ['/var/run/dbus/system_bus_socket', 'socket'],
    ['/sysroot', 'sensitive'],
    ['/var/roothome/.ssh', 'sensitive'],
    ['/var/lib/k0s/pki', 'sensitive'],
    ['/var/run/', 'socket'],
    ['\\\\.\\pipe\\docker_engine', 'socket'],
    ['/var/log', 'writable'],
    ['/var/log/pods', 'writable'],
    ['/opt/cni/bin', 'writable'],
    ['/lib/modules', 'writable'],
    ['/etc/localtime', 'harmless'],
    ['/etc/ssl/certs/ca.crt', 'harmless'],
    ['/etc/ssl', 'sensitive'],
    ['/data', undefined],
    ['/mnt/disks/ssd0', undefined],
    ['/run/udev', undefined],
    ['/run/containerd/containerd.sock.bak', undefined],
    ['/etcetera', undefined],
    ['/rootfs', undefined],
    ['/homestead', undefined],
  ];
  for (const [path, kind] of cases)
    it(`${path} reaches ${kind ?? 'nothing that is listed'}`, () => {
      assert.equal(reach(path), kind);
    });
});
