/**
 * Signals of a pod's ways to its node: the runtime's socket, the node's files and namespaces.
 *
 * Invariant: a volume raises one of socket, writable and read-only. Known infrastructure is excused container
 * by container: what another container of the pod can use as well is raised for that one.
 */
import type { Facts } from '../facts.ts';
import { isWholeNode, reachOf } from '../detectors/host-paths.ts';
import type { InfrastructurePrivilege } from '../lists.ts';
import type { ContainerFacts, HostPathVolume } from '../pod-facts.ts';
import { type Finding, POD, type SignalRow } from './signal.ts';
import { quoted } from '../../text/wording.ts';

export const HOST_ACCESS_SIGNALS: readonly SignalRow[] = [
  {
    id: 'runtime-socket',
    points: 45,
    isHard: true,
    techniques: ['T1611'],
    kinds: POD,
    looksAt: ['volumes'],
    reads: ['object.spec.volumes', 'object.spec.containers', 'annotations: audit.k8s.io/truncated'],
    excuses: ['infrastructure'],
    find: (facts) => volumesThat(facts, 'socket'),
    say: (what) =>
      `Mounts the container runtime’s socket, through which any container can be started on the node: ${what}.`,
  },
  {
    id: 'host-path-writable',
    points: 35,
    isHard: true,
    techniques: ['T1611'],
    kinds: POD,
    looksAt: ['volumes', 'containers'],
    reads: ['object.spec.volumes', 'object.spec.containers', 'annotations: audit.k8s.io/truncated'],
    excuses: ['infrastructure', 'read-only-mount'],
    find: (facts) => volumesThat(facts, 'writable'),
    say: (what) => `Can write to sensitive paths of the node: ${what}.`,
  },
  {
    id: 'host-path-read-only',
    points: 20,
    isHard: false,
    techniques: ['T1611'],
    kinds: POD,
    looksAt: ['volumes', 'containers'],
    reads: ['object.spec.volumes', 'object.spec.containers', 'annotations: audit.k8s.io/truncated'],
    excuses: ['infrastructure', 'read-only-mount'],
    find: (facts) => volumesThat(facts, 'read-only'),
    say: (what) => `Can read sensitive paths of the node: ${what}.`,
  },
  {
    id: 'host-pid',
    points: 25,
    isHard: false,
    techniques: ['T1611'],
    kinds: POD,
    looksAt: ['podSpec'],
    reads: ['object.spec (host access)', 'object.spec.containers'],
    excuses: ['infrastructure'],
    find: (facts) => sharing(facts, facts.pod.hostPid, 'pid', 'hostPID'),
    say: () => 'Shares the node’s process ids: it sees every process of the node.',
  },
  {
    id: 'host-network',
    points: 20,
    isHard: false,
    techniques: ['T1611'],
    kinds: POD,
    looksAt: ['podSpec'],
    reads: ['object.spec (host access)', 'object.spec.containers'],
    excuses: ['infrastructure'],
    find: (facts) => sharing(facts, facts.pod.hostNetwork, 'network', 'hostNetwork'),
    say: () =>
      'Shares the node’s network: it reaches what listens on the node’s loopback, and no network policy holds it.',
  },
  {
    id: 'host-ipc',
    points: 15,
    isHard: false,
    techniques: ['T1611'],
    kinds: POD,
    looksAt: ['podSpec'],
    reads: ['object.spec (host access)', 'object.spec.containers'],
    excuses: ['infrastructure'],
    find: (facts) => sharing(facts, facts.pod.hostIpc, 'ipc', 'hostIPC'),
    say: () =>
      'Shares the node’s interprocess communication: it reaches shared memory of the node’s processes.',
  },
];

/** Beside host-path-writable, of which it is the worst case, it is no separate way to the node. */
export const WHOLE_NODE: SignalRow = {
  id: 'whole-node-writable',
  points: 20,
  isHard: true,
  techniques: ['T1611'],
  kinds: POD,
  looksAt: ['volumes', 'containers'],
  reads: ['object.spec.volumes', 'object.spec.containers', 'annotations: audit.k8s.io/truncated'],
  excuses: ['infrastructure', 'read-only-mount'],
  find: (facts) =>
    facts.pod.hostPaths
      .filter((volume) => isWholeNode(volume.path) && reach(facts, volume) === 'writable')
      .map(({ field, path }) => ({ field, what: quoted(path) })),
  say: (what) =>
    `Can write to every file of the node, which is all that a privileged container could do there: ${what}.`,
};

type Reach = 'socket' | 'writable' | 'read-only';

function volumesThat(facts: Facts, wanted: Reach): readonly Finding[] {
  return reaches(facts).get(wanted) ?? [];
}

/** Decided once for all signals that read it. */
const JUDGED = new WeakMap<Facts, ReadonlyMap<Reach, readonly Finding[]>>();

function reaches(facts: Facts): ReadonlyMap<Reach, readonly Finding[]> {
  const before = JUDGED.get(facts);
  if (before !== undefined) return before;
  const found = new Map<Reach, Finding[]>([
    ['socket', []],
    ['writable', []],
    ['read-only', []],
  ]);
  for (const volume of facts.pod.hostPaths) {
    const reached = reach(facts, volume);
    if (reached !== undefined) found.get(reached)?.push({ field: volume.field, what: quoted(volume.path) });
  }
  JUDGED.set(facts, found);
  return found;
}

/** An unmounted volume counts as writable: an ephemeral container can mount it later. */
function reach(facts: Facts, { path, mounts }: HostPathVolume): Reach | undefined {
  const isCut = facts.unseen.get('containers')?.reason === 'truncated';
  if (mounts.any && !mounts.unexcused && !isCut) return undefined;
  const isReadOnly = mounts.unexcused && mounts.readOnly && !isCut;
  switch (reachOf(path, facts.lists.hostPaths)) {
    case undefined:
      return undefined;
    // What is mounted read only can still be connected to.
    case 'socket':
      return 'socket';
    case 'sensitive':
      return isReadOnly ? 'read-only' : 'writable';
    case 'writable':
    case 'harmless':
      return isReadOnly ? undefined : 'writable';
  }
}

function sharing(
  { pod }: Facts,
  isShared: boolean,
  field: string,
  privilege: InfrastructurePrivilege,
): readonly Finding[] {
  return isShared && !areAllExpected(pod.containers, privilege)
    ? [{ field: `object.hostAccess.${field}`, what: privilege }]
    : [];
}

/** What the whole pod has, each of its containers has. */
function areAllExpected(containers: readonly ContainerFacts[], privilege: InfrastructurePrivilege): boolean {
  return containers.length > 0 && containers.every(({ expected }) => expected.has(privilege));
}
